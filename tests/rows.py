"""One row of any table, built from its columns alone."""

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import JSON, Boolean, Date, Float, Integer, LargeBinary, String, Table
from sqlmodel.sql.sqltypes import UTCDateTime

_VALUES: dict[type, Any] = {
    JSON: {"a": [1, "二"]},
    Boolean: True,
    Date: date(2026, 11, 20),
    Float: 1.5,
    LargeBinary: b"\x00\x01",
    UTCDateTime: datetime(2026, 11, 20, 12, 30, tzinfo=UTC),
}


def sample_row(table: Table, merchant_id: int, number: int = 1) -> dict[str, Any]:
    """A row in which every id is `number`, so that references between sample rows hold."""
    values = {column.name: _value(column.type, number) for column in table.columns}
    owner = "id" if table.name == "merchants" else "merchant_id"
    return values | ({owner: merchant_id} if owner in values else {})


def _value(kind: Any, number: int) -> Any:
    if isinstance(kind, Integer):
        return number
    if isinstance(kind, String):
        return f"词{number}"[: kind.length]
    return next(value for known, value in _VALUES.items() if isinstance(kind, known))
