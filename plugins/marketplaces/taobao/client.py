"""Speaks TOP, the open platform of Taobao and Tmall: signs, sends, and names what went wrong.

TOP answers HTTP 200 to everything it understands, failures included; they stand in the body as
`error_response` (https://open.taobao.com/doc.htm?docId=101645). Only `Client` touches the network.
"""

import re
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import orjson

from core.marketplace.answers import json_object
from core.marketplace.contract import Credentials, ShopContext
from core.marketplace.errors import (
    AuthError,
    ClockError,
    MarketplaceError,
    PermanentError,
    ScopeError,
    ThrottleError,
    TransientError,
)
from core.marketplace.mapping import without_secrets
from core.marketplace.renewal import Renewal, ends
from core.marketplace.signing import keyed_hash, sorted_pairs, wrapped_md5

GATEWAY = "https://eco.taobao.com/router/rest"
REFRESH = "taobao.top.auth.token.refresh"
CHINA = ZoneInfo("Asia/Shanghai")  # TOP's clock wherever the shop is: GMT+8, no summer time

ANEW = "the merchant must authorise the app anew"

DEFAULT_SIGN_METHOD = "md5"
"""The one that TOP documents with a worked sample (articleId=101617); `hmac` is confirmed by SDKs
alone, `hmac-sha256` by none that we could run."""

SIGN_METHODS: dict[str, Callable[[str, str], str]] = {
    "md5": wrapped_md5,
    "hmac": partial(keyed_hash, algorithm="md5"),
    "hmac-sha256": partial(keyed_hash, algorithm="sha256"),
}

HEADERS = {"Content-Type": "application/x-www-form-urlencoded;charset=utf-8"}
THROTTLED = "7"
UNAVAILABLE = frozenset({"9", "10"})
NO_SESSION = frozenset({"26", "27"})
NO_PERMISSION = frozenset({"11", "12", "13"})
WRONG_TIME = frozenset({"31"})
REMOTE = "15"
_BAN = re.compile(r"(\d+)\s*(?:more\s+)?second")  # "This ban will last for 1 more seconds"


def sign(params: Mapping[str, str], secret: str, method: str) -> str:
    """TOP's signature over all parameters but `sign`; `sign_method` itself is signed."""
    return SIGN_METHODS[method](secret, sorted_pairs(params)).upper()


def wall_clock(moment: datetime) -> str:
    """A time as TOP writes it: `yyyy-MM-dd HH:mm:ss`, GMT+8, to the second."""
    return moment.astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S")


def signed_form(
    method: str,
    params: Mapping[str, str],
    credentials: Credentials,
    *,
    session: str,
    sign_method: str,
    now: datetime,
) -> dict[str, str]:
    """The form to send. Empty parameters are left out: SDKs disagree on whether to sign them."""
    form = {
        **params,
        "method": method,
        "app_key": credentials["app_key"],
        "session": session,
        "timestamp": wall_clock(now),
        "format": "json",
        "v": "2.0",
        "sign_method": sign_method,
    }
    form = {name: value for name, value in form.items() if value != ""}
    return {**form, "sign": sign(form, credentials["app_secret"], sign_method)}


def read_answer(
    method: str, status: int, body: bytes, secrets: Collection[str] = ()
) -> dict[str, Any]:
    """What stands under the answer's root; raises the error that the body speaks of.

    secrets: values that must not show up in an error's text, should the platform repeat them.
    """
    if status != 200:
        raise TransientError(f"{method}: HTTP {status}", platform_code=str(status))
    answer = json_object(method, body)
    error = answer.get("error_response")
    if isinstance(error, dict):
        raise _error(method, error, secrets)
    content = answer.get(method.removeprefix("taobao.").replace(".", "_") + "_response")
    if not isinstance(content, dict):
        raise TransientError(f"{method}: the answer lacks its root")
    return content


def _error(method: str, error: Mapping[str, Any], secrets: Collection[str]) -> MarketplaceError:
    """The error by what to do next: `isp.*` is the platform's fault and passes, `isv.*` is ours."""
    code, sub_code = str(error.get("code")), str(error.get("sub_code") or "")
    told = " ".join(str(error[part]) for part in ("msg", "sub_code", "sub_msg") if error.get(part))
    text = f"{method}: {code} {without_secrets(told, secrets)}"
    platform_code = sub_code or code
    if code == THROTTLED or sub_code.startswith("accesscontrol.limited"):
        ban = _BAN.search(told)
        wait = float(ban[1]) if ban else None
        return ThrottleError(text, platform_code=platform_code, retry_after=wait)
    if code in NO_SESSION:
        return AuthError(text, platform_code=platform_code)
    if code in UNAVAILABLE or sub_code.startswith("isp.") or (code == REMOTE and not sub_code):
        return TransientError(text, platform_code=platform_code)
    kinds = ((NO_PERMISSION, ScopeError), (WRONG_TIME, ClockError))
    kind = next((kind for codes, kind in kinds if code in codes), PermanentError)
    return kind(text, platform_code=platform_code)


class Client:
    """Calls TOP for one shop, and renews the shop's session when TOP no longer knows it."""

    def __init__(self, context: ShopContext) -> None:
        self._context = context
        self._credentials = context.credentials
        self._url = str(context.config.get("base_url") or GATEWAY)
        self._sign_method = str(context.config.get("sign_method") or DEFAULT_SIGN_METHOD)
        self._renewal = Renewal(self._renew)
        if self._sign_method not in SIGN_METHODS:
            offered = ", ".join(SIGN_METHODS)
            raise PermanentError(f"sign_method {self._sign_method!r} is none of {offered}")

    async def call(self, method: str, params: Mapping[str, str]) -> dict[str, Any]:
        """The answer's content. An AuthError means: the merchant must authorise the app anew."""
        session = self._credentials["session"]
        try:
            return await self._send(method, params, session)
        except AuthError:
            await self._renew_once(session)
        return await self._send(method, params, self._credentials["session"])

    async def call_once(
        self, method: str, params: Mapping[str, str], *, with_session: bool
    ) -> dict[str, Any]:
        """The answer's content, by a call that renews no session."""
        session = self._credentials["session"] if with_session else ""
        return await self._send(method, params, session)

    async def _send(self, method: str, params: Mapping[str, str], session: str) -> dict[str, Any]:
        form = signed_form(
            method,
            params,
            self._credentials,
            session=session,
            sign_method=self._sign_method,
            now=self._context.now(),
        )
        try:
            response = await self._context.http.post(self._url, data=form, headers=HEADERS)
        except httpx.HTTPError as failure:
            # Its text may hold the address, its `request` the form: only its kind is told.
            raise TransientError(f"{method}: {type(failure).__name__}") from None
        return read_answer(method, response.status_code, response.content, self._secrets())

    def _secrets(self) -> list[str]:
        public = {"app_key"}
        return [value for name, value in self._credentials.values.items() if name not in public]

    async def _renew_once(self, stale: str) -> None:
        """New tokens, unless another call has got them meanwhile."""
        if self._credentials["session"] == stale:
            await self._renewal.once()

    async def _renew(self) -> None:
        refresh_token = self._credentials.get("refresh_token")
        if not refresh_token:
            raise AuthError(f"{REFRESH}: no refresh token; {ANEW}")
        try:
            answer = await self._send(REFRESH, {"refresh_token": refresh_token}, session="")
        except PermanentError as refusal:
            raise AuthError(f"{refusal}; {ANEW}", platform_code=refusal.platform_code) from None
        renewed = {**self._credentials.values, **_tokens(answer, self._context.now())}
        self._credentials = Credentials(renewed)
        await self._context.save_credentials(self._credentials)


def _tokens(answer: Mapping[str, Any], now: datetime) -> dict[str, str]:
    """Our names for the tokens in `token_result`, which is JSON inside a string, and their ends.

    An answer without a new refresh token leaves the old one valid.
    """
    try:
        result = orjson.loads(answer["token_result"])
        tokens = {"session": result["access_token"], "refresh_token": result.get("refresh_token")}
    except (KeyError, TypeError, AttributeError, orjson.JSONDecodeError):
        tokens = {}
    if not tokens.get("session"):
        raise TransientError(f"{REFRESH}: the answer holds no session")
    told = {name: str(token) for name, token in tokens.items() if token}
    return told | ends(now, result.get("expires_in"), result.get("re_expires_in"))
