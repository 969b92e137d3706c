"""Errors as clients see them: expected ones with their code, all others masked behind an id."""

import logging
import secrets
from typing import Any

from graphql import GraphQLError, GraphQLFormattedError

from core.errors import OpsgraphError

INTERNAL = "INTERNAL"
INVALID = "GRAPHQL_VALIDATION_FAILED"
UNPARSED = "GRAPHQL_PARSE_FAILED"
log = logging.getLogger("opsgraph.graphql")


def formatted(error: GraphQLError) -> GraphQLFormattedError:
    """The error as it goes out: a stable code, and nothing that was not meant for the client."""
    cause = error.original_error
    while isinstance(cause, GraphQLError) and cause.original_error is not None:
        cause = cause.original_error
    if cause is None or isinstance(cause, GraphQLError):
        return _with_code(error, error.message, INVALID)
    if isinstance(cause, OpsgraphError):
        return _with_code(error, cause.message, cause.code, argument=cause.path or None)
    return _masked(error, cause)


def _masked(error: GraphQLError, cause: BaseException) -> GraphQLFormattedError:
    error_id = secrets.token_hex(8)
    path = ".".join(str(part) for part in error.path or ())
    # The text of an unexpected error may hold anything, a row's values included: the log gets
    # type and place, which `error_id` ties to the answer.
    log.error("Error %s at %s: %s", error_id, path, type(cause).__name__, exc_info=_place(cause))
    message = f"Something went wrong here; the log has more under {error_id}."
    return _with_code(error, message, INTERNAL, errorId=error_id)


def _place(cause: BaseException) -> tuple[type[BaseException], BaseException, Any]:
    bare = RuntimeError(f"{type(cause).__name__} (text withheld)")
    return RuntimeError, bare, cause.__traceback__


def _with_code(
    error: GraphQLError, message: str, code: str, **extensions: Any
) -> GraphQLFormattedError:
    shown: GraphQLFormattedError = {"message": message}
    if error.locations:
        shown["locations"] = [location.formatted for location in error.locations]
    if error.path is not None:
        shown["path"] = error.path
    given = {name: value for name, value in extensions.items() if value is not None}
    shown["extensions"] = {"code": code, **given}
    return shown
