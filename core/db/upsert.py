"""The one upsert: insert rows, and where the key exists already, update it."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Table, delete, tuple_
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session
from sqlmodel import SQLModel

from core.db.session import CORE

Row = Mapping[str, Any]
CHUNK = 500
"""Keys per IN list: SQLite and PostgreSQL both plan this well, and no limit is near."""


def table_of(model: type[SQLModel]) -> Table:
    """The SQLAlchemy table behind a model."""
    table: Table = model.__table__  # type: ignore[attr-defined]
    return table


def insert_for(dialect: str, table: Table) -> Any:
    """The dialect's INSERT, which knows ON CONFLICT."""
    inserts: dict[str, Callable[[Table], Any]] = {
        "postgresql": postgresql.insert,
        "sqlite": sqlite.insert,
    }
    return inserts[dialect](table)


def upsert(session: Session, model: type[SQLModel], rows: Sequence[Row]) -> None:
    """Store rows by primary key; every row carries every column. Keys must not repeat."""
    if rows:
        table = table_of(model)
        run_many(session, _upsert(session.get_bind().dialect.name, table), table, rows)


def run_many(session: Session, insert: Any, table: Table, rows: Sequence[Row]) -> None:
    """Run an INSERT whose parameters are columns of the table, once per row.

    SQLAlchemy prepares every row on its own, which costs as much as the database's work; here
    each column is prepared once. Values pass through the same type processors.
    """
    connection = session.connection()
    dialect = connection.dialect
    compiled = insert.compile(dialect=dialect, column_keys=list(rows[0]))
    names = compiled.positiontup or list(compiled.params)
    processors = [
        (name, table.columns[name].type.dialect_impl(dialect).bind_processor(dialect))
        for name in names
    ]
    columns = [
        [row[name] for row in rows] if process is None else [process(row[name]) for row in rows]
        for name, process in processors
    ]
    values = zip(*columns, strict=True)
    if compiled.positiontup is None:
        parameters: list[Any] = [dict(zip(names, each, strict=True)) for each in values]
    else:
        parameters = list(values)
    connection.exec_driver_sql(str(compiled), parameters)


@cache
def _upsert(dialect: str, table: Table) -> Any:
    keys = [column.name for column in table.primary_key]
    statement = insert_for(dialect, table)
    values = {c.name: statement.excluded[c.name] for c in table.columns if c.name not in keys}
    if not values:
        return statement.on_conflict_do_nothing(index_elements=keys)
    return statement.on_conflict_do_update(index_elements=keys, set_=values)


def delete_keys(
    session: Session, model: type[SQLModel], columns: Sequence[str], keys: Sequence[tuple[Any, ...]]
) -> None:
    """Delete the rows with these values in `columns`."""
    table = table_of(model)
    for start in range(0, len(keys), CHUNK):
        chosen = tuple_(*(table.c[name] for name in columns)).in_(keys[start : start + CHUNK])
        session.execute(delete(table).where(chosen), execution_options={CORE: True})
