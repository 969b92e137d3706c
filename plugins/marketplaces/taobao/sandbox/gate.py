"""Who may call: what TOP asks of every request, in the order of its error codes."""

import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NoReturn

from plugins.marketplaces.taobao.client import CHINA, SIGN_METHODS, sign
from plugins.marketplaces.taobao.sandbox.methods import METHODS, OPEN_METHODS, Method
from plugins.marketplaces.taobao.sandbox.protocol import TIME, Params, RefusalError
from plugins.marketplaces.taobao.sandbox.shop import TopShop

SKEW = timedelta(minutes=10)


class Gate:
    """Lets a request in to a shop, or raises the refusal that TOP would answer."""

    def __init__(self, shops: Sequence[TopShop], calls_per_second: int | None) -> None:
        self._shops = shops
        self._calls_per_second = calls_per_second
        self._calls: dict[str, tuple[datetime, int]] = {}

    def admit(self, params: Params, now: datetime) -> tuple[Method, TopShop]:
        """The method that was asked for, and the shop that it is to show."""
        name = params.get("method") or _refuse(21, "Missing Method")
        method = METHODS.get(name) or OPEN_METHODS.get(name) or _refuse(22, "Invalid Method")
        shops = self._shops_of(params)
        _check_form(params, shops[0].app_secret, now)
        self._count(params["app_key"], now.replace(microsecond=0))
        if name in OPEN_METHODS:
            return method, _owner(shops, params)
        return method, _session_shop(shops, params, now)

    def _shops_of(self, params: Params) -> list[TopShop]:
        app_key = params.get("app_key") or _refuse(28, "Missing App Key")
        shops = [shop for shop in self._shops if shop.app_key == app_key]
        return shops or _refuse(29, "Invalid App Key")

    def _count(self, app_key: str, second: datetime) -> None:
        since, calls = self._calls.get(app_key, (second, 0))
        calls = calls + 1 if since == second else 1
        self._calls[app_key] = (second, calls)
        if self._calls_per_second is not None and calls > self._calls_per_second:
            raise too_many(seconds=1)


def too_many(seconds: int) -> RefusalError:
    """Code 7: TOP hides the length of the ban in a sentence."""
    return RefusalError(
        7,
        "App Call Limited",
        "accesscontrol.limited-by-api-access-count",
        f"This ban will last for {seconds} more seconds",
    )


def _refuse(code: int, msg: str, sub_code: str = "") -> NoReturn:
    raise RefusalError(code, msg, sub_code)


def _check_form(params: Params, secret: str, now: datetime) -> None:
    _check_timestamp(params, now)
    if (params.get("v") or _refuse(32, "Missing Version")) != "2.0":
        _refuse(33, "Invalid Version")
    if params.get("format", "xml") != "json":  # TOP would answer XML; this sandbox can't
        _refuse(23, "Invalid Format")
    _check_sign(params, secret)


def _check_timestamp(params: Params, now: datetime) -> None:
    text = params.get("timestamp") or _refuse(30, "Missing Timestamp")
    try:
        moment = datetime.strptime(text, TIME).replace(tzinfo=CHINA)
    except ValueError:
        _refuse(31, "Invalid Timestamp")
    if abs(moment - now) > SKEW:
        _refuse(31, "Invalid Timestamp")


def _check_sign(params: Params, secret: str) -> None:
    told = params.get("sign") or _refuse(24, "Missing Signature")
    method = params.get("sign_method", "md5")
    signed = {name: value for name, value in params.items() if name != "sign"}
    if method not in SIGN_METHODS or not hmac.compare_digest(
        sign(signed, secret, method).encode(), told.encode()
    ):
        _refuse(25, "Invalid Signature", "isv.invalid-signature")


def _owner(shops: list[TopShop], params: Params) -> TopShop:
    """Whose refresh token it is; a method that shows no shop may get any."""
    token = params.get("refresh_token")
    return next((shop for shop in shops if shop.refresh_token == token), shops[0])


def _session_shop(shops: list[TopShop], params: Params, now: datetime) -> TopShop:
    session = params.get("session") or _refuse(26, "Missing Session", "missing-session")
    for shop in shops:
        if shop.session == session and (shop.expires_at is None or now < shop.expires_at):
            return shop
    _refuse(27, "Invalid Session", "invalid-sessionkey")
