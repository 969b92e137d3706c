"""Reads single values of ARK's objects: fen, yuan as doubles, times in milliseconds, words, ids."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from core.marketplace.errors import MappingError
from core.marketplace.mapping import EARLIEST, minor_units, platform_id

Row = Mapping[str, Any]

NOISE = Decimal("0.000001")
"""Yuan by which a double may miss the amount it stands for: 19.990000000000002 is 19.99."""
HIGHEST = 1e12
"""Yuan from which on a double of 15 digits no longer holds every fen."""
SECONDS_END = 10**11
"""Unix times below it are seconds, from it on milliseconds: between 1990 and the year 5138 no
moment can be written both ways, so a field whose unit isn't documented needs no guess."""


def fen(row: Row, field: str) -> int | None:
    """An amount of an order or product, in fen as a whole number; None where there is none."""
    value = row.get(field)
    if value is None:
        return None
    if type(value) is not int or abs(value) > 2**62:
        raise MappingError(field, value, "an amount in fen as a whole number")
    return value


def fen_needed(row: Row, field: str) -> int:
    """Like `fen`, for amounts without which the object makes no sense."""
    value = fen(row, field)
    if value is None:
        raise MappingError(field, None, "an amount in fen as a whole number")
    return value


def yuan(row: Row, field: str, currency: str) -> int:
    """Fen of an after-sale's amount, which ARK sends in yuan as a double.

    The shortest text that stands for a double is the amount itself, up to 15 digits; what sums of
    doubles leave behind is far below a fen and dropped. A third decimal that isn't noise fails.
    """
    value = row.get(field)
    if type(value) is not float:
        return minor_units(value, currency, field)
    if not abs(value) < HIGHEST:
        raise MappingError(field, repr(value), "an amount in yuan")
    amount = Decimal(repr(value))
    rounded = round(amount, 2)
    return minor_units(rounded if abs(amount - rounded) < NOISE else amount, currency, field)


def moment(row: Row, field: str, latest: datetime) -> datetime | None:
    """Aware UTC of a unix time; None for null, 0 and -1. Dates nobody can mean are refused."""
    value = row.get(field)
    if value is None or value in (0, -1):
        return None
    if type(value) is not int:
        raise MappingError(field, value, "a unix time in milliseconds")
    seconds = value if abs(value) < SECONDS_END else value / 1000
    if not EARLIEST.timestamp() <= seconds <= latest.timestamp():
        raise MappingError(field, value, f"a time between 1990 and {latest:%Y-%m-%d}")
    return datetime.fromtimestamp(seconds, UTC)


def moment_needed(row: Row, field: str, latest: datetime) -> datetime:
    """Like `moment`, for times that every object has."""
    value = moment(row, field, latest)
    if value is None:
        raise MappingError(field, row.get(field), "a unix time in milliseconds")
    return value


def word(row: Row, field: str) -> str:
    """ARK's word for something, which is a number mostly; empty where there is none."""
    value = row.get(field)
    if value is None:
        return ""
    if type(value) not in (int, str):
        raise MappingError(field, value, "a word or its number")
    return str(value)


def word_needed(row: Row, field: str) -> str:
    """Like `word`, for statuses: without one nobody can say what the object means now."""
    value = word(row, field)
    if not value:
        raise MappingError(field, row.get(field), "a status")
    return value


def text(row: Row, field: str) -> str:
    value = row.get(field)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise MappingError(field, value, "text")
    return value


def whole(row: Row, field: str) -> int:
    value = row.get(field)
    if type(value) is not int:
        raise MappingError(field, value, "a whole number")
    return value


def id_if_any(row: Row, field: str) -> str | None:
    """An id as text; None where ARK leaves it empty."""
    value = row.get(field)
    return None if value is None or value == "" else platform_id(value, field)


def rows(row: Row, field: str) -> list[Row]:
    """The objects of a list; none where ARK sends null."""
    found = row.get(field)
    if found is None:
        return []
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise MappingError(field, found, "a list of objects")
    return found
