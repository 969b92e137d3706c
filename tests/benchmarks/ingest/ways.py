"""Three ways for the same orders into a database: pulled, ingested, and by `executemany`."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import pairwise
from time import perf_counter
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import SQLModel

from core.db import Database, MerchantSession
from core.ingest.page import Batch, ingest_page
from core.ingest.shape import Place
from core.marketplace.contract import Adapter, Mapped, Page, Rejected, ShopContext, Window
from core.models import Merchant, Shop
from core.registry import Registry, load_plugins
from core.security.envelope import KeyRing
from core.sync.engine import BATCH, RunReport, SyncEngine
from core.sync.lease import Wanted
from core.sync.shops import NewShop, register_shop
from gateway import BUILT_IN
from tests.benchmarks.ingest.stores import Store
from tests.plugins.marketplaces.busy import LINES, NOW, Platform

KEYS = KeyRing({"k1": bytes(32)})
MERCHANT, SHOP = 1, 2
NOT_THE_SHOPS = ("sync_states", "sync_runs", "request_budgets", "merchants", "shops")
"""Tables that tell of the pulling, or were there before."""
Item = Mapped | Rejected


@cache
def plugins() -> Registry:
    """The built-in plugins: ingest keeps their rollups too."""
    return load_plugins(BUILT_IN, third_parties=False)


class NotAllCameError(Exception):
    """A way did not store what it should have; its time would say nothing."""


@dataclass
class Notes:
    """An adapter that notes what another one brings."""

    adapter: Adapter
    items: list[Item] = field(default_factory=list)

    async def pull(self, stream: str, window: Window, resume: str | None) -> AsyncIterator[Page]:
        async for page in self.adapter.pull(stream, window, resume):
            self.items += page.items
            yield page


def open_shop(store: Store, platform: Platform, address: str) -> Shop:
    """The merchant and its shop, with the same ids in every database."""
    market = platform.marketplace
    where = {"time_zone": market.time_zone, "currency": market.currency, "created_at": NOW}
    merchant = Merchant(id=MERCHANT, name="Lantern Goods", **where)
    store.database.system_now(lambda session: session.add(merchant))
    number, config = platform.platform_id, platform.config(address)
    new = NewShop(market.name, number, "Lantern", platform.credentials, config)

    def register(session: MerchantSession) -> Shop:
        names = {"marketplace": market.name, "platform_id": number, "name": "Lantern"}
        session.add(Shop(merchant_id=MERCHANT, id=SHOP, config={}, **names, **where))
        session.flush()
        return register_shop(session, {market.name: market}, KEYS, new, NOW)

    return store.database.run_now(MERCHANT, register)


def noting(platform: Platform, items: list[Item]) -> Platform:
    """The platform, whose adapters add all that they bring to `items`."""
    market = platform.marketplace

    def make(context: ShopContext) -> Adapter:
        return Notes(market.adapter(context), items)

    return replace(platform, marketplace=replace(market, adapter=make))


async def pull(store: Store, platform: Platform, orders: int) -> tuple[float, RunReport]:
    """Pull the shop through HTTP, as a worker does; seconds, and what the run tells."""
    market = platform.marketplace
    engine = SyncEngine(
        store.database, KEYS, {market.name: market}, plugins().rollups, clock=lambda: NOW
    )
    begun = perf_counter()
    report = await engine.run_next(Wanted(MERCHANT, SHOP, ("orders",)))
    seconds = perf_counter() - begun
    if report is None or report.error is not None or report.outcome.changed != orders:
        raise NotAllCameError(f"Of {orders} orders of {market.name} came {report}.")
    return seconds, report


async def ingest(
    database: Database, platform: Platform, shop: Shop, items: Sequence[Item], orders: int
) -> float:
    """Store records that are there already, in batches as large as the engine's; seconds."""
    market, zone = platform.marketplace, ZoneInfo(shop.time_zone)
    place = Place(shop.merchant_id, shop.id, zone, NOW.astimezone(zone).date())
    batch = Batch(place, "orders", market.mapping_version, plugins().rollups, NOW)
    changed, begun = 0, perf_counter()
    for start in range(0, len(items), BATCH):
        some = items[start : start + BATCH]
        outcome = await database.run(
            MERCHANT, lambda session, some=some: ingest_page(session, batch, some)
        )
        changed += outcome.changed
    seconds = perf_counter() - begun
    if changed != orders:
        raise NotAllCameError(f"Of {orders} orders of {market.name} {changed} were stored.")
    return seconds


@dataclass(frozen=True)
class Load:
    """Rows of one table for one transaction, and the statement that takes them."""

    statement: str
    rows: list[tuple[Any, ...]]


def read_rows(store: Store, orders: int) -> tuple[list[Load], list[list[Load]]]:
    """Everything in a database that was ingested into: the shop first, then each transaction."""
    tables = [each for each in SQLModel.metadata.sorted_tables if "merchant_id" in each.columns]
    shop = [_read(store, name) for name in ("merchants", "shops")]
    loads = [_read(store, table.name) for table in tables if table.name not in NOT_THE_SHOPS]
    stored = {load.statement.split()[2]: len(load.rows) for load in loads}
    if (orders, LINES * orders) != (stored["orders"], stored["order_lines"]):
        raise NotAllCameError(f"{orders} orders became {stored}.")
    ends = [*range(0, orders, BATCH), orders]
    return shop, [[_part(load, *part, orders) for load in loads] for part in pairwise(ends)]


def _read(store: Store, table: str) -> Load:
    """Ordered by order, where the rows are of one, so that a part holds whole orders."""
    columns = [column.name for column in SQLModel.metadata.tables[table].columns]
    names = ", ".join(f'"{name}"' for name in columns)
    key = next((name for name in ("order_id", "id") if name in columns), columns[0])
    merchant = "id" if table == "merchants" else "merchant_id"
    ours = f"{merchant} = {MERCHANT}"
    cursor = store.raw.execute(f"SELECT {names} FROM {table} WHERE {ours} ORDER BY {key}")
    marks = ", ".join([store.mark] * len(columns))
    return Load(f"INSERT INTO {table} ({names}) VALUES ({marks})", cursor.fetchall())


def _part(load: Load, start: int, end: int, orders: int) -> Load:
    """The share of the orders from `start` to `end`; every order has as many rows of a table."""
    size = len(load.rows)
    return Load(load.statement, load.rows[size * start // orders : size * end // orders])


def insert(store: Store, shop: list[Load], parts: list[list[Load]]) -> float:
    """The same rows by the bare driver, in as many transactions; seconds."""
    raw = store.raw
    _run(raw, shop)
    begun = perf_counter()
    for part in parts:
        _run(raw, part)
    return perf_counter() - begun


def _run(raw: Any, loads: list[Load]) -> None:
    cursor = raw.cursor()
    cursor.execute("BEGIN")
    for load in loads:
        if load.rows:
            cursor.executemany(load.statement, load.rows)
    cursor.execute("COMMIT")
    cursor.close()
