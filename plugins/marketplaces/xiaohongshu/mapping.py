"""From ARK's objects to canonical records: the one place that knows what ARK's words mean.

Rules come from the field descriptions of the methods on open.xiaohongshu.com (order.getOrderDetail,
afterSale.getAfterSaleInfo, product.getItemInfo). Orders and products count in fen, after-sales in
yuan. An order has one line per SKU; ARK gives lines no ids.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.marketplace.fields import Row, Unknown, rows, text, unknown, word, word_needed
from core.marketplace.mapping import platform_id
from core.marketplace.records import (
    OrderKind,
    OrderRecord,
    OrderStatus,
    ProductRecord,
    ProductStatus,
    RefundKind,
    RefundRecord,
    RefundStatus,
)
from plugins.marketplaces.xiaohongshu.lines import line_id, order_lines
from plugins.marketplaces.xiaohongshu.values import (
    fen,
    fen_needed,
    id_if_any,
    moment,
    moment_needed,
    yuan,
)

PERSONAL = frozenset(
    "receiverName receiverPhone receiverAddress receiverTownName receiverTownId "
    "receiverDistrictName receiverDistrictId receiverCityName receiverCityId zoneCodes location "
    "openAddressId paintMarker collectionPlace threeSegmentCode customerRemark sellerRemark "
    "expressTrackingNo expressNo oldExpressNo returnExpressNo internationalExpressNo "
    "idName idNumber linkPhone frontUrl backUrl phone fullAddress returnAddress return_address "
    "skuIdentifyCodeInfo kolName desc proofPhotos negotiateRecords".split()
)
"""What names a person, reaches one, or is written by one. `openAddressId` stands for an address,
waybill numbers and sorting codes lead to one, serial numbers to a device. Kept: `userId` and
`kolId`, the pseudonyms that make customers and channels; country and province; the reason of an
after-sale, which is chosen from ARK's list."""

RESENT = "5"
"""The type of an order that carries goods for an exchange: nothing is sold a second time."""
ORDER_TYPES = frozenset({"1", "2", "3", "4", RESENT})
"""1 in stock, 2 pre-sale with deposit, 3 and 4 pre-sale paid at once, 5 exchange or resent."""

ORDER_STATUS = {
    "1": OrderStatus.PENDING,
    "2": OrderStatus.PAID,
    "3": OrderStatus.PAID,  # in customs
    "4": OrderStatus.PAID,
    "5": OrderStatus.PARTIALLY_SHIPPED,
    "6": OrderStatus.SHIPPED,
    "7": OrderStatus.COMPLETED,
    "8": OrderStatus.CLOSED,
    "9": OrderStatus.CLOSED,  # cancelled: `CANCELLED` here if it never was paid
    "10": OrderStatus.SHIPPED,  # an exchange is asked for: the buyer has the goods
}
AFTER_SALES = frozenset("1234567") | {""}
"""Of orders and SKUs: 1 none, 2 open, 3 done, 4 refused, 5 closed, 6 with the platform, 7 called
off. They don't change an order's status: what was refunded is told by the refunds."""
PAYMENT_METHODS = {
    "1": "alipay",
    "2": "wechat",
    "3": "apple_in_app",
    "4": "apple_pay",
    "5": "huabei",
    "7": "alipay_agreement",
    "8": "unionpay",
    "-1": "other",
    "": "unknown",
}

MONEY_MOVED = "2"
EXCHANGE = "2"
REFUND_STATES = frozenset("0 1 2 3 101 108 201 301 302 401 402".split()) | {""}
RETURN_PHASES = {
    "1": "shipped",
    "2": "shipped",
    "3": "shipped",
    "4": "shipped",
    "5": "unshipped",
    "6": "price_protection",
}
REFUND_KINDS = {
    "1": RefundKind.RETURN,
    EXCHANGE: RefundKind.EXCHANGE,
    "3": RefundKind.MONEY,
    "4": RefundKind.MONEY,
    "5": RefundKind.MONEY,
    "6": RefundKind.PRICE,
}
RETURNED_TYPES = frozenset({"1", EXCHANGE})
REFUND_STATUS = {
    "1": RefundStatus.REQUESTED,
    "2": RefundStatus.AWAITING_RETURN,
    "3": RefundStatus.RETURNED,
    "4": RefundStatus.REQUESTED,  # done: `REFUNDED` once the money moved, else still on its way
    "5": RefundStatus.CLOSED,
    "6": RefundStatus.CLOSED,
    "9": RefundStatus.REJECTED,
    "9001": RefundStatus.REJECTED,
    "11": RefundStatus.REQUESTED,  # an exchange that became a refund
    "12": RefundStatus.RETURNED,
    "13": RefundStatus.EXCHANGED,
    "14": RefundStatus.REQUESTED,  # the platform decides
}

ON_SHELF, OFF_SHELF = "buyable", "not_buyable"


@dataclass(frozen=True)
class Mapper:
    """Maps the objects of one page. latest: times after it are mistakes."""

    currency: str
    latest: datetime

    def order(self, order: Row) -> tuple[OrderRecord, Unknown]:
        """An order with its lines, payment, parcels and buyer."""
        order_id = platform_id(order.get("orderId"), "orderId")
        status, kind = word_needed(order, "orderStatus"), word(order, "orderType")
        is_sale = kind != RESENT
        paid_at = moment(order, "paidTime", self.latest)
        freight = fen(order, "totalShippingFree") or 0
        found = order_lines(order, order_id, freight, is_sale=is_sale, is_paid=paid_at is not None)
        items_amount = sum(line["unit_price"] * line["quantity"] for line in found.lines)
        paid_amount = found.amount + freight
        record = OrderRecord.model_validate(
            {
                "platform_id": order_id,
                "updated_at": moment_needed(order, "updateTime", self.latest),
                "order_kind": OrderKind.SALE if is_sale else OrderKind.ADJUSTMENT,
                "status": _order_status(status, is_paid=paid_at is not None),
                "platform_status": status,
                "platform_type": kind,
                "currency": self.currency,
                "ordered_at": moment_needed(order, "createdTime", self.latest),
                "paid_at": paid_at,
                "ended_at": moment(order, "finishTime", self.latest)
                or moment(order, "cancelTime", self.latest),
                "items_amount": items_amount,
                "discount": max(0, items_amount - found.amount),
                "platform_discount": fen(order, "totalRedDiscount"),
                "freight": freight,
                "paid_amount": paid_amount,
                "reported_amount": fen(order, "totalPayAmount"),
                "channel": found.channel,
                "customer": _customer(order),
                "lines": found.lines,
                "payments": _payments(order, order_id, paid_amount, paid_at),
                "shipments": self._shipments(order, order_id),
            }
        )
        return record, (*_unknown_words(order, record), *found.notes)

    def after_sale(self, row: Row) -> tuple[RefundRecord, Unknown]:
        """A request for money or other goods. Only `refundStatus` tells that money moved."""
        state, kind = word_needed(row, "status"), word(row, "returnType")
        money = word(row, "refundStatus")
        status = _refund_status(state, kind, money)
        is_refunded = status is RefundStatus.REFUNDED
        updated_at = moment_needed(row, "updatedAt", self.latest)
        skus = rows(row, "skus")
        order_id = id_if_any(row, "orderId")
        record = RefundRecord.model_validate(
            {
                "platform_id": platform_id(row.get("returnsId"), "returnsId"),
                "updated_at": updated_at,
                "order_id": order_id,
                "line_id": _only_line(order_id, skus),
                "customer_id": id_if_any(row, "userId"),
                "refund_kind": REFUND_KINDS.get(kind, RefundKind.UNKNOWN),
                "status": status,
                "platform_status": state,
                "phase": RETURN_PHASES.get(kind, kind),
                "reason": text(row, "reasonNameZh"),
                "currency": self.currency,
                "amount": self._refund_amount(row, kind, is_refunded=is_refunded),
                "freight": self._yuan_if_any(row, "appliedShipFeeAmountYuan"),
                "quantity": _applied(skus),
                "goods_returned": kind in RETURNED_TYPES if kind in RETURN_PHASES else None,
                "requested_at": moment_needed(row, "applyTime", self.latest),
                "refunded_at": (moment(row, "refundTime", self.latest) or updated_at)
                if is_refunded
                else None,
            }
        )
        return record, (
            *unknown("status", [state], REFUND_STATUS),
            *unknown("returnType", [kind], RETURN_PHASES),
            *unknown("refundStatus", [money], REFUND_STATES),
        )

    def item(self, item: Row) -> tuple[ProductRecord, Unknown]:
        """An item with its SKUs. Their changes count as its own: ARK's time may not show them.

        ARK tells prices for SKUs only: the item's is the lowest of those that can be bought, else
        of all; an item that has lost all its SKUs costs nothing and can't be bought.
        """
        skus = rows(item, "skuInfos")
        on_shelf = [sku for sku in skus if sku.get("buyable") is True]
        times = [moment(sku, "updateTime", self.latest) for sku in skus]
        updated_at = moment_needed(item, "updateTime", self.latest)
        record = ProductRecord.model_validate(
            {
                "platform_id": platform_id(item.get("id"), "id"),
                "updated_at": max([updated_at, *filter(None, times)]),
                "title": text(item, "name"),
                "code": item.get("articleNo") or None,
                "category": id_if_any(item, "categoryId"),
                "status": ProductStatus.ON_SALE if on_shelf else ProductStatus.OFF_SALE,
                "platform_status": ON_SHELF if on_shelf else OFF_SHELF,
                "currency": self.currency,
                "price": min((fen_needed(sku, "price") for sku in on_shelf or skus), default=0),
                "listed_at": moment(item, "createTime", self.latest),
                "skus": [_sku(sku) for sku in skus],
            }
        )
        return record, ()

    def _refund_amount(self, row: Row, kind: str, *, is_refunded: bool) -> int:
        """What was paid back, or what is expected to be; an exchange needs to tell no sum."""
        field = "refundAmountYuan" if is_refunded else "expectedRefundAmountYuan"
        if kind == EXCHANGE and not is_refunded and row.get(field) is None:
            return 0
        return yuan(row, field, self.currency)

    def _yuan_if_any(self, row: Row, field: str) -> int | None:
        return None if row.get(field) is None else yuan(row, field, self.currency)

    def _shipments(self, order: Row, order_id: str) -> list[dict[str, Any]]:
        """One per parcel where the order was split, else one. ARK tells no times of parcels."""
        shipped_at = moment(order, "deliveryTime", self.latest)
        parcels = rows(order, "simpleDeliveryOrderList")
        sent = [parcel for parcel in parcels if parcel.get("expressTrackingNo")]
        if order.get("unpack") is True and sent:
            return [
                {
                    "platform_id": f"{order_id}-{word(parcel, 'deliveryOrderIndex') or place}",
                    "carrier": parcel.get("expressCompanyCode") or None,
                    "tracking_number": text(parcel, "expressTrackingNo"),
                    "shipped_at": shipped_at,
                }
                for place, parcel in enumerate(sent, start=1)
            ]
        if shipped_at is None:
            return []
        return [
            {
                "platform_id": order_id,
                "carrier": order.get("expressCompanyCode") or None,
                "tracking_number": order.get("expressTrackingNo") or None,
                "shipped_at": shipped_at,
            }
        ]


def _order_status(state: str, *, is_paid: bool) -> OrderStatus:
    """ARK closes and cancels paid orders and unpaid ones alike; the time of payment tells."""
    status = ORDER_STATUS.get(state, OrderStatus.UNKNOWN)
    is_over = status is OrderStatus.CLOSED
    return OrderStatus.CANCELLED if is_over and not is_paid else status


def _refund_status(state: str, kind: str, money: str) -> RefundStatus:
    """Money may move before the goods are back; an exchange is done without any."""
    if money == MONEY_MOVED:
        return RefundStatus.REFUNDED
    if state == "4" and kind == EXCHANGE:
        return RefundStatus.EXCHANGED
    return REFUND_STATUS.get(state, RefundStatus.UNKNOWN)


def _only_line(order_id: str | None, skus: list[Row]) -> str | None:
    """The order line that an after-sale is about, if it is about one alone."""
    ids = {sku_id for sku in skus if (sku_id := id_if_any(sku, "skuId"))}
    return line_id(order_id, ids.pop()) if order_id and len(ids) == 1 else None


def _applied(skus: list[Row]) -> int | None:
    """How many pieces are asked to be taken back, where ARK tells it of every SKU."""
    counts = [sku.get("appliedCount") for sku in skus]
    known = [count for count in counts if type(count) is int]
    return sum(known) if known and len(known) == len(counts) else None


def _customer(order: Row) -> dict[str, Any] | None:
    user_id = id_if_any(order, "userId")
    if user_id is None:
        return None
    return {
        "platform_id": user_id,
        "country": order.get("receiverCountryName") or None,
        "region": order.get("receiverProvinceName") or None,
    }


def _payments(
    order: Row, order_id: str, amount: int, paid_at: datetime | None
) -> list[dict[str, Any]]:
    """What the buyer paid; what the platform adds for its own discounts is settled with it."""
    if paid_at is None:
        return []
    number = id_if_any(order, "outTradeNo") or order_id
    kind = word(order, "paymentType")
    method = PAYMENT_METHODS.get(kind, kind)
    return [{"platform_id": number, "method": method, "amount": amount, "paid_at": paid_at}]


def _sku(sku: Row) -> dict[str, Any]:
    pairs = [f"{text(each, 'name')}:{text(each, 'value')}" for each in rows(sku, "variants")]
    return {
        "platform_id": platform_id(sku.get("id"), "skuInfos.id"),
        "code": sku.get("erpCode") or None,
        "title": ";".join(pairs) or text(sku, "name"),
        "price": fen_needed(sku, "price"),
        "stock": sku.get("stock"),
    }


def _unknown_words(order: Row, record: OrderRecord) -> Unknown:
    refunds = [line.platform_refund_status for line in record.lines]
    return (
        *unknown("orderStatus", [record.platform_status], ORDER_STATUS),
        *unknown("orderType", [record.platform_type], ORDER_TYPES),
        *unknown("orderAfterSalesStatus", [word(order, "orderAfterSalesStatus")], AFTER_SALES),
        *unknown("skuList.skuAfterSaleStatus", refunds, AFTER_SALES),
        *unknown("paymentType", [word(order, "paymentType")], PAYMENT_METHODS),
    )
