"""The gateway itself: who may call, what goes wrong on request, and the envelope of answers."""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from urllib.parse import parse_qsl

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from core.marketplace.sandbox import Call, Clock, Faults, MovedFeed, RequestLog, Row, real_clock
from plugins.marketplaces.taobao.client import CHINA
from plugins.marketplaces.taobao.sandbox.gate import Gate, too_many
from plugins.marketplaces.taobao.sandbox.methods import Setting, index_of_trade, sold_trades
from plugins.marketplaces.taobao.sandbox.protocol import TIME, Params, RefusalError
from plugins.marketplaces.taobao.sandbox.shop import TopShop

SECRET_PARAMS = frozenset({"session", "sign", "refresh_token"})


class TopSandbox:
    """A TOP gateway over some shops.

    retention: how far back trades and refunds are shown; "three months" on TOP, 92 days at most.
    calls_per_second: more calls of one app are refused with code 7; None for no limit.
    session_lifetime: how long a renewed session lives; None for ever.
    """

    def __init__(
        self,
        *shops: TopShop,
        clock: Clock = real_clock,
        retention: timedelta = timedelta(days=92),
        rate_retention: timedelta = timedelta(days=180),
        calls_per_second: int | None = None,
        session_lifetime: timedelta | None = None,
    ) -> None:
        self.shops = shops
        self.faults = Faults()
        self.log = RequestLog()
        self._clock = clock
        self._retention = retention
        self._rate_retention = rate_retention
        self._session_lifetime = session_lifetime
        self._numbers = count(1)
        self._gate = Gate(shops, calls_per_second)
        self.app = Starlette(
            routes=[
                Route("/_sandbox/faults", self._set_faults, methods=["POST"]),
                Route("/{path:path}", self._gateway, methods=["GET", "POST"]),
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
        form = (await request.body()).decode(errors="replace")
        params = Params([*request.query_params.items(), *parse_qsl(form, keep_blank_values=True)])
        self._note(params)
        await asyncio.sleep(self.faults.slow)
        if self.faults.strikes("html"):
            return HTMLResponse("<html><body>502 Bad Gateway</body></html>")
        body = orjson.dumps(self._answer(params))
        if self.faults.strikes("truncate"):
            body = body[: len(body) // 2]
        return Response(body, media_type="application/json")

    def _note(self, params: Params) -> None:
        kept = {name: value for name, value in params.items() if name not in SECRET_PARAMS}
        self.log.add(Call(params.get("method", ""), kept))

    def _answer(self, params: Params) -> Mapping[str, Any]:
        request_id = f"sandbox-{next(self._numbers)}"
        try:
            self._fail_on_request()
            content = self._call(params)
        except RefusalError as refusal:
            return {"error_response": {**refusal.content, "request_id": request_id}}
        root = params["method"].removeprefix("taobao.").replace(".", "_") + "_response"
        return {root: {**content, "request_id": request_id}}

    def _fail_on_request(self) -> None:
        if self.faults.expire:
            self.faults.expire = False
            for shop in self.shops:
                shop.expires_at = self._clock()
        if self.faults.strikes("throttle"):
            raise too_many(self.faults.ban_seconds)
        if self.faults.strikes("fail"):
            raise RefusalError(15, "Remote service error", "isp.top-remote-connection-timeout")

    def _call(self, params: Params) -> Row:
        now = self._clock().astimezone(CHINA)
        method, shop = self._gate.admit(params, now)
        setting = Setting(now, self._retention, self._rate_retention, self._session_lifetime)
        content = method(shop, params, setting)
        if method is sold_trades and self.faults.reorder:
            self._reorder(shop, params, now)
        return content

    def _reorder(self, shop: TopShop, params: Params, now: datetime) -> None:
        """After enough pages, the chosen trade changes: it stands elsewhere from now on."""
        self.faults.reorder_after -= 1
        if self.faults.reorder_after > 0:
            return
        tid, self.faults.reorder = self.faults.reorder, 0
        index = index_of_trade(shop.trades, params, tid)
        if index is not None:
            moment = self.faults.reorder_to or now.strftime(TIME)
            shop.trades = MovedFeed(shop.trades, index, "modified", moment)
