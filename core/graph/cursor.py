"""Keyset cursors: opaque, versioned, bound to the order they were made for."""

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Date, and_, false, or_
from sqlmodel.sql.sqltypes import UTCDateTime

from core.errors import BadCursorError
from core.graph.scalars import as_utc

VERSION = 1


@dataclass(frozen=True)
class Key:
    """One part of an order: nulls come last, whichever way it runs."""

    name: str
    column: Any
    descending: bool

    @property
    def label(self) -> str:
        return f"{self.name} {'desc' if self.descending else 'asc'}"


def encode(keys: Sequence[Key], row: Mapping[str, Any]) -> str:
    """The cursor of a row."""
    values = [_plain(row[key.name]) for key in keys]
    text = json.dumps([VERSION, _order(keys), values], separators=(",", ":"), ensure_ascii=False)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode(keys: Sequence[Key], cursor: str) -> list[Any]:
    """The key values of a cursor; BadCursorError if it is not one, or of another order."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        # orjson: unlike json it refuses lone surrogates, which no database stores.
        content = orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        version, order, values = content
        if version != VERSION or len(values) != len(keys):
            raise ValueError
        typed = [_typed(key, value) for key, value in zip(keys, values, strict=True)]
    except (binascii.Error, ValueError, TypeError):
        raise BadCursorError("This cursor was not issued by this server.") from None
    if order != _order(keys):
        raise BadCursorError("This cursor belongs to another order: page with the same orderBy.")
    return typed


def beyond(keys: Sequence[Key], values: Sequence[Any], *, backward: bool) -> ColumnElement[bool]:
    """The rows strictly after (before, when `backward`) the row with these key values."""
    options: list[ColumnElement[bool]] = []
    for position, (key, value) in enumerate(zip(keys, values, strict=True)):
        same = [
            _equals(other, known)
            for other, known in zip(keys[:position], values[:position], strict=True)
        ]
        options.append(and_(*same, _past(key, value, backward=backward)))
    return or_(*options)


def _past(key: Key, value: Any, *, backward: bool) -> ColumnElement[bool]:
    column = key.column
    if value is None:
        rest: ColumnElement[bool] = column.is_not(None)
        return rest if backward else false()
    further: ColumnElement[bool] = column > value if key.descending == backward else column < value
    return further if backward else or_(further, column.is_(None))


def _equals(key: Key, value: Any) -> ColumnElement[bool]:
    same: ColumnElement[bool] = key.column.is_(None) if value is None else key.column == value
    return same


def _order(keys: Sequence[Key]) -> str:
    return ",".join(key.label for key in keys)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _typed(key: Key, value: Any) -> Any:
    """The value as the column's type takes it; the client may have altered it."""
    if value is None:
        return None
    kind = key.column.type
    if isinstance(kind, UTCDateTime):
        return as_utc(datetime.fromisoformat(value))
    if isinstance(kind, Date):
        return date.fromisoformat(value)
    if type(value) is not kind.python_type:
        raise ValueError
    if isinstance(value, str) and "\0" in value:
        raise ValueError  # PostgreSQL stores no NUL
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise ValueError
    return value
