"""The GraphQL endpoint as a plain ASGI application: nothing between the socket and the engine."""

import logging
from collections.abc import Awaitable, Callable, Mapping
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
from core.graph.engine.operation import DocumentError, Operation
from core.http.gateway import Gateway
from core.http.graphql import (
    Answer,
    GraphQLRequest,
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
from core.security.permissions import Actor

log = logging.getLogger("opsgraph.http")
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]


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
    OverloadedError: 503,
    PluginUnavailableError: 503,
    TimedOutError: 504,
}


class GraphQLEndpoint:
    """`POST /graphql`."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        headers = headers_of(scope)
        accept = headers.get("accept", "")
        if not is_acceptable(accept):
            return await send_answer(send, failure(406, "NOT_ACCEPTABLE", "Answers are JSON."), "")
        try:
            actor = await self._gateway.actor(headers.get("authorization", ""))
            body = await self._body(headers, receive)
            answer = await self._answer(headers, actor, body)
        except OpsgraphError as error:
            return await send_answer(send, refusal(error), accept, challenge(error))
        except Exception:
            log.exception("A request failed outside of any field")
            answer = failure(500, "INTERNAL", "Something went wrong here; the log has more.")
        return await send_answer(send, answer, accept)

    async def _answer(self, headers: Mapping[str, str], actor: Actor, body: bytes) -> Answer:
        asked = read_request(body)
        try:
            operation = self._gateway.engine.operation(asked.query, asked.operation_name)
        except DocumentError as error:
            return not_executed(error)
        if operation.shows_schema:
            actor.require("schema:read", "The schema")
        key = headers.get(HEADER.lower())
        if key is None or not operation.is_mutation:
            return await self._execute(operation, asked, actor)
        gateway = self._gateway
        replay = Replay(gateway.db, gateway.keys, actor, key, body)
        stored = await replay.begin(gateway.clock())
        if stored is not None:
            return stored
        answer = await self._execute(operation, asked, actor)
        await replay.finish(answer)
        return answer

    async def _execute(self, operation: Operation, asked: GraphQLRequest, actor: Actor) -> Answer:
        return await execute(self._gateway.engine, operation, asked, self._gateway.context(actor))

    async def _body(self, headers: Mapping[str, str], receive: Receive) -> bytes:
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json":
            raise UnsupportedMediaTypeError("Send the request as application/json.")
        limit = self._gateway.settings.max_body_bytes
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
            if len(body) > limit:
                raise BodyTooLargeError(f"The body is larger than {limit} bytes.")
        return body


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
    """What tells a client how to authenticate."""
    is_auth = isinstance(error, AuthenticationError)
    return {"WWW-Authenticate": 'Bearer realm="opsgraph"'} if is_auth else {}
