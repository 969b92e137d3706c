"""What JD's answers mean for the caller, and how tokens are renewed while JD still does."""

import asyncio
import logging
from datetime import timedelta
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
    ThrottleError,
    TransientError,
)
from core.marketplace.sandbox import MemoryFeed, SetClock
from plugins.marketplaces.jd.client import RefusedError
from plugins.marketplaces.jd.sandbox import JosSandbox, JosShop
from tests.plugins.marketplaces.jd.builders import (
    CREDENTIALS,
    ENDS,
    OAUTH_URL,
    Shop,
    answering,
    ids,
    order,
    pull,
    records,
)

pytestmark = pytest.mark.anyio

ROOT = "jingdong_pop_order_search_responce"
LAST_DAY = ENDS - timedelta(hours=23)


def refusal(code: str, english: str = "said", chinese: str = "") -> bytes:
    error = {"code": code, "en_desc": english, "zh_desc": chinese}
    return orjson.dumps({"error_response": error})


def searched(**result: Any) -> bytes:
    return orjson.dumps({ROOT: {"code": "0", "searchorderinfo_result": result}})


def failed(**verdict: Any) -> bytes:
    return searched(apiResult={"success": False, **verdict})


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (refusal("2"), ThrottleError),
        (refusal("99", chinese="接口调用过于频繁"), ThrottleError),
        (refusal("1", "Service unavailable"), TransientError),
        (refusal("65", "backend timed out"), TransientError),
        (refusal("67", chinese="系统异常"), TransientError),
        (refusal("12", "Invalid signature"), PermanentError),
        (refusal("8", "Invalid timestamp"), ClockError),
        (refusal("22", "Invalid app_key"), PermanentError),
        (refusal("19", "Invalid access_token"), AuthError),
        (orjson.dumps({"code": "12", "errorMessage": "sign"}), PermanentError),
        (orjson.dumps({ROOT: {"code": "2"}}), ThrottleError),
        (failed(numberCode=10100, englishErrCode="no such field"), RefusedError),
        (failed(numberCode=10100, chineseErrCode="系统繁忙，请稍后重试"), TransientError),
        (failed(numberCode=10100, chineseErrCode="调用频繁"), ThrottleError),
        (searched(apiResult={"success": "false"}), RefusedError),
        (b"<html>502 Bad Gateway</html>", TransientError),
        (b'{"jingdong_pop_order_sea', TransientError),
        (b"", TransientError),
        (b"[]", TransientError),
        (b"{}", TransientError),
        (orjson.dumps({ROOT: {"code": "0"}}), TransientError),
        (searched(orderTotal="many", orderInfoList=[]), TransientError),
        (searched(orderTotal=1, orderInfoList=5), TransientError),
        (searched(orderInfoList=[order()]), TransientError),
    ],
)
async def test_answers_are_classified_by_what_to_do_next(
    body: bytes, error: type[MarketplaceError]
) -> None:
    """JD says everything with HTTP 200: the body decides between wait, retry and stop."""
    shop = Shop(answering(body))

    with pytest.raises(MarketplaceError) as caught:
        await pull(shop.adapter())

    assert error is type(caught.value)


@pytest.mark.parametrize(
    "verdict",
    [{"success": False, "code": "00000"}, {"success": True, "code": "20001"}, {"code": 7}],
)
async def test_the_aftersale_listing_has_a_word_of_its_own(verdict: dict[str, Any]) -> None:
    """JD: `success` true and code 00000 together are a success, one alone is none."""
    content = {"code": "0", "pageResult": {"totalCount": 0, "data": [], **verdict}}
    body = orjson.dumps({"jingdong_asc_serviceAndRefund_view_responce": content})

    with pytest.raises(RefusedError):
        await pull(Shop(answering(body)).adapter(), "refunds")


@pytest.mark.parametrize("success", [True, "true", "True"])
@pytest.mark.parametrize("total", [1, "1"])
async def test_success_and_counts_may_be_text(success: Any, total: Any) -> None:
    """JD's clients know both forms of the same answer."""
    body = searched(apiResult={"success": success}, orderTotal=total, orderInfoList=[order(7)])

    (page,) = await pull(Shop(answering(body)).adapter())

    assert (["7"], 1) == (ids([page]), page.reported)


@pytest.mark.parametrize("status", [302, 403, 500, 502, 504])
async def test_other_http_statuses_are_transient(status: int) -> None:
    """JD itself always says 200: another status is a proxy's or a balancer's, and passes."""
    with pytest.raises(TransientError, match=str(status)):
        await pull(Shop(answering("{}", status)).adapter())


@pytest.mark.parametrize("failure", [httpx.ReadTimeout, httpx.ConnectError, httpx.ReadError])
async def test_network_failures_are_transient(failure: type[httpx.TransportError]) -> None:
    """A time-out or a broken connection may be tried again; its own text is not told."""

    def fail(request: httpx.Request) -> httpx.Response:
        raise failure("access_token=first-access-token", request=request)

    with pytest.raises(TransientError) as caught:
        await pull(Shop(httpx.MockTransport(fail)).adapter())

    assert f"jingdong.pop.order.search: {failure.__name__}" == str(caught.value)


async def test_a_limit_tells_how_long_to_wait(sandbox: JosSandbox, shop: Shop) -> None:
    """The seconds stand in a sentence, in either language; the engine waits that long."""
    sandbox.faults.set({"throttle": 1, "ban_seconds": 17})

    with pytest.raises(ThrottleError) as caught:
        await pull(shop.adapter())

    assert 17.0 == caught.value.retry_after


@pytest.mark.parametrize("fault", ["fail", "html", "truncate"])
async def test_passing_faults_pass(
    sandbox: JosSandbox, shop: Shop, order_feed: MemoryFeed, fault: str
) -> None:
    """After a fault on the platform's side the same window is read as if nothing had been."""
    order_feed.put(order(1))
    sandbox.faults.set({fault: 1})
    adapter = shop.adapter()

    with pytest.raises(TransientError):
        await pull(adapter)
    pages = await pull(adapter)

    assert ["1"] == ids(pages)


async def test_half_an_emoji_costs_one_character() -> None:
    """A name cut in the middle of a surrogate pair is no valid text; its page is still read."""
    body = searched(orderTotal=1, orderInfoList=[order()])
    body = body.replace("保温杯 红色".encode(), b"cup \\ud83d")

    pages = await pull(Shop(answering(body)).adapter())

    assert ["cup ?"] == [each.title for record in records(pages) for each in record.lines]


# --- tokens ----------------------------------------------------------------------------------


async def test_a_token_in_its_last_day_is_renewed(
    sandbox: JosSandbox, jos_shop: JosShop, shop: Shop, clock: SetClock
) -> None:
    """JD renews in the last 24 hours only; the new tokens are saved at once, with their end."""
    clock.now = LAST_DAY

    pages = await pull(shop.adapter())

    assert jos_shop.expires_at is not None
    expected = {
        **CREDENTIALS,
        "access_token": jos_shop.access_token,
        "refresh_token": jos_shop.refresh_token,
        "expires_at": f"{jos_shop.expires_at.timestamp():.0f}",
    }
    assert [expected] == [saved.values for saved in shop.saved]
    assert (1, 1) == (len(pages), jos_shop.renewals)


async def test_a_token_is_not_renewed_earlier(
    sandbox: JosSandbox, shop: Shop, clock: SetClock
) -> None:
    """25 hours before its end JD would refuse, so it is not asked."""
    clock.now = ENDS - timedelta(hours=25)

    await pull(shop.adapter())

    assert [] == sandbox.log.of("refresh_token")


async def test_an_expired_token_is_the_merchants_business(
    sandbox: JosSandbox, shop: Shop, clock: SetClock
) -> None:
    """After its end JD never renews a token: the merchant is told, and JD is not asked."""
    clock.now = ENDS + timedelta(seconds=1)

    with pytest.raises(AuthError, match="must authorise the app anew"):
        await pull(shop.adapter())

    assert ([], []) == (sandbox.log.of("refresh_token"), shop.saved)


async def test_a_revoked_token_is_not_renewed(sandbox: JosSandbox, shop: Shop) -> None:
    """Refused long before its end, it was revoked: JD would not renew it now."""
    sandbox.faults.set({"expire": True})

    with pytest.raises(AuthError, match="must authorise the app anew"):
        await pull(shop.adapter())

    assert [] == sandbox.log.of("refresh_token")


async def test_without_a_known_end_one_renewal_is_tried(sandbox: JosSandbox, shop: Shop) -> None:
    """Tokens entered without `expires_at` may be renewable still; JD's no is told as what it is."""
    shop.credentials = {**CREDENTIALS, "expires_at": ""}
    sandbox.faults.set({"expire": True})

    with pytest.raises(AuthError, match="`expires_at`"):
        await pull(shop.adapter())

    assert 1 == len(sandbox.log.of("refresh_token"))


async def test_concurrent_pulls_renew_once(
    sandbox: JosSandbox, shop: Shop, clock: SetClock
) -> None:
    """Two pulls of one adapter share one renewal: a second would be refused."""
    clock.now = LAST_DAY
    adapter = shop.adapter()

    both = await asyncio.gather(pull(adapter, "orders"), pull(adapter, "cancellations"))

    assert [1, 1] == [len(pages) for pages in both]
    assert (1, 1) == (len(sandbox.log.of("refresh_token")), len(shop.saved))


async def test_two_adapters_of_one_shop_renew_once(
    sandbox: JosSandbox, shop: Shop, clock: SetClock
) -> None:
    """Two workers of one process pull two streams: JD is asked once, and both save the answer."""
    clock.now = LAST_DAY
    sandbox.faults.set({"slow": 0.01})

    await asyncio.gather(pull(shop.adapter(), "orders"), pull(shop.adapter(), "cancellations"))

    assert 1 == len(sandbox.log.of("refresh_token"))
    assert 1 == len({saved["access_token"] for saved in shop.saved})


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(500),
        httpx.Response(200, content=b"<html>"),
        httpx.Response(200, json={}),
        httpx.Response(200, json={"code": "402", "msg": "first-refresh-token"}),
    ],
)
async def test_a_renewal_that_fails_costs_no_pull(answer: httpx.Response, clock: SetClock) -> None:
    """The old token is good until its end: the pull goes on, and it is tried again in an hour."""
    asked = []

    def answered(request: httpx.Request) -> httpx.Response:
        if str(request.url).startswith(OAUTH_URL):
            asked.append(request)
            return answer
        return httpx.Response(200, content=searched(orderTotal=0))

    clock.now = LAST_DAY
    adapter = Shop(httpx.MockTransport(answered), clock=clock).adapter()

    await pull(adapter)
    await pull(adapter)
    tries = len(asked)
    clock.advance(timedelta(hours=1))
    await pull(adapter)

    assert (1, 2) == (tries, len(asked))


async def test_a_renewal_survives_the_pull_that_wanted_it(clock: SetClock) -> None:
    """Cancelled between JD's answer and the saving, the only valid tokens would be lost."""
    renewing = asyncio.Event()

    async def answered(request: httpx.Request) -> httpx.Response:
        if not str(request.url).startswith(OAUTH_URL):
            return httpx.Response(200, content=searched(orderTotal=0))
        renewing.set()
        await asyncio.sleep(0.01)
        return httpx.Response(200, json={"access_token": "new", "refresh_token": "newer"})

    clock.now = LAST_DAY
    shop = Shop(httpx.MockTransport(answered), clock=clock)
    pulling = asyncio.create_task(pull(shop.adapter()))
    await renewing.wait()

    pulling.cancel()
    await asyncio.sleep(0.05)

    assert pulling.cancelled()
    assert ["new"] == [saved["access_token"] for saved in shop.saved]


async def test_a_shop_without_refresh_token_is_told_so(sandbox: JosSandbox, shop: Shop) -> None:
    """Nothing to renew with: the merchant must act."""
    shop.credentials = {**CREDENTIALS, "refresh_token": "", "expires_at": ""}
    sandbox.faults.set({"expire": True})

    with pytest.raises(AuthError, match="there is none"):
        await pull(shop.adapter())


# --- secrets ---------------------------------------------------------------------------------


@pytest.mark.parametrize("secret", ["app_secret", "access_token", "refresh_token"])
@pytest.mark.parametrize("kind", ["gateway", "code", "business"])
async def test_errors_hide_secrets_that_jd_repeats(secret: str, kind: str) -> None:
    """JD's Chinese sentence for code 19 holds the token itself; other texts may too."""
    value = CREDENTIALS[secret]
    body = {
        "gateway": refusal("12", f"no such value {value}", f"重新授权访问 {value}"),
        "code": refusal(value),
        "business": failed(numberCode=value, englishErrCode=f"bad {value}", chineseErrCode=value),
    }[kind]

    with pytest.raises(PermanentError) as caught:
        await pull(Shop(answering(body)).adapter())

    told = f"{caught.value!s} {caught.value!r} {caught.value.__cause__!r} {vars(caught.value)}"
    assert value not in told


async def test_jds_own_sentence_for_a_bad_token_is_not_told(
    sandbox: JosSandbox, shop: Shop
) -> None:
    """JD's Chinese sentence for code 19 ends with the token: its English one is told instead."""
    shop.credentials = {**CREDENTIALS, "access_token": "somebody-elses-token"}

    with pytest.raises(AuthError) as caught:
        await pull(shop.adapter())

    assert "somebody-elses-token" not in f"{caught.value}"
    assert "授权访问" not in f"{caught.value}"
    assert ("19", True) == (caught.value.platform_code, "Invalid access_token" in str(caught.value))


async def test_the_log_of_http_calls_holds_no_secret(
    shop: Shop, clock: SetClock, caplog: pytest.LogCaptureFixture
) -> None:
    """JD's token address carries the app's secret, and the HTTP library logs addresses."""
    clock.now = LAST_DAY
    caplog.set_level(logging.DEBUG)

    await pull(shop.adapter())

    assert "oauth2/refresh_token" in caplog.text
    assert all(CREDENTIALS[name] not in caplog.text for name in ("app_secret", "refresh_token"))


async def test_the_form_goes_in_the_body(sandbox: JosSandbox) -> None:
    """Addresses are logged by proxies: the token stays out of them."""
    seen = []

    def answered(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, content=searched(orderTotal=0))

    await pull(Shop(httpx.MockTransport(answered)).adapter())

    (request,) = seen
    assert ("POST", b"") == (request.method, request.url.query)
    assert "first-access-token" == dict(parse_qsl(request.content.decode()))["access_token"]
