"""A merchant with a row in every table, each value of which says whose it is."""

from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy import JSON, Boolean, Date, Float, Integer, LargeBinary, String, Table
from sqlalchemy.orm import Session
from sqlmodel import SQLModel
from sqlmodel.sql.sqltypes import UTCDateTime

from core.db import Database
from core.db.migrate import CORE_COMPONENT
from core.models import personal_columns
from core.models.base import REFERENCE
from tests.builders import make_shop

DEMO_SHOP = "uci-online-retail"


class Marked:
    """What a merchant's rows hold: texts with its tag, numbers of its digit, days of its month."""

    def __init__(self, merchant_id: int, tag: str, digit: int) -> None:
        self.merchant_id = merchant_id
        self.tag = tag
        self.digit = digit
        self.currency = f"X{tag}{tag}"
        self.number = int(str(digit) * 8)
        self.day = date(2026, 10, digit)

    def fill(self, database: Database, *numbers: int) -> None:
        """For each number a row in every table, whose ids are it, so that references hold."""

        def store(session: Session) -> None:
            for table in SQLModel.metadata.sorted_tables:
                if table.name in CORE_COMPONENT.tables and not table.info.get(REFERENCE):
                    ids = numbers[:1] if table.name == "merchants" else numbers
                    session.execute(table.insert(), [self.row(table, number) for number in ids])

        database.system_now(store)
        # A shop of its own, because the demo reads numbers in its orders' platform ids; and on a
        # platform that is there, because others offer nothing and refuse nothing.
        make_shop(database, self.merchant_id, platform_id=DEMO_SHOP, name=f"{self.tag}·demo",
                  marketplace="jd", id=self.number)  # fmt: skip

    def row(self, table: Table, number: int) -> dict[str, Any]:
        """A row of any table."""
        values = {column.name: self._value(table, column, number) for column in table.columns}
        owner = "id" if table.name == "merchants" else "merchant_id"
        return values | {owner: self.merchant_id} | _TRUE_VALUES.get(table.name, {})

    def text(self, table: str, column: str, number: int | None = None) -> str:
        """What stands in a text column."""
        return f"{self.tag}·{table}.{column}" + ("" if number is None else f"·{number % 97}")

    @property
    def traces(self) -> tuple[str, ...]:
        """What an answer holds that shows anything of this merchant."""
        digits = str(self.number)
        return (f"{self.tag}·", self.currency, digits, f"{digits[:-2]}.{digits[-2:]}",
                self.day.isoformat())  # fmt: skip

    def _value(self, table: Table, column: Any, number: int) -> Any:
        kind = column.type
        if isinstance(kind, Integer):
            is_key = column.primary_key or column.name.endswith("_id")
            return number if is_key else self.number
        if isinstance(kind, String):
            return self._text(table, column, number)
        moment = datetime.combine(self.day, time(4, 4, self.digit), UTC)
        values: dict[type, Any] = {
            JSON: {self.text(table.name, column.name): self.text(table.name, "json")},
            Boolean: True,
            Date: self.day,
            Float: float(self.number),
            LargeBinary: self.text(table.name, column.name, number).encode(),
            UTCDateTime: moment,
        }
        return next(value for known, value in values.items() if isinstance(kind, known))

    def _text(self, table: Table, column: Any, number: int) -> str:
        if column.name in ("currency", "base", "quote"):
            return self.currency
        # Texts of one merchant differ from row to row where a key wants it.
        text = self.text(table.name, column.name, number)
        return text if column.type.length is None else text[: column.type.length]


_TRUE_VALUES: dict[str, dict[str, Any]] = {
    # Core reads these: a time zone must exist, and `asOf` looks a stream up by its name.
    "merchants": {"time_zone": "Asia/Shanghai"},
    "shops": {"time_zone": "Asia/Shanghai"},
    "sync_states": {"stream": "orders"},
}


def personal_texts(marked: Marked) -> list[str]:
    """What stands in the columns that are personal data."""
    return [
        marked.text(str(model.__tablename__), column)
        for model in _models()
        for column in sorted(personal_columns(model))
    ]


def _models() -> list[type[SQLModel]]:
    return [mapper.class_ for mapper in SQLModel._sa_registry.mappers]
