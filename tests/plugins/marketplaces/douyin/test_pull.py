"""A whole pull: from the sandbox through sync and ingest to rows, whatever happens meanwhile."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import SQLModel

from core.db import Database
from core.ingest.standard import CORE_ROLLUPS
from core.marketplace.sandbox import MemoryFeed, Row, SetClock, serve
from core.models import (
    AdSpendDay,
    Customer,
    InventorySnapshot,
    Order,
    OrderLine,
    Payment,
    Product,
    QuarantineEntry,
    Refund,
    SalesDay,
    Shop,
    Sku,
)
from core.sync.engine import RunReport, SyncEngine
from core.sync.lease import Wanted
from core.sync.shops import NewShop, register_shop
from plugins.marketplaces.douyin import opsgraph_marketplaces
from plugins.marketplaces.douyin.sandbox import AdsSandbox, Advertiser, DoudianSandbox, DoudianShop
from tests.ingest.stored import column, rows
from tests.plugins.marketplaces.douyin.builders import (
    CREDENTIALS,
    NOW,
    SECOND,
    SHOP_ID,
    after_sale,
    line,
    order,
    orders,
    product,
    stored,
)
from tests.sync.bazaar import KEYS

pytestmark = pytest.mark.anyio
TABLES: tuple[type[SQLModel], ...] = (
    Order,
    OrderLine,
    Payment,
    Customer,
    Refund,
    Product,
    Sku,
    InventorySnapshot,
    AdSpendDay,
    SalesDay,
    QuarantineEntry,
)
MARKET = opsgraph_marketplaces()[0]
ADVERTISER = 1_700_000_000_000_001
ADS = {"ads_access_token": "ads-access", "ads_advertiser_ids": str(ADVERTISER)}
COUNT = 330


@pytest.fixture
def clock() -> SetClock:
    return SetClock(NOW)


@pytest.fixture
def full_seller(seller: DoudianShop) -> DoudianShop:
    """A shop with orders, one of them bad, after-sales and products."""
    sold = [*orders(COUNT - 1), order("bad", line("bad-1", item_num=0))]
    seller.orders = MemoryFeed(sold, "update_time", "order_id")
    sales = [stored(after_sale(str(number))) for number in range(1, 6)]
    seller.after_sales = MemoryFeed(sales, "update_time", "aftersale_id")
    seller.products = MemoryFeed([product(n) for n in range(1, 4)], "update_time", "product_id")
    return seller


@pytest.fixture
def ads() -> AdsSandbox:
    figures = {
        "stat_cost": 12.5,
        "show_cnt": 10,
        "click_cnt": 2,
        "pay_order_count": 1,
        "pay_order_amount": 118.0,
    }
    days = {"2026-11-20": figures, "2026-11-21": figures}
    return AdsSandbox(Advertiser(ADVERTISER, ADS["ads_access_token"], standard=days))


@pytest.fixture
def served(
    full_seller: DoudianShop, ads: AdsSandbox, clock: SetClock
) -> Iterator[tuple[DoudianSandbox, dict[str, Any]]]:
    """The sandbox on a socket, and the config that leads to it and to the ads."""
    sandbox = DoudianSandbox(full_seller, clock=clock)
    with serve(sandbox.app) as base_url, serve(ads.app) as ads_url:
        yield (
            sandbox,
            {"base_url": base_url, "ads_base_url": ads_url, "requests_per_second": 10_000},
        )


Pull = Callable[..., Any]


def make_shop(database: Database, merchant_id: int, config: dict[str, Any]) -> Shop:
    new = NewShop("douyin", SHOP_ID, "Lantern", {**CREDENTIALS, **ADS}, config)
    known = {MARKET.name: MARKET}
    return database.run_now(
        merchant_id, lambda session: register_shop(session, known, KEYS, new, NOW)
    )


async def pull_all(database: Database, clock: SetClock, since: Any = None) -> dict[str, RunReport]:
    """Pull every stream once, with short pauses."""
    engine = SyncEngine(
        database, KEYS, {MARKET.name: MARKET}, CORE_ROLLUPS, clock=clock, pause=0.001
    )
    reports: dict[str, RunReport] = {}
    done: frozenset[tuple[int, str]] = frozenset()
    while report := await engine.run_next(Wanted(due_only=False, exclude=done), since):
        reports[report.stream] = report
        done |= {(report.shop_id, report.stream)}
    return reports


def everything(database: Database, shop: Shop) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table, in a fixed order."""
    return {
        table.__tablename__: sorted(
            (row.model_dump() for row in rows(database, shop, table)), key=str
        )
        for table in TABLES
    }


async def test_a_pull_is_whole_and_repeatable(
    database: Database, merchant_id: int, served: Any, clock: SetClock
) -> None:
    """All rows arrive, one bad order waits in quarantine; pulled again, no row changes."""
    _, config = served
    shop = make_shop(database, merchant_id, config)

    first = await pull_all(database, clock)
    before = everything(database, shop)
    again = await pull_all(database, clock, since=NOW - timedelta(days=2))

    assert {
        "orders": "incomplete",
        "refunds": "succeeded",
        "products": "succeeded",
        "ad_spend": "succeeded",
    } == {stream: report.status for stream, report in first.items()}
    assert (COUNT, COUNT, 1) == (
        first["orders"].outcome.seen,
        first["orders"].reported,
        first["orders"].outcome.quarantined,
    )
    assert [COUNT - 1, 5, 3, 3, 2] == [
        len(rows(database, shop, table)) for table in (Order, Refund, Product, Sku, AdSpendDay)
    ]
    assert 1_900 * 5 == sum(column(database, shop, Refund, "amount"))
    assert {0} == {report.outcome.changed for report in again.values()}
    assert before == everything(database, shop)


async def test_faults_lose_and_double_nothing(
    database: Database, merchant_id: int, served: Any, clock: SetClock
) -> None:
    """Throttled, failing, cut off, an expired token, and an order that changes while it is read."""
    sandbox, config = served
    shop = make_shop(database, merchant_id, config)
    sandbox.faults.set(
        {"throttle": 1, "fail": 1, "html": 1, "truncate": 1, "expire": True, "reorder": 77}
    )

    reports = await pull_all(database, clock)
    clock.advance(timedelta(minutes=10))
    await pull_all(database, clock)

    assert {None} == {report.error for report in reports.values()}
    expected = sorted([str(number) for number in range(1, COUNT)])
    assert expected == column(database, shop, Order, "platform_id")
    moved = next(row for row in rows(database, shop, Order) if row.platform_id == "77")
    assert NOW == moved.updated_at
    # Three: the answer that is cut off is the throttled one.
    assert 3 == sum(report.retries for report in reports.values())


async def test_a_later_version_replaces_the_earlier(
    database: Database, merchant_id: int, served: Any, full_seller: DoudianShop, clock: SetClock
) -> None:
    """An order that is completed, with a line fewer, becomes what the platform shows now."""
    _, config = served
    two = [line("z-1", pay_amount=5_000), line("z-2", pay_amount=6_800)]
    feed = full_seller.orders
    assert isinstance(feed, MemoryFeed)
    place = feed.put(order("z", *two))
    shop = make_shop(database, merchant_id, config)
    await pull_all(database, clock)
    clock.advance(timedelta(minutes=5))
    done: Row = order(
        "z", line("z-1"), order_status=5, main_status=5, finish_time=SECOND, update_time=SECOND + 60
    )
    feed.replace(place, done)

    await pull_all(database, clock)

    [stored_order] = [row for row in rows(database, shop, Order) if row.platform_id == "z"]
    lines = [row for row in rows(database, shop, OrderLine) if row.platform_id.startswith("z-")]
    assert ("completed", NOW) == (stored_order.status, stored_order.ended_at)
    assert [("z-1", 11_800)] == [(row.platform_id, row.amount) for row in lines]


async def test_a_shop_without_ads_is_pulled_all_the_same(
    database: Database, merchant_id: int, served: Any, clock: SetClock
) -> None:
    """Its ad stream says that it is not set up; the others know nothing of it."""
    _, config = served
    new = NewShop("douyin", SHOP_ID, "Lantern", CREDENTIALS, config)
    database.run_now(
        merchant_id,
        lambda session: register_shop(session, {MARKET.name: MARKET}, KEYS, new, NOW),
    )

    reports = await pull_all(database, clock)

    told = {stream: report.error for stream, report in reports.items() if report.error}
    assert ["ad_spend"] == list(told)
    assert "not set up" in str(told["ad_spend"])
    assert ("not_set_up", False) == (reports["ad_spend"].status, reports["ad_spend"].failed)
