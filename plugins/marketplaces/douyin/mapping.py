"""From Doudian's objects to canonical records: the one place that knows what its fields mean.

Money is whole fen, times are unix seconds with 0 for none, ids are text or 64-bit numbers. An
order has lines (`sku_order_list`), one of which carries the order's own number.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.marketplace.errors import MappingError
from core.marketplace.fields import (
    Row,
    Unknown,
    part,
    rows,
    text,
    unknown,
    whole,
    word,
    word_needed,
)
from core.marketplace.mapping import PLANNED
from core.marketplace.records import (
    OrderKind,
    OrderRecord,
    OrderStatus,
    PaymentKind,
    RefundKind,
    RefundRecord,
    RefundStatus,
    SourceKind,
)
from plugins.marketplaces.douyin import words
from plugins.marketplaces.douyin.values import (
    fen,
    fen_if_any,
    identity,
    identity_if_any,
    moment,
    moment_if_any,
)

SOURCES = {
    SourceKind.LIVE: ("room_id_str", "room_id"),
    SourceKind.VIDEO: ("video_id",),
    SourceKind.AUTHOR: ("author_id",),
}
SUMS_DIFFER = "pay_amount=not the sum of its lines"


@dataclass(frozen=True)
class Mapper:
    """Maps the rows of one page. latest: times after it are mistakes."""

    currency: str
    latest: datetime

    def order(self, order: Row) -> tuple[OrderRecord, Unknown]:
        """An order with its lines, payments, parcels and buyer."""
        sub_orders = rows(order, "sku_order_list")
        if not sub_orders:
            raise MappingError("sku_order_list", order.get("sku_order_list"), "at least one line")
        freight = fen_if_any(order, "post_amount") + fen_if_any(order, "packing_amount")
        shares = _Shares.of(order, sub_orders)
        lines = [_line(sub, place, shares) for place, sub in enumerate(sub_orders)]
        items_amount = sum(line["unit_price"] * line["quantity"] for line in lines)
        record = OrderRecord.model_validate(
            {
                "platform_id": identity(order, "order_id"),
                "updated_at": moment(order, "update_time", self.latest),
                "order_kind": _kind(order, sub_orders),
                "status": _order_status(order),
                "platform_status": word_needed(order, "order_status"),
                "platform_type": word(order, "order_type"),
                "currency": self.currency,
                "ordered_at": moment(order, "create_time", self.latest),
                "paid_at": self._paid_at(order),
                "ended_at": moment_if_any(order, "finish_time", self.latest),
                "items_amount": items_amount,
                "discount": max(0, items_amount - sum(line["amount"] for line in lines)),
                "platform_discount": _platform_discount(order),
                "freight": freight,
                "paid_amount": shares.cash,
                "reported_amount": fen(order, "pay_amount"),
                "channel": _channel(sub_orders),
                "customer": _customer(order),
                "lines": lines,
                "payments": self._payments(order, shares.cash),
                "shipments": self._shipments(order, sub_orders),
            }
        )
        differs = () if shares.add_up else (SUMS_DIFFER,)
        return record, (*_unknown_words(order, record, sub_orders), *differs)

    def refund(self, item: Row) -> tuple[RefundRecord, Unknown]:
        """An after-sale. `refund_detail` tells how much was paid back, and when."""
        sale, order = part(item, "aftersale_info"), part(item, "order_info")
        status, kind = _refund_status(sale), word(sale, "aftersale_type")
        record = RefundRecord.model_validate(
            {
                "platform_id": identity(sale, "aftersale_id"),
                "updated_at": moment(sale, "update_time", self.latest),
                "order_id": identity_if_any(order, "shop_order_id"),
                "line_id": _refunded_line(sale, order),
                "refund_kind": words.REFUND_KINDS.get(kind, RefundKind.UNKNOWN),
                "status": status,
                "platform_status": word_needed(sale, "aftersale_status"),
                "phase": words.PHASES.get(kind, kind),
                "reason": text(part(item, "text_part"), "reason_text"),
                "currency": self.currency,
                "freight": fen(sale, "refund_post_amount") if _tells_freight(sale) else None,
                "quantity": sale.get("aftersale_num"),
                "goods_returned": _goods_returned(kind, status),
                "requested_at": moment(sale, "apply_time", self.latest),
                **self._paid_back(item, sale, status),
            }
        )
        return record, _unknown_of_refund(sale)

    def _paid_at(self, order: Row) -> datetime | None:
        """Cash on delivery is paid when the parcel is handed over, not when `pay_time` says."""
        if word(order, "pay_type") == words.CASH_ON_DELIVERY:
            is_over = word(order, "order_status") == "5"
            return moment_if_any(order, "finish_time", self.latest) if is_over else None
        return moment_if_any(order, "pay_time", self.latest)

    def _payments(self, order: Row, cash: int) -> list[dict[str, Any]]:
        """One payment, or one per phase of a pre-sale that was paid: deposit, then the rest."""
        phases = [each for each in rows(order, "order_phase_list") if each.get("pay_success")]
        if phases:
            return [self._phase(phase) for phase in phases]
        paid_at = self._paid_at(order)
        if paid_at is None:
            return []
        number = identity_if_any(order, "channel_payment_no", "order_id")
        return [
            {
                "platform_id": number,
                "method": _method(word(order, "pay_type")),
                "amount": cash,
                "paid_at": paid_at,
            }
        ]

    def _phase(self, phase: Row) -> dict[str, Any]:
        return {
            "platform_id": identity(phase, "phase_order_id"),
            "payment_kind": PaymentKind.DEPOSIT
            if word(phase, "current_phase") == "1"
            else PaymentKind.BALANCE,
            "method": _method(word(phase, "phase_pay_type")),
            "amount": fen(phase, "phase_pay_amount"),
            "paid_at": moment(phase, "phase_pay_time", self.latest),
        }

    def _shipments(self, order: Row, sub_orders: list[Row]) -> list[dict[str, Any]]:
        """One per parcel; where none is shown, the fact alone that the order was shipped.

        When it should be there at the latest is told of what is delivered within the hour.
        """
        shipped_at = moment_if_any(order, "ship_time", self.latest)
        promised_at = moment_if_any(order, "latest_receipt_time", self.latest + PLANNED)
        number = identity(order, "order_id")
        parcels = rows(order, "logistics_info")
        if not parcels:
            alone = {"platform_id": number, "shipped_at": shipped_at, "promised_at": promised_at}
            return [alone] if shipped_at else []
        return [
            {
                # Not the waybill number, which is personal.
                "platform_id": identity_if_any(parcel, "delivery_id") or f"{number}-{place}",
                "carrier": parcel.get("company_name") or parcel.get("company") or None,
                "tracking_number": identity_if_any(parcel, "tracking_no"),
                "shipped_at": moment_if_any(parcel, "ship_time", self.latest) or shipped_at,
                "delivered_at": self._delivered_at(parcel, sub_orders),
                "promised_at": promised_at,
            }
            for place, parcel in enumerate(parcels, start=1)
        ]

    def _delivered_at(self, parcel: Row, sub_orders: list[Row]) -> datetime | None:
        """When the carrier handed over the last of the lines in a parcel, if all are."""
        inside = {word(each, "sku_order_id") for each in rows(parcel, "product_info")}
        times = [
            moment_if_any(sub, "logistics_receipt_time", self.latest)
            for sub in sub_orders
            if word(sub, "order_id") in inside
        ]
        known = [time for time in times if time is not None]
        return max(known) if known and len(known) == len(times) else None

    def _paid_back(self, item: Row, sale: Row, status: RefundStatus) -> dict[str, Any]:
        """The list tells the amount asked for. What was paid back, and when, the detail alone."""
        if status is not RefundStatus.REFUNDED:
            return {"amount": fen(sale, "refund_amount")}
        detail = part(item, "refund_detail")
        return {
            "amount": _within("refund_detail", fen, detail, "real_refund_amount"),
            "refunded_at": _within("refund_detail", moment, detail, "refund_time", self.latest),
        }


@dataclass(frozen=True)
class _Shares:
    """How an order's payment lies on its lines.

    cash: what the buyer paid or owes. with_freight: whether lines count their share of it in.
    add_up: whether the lines' payments make up the order's, in one way or the other.
    """

    cash: int
    with_freight: bool
    add_up: bool

    @classmethod
    def of(cls, order: Row, sub_orders: list[Row]) -> "_Shares":
        """`pay_amount` holds what the payment channel gave: the buyer paid that much less.

        Doudian does not say whether a line's `pay_amount` holds freight, so the sum decides.
        """
        pay = fen(order, "pay_amount")
        # Never taken for 0 when it is missing: that would call a subsidy the buyer's money.
        cash = pay - fen(order, "promotion_pay_amount")
        goods = pay - fen_if_any(order, "packing_amount")
        total = sum(fen_if_any(sub, "pay_amount") for sub in sub_orders)
        add_up = total in (goods, goods - fen_if_any(order, "post_amount"))
        return cls(cash, with_freight=total == goods, add_up=add_up)

    def share(self, sub_order: Row) -> int:
        """What the buyer paid for a line's goods, after all discounts, before refunds."""
        freight = fen_if_any(sub_order, "post_amount") if self.with_freight else 0
        paid = fen(sub_order, "pay_amount") - fen_if_any(sub_order, "promotion_pay_amount")
        return paid - freight


def _line(sub_order: Row, place: int, shares: _Shares) -> dict[str, Any]:
    try:
        return _line_fields(sub_order, shares)
    except MappingError as failure:
        where = f"sku_order_list[{place}].{failure.where}"
        raise MappingError(where, failure.value, failure.expected) from None


def _line_fields(sub_order: Row, shares: _Shares) -> dict[str, Any]:
    quantity, unit_price = whole(sub_order, "item_num"), fen(sub_order, "origin_amount")
    if quantity <= 0:
        raise MappingError("item_num", quantity, "a quantity above zero")
    amount = shares.share(sub_order)
    after_sale = part(sub_order, "after_sale_info")
    return {
        "platform_id": identity(sub_order, "order_id"),
        "product_id": identity_if_any(sub_order, "product_id_str", "product_id"),
        "sku_id": identity_if_any(sub_order, "sku_id"),
        "sku_code": sub_order.get("code") or sub_order.get("out_sku_id") or None,
        "title": text(sub_order, "product_name"),
        "quantity": quantity,
        "unit_price": unit_price,
        "discount": max(0, unit_price * quantity - amount),
        "amount": amount,
        "platform_status": word(sub_order, "order_status"),
        "platform_refund_status": word(after_sale, "after_sale_status"),
        **_source(sub_order),
    }


def _source(sub_order: Row) -> dict[str, Any]:
    """What sold the line: the live room, the video, or else the host whose list it was in."""
    for kind, fields in SOURCES.items():
        number = identity_if_any(sub_order, *fields)
        if number:
            return {"source_kind": kind, "source_id": number}
    return {}


def _platform_discount(order: Row) -> int | None:
    """What platform, hosts and payment channel bear of the discounts, where Doudian tells it."""
    if order.get("platform_cost_amount") is None:
        return None
    return fen(order, "platform_cost_amount") + fen(order, "promotion_pay_amount")


def _tells_freight(sale: Row) -> bool:
    return sale.get("refund_post_amount") is not None


def _within(outer: str, read: Any, row: Row, field: str, *more: Any) -> Any:
    """A value of a nested object, whose errors name the object too."""
    try:
        return read(row, field, *more)
    except MappingError as failure:
        where = f"{outer}.{failure.where}"
        raise MappingError(where, failure.value, failure.expected) from None


def _kind(order: Row, sub_orders: list[Row]) -> OrderKind:
    trades = {word(sub, "trade_type") or word(order, "trade_type") for sub in sub_orders}
    return OrderKind.ADJUSTMENT if trades <= words.UNSOLD_TRADES else OrderKind.SALE


def _order_status(order: Row) -> OrderStatus:
    """4 is said of unpaid and of refunded orders alike; `main_status` may tell the latter."""
    if word(order, "main_status") in words.REFUNDED_WHOLE:
        return OrderStatus.CLOSED
    status = words.ORDER_STATUS.get(word(order, "order_status"), OrderStatus.UNKNOWN)
    was_paid = order.get("pay_time") and word(order, "pay_type") != words.CASH_ON_DELIVERY
    if status is OrderStatus.CANCELLED and was_paid:
        return OrderStatus.CLOSED
    return status


def _channel(sub_orders: list[Row]) -> str:
    """What the lines were sold through; "mixed" if they differ."""
    channels = {_line_channel(sub) for sub in sub_orders}
    return channels.pop() if len(channels) == 1 else "mixed"


def _line_channel(sub_order: Row) -> str:
    """A live room, a video, or what `c_biz` says: who has a `room_id` was sold live."""
    if identity_if_any(sub_order, *SOURCES[SourceKind.LIVE]):
        return "live"
    if identity_if_any(sub_order, "video_id"):
        return "video"
    return words.TRAFFIC.get(word(sub_order, "c_biz"), "")


def _customer(order: Row) -> dict[str, Any] | None:
    """The buyer by the key that Doudian gives them for this shop; without one they are a guest."""
    open_id = identity_if_any(order, "doudian_open_id")
    if open_id is None:
        return None
    address = part(order, "mask_post_addr") or part(order, "post_addr")
    return {"platform_id": open_id, "region": text(part(address, "province"), "name") or None}


def _method(pay_type: str) -> str:
    return words.PAY_TYPES.get(pay_type, pay_type or "unknown")


def _refund_status(sale: Row) -> RefundStatus:
    """Money first: only `refund_status` 3 moved any; the flow's own word comes after it."""
    if word(sale, "refund_status") == words.PAID_BACK:
        return RefundStatus.REFUNDED
    status = word(sale, "aftersale_status")
    if status != words.AGREED:
        return words.AFTER_SALE_STATUS.get(status, RefundStatus.UNKNOWN)
    return _agreed_status(sale)


def _agreed_status(sale: Row) -> RefundStatus:
    """An after-sale that succeeded although no money is reported as paid back yet, or ever."""
    kind, money = word(sale, "aftersale_type"), word(sale, "refund_status")
    if kind in words.WITHOUT_MONEY:
        return RefundStatus.EXCHANGED
    if money in {"1", "2", "4"}:
        returned = kind == words.RETURN_AND_REFUND
        return RefundStatus.RETURNED if returned else RefundStatus.REQUESTED
    return RefundStatus.CLOSED if money in {"", "0"} else RefundStatus.UNKNOWN


def _refunded_line(sale: Row, order: Row) -> str | None:
    """The line, if the after-sale is about one line alone."""
    related = rows(order, "related_order_info")
    if len(related) == 1:
        return identity_if_any(related[0], "sku_order_id")
    is_of_line = word(sale, "aftersale_order_type") == "1"
    return identity_if_any(sale, "related_id") if is_of_line and not related else None


def _goods_returned(kind: str, status: RefundStatus) -> bool | None:
    if kind in {"1", "2"}:
        return False
    if kind != words.RETURN_AND_REFUND:
        return None
    return True if status in {RefundStatus.RETURNED, RefundStatus.REFUNDED} else None


def _unknown_words(order: Row, record: OrderRecord, sub_orders: list[Row]) -> Unknown:
    trades = {word(sub, "trade_type") for sub in sub_orders} - {""}
    statuses = {line.platform_status for line in record.lines} - {""}
    refunds = {line.platform_refund_status for line in record.lines}
    pay_type, traffic = word(order, "pay_type"), {word(sub, "c_biz") for sub in sub_orders}
    return (
        *unknown("order_status", [record.platform_status], words.ORDER_STATUS),
        *unknown("main_status", [word(order, "main_status")], words.MAIN_STATUS),
        *unknown("order_type", {record.platform_type} - {""}, words.ORDER_TYPES),
        *unknown("pay_type", {pay_type} - {""}, words.PAY_TYPES),
        *unknown("trade_type", trades, words.TRADE_TYPES),
        *unknown("c_biz", traffic, words.TRAFFIC),
        *unknown("sku_order_list.order_status", statuses, words.MAIN_STATUS),
        *unknown("sku_order_list.after_sale_status", refunds, words.LINE_AFTER_SALES),
    )


def _unknown_of_refund(sale: Row) -> Unknown:
    return (
        *unknown("aftersale_status", [word(sale, "aftersale_status")], words.AFTER_SALE_WORDS),
        *unknown("aftersale_type", {word(sale, "aftersale_type")} - {""}, words.PHASES),
        *unknown("refund_status", [word(sale, "refund_status")], words.REFUND_WORDS),
    )
