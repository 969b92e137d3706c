"""What a process tells of itself beside GraphQL: the schema's text, its figures, its health."""

import logging
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from core.errors import OpsgraphError
from core.http.endpoint import challenge, refusal
from core.http.figures import ailing, figures
from core.http.gateway import Gateway
from core.http.graphql import respond

log = logging.getLogger("opsgraph.http")


def status_routes(gateway: Gateway) -> list[Route]:
    """`/schema.graphql` and `/metrics`, for tokens that may read them, and `/health/…` for all."""

    async def live(request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def ready(request: Request) -> Response:
        try:
            await gateway.db.system(lambda session: session.connection(), write=False)
        except Exception:  # whatever it is, nothing can be answered now
            log.exception("The database does not answer")
            return JSONResponse({"status": "the database does not answer"}, 503)
        return JSONResponse({"status": "ok", "plugins": ailing(gateway.registry)})

    return [
        _text_for(gateway, "/schema.graphql", "schema:read", "The schema", gateway.schema.as_str),
        _text_for(
            gateway,
            "/metrics",
            "sync:read",
            "The figures of the process",
            lambda: figures(gateway.engine.operations, gateway.registry),
            "text/plain; version=0.0.4",
        ),
        Route("/health/live", live),
        Route("/health/ready", ready),
    ]


def _text_for(
    gateway: Gateway,
    path: str,
    permission: str,
    what: str,
    text: Callable[[], str],
    media_type: str = "text/plain",
) -> Route:
    """A text for tokens with a permission."""

    async def answer(request: Request) -> Response:
        try:
            actor = await gateway.actor(request.headers.get("authorization", ""))
            actor.require(permission, what)
        except OpsgraphError as error:
            return respond(request, refusal(error), challenge(error))
        return PlainTextResponse(text(), media_type=media_type)

    return Route(path, answer)
