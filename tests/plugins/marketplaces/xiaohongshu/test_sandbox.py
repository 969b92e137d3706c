"""The sandbox refuses what ARK refuses: an adapter that passes here sends what ARK accepts."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import orjson
import pytest

from core.marketplace.contract import Credentials
from core.marketplace.sandbox import MemoryFeed, Row, SetClock, serve
from plugins.marketplaces.xiaohongshu.client import EXCHANGE, REFRESH, signed_body
from plugins.marketplaces.xiaohongshu.sandbox import ArkSandbox, ArkShop
from tests.plugins.marketplaces.xiaohongshu.builders import (
    BASE_URL,
    CHANGED,
    CREDENTIALS,
    HALF_HOUR,
    NOW,
    after_sale,
    item,
    item_sku,
    ms,
    order,
    orders,
)

pytestmark = pytest.mark.anyio

ORDERS, ORDER = "order.getOrderList", "order.getOrderDetail"
AFTER_SALES, AFTER_SALE = "afterSale.listAfterSaleInfos", "afterSale.getAfterSaleInfo"
ITEMS, ITEM, STOCK = "product.searchItemList", "product.getItemInfo", "inventory.getSkuStockV2"
START, END = int(HALF_HOUR.start.timestamp()), int(HALF_HOUR.end.timestamp())
NEEDED: dict[str, Row] = {
    ORDERS: {"startTime": START, "endTime": END, "timeType": 2},
    AFTER_SALES: {
        "startTime": START * 1000,
        "endTime": END * 1000,
        "timeType": 2,
        "pageNo": 1,
        "pageSize": 50,
    },
    ITEMS: {"pageNo": 1, "pageSize": 50, "searchParam": {}},
}
WRONG, MISSING, SYSTEM, TOKEN, THROTTLED = -2000400, -2000101, -9000, 401, -9013


def body(method: str = ORDERS, /, token: str = CREDENTIALS["access_token"], **fields: Any) -> Row:
    params = {**NEEDED.get(method, {}), **fields}
    return signed_body(method, params, Credentials(CREDENTIALS), token=token, now=NOW)


async def ask(sandbox: ArkSandbox, sent: Any) -> dict[str, Any]:
    raw = sent if isinstance(sent, bytes) else orjson.dumps(sent)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(sandbox.app)) as http:
        response = await http.post(BASE_URL, content=raw)
    assert 200 == response.status_code
    answer: dict[str, Any] = orjson.loads(response.content)
    return answer


async def data(sandbox: ArkSandbox, sent: Row) -> dict[str, Any]:
    answer = await ask(sandbox, sent)
    assert answer["success"] is True, answer
    inner = answer["data"]
    return dict(inner["data"] if "code" in inner else inner)


async def refusal(sandbox: ArkSandbox, sent: Any) -> int:
    answer = await ask(sandbox, sent)
    assert answer["success"] is False, answer
    return int(answer["error_code"])


def without(name: str) -> Callable[[Row], Row]:
    return lambda sent: {key: value for key, value in sent.items() if key != name}


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (without("method"), SYSTEM),
        (lambda sent: {**sent, "method": "order.unheardOf"}, SYSTEM),
        (without("appId"), SYSTEM),
        (lambda sent: {**sent, "appId": "1"}, SYSTEM),
        (without("timestamp"), SYSTEM),
        (lambda sent: {**sent, "timestamp": int(NOW.timestamp())}, SYSTEM),
        (lambda sent: {**sent, "timestamp": str(ms(NOW))}, SYSTEM),
        (lambda sent: {**sent, "timestamp": str(int(NOW.timestamp()) - 601)}, SYSTEM),
        (lambda sent: {**sent, "timestamp": str(int(NOW.timestamp()) + 601)}, SYSTEM),
        (without("version"), SYSTEM),
        (lambda sent: {**sent, "version": "1.0"}, SYSTEM),
        (without("sign"), SYSTEM),
        (lambda sent: {**sent, "sign": sent["sign"].upper()}, SYSTEM),
        (lambda sent: {**sent, "sign": "签名"}, SYSTEM),
        (without("accessToken"), TOKEN),
        (lambda sent: {**sent, "accessToken": "other"}, TOKEN),
        (lambda sent: {**sent, "accessToken": 5}, TOKEN),
        (lambda sent: b"", SYSTEM),
        (lambda sent: b"[1]", SYSTEM),
        (lambda sent: b"{", SYSTEM),
    ],
)
async def test_every_request_must_be_well_formed(
    sandbox: ArkSandbox, spoil: Callable[[Row], Any], code: int
) -> None:
    """System parameters are texts in one JSON object, checked before anything else."""
    sent = spoil(body())

    assert code == await refusal(sandbox, sent)


@pytest.mark.parametrize(
    ("method", "fields", "code"),
    [
        (ORDERS, {"startTime": ""}, WRONG),
        (ORDERS, {"endTime": None}, WRONG),
        (ORDERS, {"timeType": None}, WRONG),
        (ORDERS, {"timeType": 3}, WRONG),
        (ORDERS, {"startTime": START - 1}, WRONG),
        (ORDERS, {"endTime": START}, WRONG),
        (ORDERS, {"startTime": float(START)}, WRONG),
        (ORDERS, {"startTime": "yesterday"}, WRONG),
        (ORDERS, {"timeType": 1, "startTime": END - 86_401}, WRONG),
        (ORDERS, {"pageNo": 0}, WRONG),
        (ORDERS, {"pageNo": 101}, WRONG),
        (ORDERS, {"pageSize": 101}, WRONG),
        (ORDER, {}, WRONG),
        (ORDER, {"orderId": 5}, WRONG),
        (ORDER, {"orderId": "P404"}, MISSING),
        (AFTER_SALES, {"pageNo": None}, WRONG),
        (AFTER_SALES, {"pageSize": None}, WRONG),
        (AFTER_SALES, {"pageSize": 101}, WRONG),
        (AFTER_SALES, {"pageNo": 1001}, WRONG),
        (AFTER_SALES, {"timeType": None}, WRONG),
        (AFTER_SALES, {"startTime": START * 1000 - 1}, WRONG),
        (AFTER_SALES, {"statuses": "4"}, WRONG),
        (AFTER_SALE, {"returnsId": "R404"}, MISSING),
        (ITEMS, {"searchParam": None}, WRONG),
        (ITEMS, {"searchParam": [1]}, WRONG),
        (ITEMS, {"pageSize": 101}, WRONG),
        (ITEM, {"itemId": "i404"}, MISSING),
        (STOCK, {"skuId": "k404"}, MISSING),
        (REFRESH, {"refreshToken": "other"}, TOKEN),
        (EXCHANGE, {"code": "other"}, TOKEN),
    ],
)
async def test_limits_are_enforced(
    sandbox: ArkSandbox, method: str, fields: Row, code: int
) -> None:
    """Required fields, types, spans, page sizes and page numbers are refused as documented."""
    assert code == await refusal(sandbox, body(method, **fields))


async def test_numbers_may_come_as_text(sandbox: ArkSandbox, order_feed: MemoryFeed) -> None:
    """Java reads "1" where a number is wanted, and foreign clients rely on it."""
    order_feed.put(order(1))

    answer = await data(sandbox, body(startTime=str(START), timeType="2", pageNo="1"))

    assert 1 == answer["total"]


async def test_the_list_shows_no_amounts_and_no_lines(
    sandbox: ArkSandbox, order_feed: MemoryFeed
) -> None:
    """Whoever wants them asks for each order."""
    order_feed.put(order(1))

    (row,) = (await data(sandbox, body()))["orderList"]
    whole = await data(sandbox, body(ORDER, orderId="P1"))

    assert {"totalPayAmount", "skuList", "userId"}.isdisjoint(row)
    assert order(1) == whole


async def test_orders_come_newest_first(sandbox: ArkSandbox, order_feed: MemoryFeed) -> None:
    """Pages are counted from the latest change; maxPageNo says where to begin."""
    for row in orders(5):
        order_feed.put(row)

    pages = [await data(sandbox, body(pageSize=2, pageNo=number)) for number in (1, 3, 4)]

    found = [[each["orderId"] for each in page["orderList"]] for page in pages]
    assert [["P5", "P4"], ["P1"], []] == found
    assert [(5, 3)] * 3 == [(page["total"], page["maxPageNo"]) for page in pages]


async def test_orders_are_found_by_creation_too(
    sandbox: ArkSandbox, order_feed: MemoryFeed
) -> None:
    """timeType 1 spans a day of creation."""
    order_feed.put(order(1, createdTime=ms(NOW - timedelta(hours=23)), updateTime=1))
    order_feed.put(order(2, createdTime=ms(NOW - timedelta(hours=25))))

    answer = await data(sandbox, body(timeType=1, startTime=END - 86_400))

    assert ["P1"] == [each["orderId"] for each in answer["orderList"]]


@pytest.mark.parametrize(
    ("asked", "found"),
    [({"orderStatus": 6}, ["P2"]), ({"orderType": 2}, ["P3"]), ({"orderStatus": 0}, [*"321"])],
)
async def test_orders_are_filtered(
    sandbox: ArkSandbox, order_feed: MemoryFeed, asked: Row, found: list[str]
) -> None:
    """0 stands for all."""
    order_feed.put(order(1))
    order_feed.put(order(2, orderStatus=6))
    order_feed.put(order(3, orderType=2))

    answer = await data(sandbox, body(**asked))

    assert [f"P{each[-1]}" for each in found] == [row["orderId"] for row in answer["orderList"]]


async def test_old_rows_are_not_shown(ark_shop: ArkShop) -> None:
    """How far back ARK shows isn't documented: it is a setting of the sandbox."""
    ark_shop.orders = MemoryFeed([order(1), order(2, updateTime=CHANGED - 600_000)], "updateTime")
    sandbox = ArkSandbox(ark_shop, clock=SetClock(NOW), retention=timedelta(minutes=15))

    answer = await data(sandbox, body())

    assert ["P1"] == [each["orderId"] for each in answer["orderList"]]


async def test_after_sales_include_both_ends(
    sandbox: ArkSandbox, after_sale_feed: MemoryFeed
) -> None:
    """Bounds are milliseconds; an order's after-sales are shown without any."""
    after_sale_feed.put(after_sale(1, updatedAt=START * 1000))
    after_sale_feed.put(after_sale(2, updatedAt=END * 1000, status=1, orderId="P2"))
    after_sale_feed.put(after_sale(3, updatedAt=END * 1000 + 1, returnType=5))
    of_order = {"orderId": "P2", "timeType": None, "startTime": None, "endTime": None}

    timed = await data(sandbox, body(AFTER_SALES))
    of_status = await data(sandbox, body(AFTER_SALES, statuses=[1], returnTypes=[1, 2]))
    unbounded = await data(sandbox, body(AFTER_SALES, **of_order))

    found = [
        [each["returnsId"] for each in answer["afterSaleBasicInfos"]]
        for answer in (timed, of_status, unbounded)
    ]
    assert [["R2", "R1"], ["R2"], ["R2"]] == found


async def test_items_and_stock(sandbox: ArkSandbox, ark_shop: ArkShop) -> None:
    """The list shows items without SKUs, the newest first; details show a page of them."""
    gone = item(2, item_sku("k9", buyable=False))
    ark_shop.items = MemoryFeed([item(1, item_sku("k1"), item_sku("k2")), gone], "createTime", "id")

    listed = await data(sandbox, body(ITEMS))
    buyable = await data(sandbox, body(ITEMS, searchParam={"buyable": True}))
    detail = await data(sandbox, body(ITEM, itemId="i1", pageNo=2, pageSize=1))
    stock = await data(sandbox, body(STOCK, skuId="k2"))

    assert ["i2", "i1"] == [each["id"] for each in listed["itemDetailV3s"]]
    assert ["i1"] == [each["id"] for each in buyable["itemDetailV3s"]]
    assert all("skuInfos" not in each for each in listed["itemDetailV3s"])
    assert (["k2"], 2) == ([each["id"] for each in detail["skuInfos"]], detail["total"])
    assert 5 == stock["skuStockInfo"]["skuStockInfo"]["available"]


async def test_a_young_token_is_not_renewed(sandbox: ArkSandbox, ark_shop: ArkShop) -> None:
    """More than half an hour before its end ARK answers with the token that is there."""
    ark_shop.expires_at = NOW + timedelta(minutes=31)

    answer = await data(sandbox, body(REFRESH, token="", refreshToken=ark_shop.refresh_token))

    assert CREDENTIALS["access_token"] == answer["accessToken"]
    assert ms(ark_shop.expires_at) == answer["accessTokenExpiresAt"]


async def test_the_old_token_lives_five_minutes_more(ark_shop: ArkShop) -> None:
    """A renewal doesn't cut off calls that are under way."""
    clock = SetClock(NOW)
    sandbox = ArkSandbox(ark_shop, clock=clock)
    ark_shop.expires_at = NOW + timedelta(minutes=29)

    await data(sandbox, body(REFRESH, token="", refreshToken=CREDENTIALS["refresh_token"]))

    assert CREDENTIALS["access_token"] != ark_shop.access_token
    assert 0 == (await data(sandbox, body()))["total"]
    assert TOKEN == await refusal(sandbox, body(REFRESH, refreshToken="token-first-refresh"))
    clock.advance(timedelta(minutes=5))
    assert TOKEN == await refusal(sandbox, body())


async def test_a_code_is_good_for_once(sandbox: ArkSandbox, ark_shop: ArkShop) -> None:
    """It opens a shop for a week; the next one must be authorised anew."""
    ark_shop.code = "c0de"

    answer = await data(sandbox, body(EXCHANGE, token="", code="c0de"))

    assert ark_shop.access_token == answer["accessToken"]
    assert ms(NOW + timedelta(days=7)) == answer["accessTokenExpiresAt"]
    assert TOKEN == await refusal(sandbox, body(EXCHANGE, token="", code="c0de"))


async def test_tokens_end(ark_shop: ArkShop) -> None:
    """A token that has an end is refused from then on."""
    clock = SetClock(NOW)
    ark_shop.expires_at = NOW + timedelta(minutes=5)
    sandbox = ArkSandbox(ark_shop, clock=clock)
    await data(sandbox, body())

    clock.advance(timedelta(minutes=5))

    assert TOKEN == await refusal(sandbox, body())


async def test_calls_are_counted_per_second(ark_shop: ArkShop) -> None:
    """-9013 comes with HTTP 200 and doesn't say how long to wait; the next second is free."""
    clock = SetClock(NOW)
    sandbox = ArkSandbox(ark_shop, clock=clock, calls_per_second=2)
    for _ in range(2):
        await data(sandbox, body())

    told = await ask(sandbox, body())

    assert (THROTTLED, "触发Method维度的限流") == (told["error_code"], told["error_msg"])
    clock.advance(timedelta(seconds=1))
    assert 0 == (await data(sandbox, body()))["total"]


async def test_several_shops_share_an_app(ark_shop: ArkShop) -> None:
    """The token says whose data is shown."""
    ark_shop.orders = MemoryFeed([order(1)], "updateTime", "orderId")
    other = ArkShop(CREDENTIALS["app_id"], CREDENTIALS["app_secret"], "t2", "r2", seller_id="2")
    sandbox = ArkSandbox(ark_shop, other, clock=SetClock(NOW))

    totals = [
        (await data(sandbox, body(token=token)))["total"]
        for token in (CREDENTIALS["access_token"], "t2")
    ]

    assert [1, 0] == totals


async def test_the_log_keeps_no_token(sandbox: ArkSandbox) -> None:
    """What was asked can be looked up; tokens and signatures can't."""
    await data(sandbox, body())

    (call,) = sandbox.log.of(ORDERS)

    assert str(START) == call.params["startTime"]
    assert {"accessToken", "sign"}.isdisjoint(call.params)


async def test_only_post_is_spoken(sandbox: ArkSandbox) -> None:
    """ARK has one address and one verb; HEAD is answered for clients that probe."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(sandbox.app)) as http:
        probe, read = await http.head(BASE_URL), await http.get(BASE_URL)

    assert (200, 405) == (probe.status_code, read.status_code)


async def test_faults_are_set_over_http(sandbox: ArkSandbox) -> None:
    """Clients in other processes set them too; a misspelt one is told."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(sandbox.app)) as http:
        good = await http.post("http://ark.test/_sandbox/faults", json={"fail": 1})
        bad = await http.post("http://ark.test/_sandbox/faults", json={"fial": 1})

    assert (204, 400) == (good.status_code, bad.status_code)
    assert -9999 == await refusal(sandbox, body())
    assert 0 == (await data(sandbox, body()))["total"]


async def test_it_serves_on_a_socket(ark_shop: ArkShop) -> None:
    """Foreign clients reach it over loopback; a slow answer runs into their time-out."""
    sandbox = ArkSandbox(ark_shop)
    sandbox.faults.set({"slow": 0.2})

    with serve(sandbox.app) as base_url:
        async with httpx.AsyncClient(timeout=0.05) as http:
            with pytest.raises(httpx.TimeoutException):
                await http.post(base_url, json=body())

    assert base_url.startswith("http://127.0.0.1:")
