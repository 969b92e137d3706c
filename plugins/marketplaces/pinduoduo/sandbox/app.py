"""The gateway itself: what goes wrong on request, and the envelope of answers."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from itertools import count
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from core.marketplace.sandbox import Clock, MovedFeed, Sandbox, real_clock
from plugins.marketplaces.pinduoduo.sandbox.connection import MessageServer
from plugins.marketplaces.pinduoduo.sandbox.gate import LIMITS, Gate, Limit, too_many
from plugins.marketplaces.pinduoduo.sandbox.methods import (
    ROOTS,
    Setting,
    index_of_order,
    orders_increment,
)
from plugins.marketplaces.pinduoduo.sandbox.protocol import CHINA, TIME, Params, RefusalError
from plugins.marketplaces.pinduoduo.sandbox.shop import PddShop

Answer = Mapping[str, Any]


class PddSandbox(Sandbox):
    """A PDD gateway over some malls.

    retention: how far back orders and refunds are shown; "three months" on PDD.
    limits: how often a method may be called; the pages' own, unless a test wants others.
    token_lifetime: how long a renewed token lives; None for ever.
    """

    secret_params = frozenset({"access_token", "sign", "refresh_token"})

    def __init__(
        self,
        *shops: PddShop,
        clock: Clock = real_clock,
        retention: timedelta = timedelta(days=90),
        limits: Mapping[str, Sequence[Limit]] = LIMITS,
        token_lifetime: timedelta | None = None,
    ) -> None:
        super().__init__(clock)
        self.shops = shops
        self._retention = retention
        self._token_lifetime = token_lifetime
        self._numbers = count(1)
        self._gate = Gate(shops, limits)
        self.app = Starlette(
            routes=[
                self.fault_route,
                WebSocketRoute("/message/{client_id}/{time}/{sign}", self._messages),
                Route("/{path:path}", self._gateway, methods=["GET", "POST"]),
            ]
        )

    async def _messages(self, socket: WebSocket) -> None:
        self.faults.begin()
        if self.faults.strikes("outage"):
            await socket.send_denial_response(PlainTextResponse("upstream connect error", 503))
        else:
            await MessageServer(self.shops, self._clock).serve(socket)

    async def _gateway(self, request: Request) -> Response:
        if request.method == "HEAD":  # some clients probe first (mcp-cn-commerce)
            return Response()
        sent = await request.body()
        return await self._reply(lambda: self._answer(request, sent))

    def _answer(self, request: Request, body: bytes) -> Answer:
        request_id = f"sandbox-{next(self._numbers)}"
        try:
            if request.method != "POST":
                raise RefusalError(10002, "仅支持POST请求")
            content_type = request.headers.get("content-type", "")
            params = Params.read(request.query_params, body, content_type)
            self._note(params)
            self._fail_on_request()
            root, content = self._call(params)
            self._fail_on_row(content)
        except RefusalError as refusal:
            return {"error_response": {**refusal.content, "request_id": request_id}}
        content = {**content, "request_id": request_id}
        return {root: content} if root else content

    def _note(self, params: Params) -> None:
        self._log(params.get("type", ""), params)

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

    def _call(self, params: Params) -> tuple[str, Answer]:
        now = self._clock().astimezone(CHINA)
        method, shop = self._gate.admit(params, now)
        content = method(shop, params, Setting(now, self._retention, self._token_lifetime))
        if method is orders_increment and self.faults.reorder:
            self._reorder(shop, params)
        return ROOTS[method], content

    def _reorder(self, shop: PddShop, params: Params) -> None:
        """After enough pages, the chosen order changes: it stands elsewhere from now on."""
        self.faults.reorder_after -= 1
        if self.faults.reorder_after > 0:
            return
        number, self.faults.reorder = self.faults.reorder, 0
        index = index_of_order(shop.orders, params, number)
        if index is not None:
            moment = self.faults.reorder_to or self._clock().astimezone(CHINA).strftime(TIME)
            shop.orders = MovedFeed(shop.orders, index, "updated_at", moment)


def failing() -> RefusalError:
    """What is answered when the platform itself fails."""
    return RefusalError(52102, "服务暂不可用，请稍后重试")
