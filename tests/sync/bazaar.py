"""A marketplace in memory, and an engine that pulls from it."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import select

from core.db import Database
from core.ingest.standard import CORE_ROLLUPS
from core.marketplace.contract import (
    Mapped,
    Marketplace,
    Page,
    Rejected,
    ShopContext,
    Stream,
    StreamKind,
    Window,
)
from core.marketplace.sandbox import SetClock
from core.models import Shop, SyncRun, SyncState
from core.security.envelope import KeyRing
from core.sync.engine import SyncEngine
from core.sync.shops import NewShop, register_shop
from tests.ingest.records import T0, mapped, order

NOW = T0 + timedelta(hours=20)
KEYS = KeyRing({"k1": b"\x01" * 32})
ORDERS = Stream(
    "orders",
    StreamKind.BY_UPDATE,
    retention=timedelta(days=1),
    overlap=timedelta(minutes=5),
    every=timedelta(minutes=10),
)
Item = Mapped | Rejected
Before = Callable[[], Any]


@dataclass
class Bazaar:
    """Pages of `size` items, in their order, whatever the window.

    before: what happens before the next pages are sent, one by one; a callable is awaited, an
    exception raised. asked: the windows and marks that pages were asked for with.
    """

    items: list[Item]
    size: int = 2
    before: list[Any] = field(default_factory=list)
    reported: int | None = None
    asked: list[tuple[Window, str | None]] = field(default_factory=list)
    shop: ShopContext | None = None

    @classmethod
    def of_orders(cls, count: int, **options: Any) -> "Bazaar":
        return cls([mapped(order(f"o{n}", at=n)) for n in range(1, count + 1)], **options)

    def marketplace(self, *streams: Stream) -> Marketplace:
        return Marketplace(
            name="bazaar",
            title="Bazaar",
            streams=streams or (ORDERS,),
            adapter=self.open,
            credentials=("session",),
            currency="CNY",
            time_zone="Asia/Shanghai",
            requests_per_second=1000,
        )

    def open(self, shop: ShopContext) -> "Bazaar":
        self.shop = shop
        return self

    async def pull(self, stream: str, window: Window, resume: str | None) -> AsyncIterator[Page]:
        start = int(resume or 0)
        while True:
            self.asked.append((window, str(start) if start else None))
            await self._happen()
            end = start + self.size
            more = str(end) if end < len(self.items) else None
            yield Page(tuple(self.items[start:end]), more, self.reported)
            if more is None:
                return
            start = end

    async def _happen(self) -> None:
        event = self.before.pop(0) if self.before else None
        if isinstance(event, Exception):
            raise event
        if event is not None:
            await event()

    def marks(self) -> list[str | None]:
        """The marks that pages were asked for with."""
        return [resume for _, resume in self.asked]


def register(
    database: Database, merchant_id: int, *marketplaces: Marketplace, now: datetime = NOW
) -> Shop:
    """A shop on the first marketplace, due now."""
    known = {each.name: each for each in marketplaces}
    new = NewShop(marketplaces[0].name, "77", "Lantern flagship store", {"session": "s3cret"}, {})
    return database.run_now(
        merchant_id, lambda session: register_shop(session, known, KEYS, new, now)
    )


def make_engine(database: Database, *marketplaces: Marketplace, **options: Any) -> SyncEngine:
    """An engine whose clock stands still and whose pauses are short."""
    options = {"clock": SetClock(NOW), "pause": 0.001} | options
    known = {each.name: each for each in marketplaces}
    return SyncEngine(database, KEYS, known, CORE_ROLLUPS, **options)


def state(database: Database, shop: Shop, stream: str = "orders") -> SyncState:
    """Where a stream of the shop stands."""
    query = select(SyncState).where(SyncState.shop_id == shop.id, SyncState.stream == stream)
    return database.read_now(shop.merchant_id, lambda session: session.scalars(query).one())


def runs(database: Database, shop: Shop) -> list[SyncRun]:
    """The run log of the shop, oldest first."""
    query = select(SyncRun).where(SyncRun.shop_id == shop.id).order_by(SyncRun.epoch)
    return database.read_now(shop.merchant_id, lambda session: list(session.scalars(query)))
