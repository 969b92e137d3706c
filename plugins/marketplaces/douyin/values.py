"""Reads Doudian's values strictly: fen, unix seconds, 64-bit ids, codes; or says what is wrong."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from core.marketplace.errors import MappingError
from core.marketplace.mapping import EARLIEST, platform_id

Row = Mapping[str, Any]
Unknown = tuple[str, ...]
LARGEST = 2**62


def fen(row: Row, field: str) -> int:
    """An amount in fen, which is the minor unit of yuan."""
    value = row.get(field)
    if type(value) is not int or abs(value) > LARGEST:
        raise MappingError(field, value, "an amount in whole fen")
    return value


def fen_if_any(row: Row, field: str) -> int:
    """An amount in fen; none is nothing."""
    return 0 if row.get(field) is None else fen(row, field)


def moment(row: Row, field: str, latest: datetime) -> datetime:
    """Aware UTC of unix seconds; dates nobody can mean are refused."""
    value = row.get(field)
    if type(value) is not int:
        raise MappingError(field, value, "a time in unix seconds")
    try:
        time = datetime.fromtimestamp(value, UTC)
    except (OverflowError, ValueError, OSError):
        raise MappingError(field, value, "a time in unix seconds") from None
    if not EARLIEST <= time <= latest:
        raise MappingError(field, value, f"a time between 1990 and {latest:%Y-%m-%d}")
    return time


def moment_if_any(row: Row, field: str, latest: datetime) -> datetime | None:
    """Aware UTC of unix seconds; Doudian writes 0 where there is no time."""
    return moment(row, field, latest) if row.get(field) not in (None, 0) else None


def word(row: Row, field: str) -> str:
    """A code as text; "" if there is none."""
    value = row.get(field)
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise MappingError(field, value, "a code")
    return str(value)


def word_needed(row: Row, field: str) -> str:
    """A code without which nobody can say what an object means now."""
    code = word(row, field)
    if not code:
        raise MappingError(field, row.get(field), "a code")
    return code


def text(row: Row, field: str) -> str:
    """A text; "" if there is none."""
    value = row.get(field)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise MappingError(field, value, "text")
    return value


def whole(row: Row, field: str) -> int:
    """A whole number."""
    value = row.get(field)
    if type(value) is not int:
        raise MappingError(field, value, "a whole number")
    return value


def identity(row: Row, field: str) -> str:
    """An id as text, whatever it was sent as."""
    return platform_id(row.get(field), field)


def identity_if_any(row: Row, *fields: str) -> str | None:
    """The first of these ids that is there; Doudian writes 0 or "" where there is none."""
    for field in fields:
        if row.get(field) not in (None, "", 0, "0"):
            return identity(row, field)
    return None


def rows(row: Row, field: str) -> list[Row]:
    """A list of objects; none is empty."""
    value = row.get(field)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise MappingError(field, value, "a list of objects")
    return value


def part(row: Row, field: str) -> Row:
    """An object within an object; none is empty."""
    value = row.get(field)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise MappingError(field, value, "an object")
    return value


def unknown(field: str, told: Iterable[str], known: Iterable[str]) -> Unknown:
    """Codes that have no meaning here yet, as `field=code`; they are counted, never fatal."""
    return tuple(f"{field}={each}" for each in sorted(set(told).difference(known)))
