"""Rows in every table for two merchants that share all ids: the hardest case for a leak.

Every value tells whose it is: texts carry the merchant's tag, numbers its digit. Ids and columns
that end in `_id` hold the row's number, so references between rows of one number hold.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    Float,
    Integer,
    LargeBinary,
    Numeric,
    String,
    Table,
)
from sqlalchemy.orm import Session
from sqlmodel import SQLModel
from sqlmodel.sql.sqltypes import UTCDateTime

from core import models
from core.db import Database

SAMPLE = "sample"
"""`info` of a column whose values must be of a certain form: a value that fits."""
_NOUNS: tuple[type[SQLModel], ...] = (
    models.Shop,
    models.Person,
    models.Customer,
    models.CustomerPerson,
    models.Product,
    models.Sku,
    models.InventorySnapshot,
    models.Order,
    models.OrderLine,
    models.Payment,
    models.Shipment,
    models.Refund,
    models.Review,
    models.TrafficDay,
    models.AdSpendDay,
    models.BehaviorEvent,
    models.ExternalSignal,
    models.SalesDay,
    models.CustomerStat,
    models.ProductMonth,
)
_TRUE = {"time_zone": "Asia/Shanghai"}
"""Columns that core reads: a time zone must exist."""


@dataclass(frozen=True)
class Mark:
    """What a merchant's values look like."""

    merchant_id: int
    tag: str
    digit: int

    @property
    def number(self) -> int:
        """What stands in its numbers."""
        return int(str(self.digit) * 8)

    @property
    def currency(self) -> str:
        """What stands in its currencies."""
        return f"X{self.tag}{self.tag}"

    @property
    def day(self) -> date:
        """What stands in its dates."""
        return date(2026, 10, self.digit)

    @property
    def traces(self) -> tuple[str, ...]:
        """What an answer holds that shows a value of this merchant."""
        digits = str(self.number)
        return (f"{self.tag}·", self.currency, digits, f"{digits[:-2]}.{digits[-2:]}")

    def fill(self, database: Database, tables: Sequence[type[SQLModel]], count: int) -> None:
        """Store `count` rows in each of core's nouns and of these tables."""
        wanted = {_table(each).name for each in (*_NOUNS, *tables)}

        def store(session: Session) -> None:
            for table in SQLModel.metadata.sorted_tables:
                if table.name in wanted:
                    rows = [self.row(table, number) for number in range(1, count + 1)]
                    session.execute(table.insert(), rows)

        database.system_now(store)

    def row(self, table: Table, number: int) -> dict[str, Any]:
        """A row of any table."""
        values = {each.name: self._value(table, each, number) for each in table.columns}
        true = {name: value for name, value in _TRUE.items() if name in values}
        return values | true | {"merchant_id": self.merchant_id}

    def text(self, table: str, column: str) -> str:
        """How a text of a column begins."""
        return f"{self.tag}·{table}.{column}"

    def _value(self, table: Table, column: Column[Any], number: int) -> Any:
        if SAMPLE in column.info:
            return column.info[SAMPLE]
        kind = column.type
        if isinstance(kind, Integer):
            is_id = column.name == "id" or column.name.endswith("_id")
            return number if is_id or column.primary_key else self.number
        if isinstance(kind, String):
            return self._text(table, column, number)
        day = self.day + timedelta(days=number if column.primary_key else 0)
        values: dict[type, Any] = {
            JSON: {"text": self.text(table.name, column.name)},
            Boolean: True,
            Date: day,
            Float: float(self.number),
            Numeric: self.number,
            LargeBinary: self.text(table.name, column.name).encode(),
            UTCDateTime: datetime.combine(day, time(4, 4, self.digit), UTC),
        }
        return next((v for known, v in values.items() if isinstance(kind, known)), None)

    def _text(self, table: Table, column: Column[Any], number: int) -> str:
        if column.name in ("currency", "base", "quote"):
            return self.currency
        length = column.type.length  # type: ignore[attr-defined]
        text = f"{self.tag}·{number}" if length and length < 16 else ""
        return (text or f"{self.text(table.name, column.name)}·{number}")[:length]


def _table(model: type[SQLModel]) -> Table:
    table: Table = model.__table__  # type: ignore[attr-defined]
    return table
