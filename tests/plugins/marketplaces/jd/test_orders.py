"""Reading orders: page by page, last to first, whatever moves meanwhile; and orders that split."""

from datetime import timedelta

import pytest

from core.marketplace.contract import Rejected, Window
from core.marketplace.records import OrderRecord, RemovalRecord
from core.marketplace.sandbox import MemoryFeed
from plugins.marketplaces.jd.sandbox import JosSandbox
from tests.plugins.marketplaces.jd.builders import (
    DAY,
    NOW,
    Shop,
    ids,
    line,
    order,
    orders,
    pull,
    records,
)

SEARCH = "jingdong.pop.order.search"
pytestmark = pytest.mark.anyio


def fill(feed: MemoryFeed, count: int) -> None:
    for row in orders(count):
        feed.put(row)


async def test_an_empty_window_is_one_empty_page(shop: Shop) -> None:
    """Nothing happened, and JD says so: reported is 0, not unknown."""
    pages = await pull(shop.adapter())

    assert [((), None, 0, 1)] == [
        (page.items, page.resume, page.reported, page.requests) for page in pages
    ]


async def test_orders_are_asked_for_by_their_change(
    sandbox: JosSandbox, shop: Shop, order_feed: MemoryFeed
) -> None:
    """JD takes page numbers as text, wants a source and fields, and both ends in China's time."""
    fill(order_feed, 1)

    await pull(shop.adapter())

    (call,) = sandbox.log.of(SEARCH)
    asked = {name: call.params[name] for name in ("page", "page_size", "dateType", "sortType")}
    assert {"page": "1", "page_size": "100", "dateType": "0", "sortType": "1"} == asked
    assert '"page":"1"' in call.params["360buy_param_json"]
    assert ("ALL", "JOS") == (call.params["order_state"], call.params["source_id"])
    assert ("2026-11-21 12:00:00", "2026-11-22 12:00:00") == (
        call.params["start_date"],
        call.params["end_date"],
    )


async def test_every_field_that_is_mapped_is_asked_for(shop: Shop, order_feed: MemoryFeed) -> None:
    """JD leaves out what was not asked for: an order is the same through JD as mapped by hand."""
    row = order(
        1,
        waybill="JD1",
        logisticsId="2087",
        balanceUsed="3.00",
        taxFee="1.00",
        serviceFee="1.00",
        couponDetailList=[{"couponType": "30", "skuId": "1001", "couponPrice": "10.00"}],
    )
    order_feed.put(row)

    (record,) = records(await pull(shop.adapter()))

    assert ("2087", "JD1") == (record.shipments[0].carrier, record.shipments[0].tracking_number)
    assert (12_000, 11_800) == (record.paid_amount, record.reported_amount)
    assert ("移动端订单", "oX1") == (record.channel, record.customer.platform_id)


async def test_pages_come_last_to_first(
    sandbox: JosSandbox, shop: Shop, order_feed: MemoryFeed
) -> None:
    """Newest first and read from behind: an order that leaves for later moves none past us.

    A window of late is read until nothing new is met: a second time here.
    """
    fill(order_feed, 250)

    pages = await pull(shop.adapter())

    assert ["1", "3", "2", "1", "3", "2", "1"] == [
        call.params["page"] for call in sandbox.log.of(SEARCH)
    ]
    assert [50, 100, 100, 0, 0, 0] == [len(page.items) for page in pages]
    assert [*[None] * 5, 250] == [page.reported for page in pages]
    assert [2, 1, 1, 1, 1, 1] == [page.requests for page in pages]


@pytest.mark.parametrize("stored", [1, 2])
async def test_a_pull_goes_on_after_the_last_stored_page(
    shop: Shop, order_feed: MemoryFeed, stored: int
) -> None:
    """Another process reads a window of late from its start, and until nothing moves any more."""
    fill(order_feed, 250)
    first = (await pull(shop.adapter()))[:stored]

    rest = await pull(shop.adapter(), resume=first[-1].resume)

    assert 6 == len(rest)
    assert {str(number) for number in range(1, 251)} == {*ids(first), *ids(rest)}


@pytest.mark.parametrize("mark", ["", "3", "|3:250", "1-2|1:5", "x|1:5"])
async def test_a_foreign_mark_reads_the_whole_window(
    shop: Shop, order_feed: MemoryFeed, mark: str
) -> None:
    """A mark of another version or window is no reason to fail: all of it again is always right."""
    fill(order_feed, 150)

    pages = await pull(shop.adapter(), resume=mark)

    assert 150 == len(ids(pages))


@pytest.mark.parametrize("moved", [1, 60, 149, 150, 151, 240, 250])
@pytest.mark.parametrize("after", [1, 2, 3])
async def test_an_order_that_changes_while_paging_hides_no_other(
    sandbox: JosSandbox, shop: Shop, order_feed: MemoryFeed, moved: int, after: int
) -> None:
    """It leaves the window and moves all older ones forward: none is missed but itself."""
    fill(order_feed, 250)
    window = Window(DAY.start, NOW - timedelta(hours=2))
    sandbox.faults.set({"reorder": moved, "reorder_after": after})

    found = set(ids(await pull(shop.adapter(), window=window)))

    assert {str(number) for number in range(1, 251)} == found | {str(moved)}


@pytest.mark.parametrize("moved", [1, 149, 150, 250])
@pytest.mark.parametrize("after", [1, 2, 3])
async def test_an_order_that_changes_within_the_window_hides_no_other(
    sandbox: JosSandbox, shop: Shop, order_feed: MemoryFeed, moved: int, after: int
) -> None:
    """The total stays the same then; that fewer different orders came gives it away."""
    fill(order_feed, 250)
    sandbox.faults.set(
        {"reorder": moved, "reorder_after": after, "reorder_to": "2026-11-22 12:00:00"}
    )

    found = set(ids(await pull(shop.adapter())))

    assert {str(number) for number in range(1, 251)} == found


async def test_orders_that_come_in_while_paging_hide_no_other(
    shop: Shop, order_feed: MemoryFeed
) -> None:
    """New rows at the front push unread ones onto pages already read: the reading goes back."""
    fill(order_feed, 250)
    reading = shop.adapter().pull("orders", DAY, None)
    pages = [await anext(reading)]
    for number in range(1000, 1120):
        order_feed.put(order(number, modified="2026-11-22 12:00:00"))

    pages += [page async for page in reading]

    expected = {str(number) for number in [*range(1, 251), *range(1000, 1120)]}
    assert expected == set(ids(pages))


async def test_one_bad_order_costs_no_other(shop: Shop, order_feed: MemoryFeed) -> None:
    """A row that can't be mapped is handed over with its value; its page goes on."""
    for row in (order(1), order(2, line(itemTotal="0")), order(3)):
        order_feed.put(row)

    (page,) = await pull(shop.adapter())

    (bad,) = [each for each in page.items if isinstance(each, Rejected)]
    assert ["1", "3"] == sorted(ids([page]))
    assert ("order", "2", "itemInfoList[0].itemTotal", 0) == (
        bad.kind,
        bad.platform_id,
        bad.error.where,
        bad.error.value,
    )


async def test_children_of_a_split_order_stand_for_it(shop: Shop, order_feed: MemoryFeed) -> None:
    """JD: children of a split carry the parent's number; the parent's amounts count twice with
    theirs, so the parent is removed, wherever it was stored before."""
    order_feed.put(order(11, parentOrderId="10", directParentOrderId="10"))
    order_feed.put(order(12, parentOrderId="10", modified="2026-11-22 10:05:00"))

    (page,) = await pull(shop.adapter())

    found = records([page])
    assert {"11", "12"} == {each.platform_id for each in found if isinstance(each, OrderRecord)}
    removed = [each for each in found if isinstance(each, RemovalRecord)]
    assert [("10", "order")] == [(each.platform_id, each.of) for each in removed]
    assert "2026-11-22T02:05:00+00:00" == removed[0].updated_at.isoformat()
    assert 3 == page.reported == len(page.items)


async def test_a_parent_that_is_still_shown_is_no_order(shop: Shop, order_feed: MemoryFeed) -> None:
    """On the page of its children a parent becomes its own removal, at the time of its change."""
    order_feed.put(order(10))
    order_feed.put(order(11, parentOrderId="10", modified="2026-11-22 10:00:30"))

    (page,) = await pull(shop.adapter())

    kinds = {each.platform_id: type(each) for each in records([page])}
    assert {"10": RemovalRecord, "11": OrderRecord} == kinds
    assert 2 == page.reported


async def test_an_unknown_stream_is_refused(shop: Shop) -> None:
    """JD shows no reviews: whoever asks is told at once, not given an empty answer."""
    with pytest.raises(KeyError, match="reviews"):
        await pull(shop.adapter(), "reviews")
