"""Keyset cursors: opaque, versioned, bound to the order they were made for."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import orjson

from core.errors import BadCursorError
from core.graph.scalars import as_utc

VERSION = 1
_TYPES: dict[str, type] = {"int": int, "text": str, "bool": bool, "float": float}


@dataclass(frozen=True)
class Key:
    """One part of an order: nulls come last, whichever way it runs.

    path: a column, a field that is an expression, or `relation.field`. kind: how its values travel.
    """

    name: str
    path: str
    descending: bool
    nullable: bool
    kind: str

    @property
    def label(self) -> str:
        return f"{self.name} {'desc' if self.descending else 'asc'}"


class Cursors:
    """Cursors of one order."""

    def __init__(self, keys: Sequence[Key]) -> None:
        self.keys = tuple(keys)
        self._order = ",".join(key.label for key in keys)

    def encode(self, values: Sequence[Any]) -> str:
        """The cursor of a row with these key values."""
        text = orjson.dumps([VERSION, self._order, values])
        return base64.urlsafe_b64encode(text).decode().rstrip("=")

    def decode(self, cursor: str) -> list[Any]:
        """The key values of a cursor; BadCursorError if it is not one, or of another order."""
        try:
            padded = cursor + "=" * (-len(cursor) % 4)
            # orjson: unlike json it refuses lone surrogates, which no database stores.
            content = orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
            version, order, values = content
            if version != VERSION or len(values) != len(self.keys):
                raise ValueError
            typed = [_typed(key, value) for key, value in zip(self.keys, values, strict=True)]
        except (binascii.Error, ValueError, TypeError):
            raise BadCursorError("This cursor was not issued by this server.") from None
        if order != self._order:
            raise BadCursorError(
                "This cursor belongs to another order: page with the same orderBy."
            )
        return typed


def _typed(key: Key, value: Any) -> Any:
    """The value as the column's type takes it; the client may have altered it."""
    if value is None:
        return None
    if key.kind == "time":
        return as_utc(datetime.fromisoformat(value))
    if key.kind == "date":
        return date.fromisoformat(value)
    if type(value) is not _TYPES[key.kind]:
        raise ValueError
    if isinstance(value, str) and "\0" in value:
        raise ValueError  # PostgreSQL stores no NUL
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise ValueError
    return value
