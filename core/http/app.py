"""The ASGI surface: GraphQL, its page, the schema's text, and health checks."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from http import HTTPStatus
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from core.db.migrate import require_current
from core.http.endpoint import GraphQLEndpoint, headers_of
from core.http.gateway import Gateway
from core.http.graphql import failure, respond
from core.http.hooks import Hooks
from core.http.pages import explorer_routes
from core.http.routes import plugin_routes
from core.http.sse import wants_events
from core.http.status import status_routes
from core.plugin import Example

PATH = "/graphql"
Background = Callable[[], AbstractAsyncContextManager[None]]


def make_app(
    gateway: Gateway, examples: Sequence[Example], background: Background | None = None
) -> Starlette:
    """The ASGI application; `background` runs as long as it does (the sync worker)."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        try:
            require_current(gateway.db.read_engine, gateway.chains)
            async with background() if background is not None else nullcontext():
                yield
        finally:
            gateway.db.close()

    endpoint = GraphQLEndpoint(gateway)
    routes = [
        Route(PATH, endpoint, methods=["POST"]),
        *status_routes(gateway),
        Hooks(gateway).route,
        *plugin_routes(gateway),
        *explorer_routes(examples=examples),
    ]
    return GatewayApp(
        endpoint=endpoint,
        routes=routes,
        lifespan=lifespan,
        exception_handlers={HTTPException: _http_failure},
    )


class GatewayApp(Starlette):
    """Starlette, with a short way to the one endpoint that nearly all requests go to.

    Its middleware and router would take a tenth of the time of a small query.
    """

    def __init__(self, *, endpoint: GraphQLEndpoint, **options: Any) -> None:
        super().__init__(**options)
        self._endpoint = endpoint

    def stop(self) -> None:
        """End what would never end by itself, because the server is going down."""
        self._endpoint.streams.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope.get("path") == PATH and _is_for_endpoint(scope):
            return await self._endpoint(scope, receive, send)
        return await super().__call__(scope, receive, send)


def _is_for_endpoint(scope: Scope) -> bool:
    """Any POST, and GET from those who want events."""
    if scope.get("method") == "GET":
        return wants_events(headers_of(scope).get("accept", ""))
    return scope.get("method") == "POST"


async def _http_failure(request: Request, error: Exception) -> Response:
    """What the router refuses, in the form of every other refusal."""
    assert isinstance(error, HTTPException)
    code = HTTPStatus(error.status_code).name
    return respond(request, failure(error.status_code, code, error.detail), error.headers)
