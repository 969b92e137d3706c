"""Rows for paging: orders, lines and products, written straight into the tables."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlmodel import SQLModel

from core.db import Database
from core.models import Order, OrderLine, Product
from tests.builders import NOON

_ORDER: dict[str, Any] = {
    "kind": "sale",
    "status": "paid",
    "platform_status": "TRADE_FINISHED",
    "platform_type": "fixed",
    "channel": "",
    "customer_id": None,
    "currency": "CNY",
    "items_amount": 0,
    "discount": 0,
    "freight": 0,
    "paid_amount": 0,
    "reported_amount": None,
    "ordered_at": NOON,
    "order_day": date(2026, 11, 20),
    "paid_at": None,
    "sale_day": None,
    "ended_at": None,
    "updated_at": NOON,
}
_LINE: dict[str, Any] = {
    "ordinal": 1,
    "kind": "sale",
    "product_id": None,
    "sku_id": None,
    "sku_code": None,
    "title": "Lantern",
    "quantity": 1,
    "currency": "CNY",
    "unit_price": 100,
    "discount": 0,
    "amount": 100,
    "platform_status": "",
    "platform_refund_status": "",
    "sale_day": None,
}
_PRODUCT: dict[str, Any] = {
    "title": "Lantern",
    "code": None,
    "category": None,
    "status": "on_sale",
    "platform_status": "onsale",
    "currency": "CNY",
    "price": 100,
    "listed_at": None,
    "updated_at": NOON,
}
_DEFAULTS: Mapping[type[SQLModel], dict[str, Any]] = {
    Order: _ORDER,
    OrderLine: _LINE,
    Product: _PRODUCT,
}


def store(
    database: Database,
    model: type[SQLModel],
    merchant_id: int,
    rows: Sequence[Mapping[str, Any]],
    **shared: Any,
) -> None:
    """Insert rows, numbered from 1 in the order given, with defaults for what they leave out."""
    full = [
        {"merchant_id": merchant_id, "shop_id": 1, "id": number, "platform_id": f"P{number}"}
        | _DEFAULTS[model]
        | shared
        | dict(row)
        for number, row in enumerate(rows, 1)
    ]
    table = model.__table__  # type: ignore[attr-defined]
    if full:
        database.system_now(lambda session: session.execute(table.insert(), full))


def minutes(number: int) -> datetime:
    """A moment so many minutes after noon."""
    return NOON + timedelta(minutes=number)
