"""Speaks ARK, Xiaohongshu's open platform for shops: signs, sends, and names what went wrong.

One address, POST and JSON for all methods; failures come with HTTP 200 and `success: false`
(https://open.xiaohongshu.com/document/developer/file/39 and /40). Only `Client` touches the
network.
"""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import orjson

from core.marketplace.answers import json_object
from core.marketplace.contract import Credentials, ShopContext
from core.marketplace.errors import (
    AuthError,
    MarketplaceError,
    PermanentError,
    ThrottleError,
    TransientError,
)
from core.marketplace.mapping import without_secrets
from core.marketplace.renewal import Renewal
from core.marketplace.signing import text_md5
from plugins.marketplaces.xiaohongshu.refusals import error_for

GATEWAY = "https://ark.xiaohongshu.com/ark/open_api/v3/common_controller"
VERSION = "2.0"
HEADERS = {"Content-Type": "application/json;charset=utf-8"}
EXCHANGE = "oauth.getAccessToken"
REFRESH = "oauth.refreshToken"
ANEW = "the merchant must authorise the app anew"

RENEWABLE = timedelta(minutes=30)
"""Before the last half hour of a token ARK answers a renewal with the token that is there."""
PATIENCE = timedelta(minutes=1)
"""Between two attempts to renew a token that still opens the shop."""

EXPIRY = "access_token_expires_at"
REFRESH_EXPIRY = "refresh_token_expires_at"
PUBLIC = frozenset({"app_id", EXPIRY, REFRESH_EXPIRY})


def sign(method: str, app_id: str, timestamp: str, secret: str, version: str = VERSION) -> str:
    """ARK's signature: over the system parameters alone, without token and business fields."""
    return text_md5(f"{method}?appId={app_id}&timestamp={timestamp}&version={version}{secret}")


def signed_body(
    method: str, params: Mapping[str, Any], credentials: Credentials, *, token: str, now: datetime
) -> dict[str, Any]:
    """The object to send: business fields and system parameters side by side.

    Empty texts are left out; a renewal has no token.
    """
    timestamp = str(int(now.timestamp()))
    app_id = credentials["app_id"]
    body = {
        **params,
        "method": method,
        "appId": app_id,
        "timestamp": timestamp,
        "version": VERSION,
        "accessToken": token,
        "sign": sign(method, app_id, timestamp, credentials["app_secret"]),
    }
    return {name: value for name, value in body.items() if value != ""}


def read_answer(
    method: str, status: int, body: bytes, secrets: Collection[str] = ()
) -> dict[str, Any]:
    """The answer's `data`, empty for null; raises the error that the body speaks of.

    secrets: values that must not show up in an error's text, should the platform repeat them.
    """
    if status == 429:
        raise ThrottleError(f"{method}: HTTP 429", platform_code="429")
    if status != 200:
        raise TransientError(f"{method}: HTTP {status}", platform_code=str(status))
    data = _opened(method, json_object(method, body), secrets)
    if _is_envelope(data):  # newer methods wrap their data once more
        data = _opened(method, data, secrets)
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise TransientError(f"{method}: the answer's data is no object")
    return data


def _is_envelope(data: Any) -> bool:
    return (
        isinstance(data, dict)
        and type(data.get("success")) is bool
        and not data.keys().isdisjoint({"data", "code", "error_code"})
    )


def _opened(method: str, answer: Mapping[str, Any], secrets: Collection[str]) -> Any:
    """What is in an envelope: good only with `success` true and no code other than zero."""
    if "success" not in answer:
        raise TransientError(f"{method}: the answer lacks its envelope")
    code = str(answer.get("error_code") or answer.get("code") or "0")
    if answer["success"] is True and code == "0":
        return answer.get("data")
    told = str(answer.get("error_msg") or answer.get("msg") or "refused without a reason")
    told = without_secrets(told, secrets)  # before it is read: a token may hold any word
    raise error_for(code, told)(f"{method}: {code} {told}", platform_code=code)


class Client:
    """Calls ARK for one shop, and renews the shop's token before or when it ends."""

    def __init__(self, context: ShopContext) -> None:
        self._context = context
        self._credentials = context.credentials
        self._url = str(context.config.get("base_url") or GATEWAY)
        self._renewal = Renewal(self._renew)
        self._renewed_at: datetime | None = None
        self._requests = 0

    async def call(self, method: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """The answer's data. An AuthError means: the merchant must authorise the app anew."""
        if self._is_renewal_due():
            await self._renew_early()
        token = self._token
        try:
            return await self._send(method, params, token)
        except AuthError as refusal:
            await self._renew_once(token)
            if self._token == token:  # ARK renews no token that it thinks is good
                code = refusal.platform_code
                raise AuthError(f"{refusal}; {ANEW}", platform_code=code) from None
        return await self._send(method, params, self._token)

    def count(self) -> int:
        """How many requests were sent since this was asked last, failed ones too."""
        requests, self._requests = self._requests, 0
        return requests

    @property
    def _token(self) -> str:
        return self._credentials.get("access_token")

    def _is_renewal_due(self) -> bool:
        """Whether there is no token, or one that ends so soon that ARK gives a new one."""
        if not self._token:
            return True
        now, ends_at = self._context.now(), _expiry(self._credentials)
        if ends_at is None or now < ends_at - RENEWABLE:
            return False
        return self._renewed_at is None or now >= self._renewed_at + PATIENCE

    async def _send(self, method: str, params: Mapping[str, Any], token: str) -> dict[str, Any]:
        now = self._context.now()
        body = signed_body(method, params, self._credentials, token=token, now=now)
        self._requests += 1
        try:
            response = await self._context.http.post(
                self._url, content=orjson.dumps(body), headers=HEADERS
            )
        except httpx.HTTPError as failure:
            # Its text may hold the address, its `request` the body: only its kind is told.
            raise TransientError(f"{method}: {type(failure).__name__}") from None
        return read_answer(method, response.status_code, response.content, self._secrets())

    def _secrets(self) -> list[str]:
        return [value for name, value in self._credentials.values.items() if name not in PUBLIC]

    async def _renew_early(self) -> None:
        """A new token in time. Where that fails, the old one is good for a while yet."""
        try:
            await self._renew_once(self._token)
        except MarketplaceError:
            if not self._token:
                raise

    async def _renew_once(self, stale: str) -> None:
        """New tokens, unless another call has got them meanwhile."""
        if self._token == stale:
            await self._renewal.once()

    async def _renew(self) -> None:
        method, params = self._renewal_call()
        self._renewed_at = self._context.now()
        try:
            answer = await self._send(method, params, token="")
        except (AuthError, PermanentError) as refusal:
            raise AuthError(f"{refusal}; {ANEW}", platform_code=refusal.platform_code) from None
        kept = {name: value for name, value in self._credentials.values.items() if name != "code"}
        self._credentials = Credentials({**kept, **_tokens(method, answer)})
        await self._context.save_credentials(self._credentials)

    def _renewal_call(self) -> tuple[str, dict[str, str]]:
        """A refresh token renews; the code of a new authorisation, good for once, begins."""
        code, refresh_token = self._credentials.get("code"), self._credentials.get("refresh_token")
        if code:
            return EXCHANGE, {"code": code}
        if refresh_token:
            return REFRESH, {"refreshToken": refresh_token}
        raise AuthError(f"{REFRESH}: neither a refresh token nor a code; {ANEW}")


def _expiry(credentials: Credentials) -> datetime | None:
    """When the token ends, where ARK told it in milliseconds."""
    text = credentials.get(EXPIRY)
    is_told = text.isdecimal() and len(text) == len("1795312800000")
    return datetime.fromtimestamp(int(text) / 1000, UTC) if is_told else None


def _tokens(method: str, answer: Mapping[str, Any]) -> dict[str, str]:
    """Our names for the tokens. An answer without a new refresh token leaves the old one valid."""
    tokens = {
        "access_token": answer.get("accessToken"),
        "refresh_token": answer.get("refreshToken"),
        EXPIRY: answer.get("accessTokenExpiresAt"),
        REFRESH_EXPIRY: answer.get("refreshTokenExpiresAt"),
    }
    if not tokens["access_token"]:
        raise TransientError(f"{method}: the answer holds no token")
    return {name: str(token) for name, token in tokens.items() if token}
