"""The gateway itself: who may call, what goes wrong on request, and the envelope of answers."""

from datetime import datetime, timedelta
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from core.marketplace.sandbox import Clock, Row, Sandbox, real_clock
from plugins.marketplaces.xiaohongshu.sandbox.gate import Gate, too_many
from plugins.marketplaces.xiaohongshu.sandbox.methods import Setting, index_of_order, order_list
from plugins.marketplaces.xiaohongshu.sandbox.moved import MovedOrders
from plugins.marketplaces.xiaohongshu.sandbox.protocol import (
    OUT_OF_ORDER,
    Body,
    RefusalError,
    good,
    milliseconds,
)
from plugins.marketplaces.xiaohongshu.sandbox.shop import ArkShop

WEEK = timedelta(days=7)


class ArkSandbox(Sandbox):
    """An ARK gateway over some shops.

    retention: how far back orders and after-sales are shown; ARK documents no limit.
    calls_per_second: more calls of one app are refused with -9013; None for no limit.
    lifetime: how long a renewed token lives.
    time_unit: "s" or "ms", the unit of the order list's bounds.
    wraps: whether newer methods put an envelope of their own into ARK's.
    """

    secret_params = frozenset({"accessToken", "sign", "refreshToken", "code"})

    def __init__(
        self,
        *shops: ArkShop,
        clock: Clock = real_clock,
        retention: timedelta = timedelta(days=180),
        calls_per_second: int | None = None,
        lifetime: timedelta = WEEK,
        time_unit: str = "s",
        wraps: bool = True,
    ) -> None:
        super().__init__(clock)
        self.shops = shops
        self._retention = retention
        self._lifetime = lifetime
        self._order_scale = 1000 if time_unit == "s" else 1
        self._wraps = wraps
        self._gate = Gate(shops, calls_per_second)
        self.app = Starlette(
            routes=[
                self.fault_route,
                Route("/{path:path}", self._gateway, methods=["HEAD", "POST"]),
            ]
        )

    async def _gateway(self, request: Request) -> Response:
        if request.method == "HEAD":  # some clients probe first (mcp-cn-commerce)
            return Response()
        body = _read(await request.body())
        self._note(body)
        return await self._reply(lambda: self._answer(body))

    def _note(self, body: Body) -> None:
        told = {name: str(value) for name, value in body.items()}
        self._log(str(body.get("method", "")), told)

    def _answer(self, body: Body) -> Row:
        try:
            self._fail_on_request()
            content = self._call(body)
            self._fail_on_row(content)
            return good(content)
        except RefusalError as refusal:
            return refusal.content

    def _fail_on_request(self) -> None:
        if self.faults.ends_sessions():
            for shop in self.shops:
                shop.expires_at = self._clock()
        if self.faults.strikes("throttle"):
            raise too_many()
        if self.faults.strikes("fail"):
            raise failing()

    def _fail_on_row(self, content: Any) -> None:
        if self._has_bad_row(content):
            raise failing()

    def _call(self, body: Body) -> Row:
        now = self._clock()
        method, shop = self._gate.admit(body, now)
        setting = self._setting(now)
        content = method(shop, body, setting)
        if method is order_list and self.faults.reorder:
            self._reorder(shop, body, setting)
        return content

    def _setting(self, now: datetime) -> Setting:
        return Setting(now, self._retention, self._lifetime, self._order_scale, self._wraps)

    def _reorder(self, shop: ArkShop, body: Body, setting: Setting) -> None:
        """After enough pages, the chosen order, P and a number, changes: it stands elsewhere."""
        self.faults.reorder_after -= 1
        if self.faults.reorder_after > 0:
            return
        order_id, self.faults.reorder = f"P{self.faults.reorder}", 0
        index = index_of_order(shop, body, setting, order_id)
        if index is not None:
            moment = int(self.faults.reorder_to or milliseconds(setting.now))
            shop.orders = MovedOrders(shop.orders, index, order_id, moment)


def _read(raw: bytes) -> Body:
    """The fields of a body; none if it isn't the JSON object that it has to be."""
    try:
        fields = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return Body()
    return Body(fields) if isinstance(fields, dict) else Body()


def failing() -> RefusalError:
    """What is answered when the platform itself fails."""
    return RefusalError(OUT_OF_ORDER, "系统繁忙，请稍后重试")
