"""Reads the fields of a platform's object: as what they are, or with an error that names the field.

What a platform writes in a way of its own (ids of 0, money, empty texts) its plugin reads.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from core.marketplace.errors import MappingError
from core.marketplace.mapping import EARLIEST

Row = Mapping[str, Any]
"""An object as the platform sent it."""
Unknown = tuple[str, ...]
"""Words of the platform that have no meaning here yet, as `field=word`."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def text(row: Row, name: str) -> str:
    """A text; "" where there is none."""
    value = row.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise MappingError(name, value, "text")
    return value


def word(row: Row, name: str) -> str:
    """A code that is sent as number or text; "" where there is none."""
    value = row.get(name)
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise MappingError(name, value, "a word or a number")
    return str(value)


def word_needed(row: Row, name: str) -> str:
    """A code that every object has: without it nobody can say what the object means now."""
    told = word(row, name)
    if not told:
        raise MappingError(name, row.get(name), "a status")
    return told


def whole(row: Row, name: str) -> int:
    """A whole number."""
    value = row.get(name)
    if type(value) is not int:
        raise MappingError(name, value, "a whole number")
    return value


def rows(row: Row, name: str) -> list[Row]:
    """A list of objects; an empty one where there is none."""
    value = row.get(name)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise MappingError(name, value, "a list of objects")
    return value


def part(row: Row, name: str) -> Row:
    """An object within the object; an empty one where there is none."""
    value = row.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise MappingError(name, value, "an object")
    return value


def unix_time(
    value: Any, where: str, unit: Literal["seconds", "milliseconds"], *, latest: datetime
) -> datetime:
    """Aware UTC of a time since 1970; dates nobody can mean are refused."""
    if type(value) is not int:
        raise MappingError(where, value, f"a time in {unit} since 1970")
    try:
        moment = EPOCH + timedelta(**{unit: value})
    except OverflowError:
        raise MappingError(where, value, f"a time in {unit} since 1970") from None
    if not EARLIEST <= moment <= latest:
        raise MappingError(where, value, f"a time between 1990 and {latest:%Y-%m-%d}")
    return moment


def unknown(name: str, words: Iterable[str], known: Iterable[str]) -> Unknown:
    """Words that have no meaning here yet, as `field=word`; they are counted, never fatal."""
    return tuple(f"{name}={each}" for each in sorted(set(words).difference(known)))
