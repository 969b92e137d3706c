"""Reads JD's fields: the same figure comes as number or text, a missing time as the year 1."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from core.marketplace import fields
from core.marketplace.errors import MappingError
from core.marketplace.fields import Row, unix_time
from core.marketplace.mapping import local_time, minor_units, platform_id
from plugins.marketplaces.jd.client import CHINA

NO_TIMES = frozenset({"0001-01-01 00:00:00", "1970-01-01 00:00:00", "", "0"})
"""JD: an order whose end is one of the first two has not ended."""
NO_IDS = frozenset({"", "0"})


def identity(row: Row, name: str) -> str:
    """An id that every object has, as text."""
    value = platform_id(row.get(name), name)
    if value in NO_IDS:
        raise MappingError(name, row.get(name), "an id other than 0")
    return value


def identity_if_any(row: Row, name: str) -> str | None:
    """An id as text; JD writes 0 where there is none."""
    value = row.get(name)
    if value is None or value == "":
        return None
    text = platform_id(value, name)
    return None if text in NO_IDS else text


def word(row: Row, name: str) -> str:
    """A code that JD sends as number or text, without the explanation some come with (`4-…`)."""
    return fields.word(row, name).partition("-")[0].strip()


def whole(row: Row, name: str) -> int:
    """A whole number, also as text."""
    value = row.get(name)
    if isinstance(value, str) and value.isascii() and value.removeprefix("-").isdigit():
        value = int(value)
    if type(value) is not int:
        raise MappingError(name, value, "a whole number")
    return value


def needed(state: str, row: Row, name: str) -> str:
    """A word that every object has: without it nobody can say what the object means now."""
    if not state:
        raise MappingError(name, row.get(name), "a status")
    return state


def rows(row: Row, name: str) -> list[Row]:
    """A list of objects; absent means empty."""
    return [] if row.get(name) == "" else fields.rows(row, name)


def part(row: Row, name: str) -> Row:
    """An object within the object."""
    value = row.get(name)
    if not isinstance(value, dict):
        raise MappingError(name, value, "an object")
    return value


@dataclass(frozen=True)
class Units:
    """The money and the times of one shop's page. latest: times after it are mistakes."""

    currency: str
    latest: datetime

    def yuan(self, row: Row, name: str) -> int | None:
        """Money that JD writes in yuan; None where there is none."""
        value = row.get(name)
        return None if value is None or value == "" else minor_units(value, self.currency, name)

    def yuan_needed(self, row: Row, name: str) -> int:
        """Money that every object of its kind has."""
        return minor_units(row.get(name), self.currency, name)

    def time(self, row: Row, name: str) -> datetime:
        """A time that every object of its kind has."""
        moment = self.time_if_any(row, name)
        if moment is None:
            raise MappingError(name, row.get(name), "a time")
        return moment

    def time_if_any(
        self, row: Row, name: str, *, ahead: timedelta = timedelta(0)
    ) -> datetime | None:
        """A time as Chinese wall clock or milliseconds: JD's SDKs disagree about several fields."""
        value = row.get(name)
        if value is None or str(value) in NO_TIMES:
            return None
        latest = self.latest + ahead
        if type(value) is int or (isinstance(value, str) and value.isascii() and value.isdigit()):
            return unix_time(int(value), name, "milliseconds", latest=latest)
        return local_time(value, CHINA, name, latest=latest)
