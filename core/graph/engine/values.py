"""What the generated builders call: values of a database as JSON shows them."""

from binascii import b2a_base64
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from fractions import Fraction
from functools import cache, lru_cache
from typing import Any

import orjson

from core.graph.scalars import global_id
from core.money import decimal_text

REMEMBERED = 32_768
"""Global ids of each type, and SQLite's times, that a process remembers (some 8 MB each): the
newest rows are asked again and again, and making a text takes five times as long as finding it."""


class Partial:
    """An object whose table-shaped fields are done; the others are for its resolvers.

    done: by response key. kind: its GraphQL type. node: what resolvers get as `self`; None where
    there are none.
    """

    __slots__ = ("done", "kind", "node")

    def __init__(self, done: Mapping[str, Any], kind: str, node: Any) -> None:
        self.done = done
        self.kind = kind
        self.node = node


class Items(list[Any]):
    """A list that holds partial objects."""


@cache
def id_maker(type_name: str) -> Callable[[int], str]:
    """What makes the global ids of a type with one whole number as its key."""
    form = f'["{type_name}",%d]'.encode()

    @lru_cache(REMEMBERED)
    def make(key: int) -> str:
        # Digits and letters never give the two characters that URLs spell otherwise.
        return b2a_base64(form % key, newline=False).rstrip(b"=").decode()

    return make


def make_id(type_name: str, *keys: Any) -> str:
    """The global id of a row with any key."""
    return str(global_id(type_name, *keys))


@lru_cache(REMEMBERED)
def time_text(value: str | None) -> str | None:
    """SQLite's text of a moment as ISO 8601 in UTC."""
    if value is None:
        return None
    fraction = value[19:]
    return f"{value[:10]}T{value[11:19]}{'' if fraction == '.000000' else fraction}+00:00"


def moment_of(value: str | None) -> datetime | None:
    """SQLite's text of a moment as an object."""
    return None if value is None else datetime.fromisoformat(value).replace(tzinfo=UTC)


def date_of(value: str | None) -> date | None:
    """SQLite's text of a date as an object."""
    return None if value is None else date.fromisoformat(value)


def truth(value: Any) -> bool | None:
    """SQLite's number as a boolean."""
    return None if value is None else bool(value)


def number(value: Any) -> float | None:
    """A float, which travels as text inside SQLite's JSON."""
    return None if value is None else float(value)


def whole_sum(text: str) -> int:
    """A sum as SQLite gives it: its high and its low 31 bits, summed apart."""
    high, _, low = text.partition("/")
    return int(high) * 2**31 + int(low)


def mean_of_money(total: Any, rows: int, currency: str) -> str | None:
    """The mean of an amount, rounded half up (away from zero) to the currency's decimals."""
    if not rows:
        return None
    mean = Fraction(int(total), rows)
    whole = int(abs(mean) + Fraction(1, 2))
    return decimal_text(-whole if mean < 0 else whole, currency)


def mean(total: Any, rows: int) -> float | None:
    """An arithmetic mean."""
    return total / rows if rows else None


def joined_rows(rows: Sequence[Sequence[Sequence[Any]]]) -> list[list[Any]]:
    """Rows that were too wide for one array of SQLite."""
    return [[value for part in row for value in part] for row in rows]


def joined_rows_in_json(text: str) -> list[list[Any]]:
    """The same, as text yet."""
    return joined_rows(orjson.loads(text))
