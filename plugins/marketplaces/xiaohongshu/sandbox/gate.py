"""Who may call: what ARK asks of every request."""

import hmac
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NoReturn

from plugins.marketplaces.xiaohongshu.client import VERSION, sign
from plugins.marketplaces.xiaohongshu.sandbox.methods import METHODS, OPEN_METHODS, Method
from plugins.marketplaces.xiaohongshu.sandbox.protocol import (
    NO_TOKEN,
    THROTTLED,
    WRONG_SYSTEM_PARAMETER,
    Body,
    RefusalError,
)
from plugins.marketplaces.xiaohongshu.sandbox.shop import ArkShop

SKEW = timedelta(minutes=10)


class Gate:
    """Lets a request in to a shop, or raises the refusal that ARK would answer."""

    def __init__(self, shops: Sequence[ArkShop], calls_per_second: int | None) -> None:
        self._shops = shops
        self._calls_per_second = calls_per_second
        self._calls: dict[str, tuple[datetime, int]] = {}

    def admit(self, body: Body, now: datetime) -> tuple[Method, ArkShop]:
        """The method that was asked for, and the shop that it is to show."""
        name = _system(body, "method")
        method = METHODS.get(name) or OPEN_METHODS.get(name) or _refuse(f"method {name} 不存在")
        shops = self._shops_of(_system(body, "appId"))
        _check_timestamp(_system(body, "timestamp"), now)
        _check_sign(body, name, shops[0])
        self._count(shops[0].app_id, now.replace(microsecond=0))
        if name in OPEN_METHODS:
            return method, _owner(shops, body)
        return method, _opened(shops, body, now)

    def _shops_of(self, app_id: str) -> list[ArkShop]:
        shops = [shop for shop in self._shops if shop.app_id == app_id]
        return shops or _refuse("appId 不存在")

    def _count(self, app_id: str, second: datetime) -> None:
        since, calls = self._calls.get(app_id, (second, 0))
        calls = calls + 1 if since == second else 1
        self._calls[app_id] = (second, calls)
        if self._calls_per_second is not None and calls > self._calls_per_second:
            raise too_many()


def too_many() -> RefusalError:
    """How ARK throttles: with HTTP 200, and without a word on how long."""
    return RefusalError(THROTTLED, "触发Method维度的限流")


def _refuse(message: str) -> NoReturn:
    raise RefusalError(WRONG_SYSTEM_PARAMETER, message)


def _system(body: Body, name: str) -> str:
    """A system parameter; all of them are texts."""
    value = body.get(name)
    if not isinstance(value, str) or not value:
        _refuse(f"系统参数 {name} 缺失")
    return value


def _check_timestamp(text: str, now: datetime) -> None:
    """Unix seconds. How far they may be off isn't documented."""
    if not text.isascii() or not text.isdigit() or len(text) > len("1795312800"):
        _refuse("timestamp 格式错误")
    if abs(datetime.fromtimestamp(int(text), UTC) - now) > SKEW:
        _refuse("timestamp 已过期")


def _check_sign(body: Body, method: str, shop: ArkShop) -> None:
    told, version = _system(body, "sign"), _system(body, "version")
    if version != VERSION:
        _refuse(f"version {version} 不支持")
    expected = sign(method, shop.app_id, _system(body, "timestamp"), shop.app_secret)
    if not hmac.compare_digest(expected.encode(), told.encode()):
        _refuse("签名错误")


def _owner(shops: list[ArkShop], body: Body) -> ArkShop:
    """Whose refresh token or code it is; the method itself refuses a wrong one."""
    token, code = body.get("refreshToken"), body.get("code")
    for shop in shops:
        if shop.refresh_token == token or (code and shop.code == code):
            return shop
    return shops[0]


def _opened(shops: list[ArkShop], body: Body, now: datetime) -> ArkShop:
    token = body.get("accessToken")
    for shop in shops:
        if isinstance(token, str) and shop.opens(token, now):
            return shop
    raise RefusalError(NO_TOKEN, "accessToken 无效或已过期")
