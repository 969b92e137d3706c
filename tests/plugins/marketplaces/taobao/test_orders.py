"""Reading orders and refunds: page by page, last to first, whatever moves meanwhile."""

from datetime import timedelta

import pytest

from core.marketplace.contract import Rejected, Window
from core.marketplace.sandbox import MemoryFeed
from plugins.marketplaces.taobao.sandbox import TopSandbox, TopShop
from tests.plugins.marketplaces.taobao.builders import (
    DAY,
    NOW,
    Shop,
    ids,
    line,
    pull,
    records,
    refund,
    trade,
    trades,
)

TRADES = "taobao.trades.sold.increment.get"
pytestmark = pytest.mark.anyio


def fill(feed: MemoryFeed, count: int) -> None:
    for row in trades(count):
        feed.put(row)


async def test_an_empty_window_is_one_empty_page(shop: Shop) -> None:
    """Nothing happened, and TOP says so: reported is 0, not unknown."""
    pages = await pull(shop.adapter())

    assert [((), None, 0, 1)] == [
        (page.items, page.resume, page.reported, page.requests) for page in pages
    ]


async def test_a_window_of_one_page_takes_one_request(
    sandbox: TopSandbox, shop: Shop, trade_feed: MemoryFeed
) -> None:
    """The first answer is used as it is when there is no second page: the usual case costs one."""
    fill(trade_feed, 100)

    pages = await pull(shop.adapter())

    assert [(100, 100)] == [(len(page.items), page.reported) for page in pages]
    assert 1 == len(sandbox.log.of(TRADES))


async def test_pages_come_last_to_first(
    sandbox: TopSandbox, shop: Shop, trade_feed: MemoryFeed
) -> None:
    """TOP sorts by change, newest first, and asks to be read from behind: page 1 comes last.

    A window of late is read until nothing new is met: a second time here.
    """
    fill(trade_feed, 250)

    pages = await pull(shop.adapter())

    asked = [call.params["page_no"] for call in sandbox.log.of(TRADES)]
    assert ["1", "3", "2", "1", "3", "2", "1"] == asked
    assert [50, 100, 100, 0, 0, 0] == [len(page.items) for page in pages]
    assert [*[None] * 5, 250] == [page.reported for page in pages]
    assert [2, 1, 1, 1, 1, 1] == [page.requests for page in pages]
    assert "250" == pages[2].items[0].record.platform_id  # type: ignore[union-attr]


@pytest.mark.parametrize("stored", [1, 2])
async def test_a_pull_goes_on_after_the_last_stored_page(
    sandbox: TopSandbox, shop: Shop, trade_feed: MemoryFeed, stored: int
) -> None:
    """Another process reads a window of late from its start, and until nothing moves any more."""
    fill(trade_feed, 250)
    first = (await pull(shop.adapter()))[:stored]

    rest = await pull(shop.adapter(), resume=first[-1].resume)

    assert 6 == len(rest)
    assert 250 == rest[-1].reported
    assert {str(number) for number in range(1, 251)} == {*ids(first), *ids(rest)}


@pytest.mark.parametrize("mark", ["", "3", "trades||3:x", "other||1:5", "trades|1-2|1:5"])
async def test_a_foreign_mark_reads_the_whole_window(
    shop: Shop, trade_feed: MemoryFeed, mark: str
) -> None:
    """A mark of another version or window is no reason to fail: all of it again is always right."""
    fill(trade_feed, 150)

    pages = await pull(shop.adapter(), resume=mark)

    assert 150 == len(ids(pages))


@pytest.mark.parametrize("moved", [1, 60, 149, 150, 151, 240, 250])
@pytest.mark.parametrize("after", [1, 2, 3])
async def test_a_trade_that_changes_while_paging_hides_no_other(
    sandbox: TopSandbox, shop: Shop, trade_feed: MemoryFeed, moved: int, after: int
) -> None:
    """A trade that changes leaves the window and moves all older ones forward: none is missed.

    The moved one itself belongs to a later window, unless it was read before.
    """
    fill(trade_feed, 250)
    window = Window(DAY.start, NOW - timedelta(hours=2))
    sandbox.faults.set({"reorder": moved, "reorder_after": after})

    found = set(ids(await pull(shop.adapter(), window=window)))

    assert {str(number) for number in range(1, 251)} == found | {str(moved)}


@pytest.mark.parametrize("moved", [1, 60, 149, 150, 151, 240, 250])
@pytest.mark.parametrize("after", [1, 2, 3])
async def test_a_trade_that_changes_within_the_window_hides_no_other(
    sandbox: TopSandbox, shop: Shop, trade_feed: MemoryFeed, moved: int, after: int
) -> None:
    """A trade that changes in the window's very last second moves newer ones back, past us.

    The total stays the same then; that fewer different trades came gives it away.
    """
    fill(trade_feed, 250)
    sandbox.faults.set(
        {"reorder": moved, "reorder_after": after, "reorder_to": "2026-11-22 12:00:00"}
    )

    found = set(ids(await pull(shop.adapter())))

    assert {str(number) for number in range(1, 251)} == found


async def test_trades_that_come_in_while_paging_hide_no_other(
    shop: Shop, trade_feed: MemoryFeed
) -> None:
    """New rows at the front push unread ones onto pages already read: the reading goes back."""
    fill(trade_feed, 250)
    reading = shop.adapter().pull("orders", DAY, None)
    pages = [await anext(reading)]
    for number in range(1000, 1120):
        trade_feed.put(trade(number, modified="2026-11-22 12:00:00"))

    pages += [page async for page in reading]

    expected = {str(number) for number in [*range(1, 251), *range(1000, 1120)]}
    assert expected == set(ids(pages))


async def test_trades_that_come_in_between_two_pulls_hide_no_other(
    shop: Shop, trade_feed: MemoryFeed
) -> None:
    """A mark tells how long the listing was: what was pushed back meanwhile is read again."""
    fill(trade_feed, 250)
    adapter = shop.adapter()
    stored = (await pull(adapter))[:1]
    for number in range(1000, 1120):
        trade_feed.put(trade(number, modified="2026-11-22 12:00:00"))

    rest = await pull(adapter, resume=stored[0].resume)

    expected = {str(number) for number in [*range(1, 251), *range(1000, 1120)]}
    assert expected == {*ids(stored), *ids(rest)}


async def test_trades_of_one_second_are_all_read(shop: Shop, trade_feed: MemoryFeed) -> None:
    """A sale's first second may fill pages: rows of equal time keep their order between pages."""
    for number in range(1, 351):
        trade_feed.put(trade(number, modified="2026-11-22 00:00:00"))

    found = ids(await pull(shop.adapter()))

    assert sorted(map(str, range(1, 351))) == sorted(found)


async def test_both_ends_of_a_window_are_asked_for_in_china_time(
    sandbox: TopSandbox, shop: Shop
) -> None:
    """TOP counts whole seconds of GMT+8; a window shorter than one is widened to one."""
    instant = NOW + timedelta(microseconds=1500)

    await pull(shop.adapter(), window=Window(instant, instant))

    (call,) = sandbox.log.of(TRADES)
    asked = (call.params["start_modified"], call.params["end_modified"])
    assert ("2026-11-22 12:00:00", "2026-11-22 12:00:01") == asked


async def test_every_type_of_trade_is_asked_for(shop: Shop, trade_feed: MemoryFeed) -> None:
    """Unasked, TOP shows five types only: gifts (nopaid), auctions and tickets would be missing."""
    kinds = ["fixed", "auction", "nopaid", "eticket", "tmall_i18n", "cod", "step"]
    for number, kind in enumerate(kinds, start=1):
        trade_feed.put(trade(number, type=kind))

    pages = await pull(shop.adapter())

    assert sorted(kinds) == sorted(record.platform_type for record in records(pages))


async def test_one_bad_trade_costs_no_other(shop: Shop, trade_feed: MemoryFeed) -> None:
    """A row that can't be mapped is handed over with its value; its page goes on."""
    trade_feed.put(trade(1))
    trade_feed.put(trade(2, line(21, num=0)))
    trade_feed.put(trade(3))

    (page,) = await pull(shop.adapter())

    (bad,) = [each for each in page.items if isinstance(each, Rejected)]
    assert ["1", "3"] == sorted(ids([page]))
    assert ("order", "2", "orders[0].num", 0) == (
        bad.kind,
        bad.platform_id,
        bad.error.where,
        bad.error.value,
    )


async def test_refunds_are_read_like_orders(top_shop: TopShop, shop: Shop) -> None:
    """Refunds too are sorted by change and read from behind."""
    rows = [refund(str(number)) for number in range(1, 131)]
    top_shop.refunds = MemoryFeed(rows, "modified")

    pages = await pull(shop.adapter(), "refunds")

    assert [30, 100, 0, 0] == [len(page.items) for page in pages]
    assert {str(number) for number in range(1, 131)} == set(ids(pages))


async def test_a_row_that_leaves_is_no_loss(
    sandbox: TopSandbox, shop: Shop, trade_feed: MemoryFeed
) -> None:
    """What TOP counts at the end is compared with what came: a row that moved on is in neither."""
    fill(trade_feed, 250)
    sandbox.faults.set({"reorder": 200, "reorder_after": 1})
    window = Window(DAY.start, NOW - timedelta(hours=2))

    pages = await pull(shop.adapter(), window=window)

    assert 249 == pages[-1].reported == len(set(ids(pages)))


async def test_an_unknown_stream_is_refused(shop: Shop) -> None:
    """TOP shows no traffic figures: whoever asks is told at once, not given an empty answer."""
    with pytest.raises(KeyError, match="traffic"):
        await pull(shop.adapter(), "traffic")
