"""Rows by their keys: how ingest reads what is stored and sorts what is new."""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from sqlalchemy import tuple_
from sqlmodel import SQLModel

from core.db.session import CORE, MerchantSession
from core.db.upsert import CHUNK, Row, table_of

Key = tuple[Any, ...]
"""A primary key without the merchant."""


@cache
def key_columns(table: type[SQLModel]) -> tuple[str, ...]:
    """Primary key of a table without the merchant."""
    return tuple(c.name for c in table_of(table).primary_key if c.name != "merchant_id")


def rows_by(
    session: MerchantSession, table: type[SQLModel], column: str, values: Sequence[Any]
) -> dict[Key, Row]:
    """Stored rows with one of these values in a column, by primary key."""
    found: dict[Key, Row] = {}
    columns = key_columns(table)
    source = table_of(table)
    for start in range(0, len(values), CHUNK):
        chosen = source.c[column].in_(values[start : start + CHUNK])
        query = source.select().where(source.c.merchant_id == session.merchant_id, chosen)
        for row in session.execute(query, execution_options={CORE: True}).mappings():
            found[tuple(row[name] for name in columns)] = dict(row)
    return found


def by_key(table: type[SQLModel], rows: Iterable[dict[str, Any]]) -> dict[Key, dict[str, Any]]:
    """Rows by primary key; of equal keys the later row counts."""
    columns = key_columns(table)
    if len(columns) == 1:
        [name] = columns
        return {(row[name],): row for row in rows}
    return {tuple(row[name] for name in columns): row for row in rows}


def stored_rows(
    session: MerchantSession, table: type[SQLModel], keys: Sequence[Key]
) -> dict[Key, Row]:
    """Stored rows with these primary keys."""
    source, columns = table_of(table), key_columns(table)
    found: dict[Key, Row] = {}
    for start in range(0, len(keys), CHUNK):
        some = keys[start : start + CHUNK]
        chosen = (
            source.c[columns[0]].in_([key[0] for key in some])
            if len(columns) == 1
            else tuple_(*(source.c[name] for name in columns)).in_(some)
        )
        query = source.select().where(source.c.merchant_id == session.merchant_id, chosen)
        for row in session.execute(query, execution_options={CORE: True}).mappings():
            found[tuple(row[name] for name in columns)] = dict(row)
    return found
