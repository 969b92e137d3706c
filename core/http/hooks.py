"""`POST /hooks/<marketplace>/<shop's id>`: where platforms say that something changed in a shop.

No token: the platform's signature opens it. A notice is stored before it is acknowledged.
"""

import asyncio
import logging

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from core.errors import InputError, NotFoundError, OpsgraphError
from core.graph.scalars import parse_id
from core.http.endpoint import BodyTooLargeError, refusal
from core.http.gateway import Gateway
from core.http.graphql import failure, respond
from core.marketplace.contract import Marketplace, Push, PushAnswer
from core.sync.notices import take_push

AT_ONCE = 16
"""Pushes that are read at a time; the others wait, as long as platforms do."""
SECONDS = 4.0
"""Platforms give up after a few seconds and push the same again."""
log = logging.getLogger("opsgraph.hooks")


class Hooks:
    """Takes pushes for all shops."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._turns = asyncio.Semaphore(AT_ONCE)

    @property
    def route(self) -> Route:
        return Route("/hooks/{marketplace}/{shop}", self._endpoint, methods=["POST"])

    async def _endpoint(self, request: Request) -> Response:
        try:
            async with asyncio.timeout(SECONDS):
                answer = await self._answer(request)
        except TimeoutError:
            return respond(request, failure(503, "TIMED_OUT", "This took too long: push it again."))
        except NotFoundError as error:
            return respond(request, failure(404, error.code, error.message))
        except OpsgraphError as error:
            return respond(request, refusal(error))
        except Exception as error:  # its text may hold what was pushed
            log.error("A push was not taken: %s", type(error).__name__)
            return respond(request, failure(500, "INTERNAL", "Something went wrong here."))
        return Response(answer.body, answer.status, media_type=answer.media_type)

    async def _answer(self, request: Request) -> PushAnswer:
        marketplace = self._marketplace(request.path_params["marketplace"])
        push = Push(dict(request.headers), await self._body(request), str(request.url))
        gateway, shop_id = self._gateway, _shop_id(request.path_params["shop"])
        async with self._turns:
            now = gateway.clock()
            return await take_push(gateway.db, gateway.keys, marketplace, shop_id, push, now)

    def _marketplace(self, name: str) -> Marketplace:
        marketplace = self._gateway.registry.marketplaces.get(name)
        if marketplace is None or marketplace.pushes is None:
            raise NotFoundError(f"No pushes are taken of {name[:40]!r}.")
        return marketplace

    async def _body(self, request: Request) -> bytes:
        limit, body = self._gateway.settings.max_body_bytes, b""
        async for part in request.stream():
            body += part
            if len(body) > limit:
                raise BodyTooLargeError(f"The body is larger than {limit} bytes.")
        return body


def _shop_id(text: str) -> int | None:
    """The row id in the shop's id; None for a text that is none, which no shop has."""
    try:
        return parse_id(text, "Shop")
    except InputError:
        return None
