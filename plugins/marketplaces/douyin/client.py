"""Speaks Doudian, the open platform of Douyin's shops: signs, sends, names what went wrong.

Doudian answers HTTP 200 to everything it understands; `code` 10000 in the body means success
(https://op.jinritemai.com/docs/guide-docs/10/23). Only clients touch the network.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

import httpx

from core.marketplace.answers import json_object
from core.marketplace.contract import ShopContext
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
from core.marketplace.signing import keyed_hash, sorted_pairs
from plugins.marketplaces.douyin.vault import Vault

GATEWAY = "https://openapi-fxg.jinritemai.com"
CREATE, REFRESH = "/token/create", "/token/refresh"
VERSION, SIGN_METHOD = "2", "hmac-sha256"
HEADERS = {"Content-Type": "application/json"}
REFRESHABLE = 14 * 86_400
"""Seconds that a refresh token lives, by the documentation."""
ANEW = "the merchant must authorise the app anew"

SUCCESS = "10000"
THROTTLED = "60000"
UNAVAILABLE = frozenset({"20000", "20001", "90000"})
REFUSED_BUSINESS = "50002"
NO_PERMISSION = "30001"
TOKENLESS = "isv.access-token-"
WRONG_TIME = "isv.timestamp-invalid"


class RefusedObjectError(PermanentError):
    """The platform refuses one object for what it is, not the caller: others may be read."""


def param_json(params: Mapping[str, Any]) -> bytes:
    """The one text that is both signed and sent: keys sorted at every depth, nothing escaped.

    Fractions are refused with ValueError: SDKs write them differently.
    """
    _refuse_fractions(params)
    text = json.dumps(params, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()


def _refuse_fractions(value: Any) -> None:
    if isinstance(value, float):
        raise ValueError("a parameter is a fraction: Doudian's are whole numbers")
    for inner in value.values() if isinstance(value, Mapping) else _elements(value):
        _refuse_fractions(inner)


def _elements(value: Any) -> list[Any] | tuple[Any, ...]:
    return value if isinstance(value, (list, tuple)) else []


def sign(signed: Mapping[str, str], secret: str) -> str:
    """Doudian's signature: the sorted parameters between two secrets, keyed with it once more.

    Signed are app_key, method, param_json, timestamp and v: neither token nor sign_method.
    """
    return keyed_hash(secret, f"{secret}{sorted_pairs(signed)}{secret}", "sha256")


def method_of(path: str) -> str:
    """`order.searchList` of `/order/searchList`."""
    return path.strip("/").replace("/", ".")


def signed_query(
    path: str, body: bytes, *, app_key: str, secret: str, token: str, now: datetime
) -> dict[str, str]:
    """The query to send beside the body. Without a token there is none in it, not an empty one."""
    query = {
        "app_key": app_key,
        "method": method_of(path),
        "timestamp": str(int(now.timestamp())),
        "v": VERSION,
    }
    signature = sign({**query, "param_json": body.decode()}, secret)
    more = {"sign_method": SIGN_METHOD, "sign": signature, "access_token": token}
    return {name: value for name, value in (query | more).items() if value}


def read_answer(path: str, status: int, body: bytes, vault: Vault) -> Any:
    """What stands under `data`; raises the error that the body speaks of."""
    if status == 429:
        raise ThrottleError(f"{path}: HTTP 429", platform_code="429")
    if status != 200:
        raise TransientError(f"{path}: HTTP {status}", platform_code=str(status))
    answer = json_object(path, body)
    if str(answer.get("code")) != SUCCESS:
        raise _error(path, answer, vault)
    return answer.get("data")


def _error(path: str, answer: Mapping[str, Any], vault: Vault) -> MarketplaceError:
    """The error by what to do next; `sub_code` is more precise than `code`."""
    code, sub_code = str(answer.get("code")), str(answer.get("sub_code") or "")
    if "code" not in answer:
        return TransientError(f"{path}: the answer has no code")
    text = f"{path}: {code} {_told(answer)}"
    return _kind(code, sub_code)(vault.hide(text), platform_code=vault.hide(sub_code or code))


def _told(answer: Mapping[str, Any]) -> str:
    parts = (answer.get(part) for part in ("msg", "sub_code", "sub_msg"))
    return " ".join(str(part) for part in parts if part)


def _kind(code: str, sub_code: str) -> type[MarketplaceError]:
    """`isp.*` is the platform's own fault and passes, most `isv.*` is ours and does not."""
    if sub_code.startswith(TOKENLESS):
        return AuthError
    if sub_code == WRONG_TIME:
        return ClockError
    if code == THROTTLED:
        return ThrottleError
    if code in UNAVAILABLE or sub_code.startswith("isp."):
        return TransientError
    if code == NO_PERMISSION:
        return ScopeError
    return RefusedObjectError if code == REFUSED_BUSINESS else PermanentError


class Client:
    """Calls Doudian for one shop, and gets new tokens when Doudian no longer knows the old."""

    def __init__(self, context: ShopContext, vault: Vault) -> None:
        self._context = context
        self._vault = vault
        self._url = str(context.config.get("base_url") or GATEWAY).rstrip("/")

    async def call(self, path: str, params: Mapping[str, Any]) -> Any:
        """The answer's data. An AuthError means: the merchant must authorise the app anew."""
        token = self._vault.get("access_token")
        if token:
            try:
                return await self._send(path, params, token)
            except AuthError:
                pass
        await self._vault.renew_once("access_token", token, partial(self._renew, token))
        return await self._send(path, params, self._vault.get("access_token"))

    async def _send(self, path: str, params: Mapping[str, Any], token: str) -> Any:
        body = param_json(params)
        query = signed_query(
            path,
            body,
            app_key=self._vault.get("app_key"),
            secret=self._vault.get("app_secret"),
            token=token,
            now=self._context.now(),
        )
        try:
            response = await self._context.http.post(
                self._url + path, params=query, content=body, headers=HEADERS
            )
        except httpx.HTTPError as failure:
            # Its text may hold the address, and that the token: only its kind is told.
            raise TransientError(f"{path}: {type(failure).__name__}") from None
        return read_answer(path, response.status_code, response.content, self._vault)

    async def _renew(self, stale: str) -> dict[str, str]:
        """New tokens by what there is: a code not yet used, a refresh token, or the shop itself.

        An hour and more before the end Doudian refreshes to the same token. Refused as it was,
        that one is of no use, so the app is tried as the shop's own.
        """
        if code := self._vault.get("code"):
            grant = {"code": code, "grant_type": "authorization_code"}
            return {**await self._tokens(CREATE, grant), "code": ""}
        if refresh_token := self._vault.get("refresh_token"):
            grant = {"grant_type": "refresh_token", "refresh_token": refresh_token}
            try:
                tokens = await self._tokens(REFRESH, grant)
            except (AuthError, PermanentError):
                tokens = {}
            if tokens.get("access_token", stale) != stale:
                return tokens
        shop = {"shop_id": self._context.platform_id}
        return await self._tokens(CREATE, {"code": "", "grant_type": "authorization_self", **shop})

    async def _tokens(self, path: str, grant: Mapping[str, str]) -> dict[str, str]:
        """Our names for the tokens of an answer; one without a refresh token keeps the old."""
        try:
            data = await self._send(path, grant, token="")
        except (AuthError, PermanentError) as refusal:
            raise AuthError(f"{refusal}; {ANEW}", platform_code=refusal.platform_code) from None
        found = data if isinstance(data, dict) else {}
        if not found.get("access_token"):
            raise TransientError(f"{path}: the answer holds no token")
        names = ("access_token", "refresh_token")
        tokens = {name: str(found[name]) for name in names if found.get(name)}
        # Doudian tells the token's end alone. The shop's own app needs nobody's authorisation.
        is_own = grant.get("grant_type") == "authorization_self"
        lasts = None if is_own else REFRESHABLE
        return tokens | ends(self._context.now(), found.get("expires_in"), lasts)
