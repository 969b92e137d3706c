"""Merchants and shops for tests, made as core makes them: through `db.system`."""

from datetime import UTC, datetime
from typing import Any

from core.db import Database
from core.models import Merchant, Shop, random_id

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def make_merchant(database: Database, name: str = "Lantern Goods") -> int:
    """Store a merchant; returns its id."""
    merchant = Merchant(
        id=random_id(), name=name, time_zone="Asia/Shanghai", currency="CNY", created_at=NOON
    )
    database.system_now(lambda session: session.add(merchant))
    return merchant.id


def make_shop(database: Database, merchant_id: int, **columns: Any) -> Shop:
    """Store a shop of a merchant."""
    shop_id = random_id()
    defaults = {
        "id": shop_id,
        "marketplace": "bazaar",
        "platform_id": str(shop_id),
        "name": "Lantern flagship store",
        "time_zone": "Asia/Shanghai",
        "currency": "CNY",
        "config": {},
        "created_at": NOON,
    }
    shop = Shop(merchant_id=merchant_id, **(defaults | columns))
    database.system_now(lambda session: session.add(shop))
    return shop
