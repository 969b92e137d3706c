"""Who may call: what PDD asks of every request, and how often it may come."""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import NoReturn

from plugins.marketplaces.pinduoduo.sandbox.methods import METHODS, OPEN_METHODS, Method
from plugins.marketplaces.pinduoduo.sandbox.protocol import Params, RefusalError
from plugins.marketplaces.pinduoduo.sandbox.shop import PddShop

SKEW = timedelta(minutes=10)


class Level(Enum):
    """Whose calls are counted together."""

    SHOP = 1
    METHOD = 3
    APP = 4


@dataclass(frozen=True)
class Limit:
    """At most `times` calls of a method within `seconds`."""

    level: Level
    seconds: int
    times: int


LIMITS: Mapping[str, Sequence[Limit]] = {
    "pdd.order.number.list.increment.get": [Limit(Level.SHOP, 60, 3000)],
    "pdd.order.list.get": [Limit(Level.SHOP, 60, 6000), Limit(Level.METHOD, 10, 10_500)],
    "pdd.order.information.get": [Limit(Level.SHOP, 60, 30_000), Limit(Level.METHOD, 1, 2000)],
    "pdd.refund.list.increment.get": [
        Limit(Level.SHOP, 10, 100),
        Limit(Level.METHOD, 1, 5500),
        Limit(Level.APP, 1, 500),
    ],
    "pdd.refund.information.get": [Limit(Level.METHOD, 1, 1400)],
    "pdd.goods.list.get": [Limit(Level.SHOP, 60, 600)],
    "pdd.goods.detail.get": [Limit(Level.SHOP, 60, 3000), Limit(Level.METHOD, 1, 3000)],
    "pdd.mall.info.get": [Limit(Level.SHOP, 1, 450)],
    "pdd.ad.api.report.daily.report.query": [Limit(Level.SHOP, 10, 20), Limit(Level.APP, 1, 50)],
}
"""What PDD's pages tell for each method."""


class Gate:
    """Lets a request in to a shop, or raises the refusal that PDD would answer."""

    def __init__(self, shops: Sequence[PddShop], limits: Mapping[str, Sequence[Limit]]) -> None:
        self._shops = shops
        self._limits = limits
        self._counts: dict[tuple[str, Limit, str], tuple[int, int]] = {}

    def admit(self, params: Params, now: datetime) -> tuple[Method, PddShop]:
        """The method that was asked for, and the shop that it is to show."""
        name = params.get("type", "")
        method = METHODS.get(name) or OPEN_METHODS.get(name) or _refuse(10017, "type不正确")
        shops = [shop for shop in self._shops if shop.client_id == params.get("client_id")]
        if not shops:
            _refuse(10016, "client_id不正确")
        _check_form(params, shops[0].client_secret, now)
        if name in OPEN_METHODS:
            return method, _owner(shops, params)
        shop = _token_shop(shops, params, now)
        self._count(name, shop, now)
        return method, shop

    def _count(self, name: str, shop: PddShop, now: datetime) -> None:
        """Whole spans of so many seconds are counted, each from zero."""
        who = {Level.SHOP: str(shop.mall_id), Level.METHOD: "", Level.APP: shop.client_id}
        for limit in self._limits.get(name, ()):
            key, span = (name, limit, who[limit.level]), int(now.timestamp()) // limit.seconds
            since, calls = self._counts.get(key, (span, 0))
            calls = calls + 1 if since == span else 1
            self._counts[key] = (span, calls)
            if calls > limit.times:
                raise too_many()


def too_many() -> RefusalError:
    """PDD does not tell for how long."""
    return RefusalError(52101, "当前接口被限流，请稍后重试")


def signature(params: Mapping[str, str], secret: str) -> str:
    """Written apart from the client's, so that the two cannot share a mistake."""
    signed = sorted((name, value) for name, value in params.items() if name != "sign")
    text = secret + "".join(name + value for name, value in signed) + secret
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest().upper()


def _refuse(code: int, msg: str, sub_msg: str = "") -> NoReturn:
    raise RefusalError(code, msg, sub_msg)


def _check_form(params: Params, secret: str, now: datetime) -> None:
    if abs(params.moment("timestamp") - now) > SKEW:
        _refuse(10001, "参数错误", "timestamp: more than ten minutes away")
    if params.get("data_type", "JSON").upper() != "JSON":  # PDD also speaks XML; this sandbox can't
        _refuse(10001, "参数错误", "data_type: only JSON here")
    told = params.get("sign") or _refuse(20004, "签名sign校验失败", "sign is missing")
    if not hmac.compare_digest(signature(params, secret).encode(), told.encode()):
        _refuse(20004, "签名sign校验失败")


def _owner(shops: list[PddShop], params: Params) -> PddShop:
    """Whose refresh token it is; a method that shows no shop may get any."""
    token = params.get("refresh_token")
    return next((shop for shop in shops if shop.refresh_token == token), shops[0])


def _token_shop(shops: list[PddShop], params: Params, now: datetime) -> PddShop:
    token = params.required("access_token")
    for shop in shops:
        if shop.access_token == token and (shop.expires_at is None or now < shop.expires_at):
            return shop
    _refuse(10019, "access_token已过期")
