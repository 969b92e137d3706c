"""Reads the fields of PDD's objects: exact, or with a MappingError that names the field."""

from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from core.marketplace.errors import MappingError
from core.marketplace.fields import Row
from core.marketplace.mapping import EARLIEST, TOMORROW, local_time, minor_units

CHINA = ZoneInfo("Asia/Shanghai")

NO_TIMES = frozenset({"", "0", "0000-00-00 00:00:00", "1970-01-01 08:00:00"})
LEAST_MILLISECONDS = 10**11  # as seconds that were the year 5138


def whole(row: Row, name: str) -> int:
    """A whole number: PDD writes some as numbers, others as text, the same one in both ways."""
    value = row.get(name)
    if type(value) is int:
        return value
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
        return int(value)
    raise MappingError(name, value, "a whole number")


def whole_if_any(row: Row, name: str) -> int | None:
    """A whole number, or None where there is none."""
    return None if row.get(name) in (None, "") else whole(row, name)


def yuan(row: Row, name: str, currency: str) -> int:
    """Minor units of an amount in yuan."""
    return minor_units(row.get(name), currency, name)


def yuan_if_any(row: Row, name: str, currency: str) -> int | None:
    """Minor units of an amount in yuan, or None where there is none."""
    return None if row.get(name) in (None, "") else yuan(row, name, currency)


def thousandths(row: Row, name: str) -> int:
    """Fen of an amount in 厘, rounded half to even: a click may cost a part of a fen."""
    value = row.get(name)
    if isinstance(value, bool) or not isinstance(value, (int, str)) or len(str(value)) > 20:
        raise MappingError(name, value, "an amount in thousandths of a yuan")
    try:
        return int((Decimal(value) / 10).quantize(Decimal(1), ROUND_HALF_EVEN))
    except (InvalidOperation, ValueError):
        raise MappingError(name, value, "an amount in thousandths of a yuan") from None


def moment(row: Row, name: str, now: datetime, ahead: timedelta = TOMORROW) -> datetime:
    """Aware UTC of a Chinese wall clock, or of seconds or milliseconds since 1970.

    ahead: by how much it may lie after `now`.
    """
    value, latest = row.get(name), now + ahead
    if type(value) is not int:
        return local_time(value, CHINA, name, latest=latest)
    seconds = value // 1000 if value >= LEAST_MILLISECONDS else value
    if not EARLIEST.timestamp() <= seconds <= latest.timestamp():
        raise MappingError(name, value, f"a time between 1990 and {latest:%Y-%m-%d}")
    return datetime.fromtimestamp(seconds, UTC)


def is_told(row: Row, name: str) -> bool:
    """Whether there is a time: PDD also writes zero for none."""
    value = row.get(name)
    return not (value is None or value == 0 or (isinstance(value, str) and value in NO_TIMES))


def moment_if_any(
    row: Row, name: str, now: datetime, ahead: timedelta = TOMORROW
) -> datetime | None:
    """A moment, or None where there is none."""
    return moment(row, name, now, ahead) if is_told(row, name) else None
