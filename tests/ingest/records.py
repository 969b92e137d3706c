"""Canonical records for tests: short to write, complete enough to store."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from core.db import Database
from core.ingest.page import Batch, Outcome, ingest_page
from core.ingest.shape import Place
from core.ingest.standard import CORE_ROLLUPS
from core.marketplace.contract import Mapped, Payload, Rejected
from core.marketplace.records import (
    CustomerRecord,
    OrderLineRecord,
    OrderRecord,
    OrderStatus,
    ProductRecord,
    ProductStatus,
    Record,
    RefundRecord,
    RefundStatus,
    RemovalRecord,
    SkuRecord,
)
from core.models import Shop

T0 = datetime(2026, 11, 10, 4, 0, tzinfo=UTC)
"""Noon in Shanghai."""
SHANGHAI = ZoneInfo("Asia/Shanghai")


def after(hours: float) -> datetime:
    return T0 + timedelta(hours=hours)


def line(platform_id: str, amount: int = 1000, **fields: Any) -> OrderLineRecord:
    defaults = {"product_id": "p1", "quantity": 1, "unit_price": amount, "amount": amount}
    return OrderLineRecord(platform_id=platform_id, **(defaults | fields))


def order(platform_id: str = "o1", at: float = 0, **fields: Any) -> OrderRecord:
    """A paid order of one line and a customer, last changed `at` hours after T0."""
    defaults: dict[str, Any] = {
        "status": OrderStatus.PAID,
        "platform_status": "WAIT_SEND",
        "currency": "CNY",
        "ordered_at": T0,
        "paid_at": T0,
        "items_amount": 1000,
        "paid_amount": 1000,
        "customer": CustomerRecord(platform_id="c1", nickname="小李"),
        "lines": (line(f"{platform_id}-1"),),
    }
    return OrderRecord(platform_id=platform_id, updated_at=after(at), **(defaults | fields))


def refund(platform_id: str = "r1", at: float = 0, **fields: Any) -> RefundRecord:
    """A refund of the order that paid money back at once."""
    defaults: dict[str, Any] = {
        "order_id": "o1",
        "customer_id": "c1",
        "status": RefundStatus.REFUNDED,
        "platform_status": "SUCCESS",
        "currency": "CNY",
        "amount": 400,
        "requested_at": T0,
        "refunded_at": after(at),
    }
    return RefundRecord(platform_id=platform_id, updated_at=after(at), **(defaults | fields))


def product(at: float = 0, **fields: Any) -> ProductRecord:
    """A listing with one SKU."""
    defaults: dict[str, Any] = {
        "title": "灯笼",
        "status": ProductStatus.ON_SALE,
        "platform_status": "onsale",
        "currency": "CNY",
        "price": 1000,
        "skus": (SkuRecord(platform_id="k1", price=1000, stock=7),),
    }
    return ProductRecord(platform_id="p1", updated_at=after(at), **(defaults | fields))


def removal(of: str, platform_id: str, at: float) -> RemovalRecord:
    return RemovalRecord(of=of, platform_id=platform_id, updated_at=after(at))


def mapped(record: Record, *unknown: str, **payload: Any) -> Mapped:
    """The record with a payload that says the same."""
    return Mapped(record, Payload(record.model_dump(mode="json") | payload), unknown)


def place(shop: Shop) -> Place:
    return Place(shop.merchant_id, shop.id, ZoneInfo(shop.time_zone), T0.date())


def ingest(
    database: Database,
    shop: Shop,
    *items: Record | Mapped | Rejected,
    now: datetime = T0,
    mapping_version: int = 1,
    stream: str = "orders",
) -> Outcome:
    """Store a page as the engine does; bare records get a payload."""
    page = [mapped(item) if isinstance(item, Record) else item for item in items]
    batch = Batch(place(shop), stream, mapping_version, CORE_ROLLUPS, now)
    return database.run_now(shop.merchant_id, lambda session: ingest_page(session, batch, page))


def counts(outcome: Outcome) -> tuple[int, int, int, int]:
    """Seen, changed, unchanged, quarantined."""
    return outcome.seen, outcome.changed, outcome.unchanged, outcome.quarantined
