"""A whole pull through the engine into SQLite: nothing lost, nothing twice, whatever happens."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlmodel import SQLModel, select

from core.db import Database
from core.ingest.standard import CORE_ROLLUPS
from core.marketplace.sandbox import MemoryFeed, SetClock, serve
from core.models import (
    Customer,
    Order,
    OrderLine,
    Payment,
    Product,
    QuarantineEntry,
    Refund,
    SalesDay,
    Shipment,
    Sku,
)
from core.models import Shop as StoredShop
from core.security.envelope import KeyRing
from core.sync.engine import RunReport, SyncEngine
from core.sync.lease import Wanted
from core.sync.shops import NewShop, register_shop
from plugins.marketplaces.xiaohongshu import opsgraph_marketplaces
from plugins.marketplaces.xiaohongshu.sandbox import ArkSandbox, ArkShop
from tests.databases import on_sqlite
from tests.plugins.marketplaces.xiaohongshu.builders import (
    CREDENTIALS,
    NOW,
    after_sale,
    item,
    ms,
    order,
    sku,
)

pytestmark = [pytest.mark.anyio, on_sqlite]

[XIAOHONGSHU] = opsgraph_marketplaces()
KNOWN = {XIAOHONGSHU.name: XIAOHONGSHU}
KEYS = KeyRing({"k1": b"\x01" * 32})
STREAMS = ("orders", "refunds", "products")
TABLES = (Order, OrderLine, Payment, Shipment, Customer, Refund, Product, Sku, SalesDay)
ORDERS = 200
OPENED = NOW - timedelta(hours=2)
"""As far back as the engine is told that ARK shows."""


class Journey:
    """A shop on the sandbox, and the engine that pulls it."""

    def __init__(
        self, database: Database, merchant_id: int, sandbox: ArkSandbox, url: str, clock: SetClock
    ) -> None:
        self.database = database
        self.merchant_id = merchant_id
        self.sandbox = sandbox
        self.clock = clock
        new = NewShop(
            "xiaohongshu",
            "60a3",
            "Red",
            CREDENTIALS,
            {"base_url": url, "retention_days": 1 / 12, "requests_per_second": 5000},
        )
        self.shop: StoredShop = database.run_now(
            merchant_id, lambda session: register_shop(session, KNOWN, KEYS, new, NOW)
        )
        self.engine = SyncEngine(database, KEYS, KNOWN, CORE_ROLLUPS, clock=clock, pause=0.001)

    async def pull(self, *streams: str) -> list[RunReport]:
        reports = [await self.engine.run_next(Wanted(streams=(each,))) for each in streams]
        assert all(reports)
        return [report for report in reports if report is not None]

    def stored(self) -> dict[str, list[str]]:
        """Every row of every table, as text."""
        return {table.__name__: self.rows(table) for table in TABLES}

    def rows(self, table: type[SQLModel]) -> list[str]:
        return self.database.read_now(
            self.merchant_id,
            lambda session: sorted(
                repr(sorted(row.model_dump().items())) for row in session.scalars(select(table))
            ),
        )


def changed(number: int) -> int:
    """When an order changed: 115 in the first half hour, more than two pages, and then the rest."""
    return ms(OPENED + timedelta(seconds=67) + number * timedelta(seconds=15))


def feed(count: int = ORDERS) -> MemoryFeed:
    rows = [
        order(n, sku(), sku("k2", kolId="kol"), updateTime=changed(n), totalPayAmount=23600,
              orderStatus=6, deliveryTime=changed(n), userId=f"u{n % 7}")
        for n in range(1, count + 1)
    ]  # fmt: skip
    return MemoryFeed(rows, "updateTime", "orderId")


@pytest.fixture
def clock() -> SetClock:
    """The time of the sandbox and of the engine."""
    return SetClock(NOW)


@pytest.fixture
def sandbox(clock: SetClock) -> ArkSandbox:
    shop = ArkShop(
        **CREDENTIALS,
        orders=feed(),
        after_sales=MemoryFeed(
            [after_sale(n, orderId=f"P{n}", updatedAt=changed(n)) for n in range(1, 61)],
            "updatedAt",
            "returnsId",
        ),
        items=MemoryFeed([item(n) for n in range(1, 61)], "createTime", "id"),
    )
    return ArkSandbox(shop, clock=clock)


@pytest.fixture
def journey(
    database: Database, merchant_id: int, sandbox: ArkSandbox, clock: SetClock
) -> Iterator[Journey]:
    with serve(sandbox.app) as url:
        yield Journey(database, merchant_id, sandbox, url, clock)


async def test_everything_is_stored_once(journey: Journey) -> None:
    """Orders with lines, payments, parcels and buyers; after-sales; items with SKUs."""
    reports = await journey.pull(*STREAMS)

    stored = journey.stored()
    assert ["succeeded"] * 3 == [report.status for report in reports]
    assert [ORDERS, 60, 60] == [report.reported for report in reports]
    assert {
        "Order": ORDERS,
        "OrderLine": 2 * ORDERS,
        "Payment": ORDERS,
        "Shipment": ORDERS,
        "Refund": 60,
        "Product": 60,
        "Sku": 60,
    }.items() <= {name: len(rows) for name, rows in stored.items()}.items()


async def test_a_second_pull_changes_no_row(journey: Journey) -> None:
    """The same again, from the beginning of what ARK keeps: every row is known."""
    await journey.pull(*STREAMS)
    before = journey.stored()

    reports = [
        await journey.engine.run_next(Wanted(streams=(each,), due_only=False), since=OPENED)
        for each in STREAMS
    ]

    outcomes = [report.outcome for report in reports if report is not None]
    assert [(0, ORDERS), (0, 60), (0, 60)] == [(each.changed, each.unchanged) for each in outcomes]
    assert before == journey.stored()


async def test_all_calls_are_counted(journey: Journey) -> None:
    """The run log tells what ARK saw: lists, and a call for every row."""
    (report,) = await journey.pull("orders")

    assert len(journey.sandbox.log.calls) == report.requests


@pytest.mark.parametrize("fault", ["throttle", "fail", "html", "truncate", "expire"])
async def test_faults_lose_nothing(journey: Journey, fault: str) -> None:
    """A pull that is disturbed in its midst stores what an undisturbed one does."""
    journey.sandbox.faults.set({fault: 3 if fault != "expire" else True})

    (report,) = await journey.pull("orders")

    assert ("succeeded", ORDERS) == (report.status, report.reported)
    assert ORDERS == len(journey.rows(Order))


@pytest.mark.parametrize("moved", [1, 15, 16, 65, 66, 115, 116, 200])
async def test_orders_that_change_meanwhile_are_not_lost(journey: Journey, moved: int) -> None:
    """One that leaves its window comes with a later one; none of the others is missed."""
    journey.sandbox.faults.set({"reorder": moved, "reorder_after": 2})

    await journey.pull("orders")
    journey.clock.advance(timedelta(minutes=10))
    await journey.pull("orders")

    assert ORDERS == len(journey.rows(Order))


async def test_what_ark_does_not_tell_is_in_quarantine(
    journey: Journey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One order whose details are refused makes the run incomplete, and costs no other."""
    orders = journey.sandbox.shops[0].orders
    known = orders.by_id
    monkeypatch.setattr(orders, "by_id", lambda n: known(n) if n != "P7" else None)

    (report,) = await journey.pull("orders")

    (entry,) = journey.rows(QuarantineEntry)
    assert ("incomplete", ORDERS - 1) == (report.status, len(journey.rows(Order)))
    assert "-2000101" in entry


async def test_renewed_tokens_are_kept(journey: Journey) -> None:
    """The next run opens the shop with the tokens that the last one got."""
    journey.sandbox.faults.set({"expire": True})
    await journey.pull("orders")
    journey.clock.advance(timedelta(minutes=10))

    (report,) = await journey.pull("orders")

    assert "succeeded" == report.status
    assert 1 == len(journey.sandbox.log.of("oauth.refreshToken"))
