"""A whole shop through the engine and the ingest, into tables, once and again."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import SQLModel, select

from core.db import Database
from core.marketplace.sandbox import MemoryFeed, SetClock, serve
from core.models import (
    AdSpendDay,
    Customer,
    InventorySnapshot,
    Order,
    OrderLine,
    Payment,
    Product,
    Refund,
    SalesDay,
    Shipment,
    Shop,
    Sku,
)
from core.sync.engine import RunReport, SyncEngine
from core.sync.lease import Wanted
from core.sync.shops import NewShop, register_shop
from plugins.marketplaces.jd import STREAMS, opsgraph_marketplaces
from plugins.marketplaces.jd.sandbox import JosSandbox, JosShop
from tests.databases import on_sqlite
from tests.plugins.marketplaces.jd.builders import (
    CREDENTIALS,
    ad_day,
    cancellation,
    line,
    money,
    order,
    orders,
    service,
    sku,
    ware,
)
from tests.sync.bazaar import KEYS, make_engine

pytestmark = [pytest.mark.anyio, on_sqlite]

TABLES: tuple[type[SQLModel], ...] = (
    Order,
    OrderLine,
    Payment,
    Shipment,
    Customer,
    Refund,
    Product,
    Sku,
    InventorySnapshot,
    AdSpendDay,
    SalesDay,
)
(JD,) = opsgraph_marketplaces()
LATER = timedelta(hours=6)  # every stream is due again
FAULTS = {"throttle": 1, "ban_seconds": 0, "fail": 1, "html": 1, "truncate": 1}


def fill(shop: JosShop) -> None:
    """250 orders, a split one, a bad one; refunds of both kinds; wares; what ads cost."""
    split = [order(n, parentOrderId="900", modified="2026-11-22 10:30:00") for n in (901, 902)]
    rows = [*orders(250), order(900, modified="2026-11-22 10:00:00"), *split]
    rows.append(order(999, line(jdPrice="1.005"), modified="2026-11-22 10:40:00"))
    shop.orders = MemoryFeed(rows, "modified", "orderId")
    numbers = range(1, 61)
    shop.services = MemoryFeed([service(n, bill={"orderId": n}) for n in numbers], "_applied")
    shop.refunds = MemoryFeed([money(n) for n in numbers], "_at", "_service")
    cancellations = [cancellation(n, orderId=200 + n, applyRefundSum=11_800) for n in range(1, 31)]
    shop.cancellations = MemoryFeed(cancellations, "applyTime")
    wares = [ware(n, sku(n * 10), sku(n * 10 + 1)) for n in range(1, 46)]
    shop.wares = MemoryFeed(wares, "_modified", "wareId")
    shop.ad_days = MemoryFeed([ad_day("2026-11-21", n) for n in range(1, 121)], "_day")


@pytest.fixture
def address(sandbox: JosSandbox, jos_shop: JosShop) -> Iterator[str]:
    fill(jos_shop)
    with serve(sandbox.app) as base_url:
        yield base_url


@pytest.fixture
def stored(database: Database, merchant_id: int, address: str, clock: SetClock) -> Shop:
    """The shop, registered and due."""
    new = NewShop(
        "jd",
        "10001",
        "Lantern",
        CREDENTIALS,
        {
            "base_url": f"{address}/routerjson",
            "oauth_url": f"{address}/oauth2/refresh_token",
            "requests_per_second": 100_000,
        },
    )
    return database.run_now(
        merchant_id, lambda session: register_shop(session, {"jd": JD}, KEYS, new, clock.now)
    )


@pytest.fixture
def engine(database: Database, clock: SetClock) -> SyncEngine:
    return make_engine(database, JD, clock=clock)


async def pull_all(engine: SyncEngine, clock: SetClock) -> dict[str, RunReport]:
    """Every stream, from as far back as JD keeps."""
    reports = {}
    for stream in STREAMS:
        report = await engine.run_next(
            Wanted(streams=(stream.name,)), since=clock.now - (stream.retention or stream.overlap)
        )
        assert report is not None
        reports[stream.name] = report
    return reports


def tables(database: Database, shop: Shop) -> dict[str, list[Any]]:
    """Everything that the tables hold, row by row."""
    return database.read_now(
        shop.merchant_id,
        lambda session: {
            table.__name__: sorted(
                (row.model_dump() for row in session.scalars(select(table)).all()), key=repr
            )
            for table in TABLES
        },
    )


async def test_a_shop_is_stored_whole(
    database: Database, engine: SyncEngine, clock: SetClock, stored: Shop
) -> None:
    """Every stream ends green but the one with a bad order, which waits in quarantine."""
    reports = await pull_all(engine, clock)

    assert {
        "orders": "incomplete",
        "refunds": "succeeded",
        "cancellations": "succeeded",
        "products": "succeeded",
        "ad_spend": "succeeded",
    } == {name: report.status for name, report in reports.items()}
    found = tables(database, stored)
    counts = {name: len(rows) for name, rows in found.items()}
    assert (252, 252, 90, 45, 90, 120) == tuple(
        counts[name] for name in ("Order", "OrderLine", "Refund", "Product", "Sku", "AdSpendDay")
    )
    assert 60 * 2_000 + 30 * 11_800 == sum(row["amount"] for row in found["Refund"])
    assert 252 * 11_800 == sum(row["paid_amount"] for row in found["Order"])
    assert 1 == reports["orders"].outcome.quarantined


async def test_a_split_order_counts_once(
    database: Database, engine: SyncEngine, clock: SetClock, stored: Shop
) -> None:
    """The parent's row goes when its children come; payments keep its number."""
    await pull_all(engine, clock)

    found = tables(database, stored)
    numbers = {row["platform_id"] for row in found["Order"]}
    assert {"901", "902"} <= numbers
    assert "900" not in numbers
    assert 2 == sum(row["platform_id"] == "900" for row in found["Payment"])


async def test_pulling_again_changes_no_row(
    database: Database, engine: SyncEngine, clock: SetClock, stored: Shop
) -> None:
    """The same windows a second time: everything is known, nothing is written."""
    await pull_all(engine, clock)
    before = tables(database, stored)
    clock.advance(LATER)

    reports = await pull_all(engine, clock)

    assert before == tables(database, stored)
    assert {0} == {report.outcome.changed for report in reports.values()}


async def test_faults_and_moving_rows_change_nothing(
    database: Database,
    engine: SyncEngine,
    clock: SetClock,
    stored: Shop,
    sandbox: JosSandbox,
) -> None:
    """Throttled, failed, cut off, with an order that moves while it is paged: none is missed."""
    sandbox.faults.set({**FAULTS, "reorder": 100, "reorder_after": 2})
    retries = []
    for stream in STREAMS:
        report = await engine.run_next(Wanted(streams=(stream.name,)))
        retries.append(report.retries if report else 0)
        sandbox.faults.set(FAULTS)
    sandbox.faults.set(dict.fromkeys(FAULTS, 0))
    first = tables(database, stored)
    clock.advance(LATER)

    reports = await pull_all(engine, clock)

    assert [3] * 5 == retries  # what is cut off is the refusal
    assert {str(n) for n in range(1, 251)} <= {row["platform_id"] for row in first["Order"]}
    assert first == tables(database, stored)
    assert {0} == {report.outcome.changed for report in reports.values()}


async def test_a_refund_that_ends_later_is_found(
    database: Database, engine: SyncEngine, clock: SetClock, stored: Shop, jos_shop: JosShop
) -> None:
    """JD filters refunds by application: thirty days are read again, for what became of them."""
    jos_shop.services = MemoryFeed([service(1, status=None, completeTime=None)], "_applied")
    await pull_all(engine, clock)
    jos_shop.services = MemoryFeed([service(1, completeTime="2026-11-27 11:00:00")], "_applied")
    clock.advance(timedelta(days=6))

    await engine.run_next(Wanted(streams=("refunds",)))

    (refund,) = [r for r in tables(database, stored)["Refund"] if r["phase"] == "aftersale"]
    assert ("refunded", 2_000) == (refund["status"], refund["amount"])


async def test_renewed_tokens_are_stored(
    database: Database, engine: SyncEngine, clock: SetClock, stored: Shop, jos_shop: JosShop
) -> None:
    """The next run, with an adapter of its own, opens the shop with the new tokens."""
    assert jos_shop.expires_at is not None
    clock.now = jos_shop.expires_at - timedelta(hours=23)
    first = await engine.run_next(Wanted(streams=("cancellations",)))
    clock.advance(LATER)

    second = await engine.run_next(Wanted(streams=("cancellations",)))

    assert first is not None
    assert second is not None
    assert (["succeeded"] * 2, 1) == ([first.status, second.status], jos_shop.renewals)
