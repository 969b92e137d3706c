"""A mall pulled whole: through the engine and the ingest, with faults and moving rows, twice."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlmodel import SQLModel, select

from core.db import Database
from core.ingest.standard import CORE_ROLLUPS
from core.marketplace.sandbox import MemoryFeed, SetClock, serve
from core.models import (
    AdSpendDay,
    InventorySnapshot,
    Order,
    OrderLine,
    Payment,
    Product,
    QuarantineEntry,
    RawPayload,
    Refund,
    SalesDay,
    Shipment,
    Shop,
    Sku,
)
from core.security.envelope import KeyRing
from core.sync.engine import RunReport, SyncEngine
from core.sync.lease import Wanted
from core.sync.shops import NewShop, register_shop
from plugins.marketplaces.pinduoduo import opsgraph_marketplaces
from plugins.marketplaces.pinduoduo.client import REFRESH
from plugins.marketplaces.pinduoduo.sandbox import PddSandbox, PddShop
from tests.databases import on_sqlite
from tests.plugins.marketplaces.pinduoduo.builders import (
    CREDENTIALS,
    NOW,
    goods,
    item,
    order,
    order_sn,
    refund,
    report,
)

pytestmark = on_sqlite

STREAMS = ("orders", "refunds", "products", "ad_spend")
TABLES: tuple[type[SQLModel], ...] = (
    Order,
    OrderLine,
    Payment,
    Shipment,
    Refund,
    Product,
    Sku,
    InventorySnapshot,
    AdSpendDay,
    SalesDay,
    RawPayload,
    QuarantineEntry,
)
MARKETPLACES = {each.name: each for each in opsgraph_marketplaces()}
KEYS = KeyRing({"k1": b"\x01" * 32})
HOURS = 3
GOOD = 250
LATE = "2026-11-22 11:31:00"  # on no window's edge, where rows come twice


@dataclass
class Stage:
    """A mall on a sandbox, and an engine that pulls from it; both have one clock."""

    database: Database
    shop: Shop
    mall: PddShop
    sandbox: PddSandbox
    clock: SetClock

    def pull(self, *streams: str, since: datetime | None = None) -> list[RunReport]:
        async def run() -> list[RunReport]:
            engine = SyncEngine(
                self.database, KEYS, MARKETPLACES, CORE_ROLLUPS, clock=self.clock, pause=0.001
            )
            wanted = [Wanted(streams=(stream,), due_only=False) for stream in streams]
            made = [await engine.run_next(each, since) for each in wanted]
            return [report for report in made if report is not None]

        return asyncio.run(run())

    def rows(self, table: type[SQLModel]) -> list[tuple[Any, ...]]:
        """All rows of a table, in a fixed order."""
        query = select(*(getattr(table, name) for name in table.model_fields))
        found = self.database.read_now(self.shop.merchant_id, lambda s: s.execute(query).all())
        return sorted((tuple(row) for row in found), key=repr)

    def values(self, *columns: Any) -> set[Any]:
        """The different values of some columns."""
        query = select(*columns)
        found = self.database.read_now(self.shop.merchant_id, lambda s: s.execute(query).all())
        return {tuple(row) if len(row) > 1 else row[0] for row in found}


@pytest.fixture
def stage(database: Database, merchant_id: int) -> Iterator[Stage]:
    """Three hours of a mall: orders of a busy half hour, refunds, goods and reports."""
    clock = SetClock(NOW)
    mall = stocked()
    sandbox = PddSandbox(mall, clock=clock, limits={})
    with serve(sandbox.app) as address:
        config = {"base_url": address, "retention_days": HOURS / 24, "requests_per_second": 1000}
        new = NewShop("pinduoduo", "1", "Lantern mall", CREDENTIALS, config)
        shop = database.run_now(
            merchant_id, lambda session: register_shop(session, MARKETPLACES, KEYS, new, NOW)
        )
        yield Stage(database, shop, mall, sandbox, clock)


def stocked() -> PddShop:
    """A mall with awkward things among the ordinary."""
    start = datetime(2026, 11, 22, 9, 5)
    rows = [order(n, updated_at=str(start + timedelta(seconds=5 * n))) for n in range(1, GOOD + 1)]
    rows += [
        order(901, item(goods_count=0), updated_at=LATE),
        order(
            902, group_status=2, confirm_status=2, refund_status=4, confirm_time="", updated_at=LATE
        ),
        order(903, order_status=9, updated_at=LATE),
    ]
    refunds = [
        refund(1, updated_time=LATE),
        refund(2, after_sales_status=2, updated_time="2026-11-22 11:20:00"),
        refund(2, after_sales_status=10, refund_amount="30.00", updated_time=LATE),
        refund(
            3, after_sales_status=16, after_sales_type=4, refund_amount="0.00", updated_time=LATE
        ),
    ]
    return PddShop(
        CREDENTIALS["client_id"],
        CREDENTIALS["client_secret"],
        CREDENTIALS["access_token"],
        CREDENTIALS["refresh_token"],
        orders=MemoryFeed(rows, "updated_at"),
        refunds=MemoryFeed(refunds, "updated_time"),
        goods=MemoryFeed([goods(n) for n in range(1, 131)], "goods_id", "goods_id"),
        reports=MemoryFeed([report("2026-11-22"), report("2026-11-22", 2)], "date"),
    )


def test_a_mall_is_read_whole_and_again_without_a_change(stage: Stage) -> None:
    """Every good record is stored once; reading all of it again changes no row of any table."""
    reports = stage.pull(*STREAMS)
    stored = {table.__name__: stage.rows(table) for table in TABLES}

    again = stage.pull(*STREAMS, since=NOW - timedelta(hours=HOURS))

    assert ["incomplete", "succeeded", "succeeded", "succeeded"] == [r.status for r in reports]
    sizes = {name: len(rows) for name, rows in stored.items()}
    assert (GOOD + 2, 3, 130, 2, 1) == (
        sizes["Order"],
        sizes["Refund"],
        sizes["Product"],
        sizes["AdSpendDay"],
        sizes["QuarantineEntry"],
    )
    assert [0, 0, 0, 0] == [each.outcome.changed for each in again]
    assert [] == [table.__name__ for table in TABLES if stored[table.__name__] != stage.rows(table)]


def test_what_was_lost_or_new_is_told(stage: Stage) -> None:
    """A bad order waits in quarantine with its value; an unknown code is counted on the run."""
    (report,) = stage.pull("orders")

    assert {("item_list[0].goods_count", "0")} == stage.values(
        QuarantineEntry.where, QuarantineEntry.value
    )
    assert {"order_status=9": 1} == dict(report.outcome.unknown)
    assert report.reported == report.outcome.seen == GOOD + 3


def test_only_deals_that_were_made_are_sales(stage: Stage) -> None:
    """An order of a failed group is stored, and is no sale: PDD pays back without a refund."""
    stage.pull("orders")

    failed = (order_sn(902), "cancelled", None)
    assert failed in stage.values(Order.platform_id, Order.status, Order.sale_day)
    assert {(GOOD + 1, 11_800 * (GOOD + 1))} == stage.values(SalesDay.orders, SalesDay.amount)


def test_of_a_refund_in_two_statuses_the_newest_is_kept(stage: Stage) -> None:
    """A refund that moved on between two calls comes in both statuses; its times decide."""
    stage.pull("refunds")

    assert {("1", "refunded", 2_000), ("2", "refunded", 3_000), ("3", "exchanged", 0)} == (
        stage.values(Refund.platform_id, Refund.status, Refund.amount)
    )


@pytest.mark.parametrize("fault", ["throttle", "fail", "html", "truncate", "expire"])
@pytest.mark.parametrize("stream", ["orders", "refunds"])
def test_a_fault_in_the_middle_costs_nothing(stage: Stage, stream: str, fault: str) -> None:
    """Limits, failures, web pages, half answers and ended tokens: the run waits and goes on."""
    stage.sandbox.faults.set({fault: 1})

    (report,) = stage.pull(stream)

    assert report.status == ("incomplete" if stream == "orders" else "succeeded")
    assert (GOOD + 3 if stream == "orders" else 4) == report.outcome.seen
    assert (0 if fault == "expire" else 1) == report.retries


def test_renewed_tokens_outlive_the_run(stage: Stage) -> None:
    """They are stored, sealed, before the pull goes on: the next run needs no renewal."""
    stage.sandbox.faults.set({"expire": True})

    reports = stage.pull("orders", "refunds", "products")

    assert [None, None, None] == [report.error for report in reports]
    assert 1 == len(stage.sandbox.log.of(REFRESH))


@pytest.mark.parametrize("moved", [1, 100, 149, 150, 151, 250])
def test_an_order_that_moves_while_it_is_paged_costs_no_other(stage: Stage, moved: int) -> None:
    """It leaves its window for a later one, which the next run reads: nothing is missing then."""
    stage.sandbox.faults.set({"reorder": moved, "reorder_after": 2})
    stage.pull("orders")
    stage.clock.advance(timedelta(minutes=10))

    (later,) = stage.pull("orders")

    found = stage.values(Order.platform_id)
    assert {order_sn(number) for number in range(1, GOOD + 1)} <= found
    assert later.error is None
