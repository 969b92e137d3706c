"""Speaks OceanEngine, where Qianchuan's ad reports are: a token in a header, no signature.

Answers come with HTTP 200; `code` 0 in the body means success. Another host, another app and
other tokens than the shop's.
"""

import json
from collections.abc import Mapping
from functools import partial
from typing import Any
from urllib.parse import urlencode

import httpx

from core.marketplace.contract import ShopContext
from core.marketplace.errors import (
    AuthError,
    MarketplaceError,
    PermanentError,
    ScopeError,
    ThrottleError,
    TransientError,
)
from plugins.marketplaces.douyin.client import ANEW
from plugins.marketplaces.douyin.vault import Vault

GATEWAY = "https://api.oceanengine.com"
REFRESH = "/open_api/oauth2/refresh_token/"
SUCCESS = 0
THROTTLED = frozenset({40100, 40110})
TOKENLESS = frozenset({40102, 40103, 40104, 40105, 40107})
UNAVAILABLE = frozenset({50000})
NO_PERMISSION = frozenset({40001, 40002})


def query_text(params: Mapping[str, Any]) -> str:
    """The encoded query: names sorted, texts as they are, everything else as compact JSON."""
    return urlencode(sorted((name, _value(value)) for name, value in params.items()))


def _value(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def read_answer(path: str, status: int, body: bytes, vault: Vault) -> Any:
    """What stands under `data`, fractions as text; raises the error that the body speaks of."""
    if status != 200:
        kind = ThrottleError if status == 429 else TransientError
        raise kind(f"{path}: HTTP {status}", platform_code=str(status))
    try:
        answer = json.loads(body, parse_float=str)
    except (ValueError, RecursionError):
        raise TransientError(f"{path}: the answer is no JSON, or cut off") from None
    if not isinstance(answer, dict) or type(answer.get("code")) is not int:
        raise TransientError(f"{path}: the answer has no code")
    if answer["code"] != SUCCESS:
        text = vault.hide(f"{path}: {answer['code']} {answer.get('message', '')}")
        raise _kind(answer["code"])(text, platform_code=str(answer["code"]))
    return answer.get("data")


def _kind(code: int) -> type[MarketplaceError]:
    if code in TOKENLESS:
        return AuthError
    if code in THROTTLED:
        return ThrottleError
    if code in NO_PERMISSION:
        return ScopeError
    return TransientError if code in UNAVAILABLE else PermanentError


class AdsClient:
    """Calls OceanEngine for one shop's advertisers, and renews their token when it has ended."""

    def __init__(self, context: ShopContext, vault: Vault) -> None:
        self._http = context.http
        self._vault = vault
        self._url = str(context.config.get("ads_base_url") or GATEWAY).rstrip("/")

    async def get(self, path: str, params: Mapping[str, Any]) -> Any:
        """The answer's data. An AuthError means: the advertiser must authorise the app anew."""
        token = self._vault.get("ads_access_token")
        try:
            return await self._get(path, params, token)
        except AuthError:
            await self._vault.renew_once("ads_access_token", token, partial(self._renew))
        return await self._get(path, params, self._vault.get("ads_access_token"))

    async def _get(self, path: str, params: Mapping[str, Any], token: str) -> Any:
        url = f"{self._url}{path}?{query_text(params)}"
        return await self._send(
            path, self._http.build_request("GET", url, headers={"Access-Token": token})
        )

    async def _send(self, path: str, request: httpx.Request) -> Any:
        try:
            response = await self._http.send(request)
        except httpx.HTTPError as failure:
            raise TransientError(f"{path}: {type(failure).__name__}") from None
        return read_answer(path, response.status_code, response.content, self._vault)

    async def _renew(self) -> dict[str, str]:
        """Both tokens change with a refresh, and the old ones are void."""
        names = ("ads_app_id", "ads_secret", "ads_refresh_token")
        app_id, secret, refresh_token = map(self._vault.get, names)
        if not (app_id and secret and refresh_token):
            raise AuthError(f"{REFRESH}: {', '.join(names)} are needed to renew; {ANEW}")
        body = {
            "app_id": int(app_id) if app_id.isdigit() else app_id,
            "secret": secret,
            "refresh_token": refresh_token,
        }
        try:
            data = await self._send(
                REFRESH, self._http.build_request("POST", self._url + REFRESH, json=body)
            )
        except (AuthError, PermanentError) as refusal:
            raise AuthError(f"{refusal}; {ANEW}", platform_code=refusal.platform_code) from None
        if not isinstance(data, dict) or not data.get("access_token"):
            raise TransientError(f"{REFRESH}: the answer holds no token")
        tokens = {"ads_access_token": data["access_token"]}
        if data.get("refresh_token"):
            tokens["ads_refresh_token"] = data["refresh_token"]
        return {name: str(token) for name, token in tokens.items()}
