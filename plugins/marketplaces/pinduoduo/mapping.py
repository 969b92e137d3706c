"""From PDD's objects to canonical records: the one place that knows what PDD's words mean.

Rules come from the field descriptions of open.pinduoduo.com. Orders and refunds count in yuan with
decimals, goods in fen, ad reports in 厘, a thousandth of a yuan. No field tells who bought.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from core.marketplace.errors import MappingError
from core.marketplace.fields import Row, Unknown, part, rows, text
from core.marketplace.mapping import PLANNED, platform_id
from core.marketplace.records import (
    AdSpendRecord,
    OrderRecord,
    PaymentKind,
    ProductRecord,
    ProductStatus,
    RefundKind,
    RefundRecord,
    RefundStatus,
)
from plugins.marketplaces.pinduoduo.codes import (
    DEPOSIT,
    DEPOSIT_PAID,
    ORDER_CODES,
    PAY_TYPES,
    PRODUCT_STATUS,
    REFUND_KINDS,
    REFUND_STATUS,
    is_returned,
    order_status,
    owes_balance,
)
from plugins.marketplaces.pinduoduo.fields import (
    moment,
    moment_if_any,
    thousandths,
    whole,
    whole_if_any,
    yuan,
    yuan_if_any,
)

PERSONAL = frozenset(
    "receiver_name receiver_name_mask receiver_phone receiver_phone_mask receiver_address "
    "receiver_address_mask address address_mask town town_id buyer_memo remark tracking_number "
    "card_no mask_password inner_transaction_id express_no images customer_send_back_trunk_number "
    "merchant_exchange_trunk_number merchant_exchange_detail_address "
    "merchant_exchange_detail_address_mask merchant_exchange_detail_phone "
    "merchant_exchange_detail_phone_mask merchant_exchange_detail_receiver "
    "merchant_exchange_detail_receiver_mask exchange_receiver_town "
    "exchange_receiver_town_id".split()
)
"""What names a person, reaches one, is written by one, or (a card's number) is worth money. A
waybill number leads to an address. Kept: province and city; the payment's number; the reason of a
refund, which is chosen from PDD's list."""


@dataclass(frozen=True)
class Sums:
    """The money of an order in minor units. lines: what the buyer paid for the goods.

    reported: `pay_amount`, as PDD shows it.
    """

    goods: int
    lines: int
    freight: int
    reported: int


@dataclass(frozen=True)
class Mapper:
    """Maps the rows of one page. now: when PDD was asked; times a day after it are mistakes."""

    currency: str
    now: datetime

    def order(self, row: Row) -> tuple[OrderRecord, Unknown]:
        """An order with its goods line, payment and parcels. Its buyer is nobody we could know."""
        order_sn = platform_id(row.get("order_sn"), "order_sn")
        items = rows(row, "item_list")
        if not items:
            raise MappingError("item_list", row.get("item_list"), "at least one line")
        lines = [self._item(item, place, order_sn) for place, item in enumerate(items)]
        sums = self._sums(row, sum(line["unit_price"] * line["quantity"] for line in lines))
        _share(lines, sums)
        for line in lines:
            line["platform_status"] = _word(row, "order_status")
            line["platform_refund_status"] = _word(row, "after_sales_status")
        stages = ("order_status", "refund_status", "confirm_status")
        record = OrderRecord.model_validate(
            {
                "platform_id": order_sn,
                "updated_at": moment(row, "updated_at", self.now),
                "status": order_status(row),
                "platform_status": "/".join(_word(row, name) for name in stages),
                "platform_type": _word(row, "trade_type"),
                "currency": self.currency,
                "ordered_at": moment(row, "created_time", self.now),
                "paid_at": None if owes_balance(row) else self._time_if_any(row, "pay_time"),
                "ended_at": self._time_if_any(row, "receive_time"),
                "items_amount": sums.goods,
                "discount": sums.goods - sums.lines,
                "platform_discount": yuan_if_any(row, "platform_discount", self.currency),
                "freight": sums.freight,
                "paid_amount": sums.lines + sums.freight,
                "reported_amount": sums.reported,
                "reported_at": self._time_if_any(row, "confirm_time"),
                "lines": lines,
                "payments": self._payments(row, order_sn, sums.reported),
                "shipments": self._shipments(row, order_sn),
            }
        )
        return record, _unknown_in_order(row)

    def refund(self, row: Row) -> tuple[RefundRecord, Unknown]:
        """An after-sales case. PDD tells no time of payment: a success was changed last by it."""
        code, kind = whole(row, "after_sales_status"), whole_if_any(row, "after_sales_type")
        status = REFUND_STATUS.get(code, RefundStatus.UNKNOWN)
        updated_at = moment(row, "updated_time", self.now)
        order_sn = _id_if_any(row, "order_sn")
        sku_id = _id_if_any(row, "sku_id")
        record = RefundRecord.model_validate(
            {
                "platform_id": platform_id(row.get("id"), "id"),
                "updated_at": updated_at,
                "order_id": order_sn,
                "line_id": _line_id(order_sn, sku_id) if order_sn and sku_id else None,
                "refund_kind": REFUND_KINDS.get(kind or 0, RefundKind.UNKNOWN),
                "status": status,
                "platform_status": str(code),
                "phase": _word(row, "after_sales_type"),
                "reason": text(row, "after_sale_reason"),
                "currency": self.currency,
                "amount": yuan(row, "refund_amount", self.currency),
                "quantity": whole_if_any(row, "goods_number"),
                "goods_returned": is_returned(kind, status),
                "requested_at": moment(row, "created_time", self.now),
                "refunded_at": updated_at if status is RefundStatus.REFUNDED else None,
            }
        )
        unknown = (
            *_unknown(row, "after_sales_status", REFUND_STATUS),
            *_unknown(row, "after_sales_type", REFUND_KINDS),
        )
        return record, unknown

    def goods(self, row: Row) -> tuple[ProductRecord, Unknown]:
        """Listed goods with their details, which have the prices: what buyers pay as a group.

        PDD does not tell when goods were changed last: they are as new as their reading.
        """
        detail = part(row, "detail")
        variants = rows(detail, "sku_list")
        if not variants:
            raise MappingError("detail.sku_list", detail.get("sku_list"), "at least one SKU")
        on_sale = [sku for sku in variants if sku.get("is_onsale") != 0] or variants
        code = whole(detail, "status")
        record = ProductRecord.model_validate(
            {
                "platform_id": platform_id(row.get("goods_id"), "goods_id"),
                "updated_at": self.now,
                "title": text(row, "goods_name"),
                "code": text(detail, "outer_goods_id") or None,
                "category": _id_if_any(detail, "cat_id"),
                "status": PRODUCT_STATUS.get(code, ProductStatus.UNKNOWN),
                "platform_status": str(code),
                "currency": self.currency,
                "price": min(whole(sku, "multi_price") for sku in on_sale),
                "skus": [_sku(sku) for sku in variants],
            }
        )
        return record, _unknown(detail, "status", PRODUCT_STATUS)

    def report(self, row: Row, channel: str) -> tuple[AdSpendRecord, Unknown]:
        """One day of one scene: cost and ascribed sales come in 厘 and are rounded to the fen."""
        record = AdSpendRecord.model_validate(
            {
                "day": _day(row, "date"),
                "channel": channel,
                "currency": self.currency,
                "impressions": whole(row, "impression"),
                "clicks": whole(row, "click"),
                "spend": thousandths(row, "spend"),
                "orders": whole(row, "orderNum"),
                "amount": thousandths(row, "gmv"),
            }
        )
        return record, ()

    def _sums(self, row: Row, goods: int) -> Sums:
        """What the buyer paid, as PDD explains it: goods less discounts, and postage and services.

        Of a deposit order PDD does not say whether the discounts hold the deposit's extra worth:
        there `pay_amount` decides.
        """
        freight = self._freight(row)
        reported = yuan(row, "pay_amount", self.currency)
        paid = reported
        if whole_if_any(row, "trade_type") != DEPOSIT:
            paid = self._goods_amount(row, goods) - self._discount(row) + freight
        if paid < 0:
            raise MappingError("discount_amount", row.get("discount_amount"), "less than the price")
        lines = max(0, paid - freight)  # a discount may reach into the postage
        return Sums(goods, lines, paid - lines, reported)

    def _goods_amount(self, row: Row, goods: int) -> int:
        """The goods' price after what the merchant changed it by."""
        told = yuan_if_any(row, "goods_amount", self.currency)
        changed = yuan_if_any(row, "order_change_amount", self.currency) or 0
        return goods - changed if told is None else told

    def _discount(self, row: Row) -> int:
        """Of the platform, of the shop, and for the leader of a group that gets the goods free."""
        told = yuan_if_any(row, "discount_amount", self.currency)
        if told is not None:
            return told
        parts = ("platform_discount", "seller_discount", "capital_free_discount")
        return sum(yuan_if_any(row, name, self.currency) or 0 for name in parts)

    def _freight(self, row: Row) -> int:
        """Postage, and the services that come with a delivery."""
        fees = [yuan(fee, "service_fee", self.currency) for fee in rows(row, "service_fee_detail")]
        return (yuan_if_any(row, "postage", self.currency) or 0) + sum(fees)

    def _item(self, item: Row, place: int, order_sn: str) -> dict[str, Any]:
        try:
            quantity = whole(item, "goods_count")
            if quantity <= 0:
                raise MappingError("goods_count", quantity, "a quantity above zero")
            sku_id = platform_id(item.get("sku_id"), "sku_id")
            return {
                "platform_id": _line_id(order_sn, sku_id),
                "product_id": _id_if_any(item, "goods_id"),
                "sku_id": sku_id,
                "sku_code": text(item, "outer_id") or None,
                "title": text(item, "goods_name"),
                "quantity": quantity,
                "unit_price": yuan(item, "goods_price", self.currency),
            }
        except MappingError as failure:
            where = f"item_list[{place}].{failure.where}"
            raise MappingError(where, failure.value, failure.expected) from None

    def _payments(self, row: Row, order_sn: str, amount: int) -> list[dict[str, Any]]:
        """One for all that was paid, or for the deposit while the balance is owed."""
        paid_at = self._time_if_any(row, "pay_time")
        if paid_at is None:
            return []
        step = part(row, "step_order_info")
        payment = PaymentKind.FULL
        if owes_balance(row):
            payment = PaymentKind.DEPOSIT
            if whole_if_any(step, "step_trade_status") != DEPOSIT_PAID:
                return []
            amount = yuan(step, "advanced_paid_fee", self.currency)
        number = _id_if_any(row, "pay_no") or order_sn
        method = text(row, "pay_type").lower() or "unknown"
        return [
            {
                "platform_id": number,
                "payment_kind": payment,
                "method": method,
                "amount": amount,
                "paid_at": paid_at,
            }
        ]

    def _shipments(self, row: Row, order_sn: str) -> list[dict[str, Any]]:
        """Parcels: the order's own and what was sent besides.

        None is known by its waybill number, which is personal. `promise_delivery_time` is when the
        order should be there.
        """
        shipped_at = self._time_if_any(row, "shipping_time")
        parcels = []
        if shipped_at or row.get("tracking_number"):
            promised_at = moment_if_any(row, "promise_delivery_time", self.now, PLANNED)
            when = {"shipped_at": shipped_at, "promised_at": promised_at}
            parcels.append({"platform_id": order_sn, **_parcel(row), **when})
        for name in ("extra_delivery_list", "gift_delivery_list", "resend_delivery_list"):
            kind = name.partition("_")[0]
            for place, sent in enumerate(rows(row, name), start=1):
                parcels.append({"platform_id": f"{order_sn}-{kind}-{place}", **_parcel(sent)})
        return parcels

    def _time_if_any(self, row: Row, name: str) -> datetime | None:
        return moment_if_any(row, name, self.now)


def _share(lines: list[dict[str, Any]], sums: Sums) -> None:
    """Give each line its part of what was paid for all, by its price, to the last fen."""
    price_before = paid_before = 0
    for line in lines:
        price = line["unit_price"] * line["quantity"]
        price_before += price
        paid = sums.lines * price_before // sums.goods if sums.goods else sums.lines
        line["amount"] = paid - paid_before
        line["discount"] = max(0, price - line["amount"])
        paid_before = paid


def _parcel(sent: Row) -> dict[str, Any]:
    return {
        "carrier": _word(sent, "logistics_id") or None,
        "tracking_number": text(sent, "tracking_number") or None,
    }


def _sku(sku: Row) -> dict[str, Any]:
    names = [f"{text(each, 'parent_name')}:{text(each, 'spec_name')}" for each in rows(sku, "spec")]
    return {
        "platform_id": platform_id(sku.get("sku_id"), "sku_id"),
        "code": text(sku, "out_sku_sn") or None,
        "title": ";".join(names),
        "price": whole(sku, "multi_price"),
        "stock": whole_if_any(sku, "quantity"),
    }


def _line_id(order_sn: str, sku_id: str) -> str:
    """PDD gives lines no id; a refund names the same two numbers."""
    return f"{order_sn}-{sku_id}"


def _id_if_any(row: Row, name: str) -> str | None:
    value = row.get(name)
    return None if value is None or value == "" else platform_id(value, name)


def _word(row: Row, name: str) -> str:
    """A code as a word; the empty one where there is none."""
    code = whole_if_any(row, name)
    return "" if code is None else str(code)


def _day(row: Row, name: str) -> date:
    try:
        return date.fromisoformat(text(row, name))
    except ValueError:
        raise MappingError(name, row.get(name), "a day as yyyy-MM-dd") from None


def _unknown_in_order(row: Row) -> Unknown:
    method = text(row, "pay_type")
    return (
        *(word for name, known in ORDER_CODES.items() for word in _unknown(row, name, known)),
        *(() if method in PAY_TYPES else (f"pay_type={method}",)),
    )


def _unknown(row: Row, name: str, known: Collection[int]) -> Unknown:
    """A code that has no meaning here yet; it is counted, never fatal."""
    code = whole_if_any(row, name)
    return () if code is None or code in known else (f"{name}={code}",)
