"""From JD's orders to canonical records: amounts, life cycle, lines, parcels, and the split.

JD tells no paid share of a line: it is worked out from the order's own figures. Money is yuan in
text, times are Chinese wall clock.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.marketplace.errors import MappingError
from core.marketplace.fields import Row, Unknown, text, unknown
from core.marketplace.records import OrderKind, OrderRecord, OrderStatus, RemovalRecord
from plugins.marketplaces.jd.fields import (
    Units,
    identity,
    identity_if_any,
    needed,
    rows,
    whole,
    word,
)
from plugins.marketplaces.jd.words import (
    NO_SALE,
    ORDER_STATUS,
    ORDER_TYPES,
    PAYMENT_METHODS,
    UNPAID,
)

CASH_ON_DELIVERY = "1"
FEES = ("freightPrice", "taxFee", "serviceFee")
SPECIAL_OFFER = "30"  # the only kind of discount that JD gives a SKU to


@dataclass(frozen=True)
class OrderMapper:
    """Maps the orders of one page."""

    units: Units

    def order(self, order: Row) -> tuple[OrderRecord, Unknown]:
        """An order with its lines, payment, parcels and buyer."""
        number = identity(order, "orderId")
        items = rows(order, "itemInfoList")
        if not items:
            raise MappingError("itemInfoList", order.get("itemInfoList"), "at least one line")
        state, paid_at = word(order, "orderState"), self._paid_at(order)
        status, due = _order_status(state, paid_at), self._due(order)
        paid_amount = self._paid_amount(order, due)
        # Beans and vouchers pay for freight too: no more of it was paid than was paid at all.
        freight = min(self.units.yuan(order, "freightPrice") or 0, paid_amount)
        lines = self._lines(number, items, self._offers(order), paid_amount - freight)
        items_amount = sum(line["unit_price"] * line["quantity"] for line in lines)
        record = OrderRecord.model_validate(
            {
                "platform_id": number,
                "updated_at": self.units.time(order, "modified"),
                "order_kind": _kind(order),
                "status": status,
                "platform_status": needed(state, order, "orderState"),
                "platform_type": word(order, "orderType"),
                "parent_id": _parent(order),
                "currency": self.units.currency,
                "ordered_at": self.units.time(order, "orderStartTime"),
                "paid_at": paid_at,
                "ended_at": self.units.time_if_any(order, "orderEndTime"),
                "items_amount": items_amount,
                "discount": max(0, items_amount - (paid_amount - freight)),
                "platform_discount": due - paid_amount,
                "freight": freight,
                "paid_amount": paid_amount,
                "reported_amount": self._reported(order),
                "reported_at": self._reported_at(order, status, paid_at),
                "channel": text(order, "orderSource")[:64].strip().lower(),
                "customer": _customer(order),
                "lines": lines,
                "payments": _payments(order, number, paid_at, paid_amount),
                "shipments": _shipments(order, number, state),
            }
        )
        return record, _unknown_words(record, order)

    def parent(self, parent: Row) -> tuple[RemovalRecord, Unknown]:
        """An order that was split: its children stand for it, its own amounts would count twice."""
        record = RemovalRecord(
            platform_id=identity(parent, "orderId"),
            updated_at=self.units.time(parent, "modified"),
            of=OrderRecord.kind,
        )
        return record, ()

    def _paid_at(self, order: Row) -> datetime | None:
        """JD keeps a pre-sale order NOT_PAY until the rest is paid, so a deposit is no payment."""
        if word(order, "orderState") == "NOT_PAY":
            return None
        return self.units.time_if_any(order, "paymentConfirmTime")

    def _reported(self, order: Row) -> int | None:
        """JD deprecated `orderPayment` for `actualPay` in 2024; some orders have neither."""
        actual = self.units.yuan(order, "actualPay")
        return self.units.yuan(order, "orderPayment") if actual is None else actual

    def _reported_at(
        self, order: Row, status: OrderStatus, paid_at: datetime | None
    ) -> datetime | None:
        """JD counts cash on delivery when it is placed, all else when it is paid."""
        if word(order, "payType") != CASH_ON_DELIVERY or status is OrderStatus.CANCELLED:
            return paid_at
        return self.units.time(order, "orderStartTime")

    def _due(self, order: Row) -> int:
        """What the merchant asks for: the goods less its own discount, freight, tax and fee."""
        fees = [self.units.yuan(order, name) or 0 for name in FEES]
        return self.units.yuan_needed(order, "orderSellerPrice") + sum(fees)

    def _paid_amount(self, order: Row, due: int) -> int:
        """What the buyer owes or paid, in whatever way.

        JD: payable = goods less the merchant's discount - the buyer's discounts - balance used
        + freight + tax + service fee. The balance is the buyer's money, so it is added again; never
        beyond the goods' price, should a figure include it already.
        """
        reported = self._reported(order)
        balance = self.units.yuan(order, "balanceUsed") or 0
        return due if reported is None else min(due, reported + balance)

    def _offers(self, order: Row) -> dict[str, int]:
        """Special offers by SKU."""
        offers: dict[str, int] = {}
        for coupon in rows(order, "couponDetailList"):
            sku = identity_if_any(coupon, "skuId")
            if sku and word(coupon, "couponType") == SPECIAL_OFFER:
                amount = self.units.yuan_needed(coupon, "couponPrice")
                offers[sku] = offers.get(sku, 0) + amount
        return offers

    def _lines(
        self, number: str, items: Sequence[Row], offers: dict[str, int], paid: int
    ) -> list[dict[str, Any]]:
        lines: list[dict[str, Any]] = []
        for place, item in enumerate(items):
            try:
                lines.append(self._line(number, item))
            except MappingError as failure:
                where = f"itemInfoList[{place}].{failure.where}"
                raise MappingError(where, failure.value, failure.expected) from None
        _number_repeats(lines)
        full = [line["unit_price"] * line["quantity"] for line in lines]
        weights = [
            max(0, price - _take(offers, line["sku_id"], price))
            for price, line in zip(full, lines, strict=True)
        ]
        for line, price, amount in zip(lines, full, shares(paid, weights), strict=True):
            line |= {"amount": amount, "discount": max(0, price - amount)}
        return lines

    def _line(self, number: str, item: Row) -> dict[str, Any]:
        quantity = whole(item, "itemTotal")
        if quantity <= 0:
            raise MappingError("itemTotal", quantity, "a quantity above zero")
        sku = identity(item, "skuId")
        return {
            "platform_id": f"{number}-{sku}",
            "product_id": identity_if_any(item, "wareId"),
            "sku_id": sku,
            "sku_code": item.get("outerSkuId") or None,
            "title": text(item, "skuName"),
            "quantity": quantity,
            "unit_price": self.units.yuan_needed(item, "jdPrice"),
        }


def shares(amount: int, weights: Sequence[int]) -> list[int]:
    """An amount shared out by weight, to the last fen; remainders go to the first lines."""
    total = sum(weights)
    if not total:
        weights, total = [1] * len(weights), len(weights)
    parts = [amount * weight // total for weight in weights]
    places = sorted(range(len(weights)), key=lambda n: -(amount * weights[n] % total))
    for place in places[: amount - sum(parts)]:
        parts[place] += 1
    return parts


def parents_of(order: Row) -> set[str]:
    """The orders that this one was split from, at once or in several steps."""
    found = {identity_if_any(order, name) for name in ("parentOrderId", "directParentOrderId")}
    return {each for each in found if each and each != str(order.get("orderId"))}


def _parent(order: Row) -> str | None:
    """The order that was split in the first place; JD names none with 0, or the order itself."""
    found = parents_of(order)
    root = identity_if_any(order, "parentOrderId")
    return root if root in found else next(iter(found), None)


def _take(offers: dict[str, int], sku: str, most: int) -> int:
    """The part of a SKU's offers that a line can bear; the rest is for its next line."""
    taken = min(offers.get(sku, 0), most)
    if taken:
        offers[sku] -= taken
    return taken


def _number_repeats(lines: Sequence[dict[str, Any]]) -> None:
    """JD gives lines no id. A SKU that comes twice in an order (bought and as a gift) is told apart
    by the number of its line."""
    met: dict[str, int] = {}
    for line in lines:
        name = line["platform_id"]
        met[name] = met.get(name, 0) + 1
        if met[name] > 1:
            line["platform_id"] = f"{name}-{met[name]}"


def _kind(order: Row) -> OrderKind:
    return OrderKind.ADJUSTMENT if word(order, "returnOrder") in NO_SALE else OrderKind.SALE


def _order_status(state: str, paid_at: datetime | None) -> OrderStatus:
    status = ORDER_STATUS.get(state, OrderStatus.UNKNOWN)
    return status if paid_at else UNPAID.get(status, status)


def _payments(
    order: Row, number: str, paid_at: datetime | None, amount: int
) -> list[dict[str, Any]]:
    """One, under the number it was paid with: a split order was paid as its parent."""
    if paid_at is None:
        return []
    method = word(order, "payType")
    return [
        {
            "platform_id": identity_if_any(order, "parentOrderId") or number,
            "method": PAYMENT_METHODS.get(method, method),
            "amount": amount,
            "paid_at": paid_at,
        }
    ]


def _shipments(order: Row, number: str, state: str) -> list[dict[str, Any]]:
    """One per waybill: `|` stands between carriers, `,` between parcels of one.

    Merchants that deliver themselves have no waybill: the fact alone is kept then. A parcel is
    known by its place, not by its waybill number, which is personal. JD tells no time of shipping.
    """
    carriers = str(order.get("logisticsId") or "").split("|")
    waybills = text(order, "waybill")
    parcels = [
        (carriers[min(place, len(carriers) - 1)] or None, each.strip())
        for place, of_carrier in enumerate(waybills.split("|"))
        for each in of_carrier.split(",")
        if each.strip()
    ]
    if parcels:
        return [
            {"platform_id": f"{number}-{n}", "carrier": carrier, "tracking_number": waybill}
            for n, (carrier, waybill) in enumerate(parcels, start=1)
        ]
    is_gone = ORDER_STATUS.get(state) in {OrderStatus.SHIPPED, OrderStatus.COMPLETED}
    return [{"platform_id": number}] if is_gone else []


def _customer(order: Row) -> dict[str, Any] | None:
    """The buyer by the pseudonym JD gives the app; without one they are a guest."""
    key = identity_if_any(order, "open_id_buyer") or identity_if_any(order, "xid_buyer")
    return None if key is None else {"platform_id": key}


def _unknown_words(record: OrderRecord, order: Row) -> Unknown:
    return (
        *unknown("orderState", [record.platform_status], ORDER_STATUS),
        *unknown("orderType", [record.platform_type], ORDER_TYPES | {""}),
        *unknown("payType", [word(order, "payType")], {*PAYMENT_METHODS, ""}),
    )
