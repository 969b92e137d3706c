"""What PDD's answers mean for the caller, and how a token is renewed."""

import asyncio
from typing import Any
from urllib.parse import parse_qsl

import httpx
import orjson
import pytest

from core.marketplace.errors import (
    AuthError,
    MarketplaceError,
    PermanentError,
    ScopeError,
    ThrottleError,
    TransientError,
)
from core.marketplace.renewal import ends
from core.marketplace.sandbox import MemoryFeed
from plugins.marketplaces.pinduoduo.client import REFRESH, read_answer
from plugins.marketplaces.pinduoduo.sandbox import PddSandbox, PddShop
from tests.plugins.marketplaces.pinduoduo.builders import (
    CREDENTIALS,
    HALF_HOUR,
    NOW,
    Shop,
    answering,
    numbers,
    order,
    pull,
    records,
)

ORDERS = "order_sn_increment_get_response"
pytestmark = pytest.mark.anyio


def refusal(code: int, sub_msg: str = "") -> bytes:
    error = {"error_code": code, "error_msg": "said", "sub_code": None, "sub_msg": sub_msg}
    return orjson.dumps({"error_response": error})


def renewed() -> bytes:
    tokens = {"access_token": "new", "refresh_token": "newer", "expires_in": 86400}
    return orjson.dumps({"pop_auth_token_refresh_response": tokens})


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (52101, ThrottleError),
        (70031, ThrottleError),
        (50000, TransientError),
        (50002, TransientError),
        (52001, TransientError),
        (52002, TransientError),
        (52102, TransientError),
        (52103, TransientError),
        (70033, TransientError),
        (10019, AuthError),
        (10035, AuthError),
        (10000, PermanentError),
        (10001, PermanentError),
        (10016, PermanentError),
        (10017, PermanentError),
        (20004, PermanentError),
        (20005, PermanentError),
        (20031, ScopeError),
        (20032, PermanentError),
        (50001, PermanentError),
        (70032, PermanentError),
        (70036, PermanentError),
    ],
)
async def test_codes_are_classified_by_what_to_do_next(
    code: int, error: type[MarketplaceError]
) -> None:
    """PDD says everything with HTTP 200: the code decides between renew, wait, retry and stop."""
    with pytest.raises(MarketplaceError) as caught:
        await pull(Shop(answering(refusal(code))).adapter())

    assert (error, str(code)) == (type(caught.value), caught.value.platform_code)


@pytest.mark.parametrize(
    "body",
    [
        b"<html>502 Bad Gateway</html>",
        b'{"order_sn_increment_get_resp',
        b"",
        b"[]",
        b"{}",
        b'{"order_number_list_increment_get_response":{}}',
        b'{"order_sn_increment_get_response":{"total_count":"many"}}',
        b'{"order_sn_increment_get_response":{"total_count":1,"order_sn_list":5}}',
        b'{"order_sn_increment_get_response":{"order_sn_list":[{}]}}',
        b"[" * 100_000,
    ],
)
async def test_broken_answers_may_be_asked_for_again(body: bytes) -> None:
    """A proxy's page, half an answer, another root or a list without its total say nothing."""
    with pytest.raises(TransientError):
        await pull(Shop(answering(body)).adapter())


@pytest.mark.parametrize("status", [302, 403, 429, 500, 502, 504])
async def test_other_http_statuses_are_transient(status: int) -> None:
    """PDD itself always says 200: another status is a proxy's or a balancer's, and passes."""
    with pytest.raises(TransientError, match=str(status)):
        await pull(Shop(answering("{}", status)).adapter())


@pytest.mark.parametrize("failure", [httpx.ReadTimeout, httpx.ConnectError, httpx.ReadError])
async def test_network_failures_are_transient(failure: type[httpx.TransportError]) -> None:
    """A time-out or a broken connection may be tried again; what it says is not repeated."""

    def fail(request: httpx.Request) -> httpx.Response:
        raise failure("access_token=first-access-token", request=request)

    with pytest.raises(TransientError) as caught:
        await pull(Shop(httpx.MockTransport(fail)).adapter())

    assert f"pdd.order.number.list.increment.get: {failure.__name__}" == str(caught.value)


def test_a_single_refund_comes_without_a_root() -> None:
    """PDD's refund information stands at the top of the answer, unlike all others."""
    body = b'{"id":7,"refund_amount":2000,"recreated_at":1795312800000}'

    content = read_answer("pdd.refund.information.get", 200, body)

    assert {"id": 7, "refund_amount": 2000, "recreated_at": 1795312800000} == content


@pytest.mark.parametrize("method", ["pdd.refund.information.get", "pdd.goods.list.get"])
def test_a_refusal_looks_alike_everywhere(method: str) -> None:
    """Also a method whose answers have no root refuses with `error_response`."""
    with pytest.raises(ThrottleError):
        read_answer(method, 200, refusal(52101))


@pytest.mark.parametrize(
    ("code", "error"), [(50001, PermanentError), (52101, ThrottleError), (None, PermanentError)]
)
async def test_ad_reports_refuse_in_their_own_way(
    code: int | None, error: type[MarketplaceError]
) -> None:
    """Their answers say `success: false` under the root of a success."""
    told = {"success": False, "errorCode": code, "errorMsg": "said", "result": None}

    with pytest.raises(MarketplaceError) as caught:
        await pull(Shop(answering(orjson.dumps({"response": told}))).adapter(), "ad_spend")

    assert error is type(caught.value)


@pytest.mark.parametrize("amount", ["118.10", "0.29", "1.0", "90071992547409.93", "1.15e2"])
async def test_amounts_do_not_go_through_floats(amount: str) -> None:
    """PDD writes yuan as JSON numbers: their text is kept, digit by digit."""
    row = orjson.dumps(order(pay_amount="AMOUNT")).replace(b'"AMOUNT"', amount.encode())
    body = b'{"%s":{"total_count":1,"order_sn_list":[%s]}}' % (ORDERS.encode(), row)

    (page,) = await pull(Shop(answering(body)).adapter())

    (mapped,) = page.items
    assert amount == mapped.payload.body["pay_amount"]


async def test_half_an_emoji_costs_one_character() -> None:
    """A name cut in the middle of a surrogate pair is no valid JSON; its page is still read."""
    whole = orjson.dumps({ORDERS: {"total_count": 1, "order_sn_list": [order()]}})
    body = whole.replace("保温杯".encode(), b"cup \\ud83d\\ude00 \\ud83d")

    pages = await pull(Shop(answering(body)).adapter())

    assert ["cup 😀 ?"] == [each.title for record in records(pages) for each in record.lines]


async def test_a_limit_comes_without_a_time(sandbox: PddSandbox, shop: Shop) -> None:
    """PDD doesn't say how long a limit lasts: the engine waits by its own measure."""
    sandbox.faults.set({"throttle": 1})

    with pytest.raises(ThrottleError) as caught:
        await pull(shop.adapter())

    assert caught.value.retry_after is None


@pytest.mark.parametrize("fault", ["fail", "html", "truncate"])
async def test_passing_faults_pass(
    sandbox: PddSandbox, shop: Shop, order_feed: MemoryFeed, fault: str
) -> None:
    """After a fault on the platform's side the same window is read as if nothing had been."""
    order_feed.put(order(1))
    sandbox.faults.set({fault: 1})
    adapter = shop.adapter()

    with pytest.raises(TransientError):
        await pull(adapter)
    pages = await pull(adapter)

    assert [1] == numbers(pages)


async def test_an_expired_token_is_renewed(sandbox: PddSandbox, mall: PddShop, shop: Shop) -> None:
    """The new tokens are saved at once, because PDD has voided the old ones; the pull goes on."""
    sandbox.faults.set({"expire": True})

    pages = await pull(shop.adapter())

    expected = {
        **CREDENTIALS,
        "access_token": mall.access_token,
        "refresh_token": mall.refresh_token,
        **ends(NOW, 86_400, 30 * 86_400),
    }
    assert [expected] == [saved.values for saved in shop.saved]
    assert 1 == len(pages)


async def test_concurrent_pulls_renew_once(sandbox: PddSandbox, shop: Shop) -> None:
    """Two pulls that meet the expired token together share one renewal: a second would fail."""
    sandbox.faults.set({"expire": True})
    adapter = shop.adapter()

    both = await asyncio.gather(pull(adapter, "orders"), pull(adapter, "refunds"))

    assert [1, 24] == [len(pages) for pages in both]
    assert (1, 1) == (len(sandbox.log.of(REFRESH)), len(shop.saved))


async def test_a_late_refusal_of_the_old_token_renews_nothing() -> None:
    """A call that was under way while another renewed is repeated with the new token."""
    asked = []

    async def answer(request: httpx.Request) -> httpx.Response:
        form = dict(parse_qsl(request.content.decode()))
        asked.append(form["type"])
        if form["type"] == REFRESH:
            return httpx.Response(200, content=renewed())
        if form["access_token"] == "new":
            found: dict[str, Any] = {"total_count": 0}
            return httpx.Response(200, json={ORDERS: found, "goods_list_get_response": found})
        await asyncio.sleep(0.02 if "goods" in form["type"] else 0)
        return httpx.Response(200, content=refusal(10019))

    adapter = Shop(httpx.MockTransport(answer)).adapter()

    await asyncio.gather(pull(adapter, "orders"), pull(adapter, "products"))

    assert 1 == asked.count(REFRESH)


async def test_a_token_refused_after_renewal_is_the_merchants_business() -> None:
    """One renewal per call: a second refusal is raised, not renewed again and again."""
    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        is_renewal = REFRESH.encode() in request.content
        return httpx.Response(200, content=renewed() if is_renewal else refusal(10019))

    with pytest.raises(AuthError):
        await pull(Shop(httpx.MockTransport(answer)).adapter())

    assert 3 == len(asked)


async def test_a_void_refresh_token_asks_for_a_new_authorisation(
    sandbox: PddSandbox, shop: Shop
) -> None:
    """A refresh token that PDD no longer knows: only the merchant can help, and is told so."""
    shop.credentials = {**CREDENTIALS, "refresh_token": "long-gone"}
    sandbox.faults.set({"expire": True})

    with pytest.raises(AuthError, match="must authorise the app anew"):
        await pull(shop.adapter())

    assert [] == shop.saved


async def test_a_shop_without_refresh_token_is_told_so(sandbox: PddSandbox, shop: Shop) -> None:
    """Nothing to renew with: the merchant authorises again."""
    shop.credentials = {**CREDENTIALS, "refresh_token": ""}
    sandbox.faults.set({"expire": True})

    with pytest.raises(AuthError, match="no refresh token"):
        await pull(shop.adapter())


async def test_a_renewal_survives_the_pull_that_wanted_it() -> None:
    """Cancelled between PDD's answer and the saving, the only valid tokens would be lost."""
    renewing = asyncio.Event()

    async def answer(request: httpx.Request) -> httpx.Response:
        if REFRESH.encode() not in request.content:
            return httpx.Response(200, content=refusal(10019))
        renewing.set()
        await asyncio.sleep(0.01)
        return httpx.Response(200, content=renewed())

    shop = Shop(httpx.MockTransport(answer))
    pulling = asyncio.create_task(pull(shop.adapter()))
    await renewing.wait()

    pulling.cancel()
    await asyncio.sleep(0.05)

    assert pulling.cancelled()
    assert ["new"] == [saved["access_token"] for saved in shop.saved]


async def test_a_broken_renewal_is_tried_again() -> None:
    """An answer without tokens says nothing about the refresh token: the call may be repeated."""

    def answer(request: httpx.Request) -> httpx.Response:
        is_renewal = REFRESH.encode() in request.content
        empty = orjson.dumps({"pop_auth_token_refresh_response": {}})
        return httpx.Response(200, content=empty if is_renewal else refusal(10019))

    with pytest.raises(TransientError, match="holds no token"):
        await pull(Shop(httpx.MockTransport(answer)).adapter())


@pytest.mark.parametrize("secret", ["client_secret", "access_token", "refresh_token"])
async def test_errors_hide_secrets_that_pdd_repeats(secret: str) -> None:
    """Neither text nor repr of an error holds a token, even where the platform's message does."""
    body = refusal(10001, f"no such value {CREDENTIALS[secret]}")

    with pytest.raises(PermanentError) as caught:
        await pull(Shop(answering(body)).adapter(), window=HALF_HOUR)

    told = f"{caught.value!s} {caught.value!r} {caught.value.__cause__!r}"
    assert CREDENTIALS[secret] not in told
    assert "no such value ***" in told
