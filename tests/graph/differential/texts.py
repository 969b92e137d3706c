"""Ids, cursors, money and moments as clients read and write them: their formats, told again.

Nothing here is taken from `core.graph`: a change of a format there must show as a difference.
"""

import base64
import binascii
import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import orjson

THREE_DECIMALS = {"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"}
NO_DECIMALS = {"JPY", "KRW", "VND", "CLP", "ISK"}


class Refused(Exception):  # noqa: N818  (it is an answer, not a failure)
    """A field is refused: code, message and the argument that was wrong."""

    def __init__(self, code: str, message: str, argument: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.code = code
        self.argument = list(argument)


def bad_input(message: str, *argument: str) -> Refused:
    """What a client gave cannot be used."""
    return Refused("BAD_INPUT", message, argument)


def packed(content: Any) -> str:
    """JSON in URL-safe base64: what ids and cursors are made of."""
    text = json.dumps(content, separators=(",", ":"), ensure_ascii=False)
    return base64.urlsafe_b64encode(text.encode("utf-8", "surrogatepass")).decode().rstrip("=")


def unpacked(text: str) -> Any:
    """The content of an id or cursor; ValueError when it is none."""
    try:
        padded = text + "=" * (-len(text) % 4)
        return orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (binascii.Error, TypeError) as error:
        raise ValueError from error


def global_id(kind: str, keys: Sequence[Any]) -> str:
    """The id of the row of a type with these keys."""
    return packed([kind, *(key if isinstance(key, int) else str(key) for key in keys)])


def id_parts(text: str) -> tuple[str, list[Any]]:
    """Type and keys of an id."""
    try:
        kind, *keys = unpacked(text)
        if not isinstance(kind, str) or not all(_is_key(key) for key in keys):
            raise ValueError
    except (ValueError, TypeError):
        raise bad_input(f"{text[:40]!r} is not an id of this server.", "id") from None
    return kind, keys


def _is_key(key: Any) -> bool:
    if isinstance(key, str):
        return "\0" not in key
    return isinstance(key, int) and not isinstance(key, bool) and 0 <= key < 2**63


def row_id(text: str, kind: str) -> int:
    """The row behind the id of one type, given in a filter."""
    found, keys = id_parts(text)
    if found != kind:
        raise bad_input(f"This is the id of {found[:40]}, not of {kind}.", "id")
    if len(keys) != 1 or not isinstance(keys[0], int):
        raise bad_input(f"{text[:40]!r} is not an id of this server.", "id")
    return keys[0]


def utc(moment: datetime) -> datetime:
    """A moment in UTC; ValueError says why it has none."""
    if moment.tzinfo is None:
        raise ValueError("A time needs a zone.")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("A time lies before the year 1 or after 9999.") from None


def typed(kind: type, value: Any) -> Any:
    """A key's value as its column has it; ValueError or TypeError when it cannot."""
    if kind is datetime:
        return utc(datetime.fromisoformat(value))
    if kind is date:
        return date.fromisoformat(value)
    if type(value) is not kind:
        raise ValueError
    if isinstance(value, str) and "\0" in value:
        raise ValueError
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise ValueError
    return value


def money(minor: int | None, currency: str) -> dict[str, Any] | None:
    """Minor units as the type Money."""
    if minor is None:
        return None
    return {"amount": decimal(minor, currency), "currency": currency}


def decimal(minor: int, currency: str) -> str:
    """Minor units as decimal text."""
    digits = 3 if currency in THREE_DECIMALS else 0 if currency in NO_DECIMALS else 2
    sign, number = "-" if minor < 0 else "", str(abs(minor)).rjust(digits + 1, "0")
    return sign + (f"{number[:-digits]}.{number[-digits:]}" if digits else number)
