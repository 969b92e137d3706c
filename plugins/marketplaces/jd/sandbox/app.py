"""The gateway itself: who may call, what goes wrong on request, and the envelope of answers."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from core.marketplace.sandbox import Call, Clock, MovedFeed, Row, Sandbox, real_clock
from plugins.marketplaces.jd.client import CHINA
from plugins.marketplaces.jd.sandbox.gate import Gate, too_many
from plugins.marketplaces.jd.sandbox.methods import Setting, failure, index_of_order
from plugins.marketplaces.jd.sandbox.protocol import (
    TIME,
    Business,
    BusinessError,
    Params,
    RefusalError,
)
from plugins.marketplaces.jd.sandbox.shop import JosShop

RENEWABLE = timedelta(hours=24)
WORDY = {"success", "orderTotal", "totalCount", "pageNumber", "pageSize", "totalItem"}


class JosSandbox(Sandbox):
    """A JOS gateway over some shops.

    retention: how far back orders are shown by change; "three months" on JOS, 92 days at most.
    calls_per_second, calls_per_day: more calls of one app are refused with code 2; None for no
    limit (JD gives apps under test 500 a day). token_lifetime: how long a renewed token lives.
    is_wordy: success and counts come as text, as they do for some of JD's clients.
    """

    secret_params = frozenset({"access_token", "sign"})

    def __init__(
        self,
        *shops: JosShop,
        clock: Clock = real_clock,
        retention: timedelta = timedelta(days=92),
        calls_per_second: int | None = None,
        calls_per_day: int | None = None,
        token_lifetime: timedelta = timedelta(days=365),
        is_wordy: bool = False,
    ) -> None:
        super().__init__(clock)
        self.shops = shops
        self._retention = retention
        self._token_lifetime = token_lifetime
        self._is_wordy = is_wordy
        self._gate = Gate(shops, calls_per_second, calls_per_day)
        self.app = Starlette(
            routes=[
                self.fault_route,
                Route("/oauth2/refresh_token", self._renew),
                Route("/{path:path}", self._gateway, methods=["GET", "POST"]),
            ]
        )

    async def _renew(self, request: Request) -> Response:
        """Only in the last 24 hours of a token, never afterwards. The codes are this sandbox's."""
        asked = request.query_params
        self.log.add(Call("refresh_token", {"grant_type": asked.get("grant_type", "")}))
        return await self._reply(lambda: self._renewed(asked))

    def _renewed(self, asked: Mapping[str, str]) -> Row:
        now = self._clock()
        for shop in self.shops:
            opens = (shop.app_key, shop.app_secret, shop.refresh_token, "refresh_token")
            names = ("app_key", "app_secret", "refresh_token", "grant_type")
            if opens != tuple(asked.get(name) for name in names):
                continue
            end = shop.expires_at
            if end is None or not end - RENEWABLE <= now < end:
                return {"code": "402", "msg": "not the time to renew"}
            shop.renew(now + self._token_lifetime)
            return self._tokens(shop)
        return {"code": "401", "msg": "invalid refresh_token"}

    def _tokens(self, shop: JosShop) -> Row:
        return {
            "access_token": shop.access_token,
            "refresh_token": shop.refresh_token,
            "expires_in": int(self._token_lifetime.total_seconds()),
            "time": f"{self._clock().timestamp() * 1000:.0f}",
            "token_type": "bearer",
            "scope": "snsapi_base",
        }

    async def _gateway(self, request: Request) -> Response:
        if request.method == "HEAD":  # some clients probe first (mcp-cn-commerce)
            return Response()
        form = (await request.body()).decode(errors="replace")
        params = Params([*request.query_params.items(), *parse_qsl(form, keep_blank_values=True)])
        self._note(params)
        return await self._reply(lambda: self._answer(params))

    def _note(self, params: Params) -> None:
        told = dict(params)
        with suppress(RefusalError):  # it is refused again when it is answered
            told |= {name: str(value) for name, value in params.business().items()}
        self._log(params.get("method", ""), told)

    def _answer(self, params: Params) -> Mapping[str, Any]:
        try:
            self._fail_on_request()
            content = self._call(params)
            self._fail_on_row(content)
        except RefusalError as refusal:
            return {"error_response": refusal.content}
        return {params["method"].replace(".", "_") + "_responce": {"code": "0", **content}}

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
        asked = params.business()
        try:
            result = method.answer(shop, asked, Setting(now, self._retention))
        except BusinessError as error:
            result = failure(method, error)
        if params["method"] == "jingdong.pop.order.search" and self.faults.reorder:
            self._reorder(shop, asked)
        return {method.result: _in_words(result) if self._is_wordy else result}

    def _reorder(self, shop: JosShop, asked: Business) -> None:
        """After enough pages, the chosen order changes: it stands elsewhere from now on."""
        self.faults.reorder_after -= 1
        if self.faults.reorder_after > 0:
            return
        order, self.faults.reorder = self.faults.reorder, 0
        index = index_of_order(shop.orders, asked, order)
        if index is not None:
            now = self._clock().astimezone(CHINA).strftime(TIME)
            moment = self.faults.reorder_to or now
            shop.orders = MovedFeed(shop.orders, index, "modified", moment)


def _in_words(result: Row) -> Row:
    """`true` and counts as text, also within `apiResult`."""
    told = {
        name: str(value).lower() if name in WORDY and isinstance(value, (bool, int)) else value
        for name, value in result.items()
    }
    verdict = told.get("apiResult")
    return {**told, "apiResult": _in_words(verdict)} if isinstance(verdict, dict) else told


def failing() -> RefusalError:
    """What is answered when the platform itself fails."""
    return RefusalError("1", "Service unavailable", "服务不可用")
