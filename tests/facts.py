"""Facts of a few lines: sales, traffic, ad spend and customers, for figures counted by hand."""

from datetime import date, timedelta
from typing import Any

from sqlmodel import SQLModel

from core.db import Database
from core.models import (
    AdSpendDay,
    Customer,
    CustomerStat,
    ProductMonth,
    SalesDay,
    SyncState,
    TrafficDay,
)
from tests.builders import NOON

TODAY = date(2026, 11, 20)
"""The business day in Shanghai at which the tests' gateway stands."""


class Facts:
    """Stores rows of one merchant; amounts are minor units of CNY unless said otherwise."""

    def __init__(self, database: Database, merchant_id: int, shop_id: int) -> None:
        self._database = database
        self.merchant_id = merchant_id
        self.shop_id = shop_id

    def _add(self, model: type[SQLModel], defaults: dict[str, Any], given: dict[str, Any]) -> None:
        shared = {"merchant_id": self.merchant_id, "shop_id": self.shop_id, "currency": "CNY"}
        known = model.__table__.columns  # type: ignore[attr-defined]
        row = {name: value for name, value in shared.items() if name in known} | defaults | given
        self._database.system_now(lambda session: session.add(model(**row)))

    def sales(self, day: date = TODAY, **columns: Any) -> None:
        """Sales of a day."""
        self._add(SalesDay, {"day": day}, columns)

    def traffic(self, channel: str, day: date = TODAY, **columns: Any) -> None:
        """Traffic of a day."""
        counts = dict.fromkeys(
            ("impressions", "clicks", "visits", "visitors", "orders", "buyers", "amount"), 0
        )
        words = {"campaign": "", "device": "", "level": "organic", "source": "platform"}
        self._add(TrafficDay, {"day": day, "channel": channel, **words, **counts}, columns)

    def ads(self, channel: str, day: date = TODAY, **columns: Any) -> None:
        """Ad spend of a day."""
        counts = dict.fromkeys(("impressions", "clicks", "spend", "orders", "amount"), 0)
        words = {"campaign": "", "source": "platform"}
        self._add(AdSpendDay, {"day": day, "channel": channel, **words, **counts}, columns)

    def product_month(self, product_id: int, amount: int, month: date = date(2026, 11, 1)) -> None:
        """What was sold of a product in a month."""
        self._add(ProductMonth, {"product_id": product_id, "month": month, "amount": amount}, {})

    def customer(self, id: int, days_ago: int | None = None, **columns: Any) -> None:
        """A customer; with `days_ago` one who bought then for the last time."""
        self._add(Customer, {"id": id, "platform_id": f"C{id}"}, {})
        if days_ago is not None:
            day = TODAY - timedelta(days=days_ago)
            sums = {"orders": 1, "amount": 100, "first_day": day, "last_day": day}
            self._add(CustomerStat, {"customer_id": id, **sums}, columns)

    def synced_through(self, moment: Any, stream: str = "orders") -> None:
        """Up to when a stream of the shop is complete."""
        state = {"stream": stream, "cursor": {}, "due_at": NOON, "synced_through": moment}
        self._add(SyncState, state, {})
