"""The gateway itself: who may call, what goes wrong on request, and the envelope of answers."""

from collections.abc import Mapping
from datetime import timedelta
from itertools import count
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from core.marketplace.sandbox import Clock, Sandbox, real_clock
from plugins.marketplaces.douyin.sandbox.gate import Gate, too_many
from plugins.marketplaces.douyin.sandbox.methods import LIFETIME, Setting, search_orders
from plugins.marketplaces.douyin.sandbox.protocol import RefusalError
from plugins.marketplaces.douyin.sandbox.shop import DoudianShop, Moved


class DoudianSandbox(Sandbox):
    """A Doudian gateway over some shops.

    retention: how far back orders are shown, by their creation; None for ever.
    calls_per_second: more calls of one app are refused with code 60000; None for no limit.
    order_bounds: whether the ends of an asked span of orders belong to it; nobody says.
    """

    secret_params = frozenset({"access_token", "sign", "refresh_token", "code"})

    def __init__(
        self,
        *shops: DoudianShop,
        clock: Clock = real_clock,
        retention: timedelta | None = timedelta(days=90),
        calls_per_second: int | None = None,
        order_bounds: tuple[bool, bool] = (True, True),
        token_lifetime: timedelta = LIFETIME,
    ) -> None:
        super().__init__(clock)
        self.shops = shops
        self._retention = retention
        self._order_bounds = order_bounds
        self._token_lifetime = token_lifetime
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
        query = dict(request.query_params)
        # Older clients repeat the body in the query; the body is what counts.
        sent = (await request.body()).decode(errors="replace") or query.get("param_json", "")
        self._note(query, sent)
        return await self._reply(lambda: self._answer(request.url.path, query, sent))

    def _note(self, query: Mapping[str, str], sent: str) -> None:
        try:
            params = {name: str(value) for name, value in orjson.loads(sent or "{}").items()}
        except (orjson.JSONDecodeError, AttributeError):
            params = {}
        both = {**query, **params}
        both.pop("param_json", None)
        self._log(query.get("method", ""), both)

    def _answer(self, path: str, query: Mapping[str, str], sent: str) -> Mapping[str, Any]:
        """The envelope. `err_no` and `message` are its older form, which doudian 0.6 reads."""
        log_id = f"sandbox-{next(self._numbers)}"
        try:
            self._fail_on_request()
            data = self._call(path, query, sent)
            self._fail_on_row(data)
        except RefusalError as refusal:
            content = refusal.content
            old = {"err_no": content["code"], "message": content["msg"]}
            return {**content, **old, "log_id": log_id}
        told = {"code": 10000, "msg": "success", "sub_code": "", "sub_msg": ""}
        return {**told, "err_no": 0, "message": "success", "log_id": log_id, "data": data}

    def _fail_on_request(self) -> None:
        if self.faults.ends_sessions():
            for shop in self.shops:
                shop.expires_at, shop.previous = self._clock(), None
        if self.faults.strikes("throttle"):
            raise too_many()
        if self.faults.strikes("fail"):
            raise failing()

    def _fail_on_row(self, content: Any) -> None:
        if self._has_bad_row(content):
            raise failing()

    def _call(self, path: str, query: Mapping[str, str], sent: str) -> Any:
        now = self._clock()
        method, shop, params = self._gate.admit(path, query, sent, now)
        setting = Setting(now, self._retention, self._order_bounds, self._token_lifetime)
        data = method(shop, params, setting)
        if method is search_orders and self.faults.reorder:
            self._reorder(shop)
        return data

    def _reorder(self, shop: DoudianShop) -> None:
        """After enough pages, the chosen order changes: it stands elsewhere from now on."""
        self.faults.reorder_after -= 1
        if self.faults.reorder_after > 0:
            return
        wanted, self.faults.reorder = str(self.faults.reorder), 0
        moment = int(self.faults.reorder_to or self._clock().timestamp())
        for _, index in shop.orders.keys:
            if str(shop.orders.render(index).get("order_id")) == wanted:
                shop.orders = Moved(shop.orders, index, moment)
                return


def failing() -> RefusalError:
    """What is answered when the platform itself fails."""
    return RefusalError(20000, "服务不可用", "isp.service-unavailable", "try again")
