"""What Doudian's answers mean for the caller, and how tokens are got and renewed."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import orjson
import pytest

from core.marketplace.errors import (
    AuthError,
    MarketplaceError,
    PermanentError,
    ThrottleError,
    TransientError,
)
from core.marketplace.renewal import ends
from core.marketplace.sandbox import MemoryFeed, SetClock
from plugins.marketplaces.douyin.client import CREATE, REFRESH
from plugins.marketplaces.douyin.sandbox import DoudianSandbox, DoudianShop
from tests.plugins.marketplaces.douyin.builders import (
    CREDENTIALS,
    NOW,
    SHOP_ID,
    Shop,
    answering,
    ids,
    order,
    pull,
    records,
)

pytestmark = pytest.mark.anyio
APP = {name: CREDENTIALS[name] for name in ("app_key", "app_secret")}


def refusal(code: int, sub_code: str = "", sub_msg: str = "") -> bytes:
    return orjson.dumps({"code": code, "msg": "said", "sub_code": sub_code, "sub_msg": sub_msg})


def success(data: Any) -> bytes:
    return orjson.dumps({"code": 10000, "msg": "success", "data": data})


NO_TOKEN = refusal(40003, "isv.access-token-no-existed")
RENEWED = success({"access_token": "new", "refresh_token": "newer"})
EMPTY = success({"total": 0, "shop_order_list": [], "items": []})


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (refusal(60000), ThrottleError),
        (refusal(60000, "isp.limited"), ThrottleError),
        (refusal(20000), TransientError),
        (refusal(20001), TransientError),
        (refusal(90000), TransientError),
        (refusal(50002, "isp.timeout"), TransientError),
        (refusal(50002, "isv.business-failed:2010"), PermanentError),
        (refusal(30001, "isv.app-permissions-insufficient"), PermanentError),
        (refusal(30002), PermanentError),
        (refusal(40001), PermanentError),
        (refusal(40002), PermanentError),
        (refusal(40004, "isv.parameter-invalid"), PermanentError),
        (refusal(40003, "isv.signature-invalid"), PermanentError),
        (refusal(40003, "isv.timestamp-invalid"), PermanentError),
        (refusal(70000), PermanentError),
        (refusal(80000), PermanentError),
        (refusal(12345), PermanentError),
        (b"<html>502 Bad Gateway</html>", TransientError),
        (b'{"code":10000,"data":{"total', TransientError),
        (b"", TransientError),
        (b"[]", TransientError),
        (b"{}", TransientError),
        (success(None), TransientError),
        (success({"total": "many", "shop_order_list": []}), TransientError),
        (success({"total": 5, "shop_order_list": []}), TransientError),
        (success({"total": 5, "shop_order_list": 5}), TransientError),
    ],
)
async def test_answers_are_classified_by_what_to_do_next(
    body: bytes, error: type[MarketplaceError]
) -> None:
    """Doudian says everything with HTTP 200: code and sub_code decide what to do."""
    shop = Shop(answering(body))

    with pytest.raises(MarketplaceError) as caught:
        await pull(shop.adapter())

    assert isinstance(caught.value, error)
    assert not isinstance(caught.value, AuthError)


@pytest.mark.parametrize("word", ["expired", "no-existed", "invalid"])
async def test_no_token_helps(word: str) -> None:
    """isv.access-token-*: after one renewal that is refused as well, the merchant must act."""
    shop = Shop(answering(refusal(40003, f"isv.access-token-{word}")))

    with pytest.raises(AuthError, match="must authorise the app anew"):
        await pull(shop.adapter())


@pytest.mark.parametrize("status", [302, 403, 500, 502, 504])
async def test_other_http_statuses_are_transient(status: int) -> None:
    """Doudian itself always says 200: another status is a proxy's or a balancer's, and passes."""
    with pytest.raises(TransientError, match=str(status)):
        await pull(Shop(answering("{}", status)).adapter())


async def test_http_429_is_a_throttle() -> None:
    """Before the platform itself, its balancer may say it too."""
    with pytest.raises(ThrottleError):
        await pull(Shop(answering("", 429)).adapter())


@pytest.mark.parametrize("failure", [httpx.ReadTimeout, httpx.ConnectError, httpx.ReadError])
async def test_network_failures_are_transient(failure: type[httpx.TransportError]) -> None:
    """A time-out or a broken connection may be tried again; its text is not repeated."""

    def fail(request: httpx.Request) -> httpx.Response:
        raise failure(str(request.url), request=request)

    with pytest.raises(TransientError) as caught:
        await pull(Shop(httpx.MockTransport(fail)).adapter())

    assert f"/order/searchList: {failure.__name__}" == str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("fault", ["fail", "html", "truncate"])
async def test_passing_faults_pass(
    sandbox: DoudianSandbox, shop: Shop, order_feed: MemoryFeed, fault: str
) -> None:
    """After a fault on the platform's side the same window is read as if nothing had been."""
    order_feed.put(order("1"))
    sandbox.faults.set({fault: 1})
    adapter = shop.adapter()

    with pytest.raises(TransientError):
        await pull(adapter)
    pages = await pull(adapter)

    assert ["1"] == ids(pages)


async def test_a_throttle_tells_no_time(sandbox: DoudianSandbox, shop: Shop) -> None:
    """60000 comes without seconds: the engine chooses its own pauses."""
    sandbox.faults.set({"throttle": 1})

    with pytest.raises(ThrottleError) as caught:
        await pull(shop.adapter())

    assert (None, "isp.limited") == (caught.value.retry_after, caught.value.platform_code)


async def test_an_expired_token_is_refreshed(
    sandbox: DoudianSandbox, seller: DoudianShop, shop: Shop
) -> None:
    """The new tokens are saved at once, because the old ones are void; the pull goes on."""
    sandbox.faults.set({"expire": True})

    pages = await pull(shop.adapter())

    expected = {
        **CREDENTIALS,
        "access_token": seller.access_token,
        "refresh_token": seller.refresh_token,
        **ends(NOW, 7 * 86_400, 14 * 86_400),
    }
    assert [expected] == [saved.values for saved in shop.saved]
    assert 1 == len(pages)
    assert [] == sandbox.log.of("token.create")


async def test_a_shops_own_app_gets_its_tokens_itself(
    sandbox: DoudianSandbox, seller: DoudianShop, shop: Shop
) -> None:
    """自用型应用: authorization_self with an empty code and the shop's id; nothing was typed in."""
    shop.credentials = APP

    await pull(shop.adapter())

    (call,) = sandbox.log.of("token.create")
    assert ("authorization_self", SHOP_ID) == (call.params["grant_type"], call.params["shop_id"])
    assert [seller.access_token] == [saved["access_token"] for saved in shop.saved]


async def test_a_code_is_exchanged_once(
    sandbox: DoudianSandbox, seller: DoudianShop, shop: Shop
) -> None:
    """工具型应用: the code of the authorisation opens the shop once, and is forgotten."""
    seller.code, seller.own_app = "one-time", False
    shop.credentials = {**APP, "code": "one-time"}

    await pull(shop.adapter())

    assert [("", seller.refresh_token)] == [
        (saved["code"], saved["refresh_token"]) for saved in shop.saved
    ]
    assert 1 == len(sandbox.log.of("token.create"))


async def test_a_void_refresh_token_of_an_own_app_is_no_end(
    sandbox: DoudianSandbox, seller: DoudianShop, shop: Shop
) -> None:
    """After 14 days' rest the refresh token is gone; the shop's own app needs none."""
    shop.credentials = {**CREDENTIALS, "refresh_token": "long-gone"}
    sandbox.faults.set({"expire": True})

    await pull(shop.adapter())

    assert [seller.access_token] == [saved["access_token"] for saved in shop.saved]


async def test_a_void_refresh_token_of_a_tool_asks_for_a_new_authorisation(
    sandbox: DoudianSandbox, seller: DoudianShop, shop: Shop
) -> None:
    """Only the merchant can help then; nothing is saved."""
    seller.own_app = False
    shop.credentials = {**CREDENTIALS, "refresh_token": "long-gone"}
    sandbox.faults.set({"expire": True})

    with pytest.raises(AuthError, match="must authorise the app anew"):
        await pull(shop.adapter())

    assert [] == shop.saved


async def test_a_refresh_that_changes_nothing_is_not_repeated() -> None:
    """Long before its end a token is refreshed to itself: refused as it was, it is of no use."""
    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        if request.url.path == REFRESH:
            return httpx.Response(200, content=success({"access_token": "first-access"}))
        return httpx.Response(200, content=RENEWED if request.url.path == CREATE else NO_TOKEN)

    with pytest.raises(AuthError):
        await pull(Shop(httpx.MockTransport(answer)).adapter())

    assert ["/order/searchList", REFRESH, CREATE, "/order/searchList"] == asked


async def test_concurrent_pulls_renew_once(sandbox: DoudianSandbox, shop: Shop) -> None:
    """Two pulls that meet the expired token together share one renewal: a second would fail."""
    sandbox.faults.set({"expire": True})
    adapter = shop.adapter()

    both = await asyncio.gather(pull(adapter, "orders"), pull(adapter, "refunds"))

    assert [1, 1] == [len(pages) for pages in both]
    assert 1 == len(sandbox.log.of("token.refresh"))
    assert 1 == len(shop.saved)


async def test_a_late_refusal_of_the_old_token_renews_nothing() -> None:
    """A call that was under way while another renewed is repeated with the new token."""
    asked = []

    async def answer(request: httpx.Request) -> httpx.Response:
        path = request.url.path
        asked.append(path)
        if path == REFRESH:
            return httpx.Response(200, content=RENEWED)
        if request.url.params["access_token"] == "new":
            return httpx.Response(200, content=EMPTY)
        await asyncio.sleep(0.02 if "afterSale" in path else 0)
        return httpx.Response(200, content=NO_TOKEN)

    adapter = Shop(httpx.MockTransport(answer)).adapter()

    await asyncio.gather(pull(adapter, "orders"), pull(adapter, "refunds"))

    assert 1 == asked.count(REFRESH)


async def test_a_renewal_survives_the_pull_that_wanted_it() -> None:
    """Cancelled between the answer and the saving, the only valid tokens would be lost."""
    renewing = asyncio.Event()

    async def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path != REFRESH:
            return httpx.Response(200, content=NO_TOKEN)
        renewing.set()
        await asyncio.sleep(0.01)
        return httpx.Response(200, content=RENEWED)

    shop = Shop(httpx.MockTransport(answer))
    pulling = asyncio.create_task(pull(shop.adapter()))
    await renewing.wait()

    pulling.cancel()
    await asyncio.sleep(0.05)

    assert pulling.cancelled()
    assert ["new"] == [saved["access_token"] for saved in shop.saved]


async def test_a_broken_renewal_is_tried_again() -> None:
    """An answer without a token says nothing about the refresh token: the call may be repeated."""

    def answer(request: httpx.Request) -> httpx.Response:
        is_renewal = request.url.path == REFRESH
        return httpx.Response(200, content=success({}) if is_renewal else NO_TOKEN)

    with pytest.raises(TransientError, match="holds no token"):
        await pull(Shop(httpx.MockTransport(answer)).adapter())


async def test_tokens_in_their_last_hour_overlap(seller: DoudianShop) -> None:
    """Doudian: refreshed within the last hour, the old token stays good for one more."""
    clock = SetClock(NOW)
    sandbox = DoudianSandbox(seller, clock=clock)
    first, second = (Shop(httpx.ASGITransport(sandbox.app), clock) for _ in range(2))
    old = first.adapter()
    seller.expires_at = NOW + timedelta(minutes=30)
    second.credentials = {**CREDENTIALS, "access_token": "mistyped"}

    await pull(second.adapter())
    pages = await pull(old)

    assert 1 == len(pages)
    assert [] == first.saved


async def test_half_an_emoji_costs_one_character() -> None:
    """A name cut in the middle of a surrogate pair is no valid JSON; its page is still read."""
    whole = success({"total": 1, "shop_order_list": [order()]})
    body = whole.replace("保温杯".encode(), b"cup \\ud83d")

    pages = await pull(Shop(answering(body)).adapter())

    assert ["cup ?"] == [each.title for record in records(pages) for each in record.lines]


async def test_the_address_may_end_with_a_slash(sandbox: DoudianSandbox, shop: Shop) -> None:
    """Gateways of clouds are set by hand."""
    shop.config = {"base_url": "http://doudian.test/"}

    assert 1 == len(await pull(shop.adapter()))
