"""Orders of the shop as canonical records."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from core.marketplace.errors import MappingError
from core.marketplace.mapping import minor_units
from core.marketplace.records import OrderLineRecord, OrderRecord, OrderStatus

PERSONAL = frozenset({"buyer"})
"""Columns that are personal data: masked in the payload that is kept."""
STATUSES = {
    "new": OrderStatus.PENDING,
    "paid": OrderStatus.PAID,
    "sent": OrderStatus.SHIPPED,
    "done": OrderStatus.COMPLETED,
    "cancelled": OrderStatus.CANCELLED,
}


def map_order(item: Mapping[str, Any]) -> tuple[OrderRecord, tuple[str, ...]]:
    """An order and the words of it that are not known; MappingError names the value in the way."""
    head = item["lines"][0]
    currency = head["currency"]
    lines = tuple(_line(row, currency) for row in item["lines"])
    paid, freight = (minor_units(head[name], currency, name) for name in ("paid", "freight"))
    items = sum(line.unit_price * line.quantity for line in lines)
    status = STATUSES.get(head["status"])
    record = OrderRecord(
        platform_id=item["order_id"],
        updated_at=_moment(head, "updated_at"),
        status=status or OrderStatus.UNKNOWN,
        platform_status=head["status"],
        currency=currency,
        ordered_at=_moment(head, "ordered_at"),
        paid_at=_moment(head, "paid_at") if head["paid_at"] else None,
        items_amount=items,
        discount=items + freight - paid,
        freight=freight,
        paid_amount=paid,
        reported_amount=paid,
        customer=None,  # the shop tells names alone, and a name is no id to keep
        lines=lines,
    )
    return record, () if status else (f"status={head['status']}",)


def _line(row: Mapping[str, str], currency: str) -> OrderLineRecord:
    amount = minor_units(row["amount"], currency, "amount")
    unit_price = minor_units(row["unit_price"], currency, "unit_price")
    if not row["quantity"].isdigit():
        raise MappingError("quantity", row["quantity"], "a whole number")
    quantity = int(row["quantity"])
    return OrderLineRecord(
        platform_id=row["line_id"],
        product_id=row["sku"] or None,
        sku_code=row["sku"] or None,
        title=row["title"],
        quantity=quantity,
        unit_price=unit_price,
        discount=unit_price * quantity - amount,
        amount=amount,
    )


def _moment(row: Mapping[str, str], name: str) -> datetime:
    """Aware UTC of an ISO 8601 text with its offset."""
    try:
        moment = datetime.fromisoformat(row[name])
        if moment.tzinfo is None:
            raise ValueError(row[name])
    except ValueError:
        raise MappingError(name, row[name], "a time with its offset") from None
    return moment.astimezone(UTC)
