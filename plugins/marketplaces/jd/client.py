"""Speaks JOS, JD's open platform: signs, sends, names what went wrong, renews tokens in time.

JOS answers HTTP 200 to everything, failures included. They stand in the body: as `error_response`,
as a `code` beside the result, or as `success` false within it. Only `Client` touches the network.
"""

import asyncio
import json
import re
from collections.abc import Awaitable, Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from core.marketplace.answers import exact_object
from core.marketplace.contract import Credentials, ShopContext
from core.marketplace.errors import (
    AuthError,
    ClockError,
    MarketplaceError,
    PermanentError,
    RetryError,
    ThrottleError,
    TransientError,
)
from core.marketplace.mapping import without_secrets
from core.marketplace.renewal import Renewal
from core.marketplace.signing import sorted_pairs, wrapped_md5

GATEWAY = "https://api.jd.com/routerjson"
OAUTH = "https://open-oauth.jd.com/oauth2/refresh_token"
CHINA = ZoneInfo("Asia/Shanghai")  # JD's clock wherever the shop is: GMT+8, no summer time
PARAMS = "360buy_param_json"
RENEWABLE = timedelta(hours=24)
"""How long before its end JD renews a token; not earlier, and never afterwards."""
PAUSE = timedelta(hours=1)
"""Until a renewal that failed is tried again; the old token is good meanwhile."""

ANEW = (
    "the merchant must authorise the app anew; with `expires_at` (Unix seconds) among the "
    "credentials, tokens are renewed in time"
)
HEADERS = {"Content-Type": "application/x-www-form-urlencoded;charset=utf-8"}

UNAUTHORISED = "19"
THROTTLED = "2"
WRONG_TIME = "8"
SUCCESS = {
    "jingdong.asc.serviceAndRefund.view": ("code", "00000"),
    "jingdong.b2c.shop.aftersales.refund.get": ("errorCode", "200"),
}
"""Where a method says besides `success` that it went well, and with which word."""
_THROTTLE_WORDS = re.compile(r"(?i)call limited|too many|too frequent|rate limit|频繁|限流|次数超")
_PASSING_WORDS = re.compile(
    r"(?i)time ?-?d? ?out|unavailable|busy|system (?:error|exception)|超时|繁忙|系统异常|稍后"
)
_WAIT = re.compile(r"(\d+)\s*(?:more\s+)?(?:seconds?|秒)")

_FLIGHTS: dict[tuple[str, str], asyncio.Task[dict[str, str]]] = {}
"""Renewals under way in this process: adapters of one shop share one."""


class RefusedError(PermanentError):
    """JD understood the call, and its business result says no."""


def sign(params: Mapping[str, str], secret: str) -> str:
    """JD's signature over all parameters but `sign`, the business parameters' JSON included."""
    return wrapped_md5(secret, sorted_pairs(params)).upper()


def wall_clock(moment: datetime) -> str:
    """A time as JD writes it: `yyyy-MM-dd HH:mm:ss`, GMT+8, to the second."""
    return moment.astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S")


def signed_form(
    method: str,
    params: Mapping[str, Any],
    credentials: Credentials,
    *,
    access_token: str,
    now: datetime,
) -> dict[str, str]:
    """The form to send. The JSON that is signed is the JSON that is sent, to the letter."""
    business = json.dumps(params, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    form = {
        "method": method,
        "app_key": credentials["app_key"],
        "access_token": access_token,
        "timestamp": wall_clock(now),
        "v": "2.0",
        PARAMS: business,
    }
    return {**form, "sign": sign(form, credentials["app_secret"])}


def read_answer(
    method: str, status: int, body: bytes, secrets: Collection[str] = ()
) -> dict[str, Any]:
    """What stands under the answer's root; raises the error that the body speaks of.

    secrets: values that must not show up in an error's text, should JD repeat them.
    """
    if status == 429:
        raise ThrottleError(f"{method}: HTTP 429", platform_code="429")
    if status != 200:
        raise TransientError(f"{method}: HTTP {status}", platform_code=str(status))
    answer = exact_object(method, body)
    content = answer.get(method.replace(".", "_") + "_responce")  # JD's own spelling
    error = answer.get("error_response", answer if "code" in answer else None)
    if isinstance(error, dict) and content is None:
        raise _error(method, error, secrets)
    if not isinstance(content, dict):
        raise TransientError(f"{method}: the answer lacks its root")
    if str(content.get("code", "0")) != "0":
        raise _error(method, content, secrets)
    return content


def read_result(
    method: str, content: Mapping[str, Any], key: str, secrets: Collection[str] = ()
) -> dict[str, Any]:
    """The business result under `key`, once it says that the call was a success.

    Methods say so in their own ways: `success` of the result or of its `apiResult`, or not at all.
    """
    result = content.get(key)
    if not isinstance(result, dict):
        raise TransientError(f"{method}: {key} is no object")
    told = result.get("apiResult")
    verdict = told if isinstance(told, dict) else result
    if not _is_success(method, verdict):
        raise _refusal(method, verdict, secrets)
    return result


def _is_success(method: str, verdict: Mapping[str, Any]) -> bool:
    name, word = SUCCESS.get(method, ("", ""))
    says_so = str(verdict.get("success", "true")).lower() == "true"  # a boolean, or its word
    return says_so and str(verdict.get(name, word)) == word


def _error(method: str, error: Mapping[str, Any], secrets: Collection[str]) -> MarketplaceError:
    """The error by what to do next. JD's Chinese sentence is read but never told: it may hold the
    token."""
    told, code = str(error.get("en_desc") or ""), _told_code(secrets, error.get("code"))
    text = f"{method}: {code} {without_secrets(told, secrets)}".rstrip()
    words = f"{told} {error.get('zh_desc') or error.get('errorMessage') or ''}"
    if code == THROTTLED or _THROTTLE_WORDS.search(words):
        return ThrottleError(text, platform_code=code, retry_after=_seconds(words))
    if code == UNAUTHORISED:
        return AuthError(text, platform_code=code)
    if _PASSING_WORDS.search(words):
        return TransientError(text, platform_code=code)
    kind = ClockError if code == WRONG_TIME else PermanentError
    return kind(text, platform_code=code)


def _refusal(method: str, verdict: Mapping[str, Any], secrets: Collection[str]) -> MarketplaceError:
    names = ("numberCode", "errorCode", "resultCode", "code")
    code = _told_code(secrets, next((verdict[name] for name in names if name in verdict), ""))
    words = " ".join(
        str(verdict.get(key) or "")
        for key in ("englishErrCode", "chineseErrCode", "msg", "errorMsg")
    )
    told = without_secrets(str(verdict.get("englishErrCode") or ""), secrets)
    text = f"{method}: refused, {code} {told}".rstrip(" ,")
    if _THROTTLE_WORDS.search(words):
        return ThrottleError(text, platform_code=code, retry_after=_seconds(words))
    if _PASSING_WORDS.search(words):
        return TransientError(text, platform_code=code)
    return RefusedError(text, platform_code=code)


def _told_code(secrets: Collection[str], code: Any) -> str:
    return without_secrets(str(code), secrets)[:64]


def _seconds(words: str) -> float | None:
    wait = _WAIT.search(words)
    return float(wait[1]) if wait else None


class Client:
    """Calls JOS for one shop, and renews the shop's tokens while JD still does."""

    def __init__(self, context: ShopContext) -> None:
        self._context = context
        self._credentials = context.credentials
        self._url = str(context.config.get("base_url") or GATEWAY)
        self._oauth = str(context.config.get("oauth_url") or OAUTH)
        self._renewal = Renewal(self._renew)
        self._next_try = datetime.min.replace(tzinfo=UTC)

    async def call(self, method: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """The answer's content. An AuthError means: the merchant must authorise the app anew."""
        await self._renew_in_time()
        token = self._credentials["access_token"]
        try:
            return await self._send(method, params, token)
        except AuthError as refusal:
            if self._expires_at is not None and not self._is_renewable():
                raise AuthError(f"{refusal}; {ANEW}", platform_code=refusal.platform_code) from None
        await self._renew_once(token)
        return await self._send(method, params, self._credentials["access_token"])

    async def result(self, method: str, params: Mapping[str, Any], key: str) -> dict[str, Any]:
        """The business result of a call; RefusedError when it says no."""
        return read_result(method, await self.call(method, params), key, self._secrets())

    async def _send(self, method: str, params: Mapping[str, Any], token: str) -> dict[str, Any]:
        form = signed_form(
            method, params, self._credentials, access_token=token, now=self._context.now()
        )
        sent = self._context.http.post(self._url, data=form, headers=HEADERS)
        response = await _answered(method, sent)
        return read_answer(method, response.status_code, response.content, self._secrets())

    def _secrets(self) -> list[str]:
        public = {"app_key", "expires_at"}
        return [value for name, value in self._credentials.values.items() if name not in public]

    # --- tokens ------------------------------------------------------------------------------

    @property
    def _expires_at(self) -> datetime | None:
        text = self._credentials.get("expires_at")
        return datetime.fromtimestamp(int(text), UTC) if text.isdecimal() else None

    def _is_renewable(self) -> bool:
        end = self._expires_at
        return end is not None and end - RENEWABLE <= self._context.now() < end

    async def _renew_in_time(self) -> None:
        """A token in its last day is renewed. If that fails it is still good for the call."""
        if not self._is_renewable() or self._context.now() < self._next_try:
            return
        try:
            await self._renew_once(self._credentials["access_token"])
        except (AuthError, RetryError):
            self._next_try = self._context.now() + PAUSE

    async def _renew_once(self, stale: str) -> None:
        """New tokens, unless another call has got them meanwhile."""
        if self._credentials["access_token"] == stale:
            await self._renewal.once()

    async def _renew(self) -> None:
        refresh_token = self._credentials.get("refresh_token")
        if not refresh_token:
            raise AuthError(f"refresh_token: there is none; {ANEW}")
        tokens = await self._shared_flight(refresh_token)
        self._credentials = Credentials({**self._credentials.values, **tokens})
        await self._context.save_credentials(self._credentials)

    async def _shared_flight(self, refresh_token: str) -> dict[str, str]:
        """New tokens; other adapters of the shop that renew at the same time get the same ones."""
        key = (self._oauth, refresh_token)
        flight = _FLIGHTS.get(key)
        if flight is None or flight.get_loop() is not asyncio.get_running_loop():
            flight = asyncio.ensure_future(self._fetch_tokens(refresh_token))
            _FLIGHTS[key] = flight
            flight.add_done_callback(lambda _: _FLIGHTS.pop(key, None))
        return await asyncio.shield(flight)

    async def _fetch_tokens(self, refresh_token: str) -> dict[str, str]:
        query = {
            "app_key": self._credentials["app_key"],
            "app_secret": self._credentials["app_secret"],
            "grant_type": "refresh_token",
            "refresh_token": refresh_token,
        }
        sent = self._context.http.get(self._oauth, params=query)
        response = await _answered("refresh_token", sent)
        if response.status_code >= 500:
            raise TransientError(f"refresh_token: HTTP {response.status_code}")
        return _tokens(exact_object("refresh_token", response.content), self._context.now())


async def _answered(method: str, sent: Awaitable[httpx.Response]) -> httpx.Response:
    try:
        return await sent
    except httpx.HTTPError as failure:
        # Its text may hold the address, its `request` the form: only its kind is told.
        raise TransientError(f"{method}: {type(failure).__name__}") from None


def _tokens(answer: Mapping[str, Any], now: datetime) -> dict[str, str]:
    """Our names for the new tokens, and when they end. JD's refusal has a `code` instead."""
    token = answer.get("access_token")
    if not token:
        code = str(answer.get("code") or "")
        if not code:
            raise TransientError("refresh_token: the answer holds no token")
        raise AuthError(f"refresh_token: {without_secrets(code)}; {ANEW}", platform_code=code[:64])
    tokens = {"access_token": str(token)}
    if answer.get("refresh_token"):
        tokens["refresh_token"] = str(answer["refresh_token"])
    if str(answer.get("expires_in", "")).isdecimal():
        end = now + timedelta(seconds=int(answer["expires_in"]))
        tokens["expires_at"] = f"{end.timestamp():.0f}"
    return tokens
