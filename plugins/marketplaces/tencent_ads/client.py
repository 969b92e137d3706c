"""Speaks Tencent Ads v3: a token, a time and a random word in the query, no signature.

Answers come with HTTP 200; `code` 0 in the body means success. From the official
marketing-api-go-sdk 1.7.78; which codes mean what beyond 0 is not in it.
"""

import json
import secrets
from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import urlencode

import httpx

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

GATEWAY = "https://api.e.qq.com"
RENEWAL = "/oauth/token"  # without the version that all other paths have
ANEW = "the advertiser must authorise the app anew"
TO_RENEW = ("client_id", "client_secret", "refresh_token")
BUSY = frozenset({10000})
TOKENLESS = range(11000, 12000)
THROTTLED = frozenset({11017, 12017})
PUBLIC = frozenset({"client_id"})


def query_text(params: Mapping[str, Any]) -> str:
    """The encoded query: names sorted, texts as they are, lists and objects as compact JSON."""
    return urlencode(sorted((name, _value(value)) for name, value in params.items()))


def _value(value: Any) -> str:
    if isinstance(value, (dict, list)):
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return str(value)


def read_answer(path: str, status: int, body: bytes, known: Collection[str]) -> Any:
    """What stands under `data`; raises the error that the body speaks of.

    known: secrets that must not show up in an error's text, should the platform repeat them.
    """
    if status == 429:
        raise ThrottleError(f"{path}: HTTP 429", platform_code="429")
    if status != 200:
        raise TransientError(f"{path}: HTTP {status}", platform_code=str(status))
    answer = json_object(path, body)
    code = answer.get("code")
    if type(code) is not int:
        raise TransientError(f"{path}: the answer has no code")
    if code:
        told = answer.get("message_cn") or answer.get("message") or ""
        text = without_secrets(f"{path}: {code} {told}", known)
        raise _kind(code)(text, platform_code=str(code))
    return answer.get("data")


def _kind(code: int) -> type[MarketplaceError]:
    """A guess, but for 0: no list of codes is public. A wrong one costs a repeated call."""
    if code in THROTTLED:
        return ThrottleError
    if code in TOKENLESS:
        return AuthError
    return TransientError if code in BUSY else PermanentError


class Client:
    """Calls Tencent Ads for one account, and renews its token when that has ended."""

    def __init__(self, context: ShopContext) -> None:
        self._context = context
        self._credentials = context.credentials
        self._url = str(context.config.get("base_url") or GATEWAY).rstrip("/")
        self._renewal = Renewal(self._renew)

    async def get(self, path: str, params: Mapping[str, Any]) -> Any:
        """The answer's data. An AuthError means: the advertiser must authorise the app anew."""
        token = self._credentials["access_token"]
        try:
            return await self._send(path, {**params, "access_token": token})
        except AuthError:
            if self._credentials["access_token"] == token:
                await self._renewal.once()
        return await self._send(path, {**params, "access_token": self._credentials["access_token"]})

    async def _send(self, path: str, params: Mapping[str, Any]) -> Any:
        query = query_text(
            {
                **params,
                "timestamp": int(self._context.now().timestamp()),
                "nonce": secrets.token_hex(8),
            }
        )
        try:
            response = await self._context.http.get(f"{self._url}{path}?{query}")
        except httpx.HTTPError as failure:
            # Its text may hold the address, and that the token: only its kind is told.
            raise TransientError(f"{path}: {type(failure).__name__}") from None
        return read_answer(path, response.status_code, response.content, self._secrets())

    def _secrets(self) -> list[str]:
        return [each for name, each in self._credentials.values.items() if name not in PUBLIC]

    async def _renew(self) -> None:
        """A new token; where a new refresh token comes with it, the old one is forgotten."""
        told = {name: self._credentials.get(name) for name in TO_RENEW}
        if not all(told.values()):
            raise AuthError(f"{RENEWAL}: {', '.join(TO_RENEW)} are needed to renew; {ANEW}")
        try:
            data = await self._send(RENEWAL, {**told, "grant_type": "refresh_token"})
        except (AuthError, PermanentError) as refusal:
            raise AuthError(f"{refusal}; {ANEW}", platform_code=refusal.platform_code) from None
        if not isinstance(data, dict) or not data.get("access_token"):
            raise TransientError(f"{RENEWAL}: the answer holds no token")
        tokens = {name: data.get(name) for name in ("access_token", "refresh_token")}
        renewed = {name: str(token) for name, token in tokens.items() if token}
        self._credentials = Credentials({**self._credentials.values, **renewed})
        await self._context.save_credentials(self._credentials)
