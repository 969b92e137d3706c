"""The gateway itself: who may call, what goes wrong on request, and the envelope of answers."""

import asyncio
from datetime import datetime, timedelta

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from core.marketplace.sandbox import Call, Clock, Faults, RequestLog, Row, real_clock
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

SECRET_FIELDS = frozenset({"accessToken", "sign", "refreshToken", "code"})
WEEK = timedelta(days=7)


class ArkSandbox:
    """An ARK gateway over some shops.

    retention: how far back orders and after-sales are shown; ARK documents no limit.
    calls_per_second: more calls of one app are refused with -9013; None for no limit.
    lifetime: how long a renewed token lives.
    time_unit: "s" or "ms", the unit of the order list's bounds.
    wraps: whether newer methods put an envelope of their own into ARK's.
    """

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
        self.shops = shops
        self.faults = Faults()
        self.log = RequestLog()
        self._clock = clock
        self._retention = retention
        self._lifetime = lifetime
        self._order_scale = 1000 if time_unit == "s" else 1
        self._wraps = wraps
        self._gate = Gate(shops, calls_per_second)
        self.app = Starlette(
            routes=[
                Route("/_sandbox/faults", self._set_faults, methods=["POST"]),
                Route("/{path:path}", self._gateway, methods=["HEAD", "POST"]),
            ]
        )

    async def _set_faults(self, request: Request) -> Response:
        try:
            self.faults.set(await request.json())
        except (ValueError, TypeError, AttributeError) as mistake:
            return JSONResponse({"error": str(mistake)}, status_code=400)
        return Response(status_code=204)

    async def _gateway(self, request: Request) -> Response:
        if request.method == "HEAD":  # some clients probe first (mcp-cn-commerce)
            return Response()
        body = _read(await request.body())
        self._note(body)
        await asyncio.sleep(self.faults.slow)
        if self.faults.strikes("html"):
            return HTMLResponse("<html><body>502 Bad Gateway</body></html>")
        answer = orjson.dumps(self._answer(body))
        if self.faults.strikes("truncate"):
            answer = answer[: len(answer) // 2]
        return Response(answer, media_type="application/json")

    def _note(self, body: Body) -> None:
        kept = {name: str(value) for name, value in body.items() if name not in SECRET_FIELDS}
        self.log.add(Call(str(body.get("method", "")), kept))

    def _answer(self, body: Body) -> Row:
        try:
            self._fail_on_request()
            return good(self._call(body))
        except RefusalError as refusal:
            return refusal.content

    def _fail_on_request(self) -> None:
        if self.faults.expire:
            self.faults.expire = False
            for shop in self.shops:
                shop.expires_at = self._clock()
        if self.faults.strikes("throttle"):
            raise too_many()
        if self.faults.strikes("fail"):
            raise RefusalError(OUT_OF_ORDER, "系统繁忙，请稍后重试")

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
