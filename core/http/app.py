"""The ASGI surface: GraphQL, its page, the schema's text, and health checks."""

import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus

from graphql import GraphQLError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from core.db import Database
from core.db.migrate import Chain, require_current
from core.errors import AuthenticationError, ConfigurationError, InputError, OpsgraphError
from core.graph.context import Context
from core.graph.schema import ComposedSchema
from core.http.graphql import (
    Answer,
    execute,
    failure,
    is_acceptable,
    is_mutation,
    not_executed,
    read_document,
    read_request,
    respond,
    shows_schema,
)
from core.http.idempotency import HEADER, IdempotencyConflictError, Replay
from core.http.pages import explorer_routes
from core.plugin import Example
from core.registry import Registry
from core.security.envelope import KeyRing
from core.security.permissions import Actor, Policy
from core.security.tokens import authenticate
from core.settings import Settings

log = logging.getLogger("opsgraph.http")


@dataclass(frozen=True)
class Gateway:
    """Everything a request needs; one per process."""

    settings: Settings
    db: Database
    registry: Registry
    schema: ComposedSchema
    policy: Policy
    keys: KeyRing
    chains: Sequence[Chain]
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    async def actor(self, request: Request) -> Actor:
        """Who asks; AuthenticationError if that cannot be told."""
        scheme, _, secret = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not secret:
            raise AuthenticationError(
                "Send a token: Authorization: Bearer … (opsgraph token create makes one)."
            )
        now = self.clock()
        return await self.db.system(
            lambda session: authenticate(session, secret.strip(), self.policy, now), write=False
        )

    def context(self, actor: Actor) -> Context:
        """What resolvers are given."""
        return Context(self.db, actor, self.registry, self.policy, self.keys, self.clock())


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

    async def graphql(request: Request) -> Response:
        return await _graphql(gateway, request)

    async def schema_text(request: Request) -> Response:
        try:
            actor = await gateway.actor(request)
            actor.require("schema:read", "The schema")
        except OpsgraphError as error:
            return respond(request, _refusal(error), _challenge(error))
        return PlainTextResponse(gateway.schema.as_str())

    async def ready(request: Request) -> Response:
        try:
            await gateway.db.system(lambda session: session.connection(), write=False)
        except Exception:
            log.exception("The database does not answer")
            return JSONResponse({"status": "the database does not answer"}, 503)
        return JSONResponse({"status": "ok"})

    async def live(request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    routes = [
        Route("/graphql", graphql, methods=["POST"]),
        Route("/schema.graphql", schema_text),
        Route("/health/live", live),
        Route("/health/ready", ready),
        *explorer_routes(examples=examples),
    ]
    return Starlette(
        routes=routes, lifespan=lifespan, exception_handlers={HTTPException: _http_failure}
    )


async def _http_failure(request: Request, error: Exception) -> Response:
    """What the router refuses, in the form of every other refusal."""
    assert isinstance(error, HTTPException)
    code = HTTPStatus(error.status_code).name
    return respond(request, failure(error.status_code, code, error.detail), error.headers)


async def _graphql(gateway: Gateway, request: Request) -> Response:
    if not is_acceptable(request.headers.get("accept", "")):
        return respond(request, failure(406, "NOT_ACCEPTABLE", "Answers are JSON."))
    try:
        actor = await gateway.actor(request)
        body = await _body(request, gateway.settings.max_body_bytes)
        answer = await _answer(gateway, request, actor, body)
    except OpsgraphError as error:
        return respond(request, _refusal(error), _challenge(error))
    return respond(request, answer)


async def _answer(gateway: Gateway, request: Request, actor: Actor, body: bytes) -> Answer:
    asked = read_request(body)
    try:
        _, operation = read_document(asked)
    except GraphQLError as error:
        return not_executed(error)
    if shows_schema(asked):
        actor.require("schema:read", "The schema")
    context = gateway.context(actor)
    key = request.headers.get(HEADER)
    if key is None or not is_mutation(operation):
        return await execute(gateway.schema, asked, context)
    replay = Replay(gateway.db, gateway.keys, actor, key, body)
    stored = await replay.begin(gateway.clock())
    if stored is not None:
        return stored
    answer = await execute(gateway.schema, asked, context)
    await replay.finish(answer)
    return answer


async def _body(request: Request, limit: int) -> bytes:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise UnsupportedMediaTypeError("Send the request as application/json.")
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise BodyTooLargeError(f"The body is larger than {limit} bytes.")
    return body


class UnsupportedMediaTypeError(InputError):
    """The request is not JSON."""

    code = "UNSUPPORTED_MEDIA_TYPE"


class BodyTooLargeError(InputError):
    """The request is larger than this installation takes."""

    code = "BODY_TOO_LARGE"


_STATUS: dict[type[OpsgraphError], int] = {
    AuthenticationError: 401,
    UnsupportedMediaTypeError: 415,
    BodyTooLargeError: 413,
    IdempotencyConflictError: 409,
    InputError: 400,
    ConfigurationError: 500,
}


def _refusal(error: OpsgraphError) -> Answer:
    status = next((s for kind, s in _STATUS.items() if isinstance(error, kind)), 403)
    return failure(status, error.code, error.message)


def _challenge(error: OpsgraphError) -> dict[str, str]:
    is_auth = isinstance(error, AuthenticationError)
    return {"WWW-Authenticate": 'Bearer realm="opsgraph"'} if is_auth else {}
