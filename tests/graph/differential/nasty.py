"""A small data set that is out to find mistakes: two merchants, ties, nulls, odd texts, orphans.

Each row is made of its table's columns alone, from pools of awkward values, always the same ones.
"""

import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    Float,
    Integer,
    LargeBinary,
    String,
    Table,
)
from sqlmodel import SQLModel
from sqlmodel.sql.sqltypes import UTCDateTime

from core.models import Merchant
from tests.builders import NOON
from tests.graph.differential.declared import Row, specs

MERCHANTS = (9001, 9002)
ORPHAN = 999_999
"""A reference to a row that was never seen."""
HUGE = 2**62

TEXTS = (
    "", "a", "A", "b", "B", "Z", "z", "_", " a ", "paid", "shipped", "é", "e\u0301", "ﬀ", "灯笼",
    "丝绸", "😀", "\ufeff", "\U0010ffff", "שלום", "\u202eabc\u202c", "it's", '"quoted"',
    "[]", "null", '{"a": [1, null]}', "'; DROP TABLE orders; --", "%_", "\\", "$1", ":name", "?",
    "%(x)s", "a\n\tb", "\x7f", "ogt_", "***",
)  # fmt: skip
DAYS = (
    date(2025, 12, 31), date(2026, 1, 1), date(2026, 12, 31), date(2026, 12, 31), date(2024, 2, 29),
    date(2027, 1, 3), date(2027, 1, 4), date(1, 1, 1), date(9999, 12, 31), date(2026, 11, 20),
)  # fmt: skip
MOMENTS = (
    NOON, NOON, NOON, NOON + timedelta(microseconds=1), NOON - timedelta(microseconds=999_999),
    datetime(2025, 12, 31, 23, 59, 59, 999_999, UTC), datetime(2026, 1, 1, tzinfo=UTC),
    datetime(2026, 11, 1, 0, 30, tzinfo=UTC), datetime(1969, 12, 31, 23, 59, 59, 500_000, UTC),
)  # fmt: skip
NUMBERS = (0, 0, 1, 1, -1, 7, 7, 12, 99, 100, 101, -250, 1234, 2**31, 2**53 + 1)
FRACTIONS = (0.0, -0.5, 1.5, 99.25, 2.0**20, 2.0**-20, -1234.0625)
"""Halves of halves: their sums are exact in any order."""
CURRENCIES = ("CNY", "CNY", "JPY", "KWD")
STREAMS = ("orders", "refunds", "products", "reviews")
ZONES = ("Asia/Shanghai", "America/New_York", "UTC")

COUNTS = {"shops": 4, "orders": 14, "order_lines": 78, "customers": 6, "products": 8, "skus": 9}
"""Rows of the first merchant; of other tables there are ten."""
NULLABLE = 0.3


@cache
def data() -> dict[int, dict[str, list[Row]]]:
    """All rows, by merchant and by table, parents before children."""
    return {
        merchant: {table.name: _rows_of(table, merchant, number) for table in stored_tables()}
        for number, merchant in enumerate(MERCHANTS)
    }


def stored_tables() -> list[Table]:
    """The tables that declared types show."""
    shown = {spec.model.__table__.name for spec in specs().values()}  # type: ignore[attr-defined]
    return [table for table in SQLModel.metadata.sorted_tables if table.name in shown]


def fill(execute: Callable[..., Any]) -> None:
    """Store the data set in an empty database."""
    times = {"time_zone": "Asia/Shanghai", "created_at": NOON}
    merchants = [{"id": each, "name": "M", "currency": "CNY"} | times for each in MERCHANTS]
    execute(Merchant.__table__.insert(), merchants)  # type: ignore[attr-defined]
    for tables in data().values():
        for table in stored_tables():
            execute(table.insert(), tables[table.name])


def _rows_of(table: Table, merchant: int, number: int) -> list[Row]:
    count = COUNTS.get(table.name, 10) // (1 + number)
    maker = _Maker(table, merchant, number)
    rows = [maker.row(each) for each in range(count)]
    return _distinct(rows, [column.name for column in table.primary_key])


def _distinct(rows: Sequence[Row], keys: Sequence[str]) -> list[Row]:
    return list({tuple(row[key] for key in keys): row for row in rows}.values())


class _Maker:
    """Makes rows of one table for one merchant."""

    def __init__(self, table: Table, merchant: int, number: int) -> None:
        self._table = table
        self._merchant = merchant
        self._dice = random.Random(f"{table.name} {number}")
        self._huge: dict[str, list[int]] = defaultdict(lambda: [HUGE, -HUGE])
        self._kinds: dict[type, Callable[[Column[Any], int], Any]] = {
            JSON: lambda column, number: {},
            Boolean: lambda column, number: self._dice.random() < 0.6,
            Date: lambda column, number: self._one(DAYS),
            LargeBinary: lambda column, number: f"{number}".encode(),
            UTCDateTime: lambda column, number: self._one(MOMENTS),
            String: self._text,
            Float: lambda column, number: self._one(FRACTIONS),
            BigInteger: self._number,
            Integer: lambda column, number: self._one((0, 1, 1, 2, 2**31 - 1)),
        }

    def row(self, number: int) -> Row:
        """The row of this number."""
        columns = self._table.columns
        made = {column.name: self._value(column, number) for column in columns}
        if made.get("last_day", 0) is None:
            made["orders"] = 0  # whoever ordered did it on some day, which `lifecycle` trusts
        return made

    def _value(self, column: Any, number: int) -> Any:
        name = column.name
        if name == "merchant_id":
            return self._merchant
        if name == "id":
            return self._id(number)
        if column.nullable and self._dice.random() < NULLABLE:
            return None
        if name.endswith("_id") and isinstance(column.type, BigInteger):
            return self._reference(column, number)
        return next(
            make(column, number) for k, make in self._kinds.items() if isinstance(column.type, k)
        )

    def _id(self, number: int) -> int:
        """Both merchants count from 1; each has rows whose ids the other one lacks."""
        return number + (5000 if number > 3 and self._merchant == MERCHANTS[1] else 1)

    def _reference(self, column: Any, number: int) -> int:
        """The id of some row; half of an order's lines are the first order's."""
        if self._table.name == "order_lines" and column.name == "order_id" and number < 53:
            return 1
        most = 3 if column.foreign_keys else 9
        known = self._dice.randint(1, most)
        return known if column.foreign_keys or self._dice.random() < 0.8 else ORPHAN

    def _text(self, column: Any, number: int) -> str:
        if column.name == "platform_id":
            return self._one(TEXTS) + f"·{number}"
        pools = {"currency": CURRENCIES, "time_zone": ZONES, "stream": STREAMS}
        text = self._one(pools.get(column.name, TEXTS))
        return text[: column.type.length]

    def _number(self, column: Any, number: int) -> int:
        # Each only once per merchant and column: all sums stay within 64 bits.
        if self._dice.random() < 0.1 and self._huge[column.name]:
            return self._huge[column.name].pop()
        return self._one(NUMBERS)

    def _one(self, pool: Sequence[Any]) -> Any:
        return self._dice.choice(pool)
