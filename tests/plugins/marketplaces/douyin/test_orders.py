"""Reading orders and after-sales: by change, whatever moves meanwhile."""

import json
from datetime import timedelta

import httpx
import pytest

from core.marketplace.contract import Rejected, Window
from core.marketplace.errors import TransientError
from core.marketplace.sandbox import MemoryFeed, SetClock
from plugins.marketplaces.douyin.sandbox import DoudianSandbox, DoudianShop
from tests.plugins.marketplaces.douyin.builders import (
    DAY,
    NOW,
    SECOND,
    Shop,
    after_sale,
    answering,
    ids,
    line,
    order,
    orders,
    pull,
    records,
    stored,
)

SEARCH, LIST, DETAIL = "order.searchList", "afterSale.List", "afterSale.Detail"
pytestmark = pytest.mark.anyio


def fill(feed: MemoryFeed, count: int) -> None:
    for row in orders(count):
        feed.put(row)


def numbers(*ranges: range) -> set[str]:
    return {str(number) for each in ranges for number in each}


async def test_an_empty_window_is_one_empty_page(shop: Shop) -> None:
    """Nothing happened, and Doudian says so: reported is 0, not unknown."""
    pages = await pull(shop.adapter())

    assert [((), None, 0, 1)] == [
        (page.items, page.resume, page.reported, page.requests) for page in pages
    ]


async def test_a_window_of_one_page_takes_one_request(
    sandbox: DoudianSandbox, shop: Shop, order_feed: MemoryFeed
) -> None:
    """The usual case costs one call; its total is the window's."""
    fill(order_feed, 100)

    pages = await pull(shop.adapter())

    assert [(100, 100)] == [(len(page.items), page.reported) for page in pages]
    assert 1 == len(sandbox.log.of(SEARCH))


async def test_requests_follow_the_rows_not_the_pages(
    sandbox: DoudianSandbox, shop: Shop, order_feed: MemoryFeed
) -> None:
    """Always page 0 of what changed since the last row; the window's count comes at its end."""
    fill(order_feed, 250)

    pages = await pull(shop.adapter())

    calls = sandbox.log.of(SEARCH)
    first = SECOND - 23 * 3600
    starts = [int(call.params["update_time_start"]) for call in calls]
    begun = SECOND - 86_400 - 1
    assert [begun, first + 91 * 60 - 1, first + 181 * 60 - 1, begun] == starts
    assert {"0"} == {call.params["page"] for call in calls}
    assert [100, 90, 60] == [len(page.items) for page in pages]
    assert [None, None, 250] == [page.reported for page in pages]
    assert [1, 1, 2] == [page.requests for page in pages]
    assert [str(number) for number in range(1, 251)] == ids(pages)


@pytest.mark.parametrize("bounds", [(True, True), (True, False), (False, True), (False, False)])
async def test_either_meaning_of_the_bounds_is_read_whole(
    seller: DoudianShop, order_feed: MemoryFeed, bounds: tuple[bool, bool]
) -> None:
    """Nobody says whether bounds belong to a span: no order is lost or repeated either way."""
    for row in orders(250):
        order_feed.put(row)
    order_feed.put(order("at-start", update_time=SECOND - 86_400))
    order_feed.put(order("at-the-last", update_time=SECOND - 1))
    sandbox = DoudianSandbox(seller, clock=SetClock(NOW), order_bounds=bounds)

    pages = await pull(Shop(httpx.ASGITransport(sandbox.app)).adapter())

    found = ids(pages)
    assert numbers(range(1, 251)) | {"at-start", "at-the-last"} == set(found)
    assert 252 == len(found) == pages[-1].reported


@pytest.mark.parametrize("done", [1, 2])
async def test_a_pull_goes_on_after_the_last_stored_page(
    shop: Shop, order_feed: MemoryFeed, done: int
) -> None:
    """The mark of a stored page leads to the rows that are still missing."""
    fill(order_feed, 250)
    adapter = shop.adapter()
    first = (await pull(adapter))[:done]

    rest = await pull(adapter, resume=first[-1].resume)

    assert 3 - done == len(rest)
    assert 250 == rest[-1].reported
    assert numbers(range(1, 251)) == {*ids(first), *ids(rest)}


@pytest.mark.parametrize("mark", ["", "x", "1", "99999999999", f"{SECOND - 60}|x:y"])
async def test_a_foreign_mark_reads_the_whole_window(
    shop: Shop, order_feed: MemoryFeed, mark: str
) -> None:
    """A mark of another version or window is no reason to fail: all of it again is right."""
    fill(order_feed, 150)

    pages = await pull(shop.adapter(), resume=mark)

    assert 150 == len(ids(pages))


@pytest.mark.parametrize("moved", [1, 60, 99, 100, 101, 199, 200, 250])
@pytest.mark.parametrize("after", [1, 2, 3])
async def test_an_order_that_changes_while_paging_hides_no_other(
    sandbox: DoudianSandbox, shop: Shop, order_feed: MemoryFeed, moved: int, after: int
) -> None:
    """An order that changes leaves the window, and all newer ones move forward: none is missed.

    The moved one itself belongs to a later window, unless it was read before.
    """
    fill(order_feed, 250)
    window = Window(DAY.start, NOW - timedelta(hours=2))
    sandbox.faults.set({"reorder": moved, "reorder_after": after})

    pages = await pull(shop.adapter(), window=window)

    assert numbers(range(1, 251)) == set(ids(pages)) | {str(moved)}
    assert pages[-1].reported is not None
    assert pages[-1].reported <= len(ids(pages))


@pytest.mark.parametrize("moved", [1, 100, 101, 250])
@pytest.mark.parametrize("after", [1, 2, 3])
async def test_an_order_that_changes_within_the_window_is_read_again(
    sandbox: DoudianSandbox, shop: Shop, order_feed: MemoryFeed, moved: int, after: int
) -> None:
    """It goes to the end of what is still to be read, so its newest version comes last."""
    fill(order_feed, 250)
    sandbox.faults.set({"reorder": moved, "reorder_after": after, "reorder_to": str(SECOND - 1)})

    pages = await pull(shop.adapter())

    assert numbers(range(1, 251)) == set(ids(pages))


async def test_an_hour_of_one_second_is_read_in_pages(
    sandbox: DoudianSandbox, shop: Shop, order_feed: MemoryFeed
) -> None:
    """A sale's first second may fill pages: only then are pages counted, the last one first."""
    fill(order_feed, 50)
    rush = SECOND - 3600
    for number in range(1000, 1350):
        order_feed.put(order(str(number), update_time=rush))
    for number in range(2000, 2120):
        order_feed.put(order(str(number), update_time=rush + 1))

    pages = await pull(shop.adapter())

    found = ids(pages)
    assert numbers(range(1, 51), range(1000, 1350), range(2000, 2120)) == set(found)
    assert 520 == len(found) == pages[-1].reported
    assert "3" in {call.params["page"] for call in sandbox.log.of(SEARCH)}


@pytest.mark.parametrize("stop", [1, 2, 3, 4, 5, 6])
async def test_a_full_second_is_gone_on_with_as_well(
    shop: Shop, order_feed: MemoryFeed, stop: int
) -> None:
    """Marks tell the page within a second too."""
    rush = SECOND - 3600
    for number in range(1000, 1350):
        order_feed.put(order(str(number), update_time=rush))
    adapter = shop.adapter()
    first = (await pull(adapter))[:stop]

    rest = await pull(adapter, resume=first[-1].resume) if first[-1].resume else []

    assert numbers(range(1000, 1350)) == {*ids(first), *ids(rest)}


async def test_orders_that_come_late_are_noticed(
    sandbox: DoudianSandbox, shop: Shop, order_feed: MemoryFeed
) -> None:
    """What the platform writes late, behind the reader, is in its count: the run is incomplete."""
    fill(order_feed, 250)
    reading = shop.adapter().pull("orders", DAY, None)
    pages = [await anext(reading)]
    order_feed.put(order("late", update_time=SECOND - 23 * 3600))

    pages += [page async for page in reading]

    assert (251, 250) == (pages[-1].reported, len(ids(pages)))


async def test_a_newer_time_in_an_older_place_hides_no_order() -> None:
    """Sorted by an index, filled in from elsewhere, a page's last row may tell a later time."""
    rows = orders(250)
    shown = [
        {**row, "update_time": SECOND - 5} if n in {60, 99} else row for n, row in enumerate(rows)
    ]

    def answer(request: httpx.Request) -> httpx.Response:
        asked = json.loads(request.content)
        places = [
            n for n, row in enumerate(rows) if asked["update_time_start"] <= row["update_time"]
        ]
        page = [shown[n] for n in places[: asked["size"]]]
        data = {"total": len(places), "shop_order_list": page}
        return httpx.Response(200, json={"code": 10000, "data": data})

    pages = await pull(Shop(httpx.MockTransport(answer)).adapter())

    assert numbers(range(1, 251)) == set(ids(pages))


@pytest.mark.parametrize(
    "times",
    [
        [SECOND - number for number in range(100)],
        [None] * 100,
        [SECOND - 10 * 86_400] * 100,
    ],
    ids=["newest first", "without times", "of another time"],
)
async def test_rows_in_another_order_are_not_trusted(times: list[int | None]) -> None:
    """Going on after them would lose rows without a word; asked again, the order may be right."""
    rows = [order(str(number), update_time=time) for number, time in enumerate(times)]
    data = {"total": 250, "shop_order_list": rows}
    body = json.dumps({"code": 10000, "data": data})

    with pytest.raises(TransientError, match="not in the order asked"):
        await pull(Shop(answering(body)).adapter())


async def test_bounds_are_whole_seconds(sandbox: DoudianSandbox, shop: Shop) -> None:
    """The start a second early, because it may be meant exclusively; the end rounded up."""
    instant = NOW + timedelta(microseconds=1500)

    await pull(shop.adapter(), window=Window(instant, instant))

    (call,) = sandbox.log.of(SEARCH)
    asked = (call.params["update_time_start"], call.params["update_time_end"])
    assert (str(SECOND - 1), str(SECOND + 1)) == asked


async def test_orders_are_asked_for_in_the_order_of_change(
    sandbox: DoudianSandbox, shop: Shop
) -> None:
    """Unasked, Doudian sorts by creation and newest first."""
    await pull(shop.adapter())

    (call,) = sandbox.log.of(SEARCH)
    assert ("update_time", "True") == (call.params["order_by"], call.params["order_asc"])


async def test_one_bad_order_costs_no_other(shop: Shop, order_feed: MemoryFeed) -> None:
    """A row that can't be mapped is handed over with its value; its page goes on."""
    order_feed.put(order("1"))
    order_feed.put(order("2", line("21", item_num=0)))
    order_feed.put(order("3"))

    (page,) = await pull(shop.adapter())

    (bad,) = [each for each in page.items if isinstance(each, Rejected)]
    assert ["1", "3"] == sorted(ids([page]))
    assert ("order", "2", "sku_order_list[0].item_num", 0) == (
        bad.kind,
        bad.platform_id,
        bad.error.where,
        bad.error.value,
    )


async def test_rows_that_are_no_objects_cost_no_other() -> None:
    """Whatever stands in a list besides orders is rejected alone."""
    body = b'{"code":10000,"data":{"total":2,"shop_order_list":[null,"x"]}}'

    (page,) = await pull(Shop(answering(body)).adapter())

    assert [Rejected, Rejected] == [type(each) for each in page.items]


async def test_after_sales_are_read_like_orders(
    sandbox: DoudianSandbox, seller: DoudianShop, shop: Shop
) -> None:
    """By update, which Doudian wants to be asked for in that order; pages from 0."""
    rows = [
        stored(after_sale(str(number), update_time=SECOND - 9000 + number, refund_status=1))
        for number in range(1, 131)
    ]
    seller.after_sales = MemoryFeed(rows, "update_time", "aftersale_id")

    pages = await pull(shop.adapter(), "refunds")

    assert [str(number) for number in range(1, 131)] == ids(pages)
    assert 130 == pages[-1].reported
    assert "['update_time asc']" == sandbox.log.of(LIST)[0].params["order_by"]
    assert [] == sandbox.log.of(DETAIL)


async def test_details_are_asked_for_what_was_paid_back(
    sandbox: DoudianSandbox, seller: DoudianShop, shop: Shop
) -> None:
    """The list shows what was asked for; the detail alone, what was paid and when."""
    rows = [
        stored(after_sale("1")),
        stored(after_sale("2", refund_status=2, update_time=SECOND - 3500)),
    ]
    seller.after_sales = MemoryFeed(rows, "update_time", "aftersale_id")

    (page,) = await pull(shop.adapter(), "refunds")

    paid, asked = records([page])
    assert (1_900, SECOND - 3700) == (paid.amount, paid.refunded_at.timestamp())
    assert (2_000, None) == (asked.amount, asked.refunded_at)
    assert 1_900 == page.items[0].payload.body["refund_detail"]["real_refund_amount"]
    assert 1 == len(sandbox.log.of(DETAIL))
    assert 2 == page.requests


async def test_a_refused_detail_costs_its_row_alone(
    sandbox: DoudianSandbox, seller: DoudianShop, shop: Shop
) -> None:
    """Without its detail a refund's amount would be a guess: it waits in quarantine."""

    class Gone(MemoryFeed):
        def by_id(self, number: object) -> None:  # type: ignore[override]
            return None

    rows = [stored(after_sale("1")), stored(after_sale("2", refund_status=2))]
    seller.after_sales = Gone(rows, "update_time", "aftersale_id")

    (page,) = await pull(shop.adapter(), "refunds")

    (bad,) = [each for each in page.items if isinstance(each, Rejected)]
    assert ("1", "refund_detail", ["2"]) == (bad.platform_id, bad.error.where, ids([page]))


async def test_an_unknown_stream_is_refused(shop: Shop) -> None:
    """Doudian shows no reviews and no traffic: whoever asks is told at once."""
    for stream in ("reviews", "traffic"):
        with pytest.raises(KeyError, match=stream):
            await pull(shop.adapter(), stream)
