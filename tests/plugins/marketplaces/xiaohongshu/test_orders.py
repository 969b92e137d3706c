"""Reading orders and after-sales: page by page, last to first, each row with its details."""

from datetime import timedelta

import httpx
import orjson
import pytest

from core.marketplace.contract import Rejected, Window
from core.marketplace.errors import PermanentError, ThrottleError
from core.marketplace.sandbox import Call, MemoryFeed, Row, SetClock
from plugins.marketplaces.xiaohongshu.sandbox import ArkSandbox, ArkShop
from tests.plugins.marketplaces.xiaohongshu.builders import (
    CHANGED,
    HALF_HOUR,
    NOW,
    Shop,
    after_sale,
    ids,
    ms,
    order,
    orders,
    pull,
    records,
    sku,
)

LIST, DETAIL = "order.getOrderList", "order.getOrderDetail"
LAST_SECOND = ms(NOW)
pytestmark = pytest.mark.anyio


def fill(feed: MemoryFeed, count: int) -> None:
    for row in orders(count):
        feed.put(row)


def numbers(*numbers: int) -> set[str]:
    return {f"P{number}" for number in numbers}


class HalfGone(MemoryFeed):
    """Still lists order 2, but no longer knows it."""

    def by_id(self, number: str) -> Row | None:
        return super().by_id(number) if number != "P2" else None


async def test_an_empty_window_is_one_empty_page(shop: Shop) -> None:
    """Nothing happened, and ARK says so: reported is 0, not unknown."""
    pages = await pull(shop.adapter())

    assert [((), None, 0, 1)] == [
        (page.items, page.resume, page.reported, page.requests) for page in pages
    ]


async def test_every_row_is_completed_by_a_call(
    sandbox: ArkSandbox, shop: Shop, order_feed: MemoryFeed
) -> None:
    """The list has no amounts and no lines: three orders take one call and three more."""
    fill(order_feed, 3)

    (page,) = await pull(shop.adapter())

    assert (3, 3, 4) == (len(page.items), page.reported, page.requests)
    assert numbers(1, 2, 3) == {call.params["orderId"] for call in sandbox.log.of(DETAIL)}
    assert {11800} == {record.paid_amount for record in records([page])}


async def test_pages_come_last_to_first(
    sandbox: ArkSandbox, shop: Shop, order_feed: MemoryFeed
) -> None:
    """ARK asks to be read from the last page to the first when rows are listed by change.

    A window of late is read until nothing new is met: a second time here.
    """
    fill(order_feed, 120)

    pages = await pull(shop.adapter())

    assert ["1", "3", "2", "1", "3", "2", "1"] == [
        call.params["pageNo"] for call in sandbox.log.of(LIST)
    ]
    assert [20, 50, 50, 0, 0, 0] == [len(page.items) for page in pages]
    assert [*[None] * 5, 120] == [page.reported for page in pages]
    assert [22, 51, 51, 1, 1, 1] == [page.requests for page in pages]
    assert "P120" == ids(pages)[70]


async def test_no_more_than_eight_details_are_asked_for_at_once(order_feed: MemoryFeed) -> None:
    """Calls run side by side, but a page is no flood."""
    fill(order_feed, 30)
    sandbox = ArkSandbox(
        ArkShop("c5c1e2d3f4a5b6c7", "s3cr3t0001", "token-first-access", "r", orders=order_feed),
        clock=SetClock(NOW),
    )
    sandbox.faults.set({"slow": 0.005})
    counting = Counting(httpx.ASGITransport(sandbox.app))

    await pull(Shop(counting).adapter())

    assert 8 == counting.most


class Counting(httpx.AsyncBaseTransport):
    """Passes requests on, and knows how many were under way at once."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner
        self._now = self.most = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._now += 1
        self.most = max(self.most, self._now)
        try:
            return await self._inner.handle_async_request(request)
        finally:
            self._now -= 1


@pytest.mark.parametrize("stored", [1, 2])
async def test_a_pull_goes_on_after_the_last_stored_page(
    shop: Shop, order_feed: MemoryFeed, stored: int
) -> None:
    """Another process reads a window of late from its start, and until nothing moves any more."""
    fill(order_feed, 120)
    first = (await pull(shop.adapter()))[:stored]

    rest = await pull(shop.adapter(), resume=first[-1].resume)

    assert 6 == len(rest)
    assert 120 == rest[-1].reported
    assert numbers(*range(1, 121)) == {*ids(first), *ids(rest)}


@pytest.mark.parametrize("mark", ["", "3", "|3:x", "1-2|1:5", "other|1:5"])
async def test_a_foreign_mark_reads_the_whole_window(
    shop: Shop, order_feed: MemoryFeed, mark: str
) -> None:
    """A mark of another version or window is no reason to fail: all of it again is always right."""
    fill(order_feed, 60)

    pages = await pull(shop.adapter(), resume=mark)

    assert 60 == len(ids(pages))


@pytest.mark.parametrize("moved", [1, 19, 20, 21, 70, 119, 120])
@pytest.mark.parametrize("after", [1, 2, 3])
async def test_an_order_that_changes_while_paging_hides_no_other(
    sandbox: ArkSandbox, shop: Shop, order_feed: MemoryFeed, moved: int, after: int
) -> None:
    """An order that changes leaves the window and moves all older ones forward: none is missed.

    The moved one itself belongs to a later window, unless it was read before.
    """
    fill(order_feed, 120)
    window = Window(HALF_HOUR.start, NOW - timedelta(minutes=1))
    sandbox.faults.set({"reorder": moved, "reorder_after": after})

    found = set(ids(await pull(shop.adapter(), window=window)))

    assert numbers(*range(1, 121)) == found | numbers(moved)


@pytest.mark.parametrize("moved", [1, 19, 20, 21, 70, 119, 120])
@pytest.mark.parametrize("after", [1, 2, 3])
async def test_an_order_that_changes_within_the_window_hides_no_other(
    sandbox: ArkSandbox, shop: Shop, order_feed: MemoryFeed, moved: int, after: int
) -> None:
    """An order that changes in the window's last second moves newer ones back, past us.

    The total stays the same then; that fewer different orders came gives it away.
    """
    fill(order_feed, 120)
    sandbox.faults.set({"reorder": moved, "reorder_after": after, "reorder_to": str(LAST_SECOND)})

    found = set(ids(await pull(shop.adapter())))

    assert numbers(*range(1, 121)) == found


async def test_orders_that_come_in_while_paging_hide_no_other(
    shop: Shop, order_feed: MemoryFeed
) -> None:
    """New rows at the front push unread ones onto pages already read: the reading goes back."""
    fill(order_feed, 120)
    reading = shop.adapter().pull("orders", HALF_HOUR, None)
    pages = [await anext(reading)]
    for number in range(1000, 1070):
        order_feed.put(order(number, updateTime=LAST_SECOND))

    pages += [page async for page in reading]

    assert numbers(*range(1, 121), *range(1000, 1070)) == set(ids(pages))


async def test_orders_that_come_in_between_two_pulls_hide_no_other(
    shop: Shop, order_feed: MemoryFeed
) -> None:
    """A mark tells how long the listing was: what was pushed back meanwhile is read again."""
    fill(order_feed, 120)
    adapter = shop.adapter()
    stored = (await pull(adapter))[:1]
    for number in range(1000, 1070):
        order_feed.put(order(number, updateTime=LAST_SECOND))

    rest = await pull(adapter, resume=stored[0].resume)

    assert numbers(*range(1, 121), *range(1000, 1070)) == {*ids(stored), *ids(rest)}


@pytest.mark.parametrize(("time_unit", "scale"), [("s", 1), ("ms", 1000)])
async def test_the_unit_of_the_bounds_is_a_setting(
    ark_shop: ArkShop, order_feed: MemoryFeed, time_unit: str, scale: int
) -> None:
    """ARK doesn't say whether the list's bounds are seconds, as in its examples; all else is ms."""
    fill(order_feed, 2)
    sandbox = ArkSandbox(ark_shop, clock=SetClock(NOW), time_unit=time_unit)
    shop = Shop(httpx.ASGITransport(sandbox.app), config={"time_unit": time_unit})

    found = ids(await pull(shop.adapter()))
    await pull(shop.adapter(), "refunds")

    start = int(HALF_HOUR.start.timestamp())
    asked = [call.params["startTime"] for call in sandbox.log.calls if "startTime" in call.params]
    assert numbers(1, 2) == set(found)
    assert [str(start * scale), str(start * 1000)] == asked


async def test_an_unknown_time_unit_is_named(shop: Shop) -> None:
    """A typing error in the shop's settings is told with what there is to choose from."""
    shop.config = {"time_unit": "minutes"}

    with pytest.raises(PermanentError, match="'minutes' is none of s, ms"):
        shop.adapter()


async def test_a_window_is_asked_for_in_whole_seconds(sandbox: ArkSandbox, shop: Shop) -> None:
    """A window shorter than a second is widened to one: the end must be after the start."""
    instant = NOW + timedelta(microseconds=1500)

    await pull(shop.adapter(), window=Window(instant, instant))

    (call,) = sandbox.log.of(LIST)
    now = int(NOW.timestamp())
    assert (str(now), str(now + 1)) == (call.params["startTime"], call.params["endTime"])


async def test_more_orders_than_a_hundred_pages_are_read_in_shorter_spans() -> None:
    """Page 101 is refused whatever it would hold: half the time is asked for instead."""
    spans = []

    def answer(request: httpx.Request) -> httpx.Response:
        body = orjson.loads(request.content)
        span = (body["startTime"], body["endTime"])
        spans.append(span)
        total = 5001 if span[1] - span[0] > 900 else 0
        data = {"total": total, "maxPageNo": 100, "orderList": []}
        return httpx.Response(200, json={"success": True, "error_code": 0, "data": data})

    await pull(Shop(httpx.MockTransport(answer)).adapter())

    start, end = (int(moment.timestamp()) for moment in (HALF_HOUR.start, HALF_HOUR.end))
    assert [(start, end), (start, start + 900), (start + 900, end)] == spans


async def test_a_pull_in_shorter_spans_goes_on_where_it_stopped() -> None:
    """A mark in the first half leads to that half and to the second, not to all."""
    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        body = orjson.loads(request.content)
        if body["method"] == DETAIL:
            data: Row = order(int(body["orderId"][1:]))
        else:
            start, page = body["startTime"], body["pageNo"]
            asked.append((start, body["endTime"], page))
            total = 5001 if body["endTime"] - start > 900 else 60
            rows = [order(start * 60 + each) for each in range(60)]
            data = {"total": total, "orderList": rows[(page - 1) * 50 : page * 50]}
        return httpx.Response(200, json={"success": True, "error_code": 0, "data": data})

    shop = Shop(httpx.MockTransport(answer))
    first, *others = await pull(shop.adapter())
    asked.clear()

    rest = await pull(shop.adapter(), resume=first.resume)

    start, end = (int(moment.timestamp()) for moment in (HALF_HOUR.start, HALF_HOUR.end))
    middle = start + 900
    anew = [(start, middle, page) for page in (1, 2, 1, 2, 1)]
    newer = [(middle, end, page) for page in (1, 2, 1, 2, 1)]
    assert [*anew, *newer] == asked
    assert set(ids(others)) <= set(ids(rest))
    assert 120 == others[-1].reported


async def test_fewer_pages_than_rows_are_not_believed() -> None:
    """Should ARK show fewer pages than it counts rows, shorter spans are read too."""
    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(orjson.loads(request.content))
        data = {"total": 51, "maxPageNo": 1, "orderList": []}
        return httpx.Response(200, json={"success": True, "error_code": 0, "data": data})

    window = Window(NOW, NOW + timedelta(seconds=1))
    with pytest.raises(PermanentError, match="51 rows within a second"):
        await pull(Shop(httpx.MockTransport(answer)).adapter(), window=window)

    assert 1 == len(asked)


async def test_one_bad_order_costs_no_other(shop: Shop, order_feed: MemoryFeed) -> None:
    """A row that can't be mapped is handed over with its value; its page goes on."""
    order_feed.put(order(1))
    order_feed.put(order(2, sku(skuQuantity=0)))
    order_feed.put(order(3))

    (page,) = await pull(shop.adapter())

    (bad,) = [each for each in page.items if isinstance(each, Rejected)]
    assert ["P1", "P3"] == sorted(ids([page]))
    assert ("order", "P2", "skuList[0].skuQuantity", 0) == (
        bad.kind,
        bad.platform_id,
        bad.error.where,
        bad.error.value,
    )


async def test_an_order_that_ark_does_not_tell_costs_no_other(
    ark_shop: ArkShop, shop: Shop
) -> None:
    """A refused detail puts its row aside as the list showed it, with what ARK said."""
    ark_shop.orders = HalfGone(
        [order(1), order(2, customerRemark="放门口"), order(3)], "updateTime", "orderId"
    )

    (page,) = await pull(shop.adapter())

    (bad,) = [each for each in page.items if isinstance(each, Rejected)]
    assert ["P1", "P3"] == sorted(ids([page]))
    assert (3, "P2", DETAIL) == (page.reported, bad.platform_id, bad.error.where)
    assert "-2000101" in bad.error.value
    assert "***" == bad.payload.body["customerRemark"]


@pytest.mark.parametrize("detail", [order(2), {}, None])
async def test_a_detail_of_no_or_another_order_is_not_taken(detail: Row | None) -> None:
    """An answer about something else would put one order's money into another's place.

    Nor is one about nothing asked for again and again: it may stay so for ever.
    """

    def answer(request: httpx.Request) -> httpx.Response:
        is_list = LIST.encode() in request.content
        data = {"total": 1, "orderList": [order(1)]} if is_list else detail
        return httpx.Response(200, json={"success": True, "error_code": 0, "data": data})

    (page,) = await pull(Shop(httpx.MockTransport(answer)).adapter())

    (bad,) = page.items
    assert isinstance(bad, Rejected)
    assert ("P1", DETAIL) == (bad.platform_id, bad.error.where)
    assert "another one" in bad.error.value


async def test_ids_may_be_numbers() -> None:
    """ARK documents texts; a number is as good, and its details are asked for as text."""
    row = order(1, orderId=700000000000000001)

    def answer(request: httpx.Request) -> httpx.Response:
        body = orjson.loads(request.content)
        is_list = body["method"] == LIST
        assert is_list or "700000000000000001" == body["orderId"]
        data = {"total": 1, "orderList": [row]} if is_list else row
        return httpx.Response(200, json={"success": True, "error_code": 0, "data": data})

    pages = await pull(Shop(httpx.MockTransport(answer)).adapter())

    assert ["700000000000000001"] == ids(pages)


async def test_rows_that_are_no_orders_are_rejected() -> None:
    """What has no id can't be completed: it is put aside, not asked for."""
    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        data = {"total": 2, "orderList": ["P1", {"orderStatus": 4}]}
        return httpx.Response(200, json={"success": True, "error_code": 0, "data": data})

    (page,) = await pull(Shop(httpx.MockTransport(answer)).adapter())

    assert [Rejected, Rejected] == [type(each) for each in page.items]
    assert 1 == len(asked)


async def test_a_throttled_page_keeps_the_details_it_has(
    sandbox: ArkSandbox, shop: Shop, order_feed: MemoryFeed
) -> None:
    """Else a page of fifty could never be complete on a busy gateway."""
    fill(order_feed, 50)
    adapter = shop.adapter()
    happen(sandbox, after=31, throttle=1)

    with pytest.raises(ThrottleError):
        await pull(adapter)
    (page,) = await pull(adapter)

    assert 50 == len(page.items)
    assert 60 > len(sandbox.log.of(DETAIL))
    assert page.requests == len(sandbox.log.calls)


async def test_a_token_that_ends_between_details_is_renewed_once(
    sandbox: ArkSandbox, shop: Shop, order_feed: MemoryFeed
) -> None:
    """Eight calls meet the refusal together; one renews, and all are asked again."""
    fill(order_feed, 50)
    happen(sandbox, after=20, expire=True)

    pages = await pull(shop.adapter())

    assert 50 == len(ids(pages))
    assert 1 == len(sandbox.log.of("oauth.refreshToken"))


def happen(sandbox: ArkSandbox, after: int, **faults: int) -> None:
    """Let faults strike after some good calls."""
    add = sandbox.log.add

    def count(call: Call) -> None:
        add(call)
        if len(sandbox.log.calls) == after:
            sandbox.faults.set(faults)

    sandbox.log.add = count  # type: ignore[method-assign]


async def test_after_sales_are_read_like_orders(
    sandbox: ArkSandbox, shop: Shop, after_sale_feed: MemoryFeed
) -> None:
    """After-sales too are listed by change and completed one by one."""
    for number in range(1, 71):
        after_sale_feed.put(after_sale(number, updatedAt=CHANGED + number * 1000))

    pages = await pull(shop.adapter(), "refunds")

    assert [20, 50, 0, 0] == [len(page.items) for page in pages]
    assert [22, 51, 1, 1] == [page.requests for page in pages]
    assert {f"R{number}" for number in range(1, 71)} == set(ids(pages))


@pytest.mark.parametrize("wraps", [True, False])
async def test_after_sales_may_be_wrapped_twice(
    ark_shop: ArkShop, after_sale_feed: MemoryFeed, wraps: bool
) -> None:
    """Newer methods put an envelope of their own into ARK's, or don't: both are read."""
    after_sale_feed.put(after_sale(1))
    sandbox = ArkSandbox(ark_shop, clock=SetClock(NOW), wraps=wraps)

    pages = await pull(Shop(httpx.ASGITransport(sandbox.app)).adapter(), "refunds")

    assert ["R1"] == ids(pages)


async def test_an_unknown_stream_is_refused(shop: Shop) -> None:
    """ARK shows no traffic figures: whoever asks is told at once, not given an empty answer."""
    with pytest.raises(KeyError, match="traffic"):
        await pull(shop.adapter(), "traffic")
