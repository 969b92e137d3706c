"""Reading ad reports: days of each scene, today apart, money in thousandths of a yuan."""

from datetime import date, timedelta

import pytest

from core.marketplace.contract import Rejected, Window
from core.marketplace.records import AdSpendRecord, DataSource
from core.marketplace.sandbox import MemoryFeed
from plugins.marketplaces.pinduoduo.mapping import Mapper
from plugins.marketplaces.pinduoduo.sandbox import PddSandbox, PddShop
from tests.plugins.marketplaces.pinduoduo.builders import NOW, Shop, pull, records, report

REPORTS = "pdd.ad.api.report.daily.report.query"
pytestmark = pytest.mark.anyio


async def spans(sandbox: PddSandbox, shop: Shop, window: Window) -> list[tuple[str, str, str]]:
    await pull(shop.adapter(), "ad_spend", window)
    names = ("scenesType", "startDateString", "endDateString")
    return [
        (call.params[names[0]], call.params[names[1]], call.params[names[2]])
        for call in sandbox.log.of(REPORTS)
    ]


async def test_today_is_asked_for_apart(sandbox: PddSandbox, shop: Shop) -> None:
    """PDD: 不能跨今日和历史查询, a query is of today or of days before it; each scene is asked."""
    asked = await spans(sandbox, shop, Window(NOW - timedelta(days=2), NOW))

    earlier, today = ("2026-11-20", "2026-11-21"), ("2026-11-22", "2026-11-22")
    assert [(scene, *days) for scene in "012" for days in (earlier, today)] == asked


@pytest.mark.parametrize(
    ("start", "end", "days"),
    [
        (timedelta(hours=4), timedelta(0), ("2026-11-22", "2026-11-22")),
        (timedelta(days=3), timedelta(hours=12), ("2026-11-19", "2026-11-21")),
        (timedelta(days=89), timedelta(days=59), ("2026-08-25", "2026-09-24")),
        (timedelta(days=99), timedelta(days=80), ("2026-08-25", "2026-09-03")),
    ],
)
async def test_a_window_becomes_whole_days_in_china(
    sandbox: PddSandbox, shop: Shop, start: timedelta, end: timedelta, days: tuple[str, str]
) -> None:
    """A day counts from midnight in China; the window's end itself is no part of it."""
    asked = await spans(sandbox, shop, Window(NOW - start, NOW - end))

    assert [(scene, *days) for scene in "012"] == asked


async def test_days_that_are_no_longer_shown_are_not_asked_for(
    sandbox: PddSandbox, shop: Shop
) -> None:
    """PDD: 当前支持查询90天内数据. A shop told to read further back gets an empty page instead."""
    window = Window(NOW - timedelta(days=200), NOW - timedelta(days=170))

    pages = await pull(shop.adapter(), "ad_spend", window)

    assert [((), None, 0)] == [(page.items, page.resume, page.requests) for page in pages]
    assert [] == sandbox.log.of(REPORTS)


async def test_a_window_is_one_page(mall: PddShop, shop: Shop) -> None:
    """Reports have no pages: the days of all scenes come together, six calls in all."""
    mall.reports = MemoryFeed(
        [report("2026-11-21", 0), report("2026-11-21", 2), report("2026-11-22", 0)], "date"
    )

    (page,) = await pull(shop.adapter(), "ad_spend", Window(NOW - timedelta(days=1), NOW))

    assert ({("pdd_search", 21), ("pdd_search", 22), ("pdd_display", 21)}, None, 6) == (
        {(record.channel, record.day.day) for record in records([page])},
        page.resume,
        page.requests,
    )


def test_money_is_in_thousandths_of_a_yuan() -> None:
    """PDD counts ads in 厘: 45670 are 45.67 yuan; sales ascribed to the ads alike."""
    record, unknown = Mapper("CNY", NOW).report(report(), "pdd_search")

    assert (
        AdSpendRecord(
            day=date(2026, 11, 21),
            channel="pdd_search",
            currency="CNY",
            impressions=1000,
            clicks=50,
            spend=4567,
            orders=3,
            amount=35_400,
            source=DataSource.PLATFORM,
        ),
        (),
    ) == (record, unknown)


@pytest.mark.parametrize(
    ("told", "fen"), [(5, 0), (15, 2), (25, 2), (26, 3), (-15, -2), ("45674", 4567), ("12.0", 1)]
)
def test_parts_of_a_fen_are_rounded_half_to_even(told: int | str, fen: int) -> None:
    """A click may cost a part of a fen: a day is off by half a fen at most, to neither side."""
    record, _ = Mapper("CNY", NOW).report(report(spend=told), "pdd_search")

    assert fen == record.spend


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"spend": None}, "spend"),
        ({"spend": "much"}, "spend"),
        ({"gmv": True}, "gmv"),
        ({"gmv": "1" * 21}, "gmv"),
        ({"gmv": "NaN"}, "gmv"),
        ({"date": "21.11.2026"}, "date"),
        ({"date": None}, "date"),
        ({"click": "1.5"}, "click"),
        ({"impression": -1}, "impressions"),
    ],
)
async def test_a_day_that_cannot_be_used_is_rejected(
    mall: PddShop, shop: Shop, changes: dict[str, object], where: str
) -> None:
    """It goes to quarantine with its value; the other days stay."""
    bad_row = {**report("2026-11-21"), **changes}
    feed = MemoryFeed([report("2026-11-20"), report("2026-11-21")], "date")
    feed.render = lambda index: [report("2026-11-20"), bad_row][index]  # type: ignore[method-assign]
    mall.reports = feed

    (page,) = await pull(
        shop.adapter(), "ad_spend", Window(NOW - timedelta(days=2), NOW - timedelta(days=1))
    )

    (bad,) = [each for each in page.items if isinstance(each, Rejected)]
    assert (where, [20]) == (bad.error.where, [record.day.day for record in records([page])])
