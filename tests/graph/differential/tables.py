"""The tables as lists: every row of one merchant, read in the simplest way there is."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import select

from core.db import Database
from core.graph.declare import NodeSpec, Sql
from core.models import SyncState
from tests.graph.differential.declared import Row, specs

Read = Callable[[Any], list[Row]]


class Tables:
    """What one merchant has, read once."""

    def __init__(self, read: Read, merchant_id: int) -> None:
        self._read = read
        self._merchant_id = merchant_id
        self._rows: dict[Any, list[Row]] = {}

    def of(self, name: str, only: Sql | None = None) -> list[Row]:
        """All rows of a declared type, or those that meet a condition of a declaration."""
        if (name, only) not in self._rows:
            query = _query(specs()[name])
            query = query if only is None else query.where(only(specs()[name].model))
            self._rows[name, only] = self._mine(query)
        return self._rows[name, only]

    def complete_until(self, stream: str | None) -> datetime | None:
        """Up to when all shops have everything of a stream."""
        if SyncState not in self._rows:
            self._rows[SyncState] = self._mine(select(SyncState.__table__))  # type: ignore[attr-defined]
        rows = [row for row in self._rows[SyncState] if row["stream"] == stream]
        times = [row["synced_through"] for row in rows]
        return min(times) if times and None not in times else None

    def _mine(self, query: Any) -> list[Row]:
        return self._read(query.where(query.selected_columns.merchant_id == self._merchant_id))


def _query(spec: NodeSpec) -> Any:
    """The table, the declared expressions beside its columns."""
    table = spec.model.__table__  # type: ignore[attr-defined]
    expressions = {name: each.sql for name, each in spec.columns.items() if each.sql is not None}
    query = select(table, *(sql(spec.model).label(f"={n}") for n, sql in expressions.items()))
    query = query.order_by(*table.primary_key)  # so that questions, which draw rows, stay the same
    return query if spec.only is None else query.where(spec.only(spec.model))


def reader_of(database: Database) -> Read:
    """Reads all tables of a database, whoever's they are."""
    return lambda query: database.system_now(
        lambda session: [dict(row) for row in session.execute(query).mappings()]
    )
