"""GraphQL over HTTP: one POST endpoint, JSON in and out, every outcome with a code.

Follows the GraphQL-over-HTTP draft: with `application/graphql-response+json` a request that could
not be executed answers 4xx; with `application/json` it answers 200 for documents that are wrong.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import orjson
from graphql import DocumentNode, GraphQLError, OperationDefinitionNode, OperationType, parse
from starlette.requests import Request
from starlette.responses import Response
from strawberry.types import ExecutionResult

from core.errors import InputError
from core.graph.context import Context
from core.graph.errors import INVALID, UNPARSED, formatted
from core.graph.schema import ComposedSchema

RESPONSE = "application/graphql-response+json"
JSON = "application/json"
MAX_TOKENS = 5_000
"""Longest document, in lexical tokens: far beyond any real query."""
_NUL = re.compile(rb"\\u(?:0{4}|\{0+\})")
_SCHEMA = re.compile(r"\b__(?:schema|type)\b")


@dataclass(frozen=True)
class GraphQLRequest:
    """What a client asks: the document, which of its operations, with what variables."""

    query: str
    variables: Mapping[str, Any]
    operation_name: str | None


@dataclass(frozen=True)
class Answer:
    """Status and body of an answer."""

    status: int
    body: dict[str, Any]


def read_request(body: bytes) -> GraphQLRequest:
    """The request in a JSON body; InputError says what is wrong with it."""
    if _NUL.search(body):
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
    return GraphQLRequest(content["query"], variables or {}, name or None)


def read_document(request: GraphQLRequest) -> tuple[DocumentNode, OperationDefinitionNode]:
    """The parsed document and the operation to run; GraphQLError if there is no such one."""
    document = parse(request.query, max_tokens=MAX_TOKENS)
    operations = [n for n in document.definitions if isinstance(n, OperationDefinitionNode)]
    if request.operation_name is not None:
        operations = [o for o in operations if o.name and o.name.value == request.operation_name]
    if len(operations) != 1:
        if request.operation_name is not None:
            raise GraphQLError("The document has no operation of that name.")
        raise GraphQLError("Say with `operationName` which of the operations to run.")
    return document, operations[0]


def shows_schema(request: GraphQLRequest) -> bool:
    """Whether a document may ask for the schema; a text that merely names it counts, too."""
    return _SCHEMA.search(request.query) is not None


async def execute(schema: ComposedSchema, request: GraphQLRequest, context: Context) -> Answer:
    """Run a request; errors in the document answer 400, everything else 200."""
    result = await schema.execute(
        request.query,
        variable_values=dict(request.variables),
        context_value=context,
        operation_name=request.operation_name,
    )
    assert isinstance(result, ExecutionResult)
    body: dict[str, Any] = {}
    if result.errors:
        body["errors"] = [formatted(error) for error in result.errors]
    # `data` is absent when nothing was executed: the document or its variables were wrong.
    executed = result.data is not None or any(error.path for error in result.errors or ())
    if executed:
        body["data"] = result.data
    return Answer(200 if executed else 400, body)


def not_executed(error: GraphQLError, code: str = UNPARSED) -> Answer:
    """The answer to a document that cannot be run."""
    shown = cast(dict[str, Any], formatted(error))
    shown["extensions"]["code"] = code
    return Answer(400, {"errors": [shown]})


def failure(status: int, code: str, message: str) -> Answer:
    """An answer that carries one error and no data."""
    return Answer(status, {"errors": [{"message": message, "extensions": {"code": code}}]})


def is_mutation(operation: OperationDefinitionNode) -> bool:
    """Whether an operation changes something."""
    return operation.operation is OperationType.MUTATION


def respond(request: Request, answer: Answer, headers: Mapping[str, str] | None = None) -> Response:
    """The HTTP response in the media type the client prefers."""
    media = media_type(request.headers.get("accept", ""))
    # Clients that only know application/json tell a wrong document by its errors, not by 400.
    status = 200 if media == JSON and _is_document_error(answer) else answer.status
    body = orjson.dumps(answer.body, default=str)
    return Response(body, status, headers, media_type=f"{media}; charset=utf-8")


def _is_document_error(answer: Answer) -> bool:
    """Whether the request was well formed, and what it asks for is not."""
    codes = {error["extensions"]["code"] for error in answer.body.get("errors", ())}
    return answer.status == 400 and bool(codes) and codes <= {UNPARSED, INVALID}


def media_type(accept: str) -> str:
    """`application/graphql-response+json` for those who ask for it, else plain JSON."""
    return RESPONSE if RESPONSE in accept else JSON


def is_acceptable(accept: str) -> bool:
    """Whether a client takes what we send."""
    return not accept or any(
        kind in accept for kind in (RESPONSE, JSON, "application/*", "*/*", "multipart/mixed")
    )
