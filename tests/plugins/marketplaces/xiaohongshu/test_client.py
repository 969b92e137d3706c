"""What ARK's answers mean for the caller, and how a token is renewed."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import orjson
import pytest

from core.marketplace.errors import (
    AuthError,
    ClockError,
    MarketplaceError,
    PermanentError,
    ScopeError,
    ThrottleError,
    TransientError,
)
from core.marketplace.sandbox import MemoryFeed
from plugins.marketplaces.xiaohongshu.client import EXCHANGE, EXPIRY, REFRESH, REFRESH_EXPIRY
from plugins.marketplaces.xiaohongshu.refusals import ObjectRefusedError
from plugins.marketplaces.xiaohongshu.sandbox import ArkSandbox, ArkShop
from tests.plugins.marketplaces.xiaohongshu.builders import (
    CREDENTIALS,
    NOW,
    Shop,
    answering,
    ids,
    ms,
    order,
    pull,
    records,
)

pytestmark = pytest.mark.anyio


def refusal(code: Any, message: str = "") -> bytes:
    return orjson.dumps({"success": False, "error_code": code, "error_msg": message})


def good(data: Any) -> bytes:
    return orjson.dumps({"success": True, "error_code": 0, "data": data})


NO_ORDERS = {"total": 0, "maxPageNo": 0, "orderList": []}
NO_AFTER_SALES = {"totalCount": 0, "afterSaleBasicInfos": []}
RENEWED = {"accessToken": "new-token", "refreshToken": "newer-token"}
NO_LONGER = refusal(401, "accessToken 无效或已过期")


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (refusal(-9013, "触发Method维度的限流"), ThrottleError),
        (refusal(-1, "触发应用维度的限流"), ThrottleError),
        (refusal(-1, "请求过于频繁"), ThrottleError),
        (refusal(-1, "请求频率超限"), ThrottleError),
        (refusal(-1, "系统异常"), TransientError),
        (refusal(-1, "服务繁忙，请稍后重试"), TransientError),
        (refusal(-1, "request timeout"), TransientError),
        (refusal(503), TransientError),
        (refusal(-1, "应用没有该接口权限"), ScopeError),
        (refusal(-1, "accessToken 无接口权限"), ScopeError),
        (refusal(-1, "签名错误"), PermanentError),
        (refusal(-1, "sign invalid"), PermanentError),
        (refusal(-1, "appId 不存在"), PermanentError),
        (refusal(-1, "timestamp 已过期"), ClockError),
        (refusal(-2000400, "请求参数错误"), ObjectRefusedError),
        (refusal(-2000101, "包裹不存在"), ObjectRefusedError),
        (refusal("-1"), ObjectRefusedError),
        (NO_LONGER, AuthError),
        (refusal(-1, "access token expired"), AuthError),
        (refusal(-1, "店铺授权已失效"), AuthError),
        (b'{"success":true,"error_code":50209,"error_msg":"no such thing"}', ObjectRefusedError),
        (good({"success": False, "code": -9013, "msg": "限流"}), ThrottleError),
        (good({"success": True, "code": 0, "data": [1]}), TransientError),
        (b"<html>502 Bad Gateway</html>", TransientError),
        (b'{"success":true,"error_co', TransientError),
        (b"", TransientError),
        (b"[]", TransientError),
        (b"{}", TransientError),
        (good(None), TransientError),
        (good({"total": "many", "orderList": []}), TransientError),
        (good({"total": 1, "orderList": 5}), TransientError),
    ],
)
async def test_answers_are_classified_by_what_to_do_next(
    body: bytes, error: type[MarketplaceError]
) -> None:
    """ARK says everything with HTTP 200: `success`, code and words decide on wait, retry, stop."""
    shop = Shop(answering(body))

    with pytest.raises(MarketplaceError) as caught:
        await pull(shop.adapter())

    assert error is type(caught.value)


@pytest.mark.parametrize(
    ("status", "error"),
    [(302, TransientError), (403, TransientError), (429, ThrottleError), (502, TransientError)],
)
async def test_other_http_statuses_pass(status: int, error: type[MarketplaceError]) -> None:
    """ARK itself always says 200: another status is a proxy's or a balancer's."""
    shop = Shop(answering("{}", status))

    with pytest.raises(MarketplaceError, match=str(status)) as caught:
        await pull(shop.adapter())

    assert error is type(caught.value)


@pytest.mark.parametrize("failure", [httpx.ReadTimeout, httpx.ConnectError, httpx.ReadError])
async def test_network_failures_are_transient(failure: type[httpx.TransportError]) -> None:
    """A time-out or a broken connection may be tried again."""

    def fail(request: httpx.Request) -> httpx.Response:
        raise failure("accessToken=token-first-access", request=request)

    with pytest.raises(TransientError) as caught:
        await pull(Shop(httpx.MockTransport(fail)).adapter())

    assert f"order.getOrderList: {failure.__name__}" == str(caught.value)


@pytest.mark.parametrize("fault", ["fail", "html", "truncate", "throttle"])
async def test_passing_faults_pass(
    sandbox: ArkSandbox, shop: Shop, order_feed: MemoryFeed, fault: str
) -> None:
    """After a fault on the platform's side the same window is read as if nothing had been."""
    order_feed.put(order(1))
    sandbox.faults.set({fault: 1})
    adapter = shop.adapter()

    with pytest.raises(MarketplaceError):
        await pull(adapter)
    pages = await pull(adapter)

    assert ["P1"] == ids(pages)


async def test_an_expired_token_is_renewed(
    sandbox: ArkSandbox, ark_shop: ArkShop, shop: Shop
) -> None:
    """The new tokens are saved at once with the time they end; the pull goes on."""
    sandbox.faults.set({"expire": True})

    pages = await pull(shop.adapter())

    expected = {
        **CREDENTIALS,
        "access_token": ark_shop.access_token,
        "refresh_token": ark_shop.refresh_token,
        EXPIRY: str(ms(NOW + timedelta(days=7))),
        REFRESH_EXPIRY: str(ms(NOW + timedelta(days=14))),
    }
    assert [expected] == [saved.values for saved in shop.saved]
    assert [3] == [page.requests for page in pages]


async def test_a_token_is_renewed_in_its_last_half_hour(
    sandbox: ArkSandbox, ark_shop: ArkShop, shop: Shop
) -> None:
    """Only then ARK gives a new one; waiting for a refusal would cost a call of every pull."""
    ends_at = NOW + timedelta(minutes=29)
    ark_shop.expires_at = ends_at
    shop.credentials = {**CREDENTIALS, EXPIRY: str(ms(ends_at))}
    adapter = shop.adapter()

    await pull(adapter)
    await pull(adapter)

    methods = [call.method for call in sandbox.log.calls]
    assert [REFRESH, "order.getOrderList", "order.getOrderList"] == methods


async def test_a_young_token_is_left_alone(
    sandbox: ArkSandbox, ark_shop: ArkShop, shop: Shop
) -> None:
    """Earlier than half an hour before its end a renewal changes nothing."""
    ends_at = NOW + timedelta(minutes=31)
    ark_shop.expires_at = ends_at
    shop.credentials = {**CREDENTIALS, EXPIRY: str(ms(ends_at))}

    await pull(shop.adapter())

    assert [] == sandbox.log.of(REFRESH)


async def test_a_token_that_ark_thinks_young_is_not_renewed_by_every_call(
    sandbox: ArkSandbox, ark_shop: ArkShop, shop: Shop
) -> None:
    """Should the clocks differ, ARK answers with the old token: it is asked once a minute."""
    ark_shop.expires_at = NOW + timedelta(hours=2)
    shop.credentials = {**CREDENTIALS, EXPIRY: str(ms(NOW + timedelta(minutes=29)))}
    sandbox.shops[0].renew = lambda now, lifetime: None  # type: ignore[method-assign]
    ark_shop.expires_at = NOW + timedelta(minutes=29)
    adapter = shop.adapter()

    for _ in range(3):
        await pull(adapter)

    assert 1 == len(sandbox.log.of(REFRESH))


@pytest.mark.parametrize("body", [refusal(-1, "系统繁忙"), refusal(401, "refreshToken 已失效")])
async def test_a_failed_early_renewal_stops_no_pull(body: bytes) -> None:
    """The old token opens the shop until it ends; only then the merchant has to be asked."""

    def answer(request: httpx.Request) -> httpx.Response:
        is_renewal = REFRESH.encode() in request.content
        return httpx.Response(200, content=body if is_renewal else good(NO_ORDERS))

    shop = Shop(httpx.MockTransport(answer))
    shop.credentials = {**CREDENTIALS, EXPIRY: str(ms(NOW + timedelta(minutes=5)))}

    (page,) = await pull(shop.adapter())

    assert (0, 2) == (page.reported, page.requests)


async def test_a_code_is_exchanged_for_tokens(
    sandbox: ArkSandbox, ark_shop: ArkShop, shop: Shop
) -> None:
    """A new shop may be given by the code of its authorisation, which is good for once."""
    ark_shop.code = "code-of-today"
    app = {name: CREDENTIALS[name] for name in ("app_id", "app_secret")}
    shop.credentials = {**app, "code": "code-of-today"}

    await pull(shop.adapter())

    (saved,) = shop.saved
    assert [EXCHANGE, "order.getOrderList"] == [call.method for call in sandbox.log.calls]
    assert ark_shop.access_token == saved["access_token"]
    assert "code" not in saved.values


async def test_concurrent_pulls_renew_once(sandbox: ArkSandbox, shop: Shop) -> None:
    """Two pulls that meet the expired token together share one renewal."""
    sandbox.faults.set({"expire": True})
    adapter = shop.adapter()

    both = await asyncio.gather(pull(adapter, "orders"), pull(adapter, "refunds"))

    assert [1, 1] == [len(pages) for pages in both]
    assert 1 == len(sandbox.log.of(REFRESH))
    assert 1 == len(shop.saved)


async def test_a_late_refusal_of_the_old_token_renews_nothing() -> None:
    """A call that was under way while another renewed is repeated with the new token."""
    asked = []

    async def answer(request: httpx.Request) -> httpx.Response:
        body = orjson.loads(request.content)
        asked.append(body["method"])
        if body["method"] == REFRESH:
            return httpx.Response(200, content=good(RENEWED))
        if body["accessToken"] == "new-token":
            return httpx.Response(200, content=good({**NO_ORDERS, **NO_AFTER_SALES}))
        await asyncio.sleep(0.02 if "afterSale" in body["method"] else 0)
        return httpx.Response(200, content=NO_LONGER)

    adapter = Shop(httpx.MockTransport(answer)).adapter()

    await asyncio.gather(pull(adapter, "orders"), pull(adapter, "refunds"))

    assert 1 == asked.count(REFRESH)


async def test_a_token_refused_after_renewal_is_the_merchants_business() -> None:
    """One renewal per call: a second refusal is raised, not renewed again and again."""
    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        is_renewal = REFRESH.encode() in request.content
        return httpx.Response(200, content=good(RENEWED) if is_renewal else NO_LONGER)

    with pytest.raises(AuthError):
        await pull(Shop(httpx.MockTransport(answer)).adapter())

    assert 3 == len(asked)


async def test_a_refused_token_that_ark_renews_to_itself_asks_for_a_new_authorisation() -> None:
    """A revoked app gets its old token back: there is nothing to try it again for."""
    asked = []
    same = {"accessToken": CREDENTIALS["access_token"], "refreshToken": "r"}

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        is_renewal = REFRESH.encode() in request.content
        return httpx.Response(200, content=good(same) if is_renewal else NO_LONGER)

    with pytest.raises(AuthError, match="must authorise the app anew"):
        await pull(Shop(httpx.MockTransport(answer)).adapter())

    assert 2 == len(asked)


async def test_a_void_refresh_token_asks_for_a_new_authorisation(
    sandbox: ArkSandbox, shop: Shop
) -> None:
    """After fourteen days without a pull nobody but the merchant can open the shop."""
    shop.credentials = {**CREDENTIALS, "refresh_token": "long-gone"}
    sandbox.faults.set({"expire": True})

    with pytest.raises(AuthError, match="must authorise the app anew"):
        await pull(shop.adapter())

    assert [] == shop.saved


async def test_a_shop_without_any_token_is_told_so(shop: Shop) -> None:
    """Neither token nor code: no call is made that could only fail."""
    shop.credentials = {name: CREDENTIALS[name] for name in ("app_id", "app_secret")}

    with pytest.raises(AuthError, match="neither a refresh token nor a code"):
        await pull(shop.adapter())


async def test_a_renewal_survives_the_pull_that_wanted_it() -> None:
    """Cancelled between ARK's answer and the saving, the new tokens would be lost."""
    renewing = asyncio.Event()

    async def answer(request: httpx.Request) -> httpx.Response:
        if REFRESH.encode() not in request.content:
            return httpx.Response(200, content=NO_LONGER)
        renewing.set()
        await asyncio.sleep(0.01)
        return httpx.Response(200, content=good(RENEWED))

    shop = Shop(httpx.MockTransport(answer))
    pulling = asyncio.create_task(pull(shop.adapter()))
    await renewing.wait()

    pulling.cancel()
    await asyncio.sleep(0.05)

    assert pulling.cancelled()
    assert ["new-token"] == [saved["access_token"] for saved in shop.saved]


async def test_a_broken_renewal_is_tried_again() -> None:
    """An answer without tokens says nothing about the refresh token: the call may be repeated."""

    def answer(request: httpx.Request) -> httpx.Response:
        is_renewal = REFRESH.encode() in request.content
        return httpx.Response(200, content=good({}) if is_renewal else NO_LONGER)

    with pytest.raises(TransientError, match="holds no token"):
        await pull(Shop(httpx.MockTransport(answer)).adapter())


async def test_half_an_emoji_costs_one_character() -> None:
    """A title cut in the middle of a surrogate pair is no valid JSON; its page is still read."""

    def answer(request: httpx.Request) -> httpx.Response:
        is_list = b"getOrderList" in request.content
        body = good({"total": 1, "orderList": [order()]} if is_list else order())
        return httpx.Response(200, content=body.replace("保温杯".encode(), b"cup \\ud83d"))

    pages = await pull(Shop(httpx.MockTransport(answer)).adapter())

    assert ["cup ?"] == [each.title for record in records(pages) for each in record.lines]
