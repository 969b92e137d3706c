"""GraphQL over HTTP: one POST endpoint, JSON in and out, every outcome with a code.

Follows the GraphQL-over-HTTP draft: with `application/graphql-response+json` a request that could
not be executed answers 4xx; with `application/json` it answers 200 for documents that are wrong.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

import orjson
from starlette.requests import Request
from starlette.responses import Response

from core.errors import InputError
from core.graph.context import Context
from core.graph.engine.engine import Engine, Outcome
from core.graph.engine.explain import explained
from core.graph.engine.operation import DocumentError, Operation
from core.graph.engine.run import Trace
from core.graph.errors import INVALID, UNPARSED, formatted

RESPONSE = "application/graphql-response+json"
JSON = "application/json"
TAKEN = (RESPONSE, JSON, "application/*", "*/*", "multipart/mixed", "text/event-stream")
EXPLAIN = "explain:read"
"""The permission to see SQL and plans in `extensions.explain`."""
_NUL = re.compile(rb"\\u(?:0{4}|\{0+\})")


@dataclass(frozen=True)
class GraphQLRequest:
    """What a client asks: the document, which of its operations, with what variables.

    explain: whether it wants to see how the answer is made (`"extensions": {"explain": true}`).
    """

    query: str
    variables: Mapping[str, Any]
    operation_name: str | None
    explain: bool = False


@dataclass(frozen=True)
class Answer:
    """Status and body of an answer."""

    status: int
    body: dict[str, Any]


def read_request(body: bytes) -> GraphQLRequest:
    """The request in a JSON body; InputError says what is wrong with it."""
    if b"\\u" in body and _NUL.search(body):
        raise InputError("The body holds a NUL character, which PostgreSQL cannot store.")
    try:
        # orjson: unlike json it refuses lone surrogates and NaN, which no answer could repeat.
        content = orjson.loads(body)
    except ValueError:
        raise InputError("The body must be JSON with a `query`.") from None
    if not isinstance(content, dict) or not isinstance(content.get("query"), str):
        raise InputError("The body must be a JSON object with a `query` text.")
    variables, name = content.get("variables"), content.get("operationName")
    if variables is not None and not isinstance(variables, dict):
        raise InputError("`variables` must be an object.")
    if name is not None and not isinstance(name, str):
        raise InputError("`operationName` must be a text.")
    extensions = content.get("extensions")
    if extensions is not None and not isinstance(extensions, dict):
        raise InputError("`extensions` must be an object.")
    explain = extensions is not None and extensions.get("explain") is True
    return GraphQLRequest(content["query"], variables or {}, name or None, explain)


async def execute(
    engine: Engine, operation: Operation, request: GraphQLRequest, context: Context
) -> Answer:
    """Run a request; variables that do not fit answer 400, everything else 200."""
    if not request.explain:
        return answer_of(await engine.execute(operation, request.variables, context))
    context.actor.require(EXPLAIN, "extensions.explain")
    traces: list[Trace] = []
    answer = answer_of(await engine.execute(operation, request.variables, context, traces))
    if context.reading is not None:
        answer.body["extensions"] = {"explain": explained(context.reading, traces)}
    return answer


def answer_of(outcome: Outcome) -> Answer:
    """An outcome as clients see it."""
    body: dict[str, Any] = {}
    if outcome.errors:
        body["errors"] = [formatted(error) for error in outcome.errors]
    # `data` is absent when nothing was executed.
    if outcome.executed:
        body["data"] = outcome.data
    return Answer(200 if outcome.executed else 400, body)


def not_executed(error: DocumentError) -> Answer:
    """The answer to a document that cannot be run."""
    errors = [cast(dict[str, Any], formatted(each)) for each in error.errors]
    for shown in errors:
        shown["extensions"]["code"] = INVALID if error.parsed else UNPARSED
    return Answer(400, {"errors": errors})


def failure(status: int, code: str, message: str) -> Answer:
    """An answer that carries one error and no data."""
    return Answer(status, {"errors": [{"message": message, "extensions": {"code": code}}]})


def status_for(answer: Answer, media: str) -> int:
    """The HTTP status: clients that know JSON only tell a wrong document by its errors."""
    return 200 if media == JSON and _is_document_error(answer) else answer.status


def encoded(answer: Answer) -> bytes:
    """The body as JSON; dates and moments are written as ISO 8601."""
    try:
        return orjson.dumps(answer.body, default=str)
    except TypeError:  # a number beyond 64 bits, as a sum may be
        return json.dumps(answer.body, default=_plain, ensure_ascii=False).encode()


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def _is_document_error(answer: Answer) -> bool:
    """Whether the request was well formed, and what it asks for is not."""
    if answer.status != 400:
        return False
    codes = {error["extensions"]["code"] for error in answer.body.get("errors", ())}
    return bool(codes) and codes <= {UNPARSED, INVALID}


def media_type(accept: str) -> str:
    """`application/graphql-response+json` for those who ask for it, else plain JSON."""
    return RESPONSE if RESPONSE in accept else JSON


def is_acceptable(accept: str) -> bool:
    """Whether a client takes what we send."""
    return not accept or any(kind in accept for kind in TAKEN)


def respond(request: Request, answer: Answer, headers: Mapping[str, str] | None = None) -> Response:
    """An answer in the media type the client prefers, for what is not on the hot path."""
    media = media_type(request.headers.get("accept", ""))
    kind = f"{media}; charset=utf-8"
    return Response(encoded(answer), status_for(answer, media), headers, media_type=kind)
