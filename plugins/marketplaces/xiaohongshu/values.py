"""Reads single values of ARK's objects: fen, yuan as doubles, times in milliseconds, words, ids."""

from datetime import datetime
from decimal import Decimal

from core.marketplace.errors import MappingError
from core.marketplace.fields import Row, unix_time
from core.marketplace.mapping import minor_units, platform_id

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
    """Aware UTC of a unix time; None for null, 0 and -1."""
    value = row.get(field)
    if value is None or value in (0, -1):
        return None
    is_short = type(value) is int and abs(value) < SECONDS_END
    return unix_time(value, field, "seconds" if is_short else "milliseconds", latest=latest)


def moment_needed(row: Row, field: str, latest: datetime) -> datetime:
    """Like `moment`, for times that every object has."""
    value = moment(row, field, latest)
    if value is None:
        raise MappingError(field, row.get(field), "a time in milliseconds since 1970")
    return value


def id_if_any(row: Row, field: str) -> str | None:
    """An id as text; None where ARK leaves it empty."""
    value = row.get(field)
    return None if value is None or value == "" else platform_id(value, field)
