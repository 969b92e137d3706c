"""Canonical records with sensible defaults: short to write, complete enough to store."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import count
from typing import Any

from core.marketplace.records import (
    CustomerRecord,
    OrderLineRecord,
    OrderRecord,
    OrderStatus,
    ProductRecord,
    ProductStatus,
    RefundRecord,
    RefundStatus,
    ReviewRecord,
    ReviewResult,
)

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
"""The moment at which tests stand: 8 p.m. in Shanghai."""
CURRENCY = "CNY"
_numbers = count(1)

Line = int | Mapping[str, Any]
"""A line of an order: what was paid for it in minor units, or fields of `OrderLineRecord`."""


def fresh(word: str) -> str:
    """A platform's id that nothing else has."""
    return f"{word}{next(_numbers)}"


def line(given: Line, order_id: str, ordinal: int) -> OrderLineRecord:
    """One piece of something, unless said otherwise."""
    fields = {"amount": given} if isinstance(given, int) else dict(given)
    amount = fields.setdefault("amount", 1000)
    defaults = {
        "platform_id": f"{order_id}-{ordinal}",
        "title": "Lantern",
        "quantity": 1,
        "unit_price": amount,
    }
    return OrderLineRecord(**(defaults | fields))


def order(lines: Sequence[Line], customer: str | None, **fields: Any) -> OrderRecord:
    """An order that was paid at noon."""
    number = fields.setdefault("platform_id", fresh("order-"))
    made = tuple(line(each, number, ordinal) for ordinal, each in enumerate(lines))
    total = sum(each.amount for each in made)
    ordered_at = fields.get("ordered_at", NOON)
    defaults: dict[str, Any] = {
        "status": OrderStatus.PAID,
        "platform_status": "PAID",
        "currency": CURRENCY,
        "ordered_at": ordered_at,
        "paid_at": ordered_at,
        "updated_at": ordered_at,
        "items_amount": total,
        "paid_amount": total,
        "customer": None if customer is None else CustomerRecord(platform_id=customer),
    }
    return OrderRecord(lines=made, **(defaults | fields))


def product(**fields: Any) -> ProductRecord:
    """A listing on sale for ten units of its currency."""
    defaults: dict[str, Any] = {
        "platform_id": fresh("product-"),
        "title": "Lantern",
        "status": ProductStatus.ON_SALE,
        "platform_status": "ON_SALE",
        "currency": CURRENCY,
        "price": 1000,
        "updated_at": NOON,
    }
    return ProductRecord(**(defaults | fields))


def refund(**fields: Any) -> RefundRecord:
    """A refund that paid money back at noon."""
    defaults: dict[str, Any] = {
        "platform_id": fresh("refund-"),
        "status": RefundStatus.REFUNDED,
        "platform_status": "REFUNDED",
        "currency": CURRENCY,
        "amount": 400,
        "requested_at": NOON,
        "refunded_at": NOON,
        "updated_at": NOON,
    }
    return RefundRecord(**(defaults | fields))


def review(**fields: Any) -> ReviewRecord:
    """A good review."""
    defaults: dict[str, Any] = {
        "platform_id": fresh("review-"),
        "result": ReviewResult.GOOD,
        "platform_result": "GOOD",
        "content": "Lights well.",
        "reviewed_at": NOON,
        "updated_at": NOON,
    }
    return ReviewRecord(**(defaults | fields))
