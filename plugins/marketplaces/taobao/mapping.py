"""From TOP's objects to canonical records: the one place that knows what TOP's words mean.

Rules come from the field descriptions of open.taobao.com/api.htm. Money is yuan in text, times are
Chinese wall clock, ids are 64-bit numbers. A trade has lines (`orders.order`), also a single one.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from core.marketplace.errors import MappingError
from core.marketplace.fields import Row, Unknown, text, unknown, whole
from core.marketplace.mapping import PLANNED, local_time, minor_units, platform_id
from core.marketplace.records import (
    OrderKind,
    OrderRecord,
    OrderStatus,
    PaymentKind,
    ProductRecord,
    ProductStatus,
    RefundKind,
    RefundRecord,
    RefundStatus,
    ReviewRecord,
    ReviewResult,
)
from plugins.marketplaces.taobao.client import CHINA
from plugins.marketplaces.taobao.words import (
    COD_TYPES,
    DEPOSIT_ONLY,
    EXCHANGES,
    LINE_REFUNDS,
    NO_PAYMENT,
    ORDER_STATUS,
    PRODUCT_STATUS,
    REFUND_STATUS,
    REVIEW_RESULT,
    TRADE_TYPES,
    UNPAID,
)


@dataclass(frozen=True)
class Mapper:
    """Maps the rows of one page. latest: times after it are mistakes.

    Parts of a record are given to pydantic as plain dicts: validating them with their record in
    one go takes half the time of building each as a model first.
    """

    currency: str
    latest: datetime

    def trade(self, trade: Row) -> tuple[OrderRecord, Unknown]:
        """An order with its lines, payment, parcels and buyer."""
        is_sale = trade.get("type") != NO_PAYMENT
        rows = _rows(trade, "orders", "order")
        if not rows:
            raise MappingError("orders", trade.get("orders"), "at least one line")
        freight = self._money(trade, "post_fee") or 0
        lines = self._lines(rows, is_sale, freight)
        items_amount = sum(line["unit_price"] * line["quantity"] for line in lines)
        lines_amount = sum(line["amount"] for line in lines)
        # Not the trade's `payment`: that one shrinks with every partial refund.
        paid_amount = lines_amount + freight
        tid = platform_id(trade.get("tid"), "tid")
        status = _status(trade, "status")
        paid_at = None if _owes_balance(trade) else self._time_if_any(trade, "pay_time")
        record = OrderRecord.model_validate(
            {
                "platform_id": tid,
                "updated_at": self._time(trade, "modified"),
                "order_kind": OrderKind.SALE if is_sale else OrderKind.ADJUSTMENT,
                "status": _order_status(status, trade, paid_at),
                "platform_status": status,
                "platform_type": text(trade, "type"),
                "currency": self.currency,
                "ordered_at": self._time(trade, "created"),
                "paid_at": paid_at,
                "ended_at": self._time_if_any(trade, "end_time"),
                "items_amount": items_amount,
                "discount": max(0, items_amount - lines_amount),
                "freight": freight,
                "paid_amount": paid_amount,
                "reported_amount": self._money(trade, "payment"),
                "channel": text(trade, "trade_from").split(",")[0].strip().lower(),
                "customer": _customer(trade),
                "lines": lines,
                "payments": self._payments(trade, tid, paid_amount),
                "shipments": self._shipments(trade, tid, rows),
            }
        )
        return record, _unknown_words(record)

    def refund(self, refund: Row) -> tuple[RefundRecord, Unknown]:
        """A refund request. TOP tells no time of payment: `modified` is it, once it succeeded."""
        word = _status(refund, "status")
        status = REFUND_STATUS.get(word, RefundStatus.UNKNOWN)
        modified = self._time(refund, "modified")
        record = RefundRecord.model_validate(
            {
                "platform_id": platform_id(refund.get("refund_id"), "refund_id"),
                "updated_at": modified,
                "order_id": _id_if_any(refund, "tid"),
                "line_id": _id_if_any(refund, "oid"),
                "customer_id": _id_if_any(refund, "buyer_open_uid"),
                "refund_kind": _refund_kind(refund, word),
                "status": status,
                "platform_status": word,
                "phase": text(refund, "refund_phase"),
                "reason": text(refund, "reason"),
                "currency": self.currency,
                "amount": self._money_needed(refund, "refund_fee"),
                "quantity": None if refund.get("num") is None else whole(refund, "num"),
                "goods_returned": refund.get("has_good_return"),
                "requested_at": self._time(refund, "created"),
                "refunded_at": modified if status is RefundStatus.REFUNDED else None,
            }
        )
        return record, unknown("status", [word], REFUND_STATUS)

    def item(self, item: Row) -> tuple[ProductRecord, Unknown]:
        """A listing with its SKUs; an item without variants is itself what can be bought."""
        word = _status(item, "approve_status")
        record = ProductRecord.model_validate(
            {
                "platform_id": platform_id(item.get("num_iid"), "num_iid"),
                "updated_at": self._time(item, "modified"),
                "title": text(item, "title"),
                "code": item.get("outer_id") or None,
                "category": _id_if_any(item, "cid"),
                "status": PRODUCT_STATUS.get(word, ProductStatus.UNKNOWN),
                "platform_status": word,
                "currency": self.currency,
                "price": self._money_needed(item, "price"),
                "listed_at": self._time_if_any(item, "list_time", ahead=PLANNED),
                "skus": [self._sku(row) for row in _rows(item, "skus", "sku")]
                if "skus" in item
                else [self._only_sku(item)],
            }
        )
        return record, unknown("approve_status", [word], PRODUCT_STATUS)

    def rate(self, rate: Row) -> tuple[ReviewRecord, Unknown]:
        """A review. TOP gives it no id: one side rates one order line once."""
        tid, oid = platform_id(rate.get("tid"), "tid"), platform_id(rate.get("oid"), "oid")
        word, created = text(rate, "result"), self._time(rate, "created")
        record = ReviewRecord.model_validate(
            {
                "platform_id": f"{tid}-{oid}-{text(rate, 'role')}",
                "updated_at": created,
                "order_id": tid,
                "line_id": oid,
                "product_id": _id_if_any(rate, "num_iid"),
                "result": REVIEW_RESULT.get(word, ReviewResult.UNKNOWN),
                "platform_result": word,
                "author": rate.get("nick") or None,
                "content": text(rate, "content"),
                "reply": text(rate, "reply"),
                "reviewed_at": created,
            }
        )
        return record, unknown("result", [word], REVIEW_RESULT)

    def _lines(self, rows: list[Row], is_sale: bool, freight: int) -> list[dict[str, Any]]:
        # The payment of a trade's only line is the trade's payment, so it includes the freight.
        freight_within = freight if len(rows) == 1 else 0
        lines = []
        for place, row in enumerate(rows):
            try:
                lines.append(self._line(row, is_sale, freight_within))
            except MappingError as failure:
                where = f"orders[{place}].{failure.where}"
                raise MappingError(where, failure.value, failure.expected) from None
        return lines

    def _line(self, row: Row, is_sale: bool, freight_within: int) -> dict[str, Any]:
        quantity = whole(row, "num")
        if is_sale and quantity <= 0:
            raise MappingError("num", quantity, "a quantity above zero")
        unit_price = self._money_needed(row, "price")
        amount = self._paid_share(row, unit_price * quantity, freight_within)
        return {
            "platform_id": platform_id(row.get("oid"), "oid"),
            "product_id": _id_if_any(row, "num_iid"),
            "sku_id": _id_if_any(row, "sku_id") or _only_sku_id(row),
            "sku_code": row.get("outer_sku_id") or row.get("outer_iid") or None,
            "title": row.get("title") or "",
            "quantity": quantity,
            "unit_price": unit_price,
            "discount": max(0, unit_price * quantity - amount),
            "amount": amount,
            "platform_status": row.get("status") or "",
            "platform_refund_status": row.get("refund_status") or "",
        }

    def _paid_share(self, row: Row, full_price: int, freight_within: int) -> int:
        """What was paid for a line: `divide_order_fee` has the trade's discounts shared out."""
        share = self._money(row, "divide_order_fee")
        if share is not None:
            return share
        payment = self._money(row, "payment")
        return full_price if payment is None else max(0, payment - freight_within)

    def _payments(self, trade: Row, tid: str, amount: int) -> list[dict[str, Any]]:
        """What was paid at `pay_time`. Of a pre-sale that is paid whole, TOP tells no two times."""
        paid_at = self._time_if_any(trade, "pay_time")
        if paid_at is None:
            return []
        number = _id_if_any(trade, "alipay_no") or tid
        kind = PaymentKind.FULL
        if _owes_balance(trade):
            kind, amount = PaymentKind.DEPOSIT, self._money_needed(trade, "step_paid_fee")
        return [
            {
                "platform_id": number,
                "payment_kind": kind,
                "method": "alipay",
                "amount": amount,
                "paid_at": paid_at,
            }
        ]

    def _shipments(self, trade: Row, tid: str, rows: list[Row]) -> list[dict[str, Any]]:
        """One per waybill; where TOP shows none, the fact alone that the trade was shipped.

        A parcel is known by its first line, not by its waybill number, which is personal.
        """
        shipped_at = self._time_if_any(trade, "consign_time")
        parcels: dict[str, Row] = {}
        for row in rows:
            if row.get("invoice_no"):
                parcels.setdefault(text(row, "invoice_no"), row)
        if shipped_at and not parcels:
            return [{"platform_id": tid, "shipped_at": shipped_at}]
        return [
            {
                "platform_id": platform_id(row.get("oid"), "oid"),
                "carrier": row.get("logistics_company"),
                "tracking_number": number,
                "shipped_at": self._time_if_any(row, "consign_time") or shipped_at,
            }
            for number, row in parcels.items()
        ]

    def _sku(self, sku: Row) -> dict[str, Any]:
        return {
            "platform_id": platform_id(sku.get("sku_id"), "sku_id"),
            "code": sku.get("outer_id") or None,
            "title": _sku_title(text(sku, "properties_name")),
            "price": self._money_needed(sku, "price"),
            "stock": sku.get("quantity"),
        }

    def _only_sku(self, item: Row) -> dict[str, Any]:
        return {
            "platform_id": _only_sku_id(item),
            "code": item.get("outer_id") or None,
            "price": self._money_needed(item, "price"),
            "stock": item.get("num"),
        }

    def _money(self, row: Row, field: str) -> int | None:
        value = row.get(field)
        return None if value is None or value == "" else minor_units(value, self.currency, field)

    def _money_needed(self, row: Row, field: str) -> int:
        return minor_units(row.get(field), self.currency, field)

    def _time(self, row: Row, field: str) -> datetime:
        return local_time(row.get(field), CHINA, field, latest=self.latest)

    def _time_if_any(
        self, row: Row, field: str, *, ahead: timedelta = timedelta(0)
    ) -> datetime | None:
        value = row.get(field)
        if value is None or value == "":
            return None
        return local_time(value, CHINA, field, latest=self.latest + ahead)


def _status(row: Row, name: str) -> str:
    """A word that every object has: without it nobody can say what the object means now."""
    word = text(row, name)
    if not word:
        raise MappingError(name, row.get(name), "a status")
    return word


def _order_status(word: str, trade: Row, paid_at: datetime | None) -> OrderStatus:
    """TOP's word; one that speaks of payment means less for cash on delivery."""
    status = ORDER_STATUS.get(word, OrderStatus.UNKNOWN)
    if paid_at is None and text(trade, "type") in COD_TYPES:
        return UNPAID.get(status, status)
    return status


def _owes_balance(trade: Row) -> bool:
    return text(trade, "step_trade_status") == DEPOSIT_ONLY


def _refund_kind(refund: Row, word: str) -> RefundKind:
    """Exchanges have statuses of their own; else it is told whether goods come back."""
    if word in EXCHANGES:
        return RefundKind.EXCHANGE
    returned = refund.get("has_good_return")
    if returned is None:
        return RefundKind.UNKNOWN
    return RefundKind.RETURN if returned else RefundKind.MONEY


def _only_sku_id(row: Row) -> str | None:
    """The number of an item as that of its only SKU; marked, for a SKU may have the same number."""
    item = _id_if_any(row, "num_iid")
    return None if item is None else f"item-{item}"


def _id_if_any(row: Row, field: str) -> str | None:
    value = row.get(field)
    if type(value) is str:
        return value or None
    return None if value is None else platform_id(value, field)


def _rows(row: Row, outer: str, inner: str) -> list[Row]:
    """TOP wraps lists twice, and leaves out empty ones."""
    wrapper = row.get(outer)
    if wrapper is None:
        return []
    rows = wrapper.get(inner, []) if isinstance(wrapper, dict) else wrapper
    if not isinstance(rows, list) or not all(isinstance(each, dict) for each in rows):
        raise MappingError(outer, wrapper, f"objects under {inner}")
    return rows


def _customer(trade: Row) -> dict[str, Any] | None:
    """The buyer by the key that TOP gives them for this seller; without one they are a guest."""
    open_uid = _id_if_any(trade, "buyer_open_uid")
    if open_uid is None:
        return None
    return {
        "platform_id": open_uid,
        "nickname": trade.get("buyer_nick") or None,
        "country": trade.get("receiver_country") or None,
        "region": trade.get("receiver_state") or None,
    }


def _sku_title(properties: str) -> str:
    """`颜色:红;尺码:L` of `1627207:28326:颜色:红;20509:28314:尺码:L`, TOP's escapes undone."""
    named = [each.split(":", 3)[2:] for each in properties.split(";")]
    if not all(named):
        return properties
    title = ";".join(":".join(pair) for pair in named)
    return title.replace("#cln#", ":").replace("#scln#", ";")


def _unknown_words(order: OrderRecord) -> Unknown:
    statuses = {line.platform_status for line in order.lines} - {""}
    refunds = {line.platform_refund_status for line in order.lines}
    return (
        *unknown("status", [order.platform_status], ORDER_STATUS),
        *unknown("type", [order.platform_type], TRADE_TYPES),
        *unknown("orders.status", statuses, ORDER_STATUS),
        *unknown("orders.refund_status", refunds, LINE_REFUNDS),
    )
