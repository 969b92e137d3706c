"""Who may call: what JOS asks of every request, each with its own code."""

import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NoReturn

from plugins.marketplaces.jd.client import CHINA, sign
from plugins.marketplaces.jd.sandbox.methods import METHODS, Method
from plugins.marketplaces.jd.sandbox.protocol import TIME, Params, RefusalError
from plugins.marketplaces.jd.sandbox.shop import JosShop

SKEW = timedelta(minutes=6)


class Gate:
    """Lets a request in to a shop, or raises the refusal that JOS would answer."""

    def __init__(
        self,
        shops: Sequence[JosShop],
        calls_per_second: int | None,
        calls_per_day: int | None,
    ) -> None:
        self._shops = shops
        self._limits = {
            "%Y-%m-%d %H:%M:%S": calls_per_second,
            "%Y-%m-%d": calls_per_day,
        }
        self._calls: dict[tuple[str, str], tuple[str, int]] = {}

    def admit(self, params: Params, now: datetime) -> tuple[Method, JosShop]:
        """The method that was asked for, and the shop that it is to show."""
        name = params.needed("method", "14")
        method = METHODS.get(name) or _refuse("15", "Invalid method")
        shops = self._shops_of(params)
        _check_form(params, shops[0].app_secret, now)
        self._count(params["app_key"], now)
        return method, _shop_of(shops, params, now)

    def _shops_of(self, params: Params) -> list[JosShop]:
        app_key = params.needed("app_key", "21")
        shops = [shop for shop in self._shops if shop.app_key == app_key]
        return shops or _refuse("22", "Invalid app_key")

    def _count(self, app_key: str, now: datetime) -> None:
        for unit, limit in self._limits.items():
            period = now.strftime(unit)
            since, calls = self._calls.get((app_key, unit), (period, 0))
            calls = calls + 1 if since == period else 1
            self._calls[app_key, unit] = (period, calls)
            if limit is not None and calls > limit:
                raise too_many(1 if "%S" in unit else _rest_of_day(now))


def too_many(seconds: int) -> RefusalError:
    """Code 2. The sentence with the wait is this sandbox's own: JD's is in no public source."""
    return RefusalError(
        "2",
        f"Call limited, retry after {seconds} seconds",
        f"调用次数超过限制，请{seconds}秒后重试",
    )


def _rest_of_day(now: datetime) -> int:
    midnight = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return int((midnight - now).total_seconds()) + 1


def _refuse(code: str, english: str) -> NoReturn:
    raise RefusalError(code, english)


def _check_form(params: Params, secret: str, now: datetime) -> None:
    if params.get("v", "2.0") != "2.0":
        _refuse("4", "Invalid v")
    if params.get("format", "json") != "json":
        _refuse("10", "Invalid format")
    _check_timestamp(params.needed("timestamp", "5"), now)
    _check_sign(params, secret)


def _check_timestamp(text: str, now: datetime) -> None:
    try:
        moment = datetime.strptime(text, TIME).replace(tzinfo=CHINA)
    except ValueError:
        _refuse("8", "Invalid timestamp")
    if abs(moment - now) > SKEW:
        _refuse("8", "Invalid timestamp")


def _check_sign(params: Params, secret: str) -> None:
    told = params.needed("sign", "11")
    signed = {name: value for name, value in params.items() if name != "sign"}
    if not hmac.compare_digest(sign(signed, secret).encode(), told.encode()):
        _refuse("12", "Invalid signature")


def _shop_of(shops: list[JosShop], params: Params, now: datetime) -> JosShop:
    token = params.get("access_token", "")
    for shop in shops:
        if shop.access_token == token and (shop.expires_at is None or now < shop.expires_at):
            return shop
    # JD's own sentence tells the token: whoever logs it has leaked it.
    raise RefusalError(
        "19", "Invalid access_token", f"token已过期或者不存在，请重新授权访问 {token}"
    )
