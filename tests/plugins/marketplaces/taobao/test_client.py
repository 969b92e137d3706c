"""What TOP's answers mean for the caller, and how a session is renewed."""

import asyncio
from typing import Any
from urllib.parse import parse_qsl

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
from core.marketplace.renewal import ends
from core.marketplace.sandbox import MemoryFeed
from plugins.marketplaces.taobao.client import REFRESH
from plugins.marketplaces.taobao.sandbox import TopSandbox, TopShop
from tests.plugins.marketplaces.taobao.builders import (
    CREDENTIALS,
    NOW,
    Shop,
    answering,
    ids,
    pull,
    records,
    trade,
)

pytestmark = pytest.mark.anyio


def refusal(code: int, sub_code: str = "", sub_msg: str = "") -> bytes:
    error = {"code": code, "msg": "said", "sub_code": sub_code, "sub_msg": sub_msg}
    return orjson.dumps({"error_response": error})


def renewed() -> bytes:
    tokens = orjson.dumps({"access_token": "new", "refresh_token": "newer"}).decode()
    return orjson.dumps({"top_auth_token_refresh_response": {"token_result": tokens}})


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (refusal(7), ThrottleError),
        (refusal(15, "accesscontrol.limited-by-app-access-count"), ThrottleError),
        (refusal(9), TransientError),
        (refusal(10), TransientError),
        (refusal(15, "isp.top-remote-connection-timeout"), TransientError),
        (refusal(15), TransientError),
        (refusal(15, "isv.invalid-parameter"), PermanentError),
        (refusal(11, "isv.permission-api-package-limit"), ScopeError),
        (refusal(31, "isv.invalid-timestamp"), ClockError),
        (refusal(25, "isv.invalid-signature"), PermanentError),
        (refusal(40), PermanentError),
        (refusal(26), AuthError),
        (refusal(27, "invalid-sessionkey"), AuthError),
        (b"<html>502 Bad Gateway</html>", TransientError),
        (b'{"trades_sold_increment_get_resp', TransientError),
        (b"", TransientError),
        (b"[]", TransientError),
        (b"{}", TransientError),
        (b'{"trades_sold_increment_get_response":{"total_results":"many"}}', TransientError),
        (b'{"trades_sold_increment_get_response":{"trades":{"trade":5}}}', TransientError),
        (b'{"trades_sold_increment_get_response":{"trades":5}}', TransientError),
    ],
)
async def test_answers_are_classified_by_what_to_do_next(
    body: bytes, error: type[MarketplaceError]
) -> None:
    """TOP says everything with HTTP 200: code and sub_code decide between wait, retry and stop."""
    shop = Shop(answering(body))

    with pytest.raises(MarketplaceError) as caught:
        await pull(shop.adapter())

    assert error is type(caught.value)


@pytest.mark.parametrize("status", [302, 403, 500, 502, 504])
async def test_other_http_statuses_are_transient(status: int) -> None:
    """TOP itself always says 200: another status is a proxy's or a balancer's, and passes."""
    shop = Shop(answering("{}", status))

    with pytest.raises(TransientError, match=str(status)):
        await pull(shop.adapter())


@pytest.mark.parametrize("failure", [httpx.ReadTimeout, httpx.ConnectError, httpx.ReadError])
async def test_network_failures_are_transient(failure: type[httpx.TransportError]) -> None:
    """A time-out or a broken connection may be tried again."""

    def fail(request: httpx.Request) -> httpx.Response:
        raise failure("session=6100-first-session", request=request)

    with pytest.raises(TransientError) as caught:
        await pull(Shop(httpx.MockTransport(fail)).adapter())

    assert f"taobao.trades.sold.increment.get: {failure.__name__}" == str(caught.value)


async def test_a_ban_tells_how_long_it_lasts(sandbox: TopSandbox, shop: Shop) -> None:
    """The seconds stand in a sentence of the message; the engine waits that long."""
    sandbox.faults.set({"throttle": 1, "ban_seconds": 17})

    with pytest.raises(ThrottleError) as caught:
        await pull(shop.adapter())

    assert 17.0 == caught.value.retry_after


@pytest.mark.parametrize("fault", ["fail", "html", "truncate"])
async def test_passing_faults_pass(
    sandbox: TopSandbox, shop: Shop, trade_feed: MemoryFeed, fault: str
) -> None:
    """After a fault on the platform's side the same window is read as if nothing had been."""
    trade_feed.put(trade(1))
    sandbox.faults.set({fault: 1})
    adapter = shop.adapter()

    with pytest.raises(TransientError):
        await pull(adapter)
    pages = await pull(adapter)

    assert ["1"] == ids(pages)


async def test_an_expired_session_is_renewed(
    sandbox: TopSandbox, top_shop: TopShop, shop: Shop
) -> None:
    """The new tokens are saved at once, because TOP has voided the old ones; the pull goes on."""
    sandbox.faults.set({"expire": True})

    pages = await pull(shop.adapter())

    expected = {
        **CREDENTIALS,
        "session": top_shop.session,
        "refresh_token": top_shop.refresh_token,
        **ends(NOW, 365 * 86_400, 365 * 86_400),
    }
    assert [expected] == [saved.values for saved in shop.saved]
    assert 1 == len(pages)


async def test_concurrent_pulls_renew_once(sandbox: TopSandbox, shop: Shop) -> None:
    """Two pulls that meet the expired session together share one renewal: a second would fail."""
    sandbox.faults.set({"expire": True})
    adapter = shop.adapter()

    both = await asyncio.gather(pull(adapter, "orders"), pull(adapter, "refunds"))

    assert [1, 1] == [len(pages) for pages in both]
    assert 1 == len(sandbox.log.of(REFRESH))
    assert 1 == len(shop.saved)


async def test_a_late_refusal_of_the_old_session_renews_nothing() -> None:
    """A call that was under way while another renewed is repeated with the new session."""
    asked = []

    async def answer(request: httpx.Request) -> httpx.Response:
        form = dict(parse_qsl(request.content.decode()))
        asked.append(form["method"])
        if form["method"] == REFRESH:
            return httpx.Response(200, content=renewed())
        if form["session"] == "new":
            root = form["method"].removeprefix("taobao.").replace(".", "_")
            return httpx.Response(200, json={f"{root}_response": {"total_results": 0}})
        await asyncio.sleep(0.02 if "refunds" in form["method"] else 0)
        return httpx.Response(200, content=refusal(27))

    adapter = Shop(httpx.MockTransport(answer)).adapter()

    await asyncio.gather(pull(adapter, "orders"), pull(adapter, "refunds"))

    assert 1 == asked.count(REFRESH)


async def test_a_session_refused_after_renewal_is_the_merchants_business() -> None:
    """One renewal per call: a second refusal is raised, not renewed again and again."""
    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        if REFRESH.encode() in request.content:
            return httpx.Response(200, content=renewed())
        return httpx.Response(200, content=refusal(27))

    with pytest.raises(AuthError):
        await pull(Shop(httpx.MockTransport(answer)).adapter())

    assert 3 == len(asked)


async def test_a_void_refresh_token_asks_for_a_new_authorisation(
    sandbox: TopSandbox, shop: Shop
) -> None:
    """TOP refuses it like a wrong parameter; to the merchant it means: authorise anew."""
    shop.credentials = {**CREDENTIALS, "refresh_token": "long-gone"}
    sandbox.faults.set({"expire": True})

    with pytest.raises(AuthError, match="must authorise the app anew"):
        await pull(shop.adapter())

    assert [] == shop.saved


async def test_a_shop_without_refresh_token_is_told_so(sandbox: TopSandbox, shop: Shop) -> None:
    """Only service-market apps can renew; all others authorise again."""
    shop.credentials = {**CREDENTIALS, "refresh_token": ""}
    sandbox.faults.set({"expire": True})

    with pytest.raises(AuthError, match="no refresh token"):
        await pull(shop.adapter())


async def test_a_renewal_survives_the_pull_that_wanted_it() -> None:
    """Cancelled between TOP's answer and the saving, the only valid tokens would be lost."""
    renewing = asyncio.Event()

    async def answer(request: httpx.Request) -> httpx.Response:
        if REFRESH.encode() not in request.content:
            return httpx.Response(200, content=refusal(27))
        renewing.set()
        await asyncio.sleep(0.01)
        return httpx.Response(200, content=renewed())

    shop = Shop(httpx.MockTransport(answer))
    pulling = asyncio.create_task(pull(shop.adapter()))
    await renewing.wait()

    pulling.cancel()
    await asyncio.sleep(0.05)

    assert pulling.cancelled()
    assert ["new"] == [saved["session"] for saved in shop.saved]


@pytest.mark.parametrize("secret", ["app_secret", "session", "refresh_token"])
async def test_errors_hide_secrets_that_top_repeats(secret: str) -> None:
    """Neither text nor repr of an error holds a token, even where the platform's message does."""
    body = refusal(15, "isv.invalid-parameter", f"no such value {CREDENTIALS[secret]}")

    with pytest.raises(PermanentError) as caught:
        await pull(Shop(answering(body)).adapter())

    told = f"{caught.value!s} {caught.value!r} {caught.value.__cause__!r}"
    assert CREDENTIALS[secret] not in told
    assert "no such value ***" in told


async def test_half_an_emoji_costs_one_character(shop: Shop) -> None:
    """A title cut in the middle of a surrogate pair is no valid JSON; its page is still read."""
    whole = orjson.dumps(
        {"trades_sold_increment_get_response": {"total_results": 1, "trades": {"trade": [trade()]}}}
    )
    body = whole.replace("保温杯".encode(), b"cup \\ud83d")

    pages = await pull(Shop(answering(body)).adapter())

    assert ["cup ?"] == [each.title for record in records(pages) for each in record.lines]


async def test_a_broken_renewal_is_tried_again(shop: Shop) -> None:
    """An answer without tokens says nothing about the refresh token: the call may be repeated."""

    def answer(request: httpx.Request) -> httpx.Response:
        content: dict[str, Any] = {"top_auth_token_refresh_response": {"token_result": "{}"}}
        is_renewal = REFRESH.encode() in request.content
        return httpx.Response(200, content=orjson.dumps(content) if is_renewal else refusal(27))

    with pytest.raises(TransientError, match="holds no session"):
        await pull(Shop(httpx.MockTransport(answer)).adapter())
