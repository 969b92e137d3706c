"""The GraphQL endpoint as a plain ASGI application: nothing between the socket and the engine."""

import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from core.errors import (
    AuthenticationError,
    ConfigurationError,
    InputError,
    OpsgraphError,
    OverloadedError,
    PluginUnavailableError,
    TimedOutError,
)
from core.graph.context import Context
from core.graph.engine.operation import DocumentError, Operation
from core.http.gateway import Gateway
from core.http.graphql import (
    Answer,
    GraphQLRequest,
    answer_of,
    encoded,
    execute,
    failure,
    is_acceptable,
    media_type,
    not_executed,
    read_request,
    status_for,
)
from core.http.idempotency import HEADER, IdempotencyConflictError, Replay
from core.http.sse import MEDIA as EVENTS
from core.http.sse import (
    Streams,
    TooManySubscriptionsError,
    body_of_query,
    wants_events,
    wants_events_only,
)
from core.http.upload import MULTIPART, PREFLIGHT, read_upload
from core.security.permissions import Actor

log = logging.getLogger("opsgraph.http")
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]


class MethodError(InputError):
    """The operation is not for this HTTP method."""

    code = "METHOD_NOT_ALLOWED"


class UnsupportedMediaTypeError(InputError):
    """The request is neither JSON nor a form with a file."""

    code = "UNSUPPORTED_MEDIA_TYPE"


class BodyTooLargeError(InputError):
    """The request is larger than this installation takes."""

    code = "BODY_TOO_LARGE"


_STATUS: dict[type[OpsgraphError], int] = {
    AuthenticationError: 401,
    UnsupportedMediaTypeError: 415,
    BodyTooLargeError: 413,
    MethodError: 405,
    TooManySubscriptionsError: 429,
    IdempotencyConflictError: 409,
    InputError: 400,
    ConfigurationError: 500,
    OverloadedError: 503,
    PluginUnavailableError: 503,
    TimedOutError: 504,
}


class GraphQLEndpoint:
    """`POST /graphql`; also GET for those who accept server-sent events."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self.streams = Streams(gateway.settings.subscriptions_per_token)

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        headers = headers_of(scope)
        accept = headers.get("accept", "")
        if not is_acceptable(accept):
            return await send_answer(send, failure(406, "NOT_ACCEPTABLE", "Answers are JSON."), "")
        try:
            actor = await self._gateway.actor(headers.get("authorization", ""))
            request, body = await self._read(scope, headers, receive)
            asked = _Asked(headers, accept, actor, request, body)
            if wants_events(accept) and self._is_stream(scope, asked):
                return await self._stream(asked, receive, send)
            answer = await self._answer(asked)
        except OpsgraphError as error:
            return await send_answer(send, refusal(error), accept, challenge(error))
        except Exception:
            log.exception("A request failed outside of any field")
            answer = failure(500, "INTERNAL", "Something went wrong here; the log has more.")
        return await send_answer(send, answer, accept)

    def _is_stream(self, scope: Mapping[str, Any], asked: "_Asked") -> bool:
        """Whether the answer is events: a subscription's, or because the client takes no JSON."""
        operation = self._operation(asked.request)
        if scope["method"] == "GET" and operation is not None and operation.is_mutation:
            raise MethodError("A mutation is sent by POST.")
        is_subscription = operation is not None and operation.is_subscription
        return is_subscription or wants_events_only(asked.accept)

    def _operation(self, request: GraphQLRequest) -> Operation | None:
        """The operation; None when the document cannot be run."""
        try:
            return self._gateway.engine.operation(request.query, request.operation_name)
        except DocumentError:
            return None

    async def _stream(self, asked: "_Asked", receive: Receive, send: Send) -> None:
        operation = self._operation(asked.request)
        if operation is None or not operation.is_subscription:
            await self.streams.send(receive, send, self._once(asked), self._always)
            return
        if operation.shows_schema:
            asked.actor.require("schema:read", "The schema")
        follower = _Follower(self._gateway, operation, asked)
        with self.streams.place(asked.actor.token_id):
            await self.streams.send(receive, send, follower.answers(), follower.check)

    async def _once(self, asked: "_Asked") -> AsyncGenerator[Answer, None]:
        yield await self._answer(asked)

    async def _always(self) -> None:
        """What is answered once needs no second look at the token."""

    async def _answer(self, asked: "_Asked") -> Answer:
        request, actor = asked.request, asked.actor
        try:
            operation = self._gateway.engine.operation(request.query, request.operation_name)
        except DocumentError as error:
            return not_executed(error)
        if operation.is_subscription:
            return failure(406, "NOT_ACCEPTABLE", f"A subscription is sent as {EVENTS}.")
        if operation.shows_schema:
            actor.require("schema:read", "The schema")
        key = asked.headers.get(HEADER.lower())
        if key is None or not operation.is_mutation:
            return await self._execute(operation, request, actor)
        gateway = self._gateway
        replay = Replay(gateway.db, gateway.keys, actor, key, asked.body)
        stored = await replay.begin(gateway.clock())
        if stored is not None:
            return stored
        answer = await self._execute(operation, request, actor)
        await replay.finish(answer)
        return answer

    async def _execute(self, operation: Operation, asked: GraphQLRequest, actor: Actor) -> Answer:
        return await execute(self._gateway.engine, operation, asked, self._gateway.context(actor))

    async def _read(
        self, scope: Mapping[str, Any], headers: Mapping[str, str], receive: Receive
    ) -> tuple[GraphQLRequest, bytes]:
        """The request, and the bytes that tell it from others."""
        if scope["method"] == "GET":
            query = body_of_query(scope["query_string"])
            return read_request(query), query
        content_type = headers.get("content-type", "")
        kind = content_type.partition(";")[0].strip().lower()
        settings = self._gateway.settings
        if kind == "application/json":
            body = await _body(receive, settings.max_body_bytes)
            return read_request(body), body
        if kind == MULTIPART and any(headers.get(name) for name in PREFLIGHT):
            chunks = _chunks(receive, settings.max_upload_bytes)
            return await read_upload(content_type, chunks, settings.max_body_bytes)
        raise UnsupportedMediaTypeError(
            f"Send the request as application/json; with a file as {MULTIPART}, and with the "
            "header GraphQL-Require-Preflight: 1, which a form of another site cannot have."
        )


async def _body(receive: Receive, limit: int) -> bytes:
    body = b""
    async for chunk in _chunks(receive, limit):
        body += chunk
    return body


async def _chunks(receive: Receive, limit: int) -> AsyncGenerator[bytes, None]:
    """The body as it arrives, up to so many bytes."""
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise InputError("The client went away before it had sent its request.")
        chunk: bytes = message.get("body", b"")
        more = message.get("more_body", False)
        size += len(chunk)
        if size > limit:
            raise BodyTooLargeError(f"The body is larger than {limit} bytes.")
        yield chunk


@dataclass(frozen=True)
class _Asked:
    """A request, and who sent it."""

    headers: Mapping[str, str]
    accept: str
    actor: Actor
    request: GraphQLRequest
    body: bytes


@dataclass
class _Follower:
    """A subscription while it lasts: its token may end, or lose a permission, at any time."""

    gateway: Gateway
    operation: Operation
    asked: _Asked

    def __post_init__(self) -> None:
        self.actor = self.asked.actor

    async def answers(self) -> AsyncGenerator[Answer, None]:
        """An answer for every event."""
        outcomes = self.gateway.engine.subscribe(
            self.operation, self.asked.request.variables, self._context
        )
        async with aclosing(outcomes):
            async for outcome in outcomes:
                yield answer_of(outcome)

    async def check(self) -> None:
        """AuthenticationError when the token is no longer good."""
        self.actor = await self.gateway.actor(self.asked.headers.get("authorization", ""))

    def _context(self) -> Context:
        return self.gateway.context(self.actor)


def headers_of(scope: Mapping[str, Any]) -> dict[str, str]:
    """A request's headers; of one that is sent twice the last."""
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}


async def send_answer(
    send: Send, answer: Answer, accept: str, headers: Mapping[str, str] | None = None
) -> None:
    """Send an answer in the media type the client prefers."""
    media = media_type(accept)
    body = encoded(answer)
    shown = [
        (b"content-type", f"{media}; charset=utf-8".encode()),
        (b"content-length", str(len(body)).encode()),
        *((name.lower().encode(), value.encode()) for name, value in (headers or {}).items()),
    ]
    status = status_for(answer, media)
    await send({"type": "http.response.start", "status": status, "headers": shown})
    await send({"type": "http.response.body", "body": body})


def refusal(error: OpsgraphError) -> Answer:
    """The answer to a request that is refused as a whole."""
    status = next((s for kind, s in _STATUS.items() if isinstance(error, kind)), 403)
    return failure(status, error.code, error.message)


def challenge(error: OpsgraphError) -> dict[str, str]:
    """What tells a client how to ask instead."""
    if isinstance(error, MethodError):
        return {"Allow": "POST"}
    is_auth = isinstance(error, AuthenticationError)
    return {"WWW-Authenticate": 'Bearer realm="opsgraph"'} if is_auth else {}
