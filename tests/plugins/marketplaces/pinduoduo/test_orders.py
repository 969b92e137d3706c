"""Reading orders: page by page, last to first, whatever moves meanwhile."""

from datetime import timedelta

import pytest

from core.marketplace.contract import Rejected, Window
from core.marketplace.sandbox import MemoryFeed
from plugins.marketplaces.pinduoduo import STREAMS
from plugins.marketplaces.pinduoduo.sandbox import PddSandbox
from tests.plugins.marketplaces.pinduoduo.builders import (
    HALF_HOUR,
    NOW,
    Shop,
    item,
    numbers,
    order,
    order_sn,
    orders,
    pull,
)

INCREMENT = "pdd.order.number.list.increment.get"
LAST_SECOND = "2026-11-22 11:50:00"
EARLY = Window(HALF_HOUR.start, HALF_HOUR.start + timedelta(minutes=25))
pytestmark = pytest.mark.anyio


def fill(feed: MemoryFeed, count: int) -> None:
    for row in orders(count):
        feed.put(row)


def test_streams_keep_to_the_platforms_limits() -> None:
    """PDD: windows of 30 minutes at most, ending 3 minutes before its time, within three months."""
    streams = {stream.name: stream for stream in STREAMS}

    for name in ("orders", "refunds"):
        stream = streams[name]
        assert timedelta(minutes=30) == stream.window
        assert timedelta(days=90) == stream.retention
        assert stream.lag >= timedelta(seconds=180)
    assert {"reviews", "traffic"}.isdisjoint(streams)


async def test_an_empty_window_is_one_empty_page(shop: Shop) -> None:
    """Nothing happened, and PDD says so: reported is 0, not unknown."""
    pages = await pull(shop.adapter())

    assert [((), None, 0, 1)] == [
        (page.items, page.resume, page.reported, page.requests) for page in pages
    ]


async def test_a_window_of_one_page_takes_one_request(
    sandbox: PddSandbox, shop: Shop, order_feed: MemoryFeed
) -> None:
    """The first answer is used as it is when there is no second page: the usual case costs one."""
    fill(order_feed, 100)

    pages = await pull(shop.adapter())

    assert [(100, 100)] == [(len(page.items), page.reported) for page in pages]
    assert 1 == len(sandbox.log.of(INCREMENT))


async def test_pages_come_last_to_first(
    sandbox: PddSandbox, shop: Shop, order_feed: MemoryFeed
) -> None:
    """PDD: 必须采用倒序的分页方式, pages are to be read from the last one or orders get lost.

    A window of late is read until nothing new is met: a second time here.
    """
    fill(order_feed, 250)

    pages = await pull(shop.adapter())

    asked = [call.params["page"] for call in sandbox.log.of(INCREMENT)]
    assert ["1", "3", "2", "1", "3", "2", "1"] == asked
    assert [50, 100, 100, 0, 0, 0] == [len(page.items) for page in pages]
    assert [*[None] * 5, 250] == [page.reported for page in pages]
    assert [2, 1, 1, 1, 1, 1] == [page.requests for page in pages]
    assert 250 == numbers(pages[2:3])[0]


async def test_every_order_is_asked_for_in_whole_seconds(sandbox: PddSandbox, shop: Shop) -> None:
    """0 stands for lottery orders and others, 5 for every status; times are seconds since 1970."""
    instant = HALF_HOUR.start + timedelta(microseconds=1500)

    await pull(shop.adapter(), window=Window(instant, instant))

    (call,) = sandbox.log.of(INCREMENT)
    begun = int(instant.timestamp())
    asked = {"is_lucky_flag": "0", "order_status": "5", "refund_status": "5"}
    assert asked.items() <= call.params.items()
    assert (str(begun), str(begun + 1)) == (
        call.params["start_updated_at"],
        call.params["end_updated_at"],
    )


@pytest.mark.parametrize("stored", [1, 2])
async def test_a_pull_goes_on_after_the_last_stored_page(
    shop: Shop, order_feed: MemoryFeed, stored: int
) -> None:
    """Another process reads a window of late from its start, and until nothing moves any more."""
    fill(order_feed, 250)
    first = (await pull(shop.adapter()))[:stored]

    rest = await pull(shop.adapter(), resume=first[-1].resume)

    assert 6 == len(rest)
    assert 250 == rest[-1].reported
    assert set(range(1, 251)) == {*numbers(first), *numbers(rest)}


@pytest.mark.parametrize("mark", ["", "3", "orders|3:x", "orders|0:5", "other|1:5", "orders|1|5"])
async def test_a_foreign_mark_reads_the_whole_window(
    shop: Shop, order_feed: MemoryFeed, mark: str
) -> None:
    """A mark of another version is no reason to fail: all of it again is always right."""
    fill(order_feed, 150)

    pages = await pull(shop.adapter(), resume=mark)

    assert 150 == len(numbers(pages))


@pytest.mark.parametrize("moved", [1, 60, 149, 150, 151, 240, 250])
@pytest.mark.parametrize("after", [1, 2, 3])
async def test_an_order_that_changes_while_paging_hides_no_other(
    sandbox: PddSandbox, shop: Shop, order_feed: MemoryFeed, moved: int, after: int
) -> None:
    """An order that changes leaves the window and moves all older ones forward: none is missed.

    The moved one itself belongs to a later window, unless it was read before.
    """
    fill(order_feed, 250)
    sandbox.faults.set({"reorder": moved, "reorder_after": after})

    pages = await pull(shop.adapter(), window=EARLY)

    assert set(range(1, 251)) == set(numbers(pages)) | {moved}
    assert (pages[-1].reported or 0) <= len(set(numbers(pages)))


@pytest.mark.parametrize("moved", [1, 60, 149, 150, 151, 240, 250])
@pytest.mark.parametrize("after", [1, 2, 3])
async def test_an_order_that_changes_within_the_window_hides_no_other(
    sandbox: PddSandbox, shop: Shop, order_feed: MemoryFeed, moved: int, after: int
) -> None:
    """An order that changes in the window's very last second moves newer ones back, past us.

    The total stays the same then; that fewer different orders came gives it away.
    """
    fill(order_feed, 250)
    sandbox.faults.set({"reorder": moved, "reorder_after": after, "reorder_to": LAST_SECOND})

    found = set(numbers(await pull(shop.adapter())))

    assert set(range(1, 251)) == found


async def test_orders_that_come_in_while_paging_hide_no_other(
    shop: Shop, order_feed: MemoryFeed
) -> None:
    """New rows at the front push unread ones onto pages already read: the reading goes back."""
    fill(order_feed, 250)
    reading = shop.adapter().pull("orders", HALF_HOUR, None)
    pages = [await anext(reading)]
    for number in range(1000, 1120):
        order_feed.put(order(number, updated_at=LAST_SECOND))

    pages += [page async for page in reading]

    assert {*range(1, 251), *range(1000, 1120)} == set(numbers(pages))


async def test_orders_that_come_in_between_two_pulls_hide_no_other(
    shop: Shop, order_feed: MemoryFeed
) -> None:
    """A mark tells how long the listing was: what was pushed back meanwhile is read again."""
    fill(order_feed, 250)
    adapter = shop.adapter()
    stored = (await pull(adapter))[:1]
    for number in range(1000, 1120):
        order_feed.put(order(number, updated_at=LAST_SECOND))

    rest = await pull(adapter, resume=stored[0].resume)

    assert {*range(1, 251), *range(1000, 1120)} == {*numbers(stored), *numbers(rest)}


async def test_orders_of_one_second_are_all_read(shop: Shop, order_feed: MemoryFeed) -> None:
    """A sale's first second may fill pages: rows of equal time keep their order between pages."""
    for number in range(1, 351):
        order_feed.put(order(number))

    found = numbers(await pull(shop.adapter()))

    assert list(range(1, 351)) == sorted(found)


async def test_one_bad_order_costs_no_other(shop: Shop, order_feed: MemoryFeed) -> None:
    """A row that can't be mapped is handed over with its value; its page goes on."""
    order_feed.put(order(1))
    order_feed.put(order(2, item(goods_count=0)))
    order_feed.put(order(3))

    (page,) = await pull(shop.adapter())

    (bad,) = [each for each in page.items if isinstance(each, Rejected)]
    assert [1, 3] == sorted(numbers([page]))
    assert ("order", order_sn(2), "item_list[0].goods_count", 0) == (
        bad.kind,
        bad.platform_id,
        bad.error.where,
        bad.error.value,
    )


async def test_a_window_too_near_is_refused_by_the_sandbox(shop: Shop) -> None:
    """PDD asks for ends three minutes before its time: the stream's lag keeps to that."""
    with pytest.raises(Exception, match="three minutes before"):
        await pull(shop.adapter(), window=Window(NOW - timedelta(minutes=20), NOW))


@pytest.mark.parametrize("stream", ["reviews", "traffic"])
async def test_what_pdd_does_not_show_is_refused(shop: Shop, stream: str) -> None:
    """PDD has no method for reviews or traffic: who asks is told at once, not given nothing."""
    with pytest.raises(KeyError, match=stream):
        await pull(shop.adapter(), stream)
