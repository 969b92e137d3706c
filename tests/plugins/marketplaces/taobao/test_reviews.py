"""Reading reviews: TOP shows 1,500 of one condition at most, so long windows are cut."""

from datetime import datetime, timedelta

import pytest

from core.marketplace.contract import Window
from core.marketplace.errors import PermanentError
from core.marketplace.sandbox import MemoryFeed
from plugins.marketplaces.taobao.sandbox import TopSandbox, TopShop
from tests.plugins.marketplaces.taobao.builders import NOW, Shop, ids, pull, rate, records

RATES = "taobao.traderates.get"
HALF_YEAR = Window(NOW - timedelta(days=180), NOW)
pytestmark = pytest.mark.anyio


def write(shop: TopShop, count: int, every: timedelta) -> None:
    """Reviews of order lines 1, 2, 3 …, the newest one just now."""
    now = datetime(2026, 11, 22, 12, 0)
    rows = [rate(number, created=str(now - number * every)) for number in range(1, count + 1)]
    shop.rates = MemoryFeed(rows, "created")


async def test_a_window_below_the_limit_is_read_as_it_is(
    sandbox: TopSandbox, top_shop: TopShop, shop: Shop
) -> None:
    """1,499 reviews are all shown: ten pages of 150, read until none is new, so twice."""
    write(top_shop, 1499, timedelta(hours=1))

    pages = await pull(shop.adapter(), "reviews", HALF_YEAR)

    assert 1499 == pages[-1].reported
    assert 1499 == len(set(ids(pages)))
    assert 21 == len(sandbox.log.of(RATES))


@pytest.mark.parametrize("count", [1500, 4000])
async def test_a_window_at_the_limit_is_cut(top_shop: TopShop, shop: Shop, count: int) -> None:
    """From 1,500 on the total may be a lie: halves are read until each is below it."""
    write(top_shop, count, timedelta(hours=1))

    pages = await pull(shop.adapter(), "reviews", HALF_YEAR)

    assert count == len({record.line_id for record in records(pages)})
    assert len(records(pages)) == pages[-1].reported


async def test_a_cut_window_goes_on_where_it_stopped(
    sandbox: TopSandbox, top_shop: TopShop, shop: Shop
) -> None:
    """A mark carries its span: what lies before it is not read again, all behind it is."""
    write(top_shop, 4000, timedelta(hours=1))
    adapter = shop.adapter()
    pages = await pull(adapter, "reviews", HALF_YEAR)
    half = len(pages) // 2

    rest = await pull(adapter, "reviews", HALF_YEAR, resume=pages[half - 1].resume)

    assert 4000 == len({*ids(pages[:half]), *ids(rest)})
    assert len(ids(rest)) < 4000


async def test_a_second_that_holds_too_many_is_told(top_shop: TopShop, shop: Shop) -> None:
    """Nothing is dropped quietly: what can't be cut any further is an error."""
    write(top_shop, 1600, timedelta(0))

    with pytest.raises(PermanentError, match="some are not shown"):
        await pull(shop.adapter(), "reviews", HALF_YEAR)
