"""Who may call: what Doudian asks of every request."""

import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from plugins.marketplaces.douyin.client import SIGN_METHOD, VERSION, method_of, param_json, sign
from plugins.marketplaces.douyin.sandbox.methods import METHODS, OPEN_METHODS, Method
from plugins.marketplaces.douyin.sandbox.protocol import Params, RefusalError, missing, refused
from plugins.marketplaces.douyin.sandbox.shop import DoudianShop

CHINA = ZoneInfo("Asia/Shanghai")
SKEW = timedelta(minutes=10)
PUBLIC = ("app_key", "method", "timestamp", "v", "sign")


class Gate:
    """Lets a request in to a shop, or raises the refusal that Doudian would answer."""

    def __init__(self, shops: Sequence[DoudianShop], calls_per_second: int | None) -> None:
        self._shops = shops
        self._calls_per_second = calls_per_second
        self._calls: dict[str, tuple[datetime, int]] = {}

    def admit(
        self, path: str, query: Mapping[str, str], body: str, now: datetime
    ) -> tuple[Method, DoudianShop, Params]:
        """The method that was asked for, the shop it is to show, and its parameters."""
        for name in PUBLIC:
            if not query.get(name):
                raise missing(name)
        name = query["method"]
        method = METHODS.get(name) or OPEN_METHODS.get(name)
        if method is None or method_of(path) != name:
            raise RefusalError(70000, "API已下线", "isv.api-not-existed", f"no method {path}")
        shops = self._shops_of(query["app_key"])
        _check_timestamp(query["timestamp"], now)
        params = _check_sign(query, body, shops[0].app_secret)
        self._count(query["app_key"], now.replace(microsecond=0))
        if name in OPEN_METHODS:
            return method, _owner(shops, params), params
        return method, _token_shop(shops, query.get("access_token", ""), now), params

    def _shops_of(self, app_key: str) -> list[DoudianShop]:
        shops = [shop for shop in self._shops if shop.app_key == app_key]
        if not shops:
            raise refused("isv.app-key-invalid", "no such app")
        return shops

    def _count(self, app_key: str, second: datetime) -> None:
        since, calls = self._calls.get(app_key, (second, 0))
        calls = calls + 1 if since == second else 1
        self._calls[app_key] = (second, calls)
        if self._calls_per_second is not None and calls > self._calls_per_second:
            raise too_many()


def too_many() -> RefusalError:
    """60000: Doudian does not say how long to wait."""
    return RefusalError(60000, "接口限流", "isp.limited", "too many calls")


def _check_timestamp(text: str, now: datetime) -> None:
    """Unix seconds; the Chinese wall clock is taken as well, older clients send it."""
    try:
        moment = (
            datetime.fromtimestamp(int(text), CHINA)
            if text.isdecimal()
            else datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=CHINA)
        )
    except (ValueError, OverflowError, OSError):
        raise refused("isv.timestamp-invalid", "no time") from None
    if abs(moment - now) > SKEW:
        raise refused("isv.timestamp-invalid", "more than ten minutes off")


def _check_sign(query: Mapping[str, str], body: str, secret: str) -> Params:
    """Body and signature must be those of the sorted, compact parameters."""
    try:
        params = Params(json.loads(body or "{}"))
        canonical = param_json(params).decode()
    except (ValueError, TypeError):
        raise refused("isv.signature-invalid", "param_json must be an object") from None
    signed = {name: query[name] for name in ("app_key", "method", "timestamp", "v")}
    expected = sign({**signed, "param_json": canonical}, secret)
    is_known = query.get("sign_method") == SIGN_METHOD and query["v"] == VERSION
    is_same = hmac.compare_digest(expected.encode(), query["sign"].encode())
    if body != canonical or not is_known or not is_same:
        raise refused("isv.signature-invalid", "sign check failed")
    return params


def _owner(shops: list[DoudianShop], params: Params) -> DoudianShop:
    """Whose tokens are wanted: the shop of that refresh token, code or id; else any of the app."""
    for shop in shops:
        told = {params.get("refresh_token"), params.get("code"), params.get("shop_id")} - {"", None}
        if told & {shop.refresh_token, shop.code, shop.shop_id}:
            return shop
    return shops[0]


def _token_shop(shops: list[DoudianShop], token: str, now: datetime) -> DoudianShop:
    for shop in shops:
        if token and token == shop.access_token:
            if shop.expires_at is not None and now >= shop.expires_at:
                raise refused("isv.access-token-expired", "access_token expired")
            return shop
        if shop.previous and shop.previous[0] == token and now < shop.previous[1]:
            return shop
    raise refused("isv.access-token-no-existed", "access_token does not exist")
