"""Reading what advertising cost, by day and campaign."""

from datetime import date, timedelta

import pytest

from core.marketplace.contract import Rejected, Window
from core.marketplace.sandbox import MemoryFeed
from plugins.marketplaces.jd.sandbox import JosSandbox, JosShop
from tests.plugins.marketplaces.jd.builders import DAY, NOW, Shop, ad_day, pull, records

REPORT = "jingdong.dsp.report.queryCampDailySum"
pytestmark = pytest.mark.anyio


async def test_a_campaigns_day_is_ad_spend(jos_shop: JosShop, shop: Shop) -> None:
    """Figures are text, money is yuan; a campaign is known by its number, names may change."""
    jos_shop.ad_days = MemoryFeed([ad_day()], "_day")

    (record,) = records(await pull(shop.adapter(), "ad_spend"))

    assert (date(2026, 11, 21), "jd_kuaiche", "31") == (record.day, record.channel, record.campaign)
    assert (1000, 50, 7530, 4, 51_200) == (
        record.impressions,
        record.clicks,
        record.spend,
        record.orders,
        record.amount,
    )


async def test_whole_days_of_china_are_asked_for(sandbox: JosSandbox, shop: Shop) -> None:
    """A window that ends within a day takes the whole day: the next one takes it again."""
    await pull(shop.adapter(), "ad_spend", Window(NOW - timedelta(days=2), NOW))

    (call,) = sandbox.log.of(REPORT)
    assert ("2026-11-20 00:00:00", "2026-11-22 23:59:59") == (
        call.params["startDay"],
        call.params["endDay"],
    )
    assert ("True", "False", "True") == (
        call.params["isDaily"],
        call.params["isOrderOrClick"],
        call.params["isTodayOr15Days"],
    )


async def test_pages_are_read_until_one_is_not_full(
    sandbox: JosSandbox, jos_shop: JosShop, shop: Shop
) -> None:
    """What the report calls `total` is documented nowhere, so it is not relied on."""
    jos_shop.ad_days = MemoryFeed([ad_day("2026-11-21", n) for n in range(1, 231)], "_day")
    adapter = shop.adapter()

    pages = await pull(adapter, "ad_spend")
    rest = await pull(adapter, "ad_spend", resume=pages[0].resume)

    assert [100, 100, 30] == [len(page.items) for page in pages]
    assert ["2", "3", None] == [page.resume for page in pages]
    assert [100, 30] == [len(page.items) for page in rest]


@pytest.mark.parametrize(
    ("changes", "where"),
    [({"Cost": "1.234"}, "Cost"), ({"Clicks": "many"}, "Clicks"), ({"date": "soon"}, "date")],
)
async def test_figures_that_are_none_are_rejected(
    jos_shop: JosShop, shop: Shop, changes: dict[str, str], where: str
) -> None:
    """Half a fen, or a word for a count, never becomes spend."""
    jos_shop.ad_days = MemoryFeed([ad_day(**changes)], "_day")

    (page,) = await pull(shop.adapter(), "ad_spend", DAY)

    (bad,) = page.items
    assert isinstance(bad, Rejected)
    assert where == bad.error.where
