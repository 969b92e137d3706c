"""Speaks PDD, the open platform of Pinduoduo: signs, sends, and names what went wrong.

PDD answers HTTP 200 to everything it understands, failures included; they stand in the body as
`error_response`. Only `Client` touches the network.
"""

import json
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

import httpx

from core.marketplace.answers import exact_object
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
from core.marketplace.signing import sorted_pairs, wrapped_md5

GATEWAY = "https://gw-api.pinduoduo.com/api/router"
REFRESH = "pdd.pop.auth.token.refresh"
ANEW = "the merchant must authorise the app anew"
HEADERS = {"Content-Type": "application/x-www-form-urlencoded;charset=utf-8"}

ROOTS = {
    "pdd.order.number.list.increment.get": "order_sn_increment_get_response",
    "pdd.order.information.get": "order_info_get_response",
    "pdd.refund.list.increment.get": "refund_increment_get_response",
    "pdd.ad.api.report.daily.report.query": "response",
}
"""What answers stand under where it is not the method's name."""
FLAT = frozenset({"pdd.refund.information.get"})
"""Methods whose answers have no root at all."""

NO_TOKEN = frozenset({"10019", "10035"})
NO_PERMISSION = frozenset({"20031"})
THROTTLED = frozenset({"52101", "70031"})
PASSING = frozenset({"50000", "50002", "52001", "52002", "52102", "52103", "70033"})
"""Faults of the platform itself. 50001 is not among them: that is the method's own refusal."""
BUSINESS = "50001"
WRONG_PARAMETER = "10001"
"""Its text names the parameter; a wrong clock is told so too."""


def wire(params: Mapping[str, Any]) -> dict[str, str]:
    """Parameters as they are signed and sent; None and empty text are left out.

    Lists and objects are compact JSON, booleans `true` and `false`. A float raises TypeError:
    SDKs write it in different ways, so its signature would be luck.
    """
    texts = {name: _text(value) for name, value in params.items() if value is not None}
    return {name: text for name, text in texts.items() if text != ""}


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        raise TypeError("a float has no one way to be signed")
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def sign(params: Mapping[str, str], secret: str) -> str:
    """PDD's signature over all parameters but `sign`, as they are sent."""
    return wrapped_md5(secret, sorted_pairs(params)).upper()


def signed_form(
    method: str,
    params: Mapping[str, Any],
    credentials: Credentials,
    *,
    access_token: str,
    now: datetime,
) -> dict[str, str]:
    """The form to send."""
    form = wire(
        {
            **params,
            "type": method,
            "client_id": credentials["client_id"],
            "access_token": access_token,
            "timestamp": str(int(now.timestamp())),
            "data_type": "JSON",
            "version": "V1",
        }
    )
    return {**form, "sign": sign(form, credentials["client_secret"])}


def read_answer(
    method: str, status: int, body: bytes, secrets: Collection[str] = ()
) -> dict[str, Any]:
    """What stands under the answer's root; raises the error that the body speaks of.

    secrets: values that must not show up in an error's text, should the platform repeat them.
    """
    if status != 200:
        raise TransientError(f"{method}: HTTP {status}", platform_code=str(status))
    answer = exact_object(method, body)
    error = answer.get("error_response")
    if isinstance(error, dict):
        raise _error(method, error, secrets)
    content = answer if method in FLAT else answer.get(ROOTS.get(method) or _root(method))
    if not isinstance(content, dict):
        raise TransientError(f"{method}: the answer lacks its root")
    if content.get("success") is False:  # the ad reports have a way of their own
        told = {"error_code": content.get("errorCode"), "error_msg": content.get("errorMsg")}
        raise _error(method, told, secrets)
    # Each answer has a number of its own, which is no part of what was asked for.
    return {name: value for name, value in content.items() if name != "request_id"}


def _root(method: str) -> str:
    return method.removeprefix("pdd.").replace(".", "_") + "_response"


def _error(method: str, error: Mapping[str, Any], secrets: Collection[str]) -> MarketplaceError:
    """The error by what to do next; PDD never says how long a limit lasts."""
    code = str(error.get("error_code"))
    parts = ("error_msg", "sub_code", "sub_msg")
    told = " ".join(str(error[part]) for part in parts if error.get(part))
    text = f"{method}: {code} {without_secrets(told, secrets)}"
    kinds: tuple[tuple[frozenset[str], type[MarketplaceError]], ...] = (
        (NO_TOKEN, AuthError),
        (NO_PERMISSION, ScopeError),
        (THROTTLED, ThrottleError),
        (PASSING, TransientError),
    )
    kind = next((kind for codes, kind in kinds if code in codes), PermanentError)
    if code == WRONG_PARAMETER and "timestamp" in told:
        kind = ClockError
    return kind(text, platform_code=code)


class Client:
    """Calls PDD for one shop, and renews the shop's token when PDD no longer knows it."""

    def __init__(self, context: ShopContext) -> None:
        self._context = context
        self._credentials = context.credentials
        self._url = str(context.config.get("base_url") or GATEWAY)
        self._renewal = Renewal(self._renew)

    async def call(self, method: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """The answer's content. An AuthError means: the merchant must authorise the app anew."""
        access_token = self._credentials["access_token"]
        try:
            return await self._send(method, params, access_token)
        except AuthError:
            await self._renew_once(access_token)
        return await self._send(method, params, self._credentials["access_token"])

    async def call_once(self, method: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """The answer's content; an ended token is an AuthError, and is left for others to renew."""
        return await self._send(method, params, self._credentials["access_token"])

    async def _send(
        self, method: str, params: Mapping[str, Any], access_token: str
    ) -> dict[str, Any]:
        now = self._context.now()
        form = signed_form(method, params, self._credentials, access_token=access_token, now=now)
        try:
            response = await self._context.http.post(self._url, data=form, headers=HEADERS)
        except httpx.HTTPError as failure:
            # Its text may hold the address, its `request` the form: only its kind is told.
            raise TransientError(f"{method}: {type(failure).__name__}") from None
        return read_answer(method, response.status_code, response.content, self._secrets())

    def _secrets(self) -> list[str]:
        public = {"client_id"}
        return [value for name, value in self._credentials.values.items() if name not in public]

    async def _renew_once(self, stale: str) -> None:
        """New tokens, unless another call has got them meanwhile."""
        if self._credentials["access_token"] == stale:
            await self._renewal.once()

    async def _renew(self) -> None:
        refresh_token = self._credentials.get("refresh_token")
        if not refresh_token:
            raise AuthError(f"{REFRESH}: no refresh token; {ANEW}")
        try:
            answer = await self._send(REFRESH, {"refresh_token": refresh_token}, access_token="")
        except (PermanentError, AuthError) as refusal:
            raise AuthError(f"{refusal}; {ANEW}", platform_code=refusal.platform_code) from None
        renewed = {**self._credentials.values, **_tokens(answer, self._context.now())}
        self._credentials = Credentials(renewed)
        await self._context.save_credentials(self._credentials)


def _tokens(answer: Mapping[str, Any], now: datetime) -> dict[str, str]:
    """The new tokens and their ends; without a new refresh token the old one stays valid."""
    tokens = {name: answer.get(name) for name in ("access_token", "refresh_token")}
    if not tokens["access_token"]:
        raise TransientError(f"{REFRESH}: the answer holds no token")
    told = {name: str(token) for name, token in tokens.items() if token}
    return told | ends(now, answer.get("expires_in"), answer.get("refresh_token_expires_in"))
