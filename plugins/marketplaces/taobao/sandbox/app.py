"""The gateway itself: who may call, what goes wrong on request, and the envelope of answers."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from core.marketplace.sandbox import Clock, MovedFeed, Row, Sandbox, real_clock
from plugins.marketplaces.taobao.client import CHINA
from plugins.marketplaces.taobao.sandbox.gate import Gate, too_many
from plugins.marketplaces.taobao.sandbox.methods import Setting, index_of_trade, sold_trades
from plugins.marketplaces.taobao.sandbox.protocol import TIME, Params, RefusalError
from plugins.marketplaces.taobao.sandbox.shop import TopShop


class TopSandbox(Sandbox):
    """A TOP gateway over some shops.

    retention: how far back trades and refunds are shown; "three months" on TOP, 92 days at most.
    calls_per_second: more calls of one app are refused with code 7; None for no limit.
    session_lifetime: how long a renewed session lives; None for ever.
    """

    secret_params = frozenset({"session", "sign", "refresh_token"})

    def __init__(
        self,
        *shops: TopShop,
        clock: Clock = real_clock,
        retention: timedelta = timedelta(days=92),
        rate_retention: timedelta = timedelta(days=180),
        calls_per_second: int | None = None,
        session_lifetime: timedelta | None = None,
    ) -> None:
        super().__init__(clock)
        self.shops = shops
        self._retention = retention
        self._rate_retention = rate_retention
        self._session_lifetime = session_lifetime
        self._numbers = count(1)
        self._gate = Gate(shops, calls_per_second)
        self.app = Starlette(
            routes=[
                self.fault_route,
                Route("/{path:path}", self._gateway, methods=["GET", "POST"]),
            ]
        )

    async def _gateway(self, request: Request) -> Response:
        if request.method == "HEAD":  # some clients probe first (mcp-cn-commerce)
            return Response()
        form = (await request.body()).decode(errors="replace")
        params = Params([*request.query_params.items(), *parse_qsl(form, keep_blank_values=True)])
        self._note(params)
        return await self._reply(lambda: self._answer(params))

    def _note(self, params: Params) -> None:
        self._log(params.get("method", ""), params)

    def _answer(self, params: Params) -> Mapping[str, Any]:
        request_id = f"sandbox-{next(self._numbers)}"
        try:
            self._fail_on_request()
            content = self._call(params)
            self._fail_on_row(content)
        except RefusalError as refusal:
            return {"error_response": {**refusal.content, "request_id": request_id}}
        root = params["method"].removeprefix("taobao.").replace(".", "_") + "_response"
        return {root: {**content, "request_id": request_id}}

    def _fail_on_request(self) -> None:
        if self.faults.ends_sessions():
            for shop in self.shops:
                shop.expires_at = self._clock()
        if self.faults.strikes("throttle"):
            raise too_many(self.faults.ban_seconds)
        if self.faults.strikes("fail"):
            raise failing()

    def _fail_on_row(self, content: Any) -> None:
        if self._has_bad_row(content):
            raise failing()

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


def failing() -> RefusalError:
    """What is answered when the platform itself fails."""
    return RefusalError(15, "Remote service error", "isp.top-remote-connection-timeout")
