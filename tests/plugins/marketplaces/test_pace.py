"""A backfill of each platform whose sandbox refuses whoever asks too often in a second."""

from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import anyio
import httpx
import pytest

from core.db import Database
from core.marketplace.contract import Adapter, Credentials, ShopContext, Window
from core.marketplace.sandbox import serve
from core.models import Shop
from core.settings import Settings
from core.sync.budget import Budget
from tests.databases import on_sqlite
from tests.plugins.marketplaces.busy import NOW, PLATFORMS
from tests.plugins.marketplaces.timeline import Timeline, Wire

pytestmark = [pytest.mark.anyio, on_sqlite]

RATE = 20
ORDERS = 100
CALLS = 160
LATENCY = 0.03
T = TypeVar("T")


@dataclass
class Slow:
    """A database; time stands still while it is asked."""

    database: Database
    timeline: Timeline

    async def system(self, work: Callable[[Any], T]) -> T:
        async with self.timeline.busy():
            return await self.database.system(work)


@dataclass
class Field:
    """A sandbox with a limit behind HTTP, and the workers that read one shop from it."""

    platform: str
    address: str
    timeline: Timeline
    shop: Shop

    async def worker(self, stack: AsyncExitStack, database: Database) -> tuple[Adapter, Wire]:
        """An adapter as the engine opens one, in a process with this database connection."""
        made = PLATFORMS[self.platform]
        place = (self.shop.merchant_id, self.shop.id)
        slow: Any = Slow(database, self.timeline)
        budget = Budget(slow, place, RATE, self.timeline.seconds, self.timeline.sleep)
        wire = Wire(self.timeline, LATENCY)
        hooks = {"request": [budget.wait]}
        http = await stack.enter_async_context(httpx.AsyncClient(transport=wire, event_hooks=hooks))
        context = ShopContext(
            platform_id=made.platform_id,
            time_zone=ZoneInfo("Asia/Shanghai"),
            currency="CNY",
            credentials=Credentials(made.credentials),
            save_credentials=_keep,
            config=made.config(self.address),
            http=http,
            now=self.timeline,
        )
        return made.marketplace.adapter(context), wire

    async def read(self, adapter: Adapter, wire: Wire) -> None:
        """Read the past, window after window, and again, until there were enough calls."""
        stream = PLATFORMS[self.platform].marketplace.stream("orders")
        width = stream.window or timedelta(days=1)
        while len(wire.calls) < CALLS:
            end = self.timeline() - stream.lag - timedelta(minutes=10)
            for _ in range(60):
                window = Window(end - width, end)
                async for _page in adapter.pull("orders", window, None):
                    pass
                end = window.start


async def _keep(credentials: Credentials) -> None:
    """No token ends while these tests run."""


@pytest.fixture(params=PLATFORMS)
def field(request: pytest.FixtureRequest, shop: Shop) -> Iterator[Field]:
    timeline = Timeline(NOW)
    with serve(PLATFORMS[request.param].sandbox(ORDERS, timeline, RATE)) as address:
        yield Field(request.param, address, timeline, shop)


@pytest.fixture
def other(settings: Settings, database: Database) -> Iterator[Database]:
    """The same database as another process sees it."""
    opened = Database(settings)
    yield opened
    opened.close()


async def _work(field: Field, *databases: Database) -> list[Wire]:
    """Let a worker per database read; the wires that they used."""
    async with AsyncExitStack() as stack, field.timeline.running():
        workers = [await field.worker(stack, database) for database in databases]
        async with anyio.create_task_group() as group:
            for adapter, wire in workers:
                group.start_soon(field.read, adapter, wire)
    return [wire for _, wire in workers]


def _share(calls: list[float]) -> float:
    """How much of the allowed rate was used."""
    return (len(calls) - 1) / (max(calls) - min(calls)) / RATE


async def test_a_backfill_is_never_refused_and_wastes_little(
    field: Field, database: Database, record_property: Callable[[str, object], None]
) -> None:
    """With a platform's limit as its budget, a shop is read without a refusal, at 80 % of it."""
    (wire,) = await _work(field, database)

    record_property("share of the rate", f"{field.platform} {_share(wire.calls):.2f}")
    assert 0.8 <= _share(wire.calls) <= 1


async def test_two_workers_share_the_limit(
    field: Field, database: Database, other: Database
) -> None:
    """Two processes on one database together are never refused either, and both get on."""
    wires = await _work(field, database, other)

    calls = sorted(call for wire in wires for call in wire.calls)
    busiest = max(sum(start <= call < start + 1 for call in calls) for start in calls)
    assert busiest <= RATE
    assert 0.8 <= _share(calls) <= 1
    assert all(len(wire.calls) >= CALLS for wire in wires)
