"""The sandbox refuses what Doudian refuses: an adapter that passes here sends what it accepts."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import orjson
import pytest

from core.marketplace.sandbox import MemoryFeed, SetClock, serve
from plugins.marketplaces.douyin.client import param_json, sign, signed_query
from plugins.marketplaces.douyin.sandbox import DoudianSandbox, DoudianShop
from tests.plugins.marketplaces.douyin.builders import (
    BASE_URL,
    CREDENTIALS,
    NOW,
    SECOND,
    after_sale,
    order,
    orders,
    product,
    stored,
)

pytestmark = pytest.mark.anyio

SEARCH, AFTER_SALES, PRODUCTS = "/order/searchList", "/afterSale/List", "/product/listV2"
BOUNDS = {"update_time_start": SECOND - 86_400, "update_time_end": SECOND}
BY_UPDATE = {"page": 0, "size": 100, "order_by": "update_time", "order_asc": True, **BOUNDS}


class Sent:
    """A signed request that can be spoilt before it is sent."""

    def __init__(
        self, path: str = SEARCH, params: Any = None, /, *, token: str | None = None, **query: str
    ) -> None:
        self.path = path
        self.body = param_json(BY_UPDATE if params is None else params)
        self.query = signed_query(
            path,
            self.body,
            app_key=CREDENTIALS["app_key"],
            secret=CREDENTIALS["app_secret"],
            token=CREDENTIALS["access_token"] if token is None else token,
            now=NOW,
        )
        self.query |= query

    def without(self, name: str) -> "Sent":
        del self.query[name]
        return self

    def written(self, body: str, timestamp: str | None = None) -> "Sent":
        """The same with another body or time, signed over them."""
        self.body = body.encode()
        self.query["timestamp"] = timestamp or self.query["timestamp"]
        signed = {name: self.query[name] for name in ("app_key", "method", "timestamp", "v")}
        self.query["sign"] = sign({**signed, "param_json": body}, CREDENTIALS["app_secret"])
        return self


async def ask(sandbox: DoudianSandbox, sent: Sent) -> dict[str, Any]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(sandbox.app)) as http:
        response = await http.post(BASE_URL + sent.path, params=sent.query, content=sent.body)
    assert 200 == response.status_code
    answer: dict[str, Any] = orjson.loads(response.content)
    return answer


async def content(sandbox: DoudianSandbox, sent: Sent) -> Any:
    answer = await ask(sandbox, sent)
    assert 10000 == answer["code"], answer
    return answer["data"]


async def refusal(sandbox: DoudianSandbox, sent: Sent) -> tuple[int, str]:
    answer = await ask(sandbox, sent)
    assert "data" not in answer
    return answer["code"], answer["sub_code"]


TEXT = param_json(BY_UPDATE).decode()


@pytest.mark.parametrize(
    ("sent", "code", "sub_code"),
    [
        (lambda: Sent().without("app_key"), 40002, "isv.missing-parameter:app_key"),
        (lambda: Sent().without("method"), 40002, "isv.missing-parameter:method"),
        (lambda: Sent().without("timestamp"), 40002, "isv.missing-parameter:timestamp"),
        (lambda: Sent().without("v"), 40002, "isv.missing-parameter:v"),
        (lambda: Sent().without("sign"), 40002, "isv.missing-parameter:sign"),
        (lambda: Sent(method="order.unheard"), 70000, "isv.api-not-existed"),
        (lambda: Sent(method="sku.list"), 70000, "isv.api-not-existed"),
        (lambda: Sent("/shop/traffic", {}), 70000, "isv.api-not-existed"),
        (lambda: Sent(app_key="1"), 40003, "isv.app-key-invalid"),
        (lambda: Sent(timestamp=str(SECOND - 601)), 40003, "isv.timestamp-invalid"),
        (lambda: Sent(timestamp=str(SECOND + 601)), 40003, "isv.timestamp-invalid"),
        (lambda: Sent(timestamp="yesterday"), 40003, "isv.timestamp-invalid"),
        (lambda: Sent(timestamp=str(SECOND - 1)), 40003, "isv.signature-invalid"),
        (lambda: Sent(sign="签名"), 40003, "isv.signature-invalid"),
        (lambda: Sent(v="1"), 40003, "isv.signature-invalid"),
        (lambda: Sent(sign_method="md5"), 40003, "isv.signature-invalid"),
        (lambda: Sent().written('{"size":1,"page":0}'), 40003, "isv.signature-invalid"),
        (lambda: Sent().written('{"page": 0}'), 40003, "isv.signature-invalid"),
        (lambda: Sent().written('{"page":0.0}'), 40003, "isv.signature-invalid"),
        (lambda: Sent().written('{"name":"\\u51ac"}'), 40003, "isv.signature-invalid"),
        (lambda: Sent().written("[1]"), 40003, "isv.signature-invalid"),
        (lambda: Sent().written("{"), 40003, "isv.signature-invalid"),
        (lambda: Sent(token=""), 40003, "isv.access-token-no-existed"),
        (lambda: Sent(token="other"), 40003, "isv.access-token-no-existed"),
    ],
)
async def test_every_request_must_be_well_formed(
    sandbox: DoudianSandbox, sent: Callable[[], Sent], code: int, sub_code: str
) -> None:
    """Public parameters, time, signature over the sorted body, and token, each with its word."""
    assert (code, sub_code) == await refusal(sandbox, sent())


async def test_the_wall_clock_is_a_timestamp_too(sandbox: DoudianSandbox) -> None:
    """Older clients send GMT+8 as text, and sign that."""
    sent = Sent().written(TEXT, timestamp="2026-11-22 12:00:00")

    assert 0 == (await content(sandbox, sent))["total"]


async def test_the_body_may_stand_in_the_query(sandbox: DoudianSandbox) -> None:
    """Where there is no body, param_json in the query is one."""
    sent = Sent(param_json=TEXT)
    sent.body = b""

    assert 0 == (await content(sandbox, sent))["total"]


@pytest.mark.parametrize(
    ("path", "params", "code", "name"),
    [
        (SEARCH, {"size": 1}, 40002, "page"),
        (SEARCH, {"page": 0}, 40002, "size"),
        (SEARCH, {"page": -1, "size": 1}, 40004, "page"),
        (SEARCH, {"page": "0", "size": 1}, 40004, "page"),
        (SEARCH, {"page": True, "size": 1}, 40004, "page"),
        (SEARCH, {"page": 0, "size": 0}, 40004, "size"),
        (SEARCH, {"page": 0, "size": 101}, 40004, "size"),
        (SEARCH, {**BY_UPDATE, "order_by": "pay_time"}, 40004, "order_by"),
        (SEARCH, {**BY_UPDATE, "update_time_end": 5}, 40004, "update_time_end"),
        (SEARCH, {**BY_UPDATE, "update_time_end": "x"}, 40004, "update_time_end"),
        (AFTER_SALES, {"page": 0, "size": 101}, 40004, "size"),
        (AFTER_SALES, {"page": 501, "size": 100}, 40004, "page"),
        (AFTER_SALES, {"page": 0, "size": 1, "update_start_time": 5}, 40004, "order_by"),
        (AFTER_SALES, {"page": 0, "size": 1, "order_by": ["update_time"]}, 40004, "order_by"),
        ("/afterSale/Detail", {}, 40002, "after_sale_id"),
        ("/afterSale/Detail", {"after_sale_id": 5}, 40004, "after_sale_id"),
        ("/afterSale/Detail", {"after_sale_id": "5"}, 50002, "after_sale_id"),
        ("/order/orderDetail", {"shop_order_id": "5"}, 50002, "shop_order_id"),
        (PRODUCTS, {"page": 0, "size": 1}, 40004, "page"),
        (PRODUCTS, {"page": 101, "size": 1}, 40004, "page"),
        (PRODUCTS, {"page": 1, "size": 101}, 40004, "size"),
        ("/sku/list", {}, 40002, "product_id"),
        ("/sku/list", {"product_id": 5}, 50002, "product_id"),
        ("/token/create", {"code": "", "grant_type": "x"}, 50001, "grant_type"),
        ("/token/create", {"code": "x", "grant_type": "authorization_code"}, 50001, "code"),
        (
            "/token/create",
            {"code": "", "grant_type": "authorization_self", "shop_id": "1"},
            50001,
            "shop_id",
        ),
        ("/token/refresh", {"grant_type": "refresh_token"}, 40002, "refresh_token"),
        (
            "/token/refresh",
            {"grant_type": "refresh_token", "refresh_token": "x"},
            50001,
            "refresh_token",
        ),
    ],
)
async def test_limits_are_enforced(
    sandbox: DoudianSandbox, path: str, params: dict[str, Any], code: int, name: str
) -> None:
    """Types, pages from 0 or from 1, sizes, bounds and grants are refused as the pages tell."""
    told, sub_code = await refusal(sandbox, Sent(path, params))

    assert (code, name) == (told, sub_code.rpartition(":")[2])


async def test_the_last_rows_that_products_show_are_shown(
    sandbox: DoudianSandbox, seller: DoudianShop
) -> None:
    """page 100 of size 100 is the last one: 10,000 rows."""
    seller.products = MemoryFeed([product(1)], "update_time", "product_id")

    pages = [await content(sandbox, Sent(PRODUCTS, {"page": n, "size": 100})) for n in (1, 100)]

    assert [1, 0] == [len(page["data"]) for page in pages]
    assert "skus" not in pages[0]["data"][0]


async def test_orders_come_newest_created_first_unless_told_otherwise(
    sandbox: DoudianSandbox, order_feed: MemoryFeed
) -> None:
    """Doudian: 默认create_time, 默认大到小."""
    for number in range(1, 4):
        order_feed.put(
            order(str(number), create_time=SECOND - 100 * number, update_time=SECOND - 50)
        )
    asked = [
        {"page": 0, "size": 2},
        {"page": 1, "size": 2},
        {"page": 0, "size": 2, "order_asc": True},
    ]

    pages = [await content(sandbox, Sent(SEARCH, params)) for params in asked]

    assert [["1", "2"], ["3"], ["3", "2"]] == [
        [each["order_id"] for each in page["shop_order_list"]] for page in pages
    ]
    assert [(0, 3, 2), (1, 3, 1)] == [
        (page["page"], page["total"], page["size"]) for page in pages[:2]
    ]


async def test_old_orders_are_not_listed(sandbox: DoudianSandbox, order_feed: MemoryFeed) -> None:
    """Orders created in the last 90 days are listed; older ones only by their number."""
    order_feed.put(order("1", create_time=SECOND - 90 * 86_400))
    order_feed.put(order("2", create_time=SECOND - 90 * 86_400 - 1))

    listed = await content(sandbox, Sent())
    detail = await content(sandbox, Sent("/order/orderDetail", {"shop_order_id": "2"}))

    assert ["1"] == [each["order_id"] for each in listed["shop_order_list"]]
    assert "2" == detail["shop_order_detail"]["order_id"]


async def test_orders_are_bounded_by_creation_too(
    sandbox: DoudianSandbox, order_feed: MemoryFeed
) -> None:
    """Both kinds of span may be asked for."""
    for row in orders(3):
        order_feed.put({**row, "create_time": row["update_time"]})
    created = SECOND - 23 * 3600 + 120

    spans = [{"create_time_start": created}, {"create_time_end": created}]
    found = [await content(sandbox, Sent(SEARCH, {**BY_UPDATE, **span})) for span in spans]

    assert [["2", "3"], ["1"]] == [
        [each["order_id"] for each in page["shop_order_list"]] for page in found
    ]


async def test_after_sales_of_half_a_year_are_listed(
    sandbox: DoudianSandbox, seller: DoudianShop
) -> None:
    """Unasked half a year; asked by time, whatever there is, without its details."""
    old = SECOND - 200 * 86_400
    rows = [stored(after_sale("1")), stored(after_sale("2", update_time=old, apply_time=old))]
    seller.after_sales = MemoryFeed(rows, "update_time", "aftersale_id")

    recent = await content(sandbox, Sent(AFTER_SALES, {"page": 0, "size": 1}))
    asked = {"page": 0, "size": 1, "start_time": old, "end_time": SECOND}
    every = await content(sandbox, Sent(AFTER_SALES, asked))

    assert [(1, False), (2, True)] == [
        (page["total"], page["has_more"]) for page in (recent, every)
    ]
    assert {"aftersale_info", "order_info", "text_part"} == recent["items"][0].keys()


async def test_refreshing_early_changes_nothing(
    sandbox: DoudianSandbox, seller: DoudianShop
) -> None:
    """Doudian: more than an hour before the end the same tokens come back."""
    grant = {"grant_type": "refresh_token", "refresh_token": CREDENTIALS["refresh_token"]}

    tokens = await content(sandbox, Sent("/token/refresh", grant, token=""))

    assert (CREDENTIALS["access_token"], CREDENTIALS["refresh_token"], 3 * 86_400) == (
        tokens["access_token"],
        tokens["refresh_token"],
        tokens["expires_in"],
    )


async def test_refreshing_late_voids_the_old_tokens(seller: DoudianShop) -> None:
    """In the last hour the old token stays good for an hour; after its end it is void at once."""
    clock = SetClock(NOW)
    sandbox = DoudianSandbox(seller, clock=clock)
    grant = {"grant_type": "refresh_token", "refresh_token": CREDENTIALS["refresh_token"]}
    seller.expires_at = NOW + timedelta(minutes=30)

    tokens = await content(sandbox, Sent("/token/refresh", grant, token=""))
    overlap = await content(sandbox, Sent())
    seller.previous = (CREDENTIALS["access_token"], NOW)

    assert (7 * 86_400, 0) == (tokens["expires_in"], overlap["total"])
    assert (40003, "isv.access-token-no-existed") == await refusal(sandbox, Sent())
    assert 50001 == (await refusal(sandbox, Sent("/token/refresh", grant, token="")))[0]


async def test_tokens_end(seller: DoudianShop) -> None:
    """A token is refused from its end on."""
    sandbox = DoudianSandbox(seller, clock=SetClock(NOW))
    seller.expires_at = NOW

    assert (40003, "isv.access-token-expired") == await refusal(sandbox, Sent())


async def test_calls_are_counted_per_second(seller: DoudianShop) -> None:
    """60000 within the second, and the next one is free again."""
    clock = SetClock(NOW)
    sandbox = DoudianSandbox(seller, clock=clock, calls_per_second=2)
    for _ in range(2):
        await content(sandbox, Sent())

    refused = await refusal(sandbox, Sent())
    clock.advance(timedelta(seconds=1))

    assert (60000, "isp.limited") == refused
    assert 0 == (await content(sandbox, Sent()))["total"]


async def test_several_shops_share_an_app(seller: DoudianShop, order_feed: MemoryFeed) -> None:
    """The token says whose data is shown, the id or the refresh token whose tokens are renewed."""
    order_feed.put(order("1"))
    app = {name: CREDENTIALS[name] for name in ("app_key", "app_secret")}
    other = DoudianShop(**app, shop_id="77")
    sandbox = DoudianSandbox(seller, other, clock=SetClock(NOW))
    grant = {"code": "", "grant_type": "authorization_self", "shop_id": "77"}

    tokens = await content(sandbox, Sent("/token/create", grant, token=""))
    totals = [
        (await content(sandbox, Sent(token=token)))["total"]
        for token in (CREDENTIALS["access_token"], tokens["access_token"])
    ]

    assert (77, [1, 0]) == (tokens["shop_id"], totals)


async def test_the_log_keeps_no_token(sandbox: DoudianSandbox) -> None:
    """What was asked can be looked up; tokens, codes and signatures can't."""
    await content(sandbox, Sent())

    (call,) = sandbox.log.of("order.searchList")

    assert "update_time" == call.params["order_by"]
    assert {"access_token", "sign", "refresh_token", "code"}.isdisjoint(call.params)


async def test_faults_are_set_over_http(sandbox: DoudianSandbox) -> None:
    """Clients in other processes set them too; a misspelt one is told."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(sandbox.app)) as http:
        good = await http.post(f"{BASE_URL}/_sandbox/faults", json={"fail": 1})
        bad = await http.post(f"{BASE_URL}/_sandbox/faults", json={"fial": 1})
        probe = await http.head(BASE_URL)

    assert (204, 400, 200) == (good.status_code, bad.status_code, probe.status_code)
    assert (20000, "isp.service-unavailable") == await refusal(sandbox, Sent())
    assert 0 == (await content(sandbox, Sent()))["total"]


async def test_older_clients_find_their_envelope(sandbox: DoudianSandbox) -> None:
    """doudian 0.6 looks for `err_no` 0, today's clients for `code` 10000."""
    answer = await ask(sandbox, Sent())

    assert (10000, 0, "success") == (answer["code"], answer["err_no"], answer["message"])


async def test_an_order_changes_on_request(sandbox: DoudianSandbox, order_feed: MemoryFeed) -> None:
    """It stands at its new time from the next page on, and is still found by its number."""
    for row in orders(5):
        order_feed.put(row)
    start = SECOND - 23 * 3600 + 180
    sandbox.faults.set({"reorder": 5, "reorder_to": str(start)})
    sent = {**BY_UPDATE, "update_time_start": start}

    pages = [await content(sandbox, Sent(SEARCH, sent)) for _ in range(2)]
    detail = await content(sandbox, Sent("/order/orderDetail", {"shop_order_id": "5"}))

    assert [["3", "4", "5"], ["3", "5", "4"]] == [
        [each["order_id"] for each in page["shop_order_list"]] for page in pages
    ]
    assert "5" == detail["shop_order_detail"]["order_id"]


async def test_it_serves_on_a_socket(seller: DoudianShop) -> None:
    """Foreign clients reach it over loopback; a slow answer runs into their time-out."""
    sandbox = DoudianSandbox(seller, clock=lambda: datetime.now(UTC))
    sandbox.faults.set({"slow": 0.2})
    sent = Sent()

    with serve(sandbox.app) as base_url:
        async with httpx.AsyncClient(timeout=0.05) as http:
            with pytest.raises(httpx.TimeoutException):
                await http.post(base_url + SEARCH, params=sent.query, content=sent.body)

    assert base_url.startswith("http://127.0.0.1:")
