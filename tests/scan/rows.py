"""What databases hold when a test ends: every row of every table, but for sealed credentials."""

import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, suppress
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
from sqlmodel import SQLModel

from core.models.base import PERSONAL
from tests.scan.hearing import HEARING, personal

MOST = 20_000
"""Rows of a table that are read."""


def hear_file(path: Path) -> None:
    """Note what an SQLite file holds."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=0.5)) as connection:
        connection.text_factory = lambda text: text.decode(errors="replace")
        # A file that is being made, or that a test broke on purpose, has nothing to tell.
        with suppress(sqlite3.DatabaseError):
            tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            for (table,) in tables.fetchall():
                cursor = connection.execute(f'SELECT * FROM "{table}" LIMIT {MOST}')
                _hear(table, [column[0] for column in cursor.description], cursor)


def hear_postgres(url: str) -> None:
    """Note what a database holds; the login must see all merchants."""
    filled = (
        "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace ="
        " 'public'::regnamespace AND pg_relation_size(oid) > 0"
    )
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET lock_timeout = '1s'")
        for (table,) in connection.execute(filled).fetchall():
            cursor = connection.execute(f'SELECT * FROM "{table}" LIMIT {MOST}')
            _hear(table, [column[0] for column in cursor.description or ()], cursor)


def _hear(table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    private = _private(table)
    apart = [place for place, name in enumerate(columns) if name in private]
    others = [place for place, name in enumerate(columns) if name not in private]
    channel = f"database, {table}"
    for row in rows:
        HEARING.hear(channel, _text(row[place] for place in others))
        if apart:
            HEARING.hear(personal(channel), _text(row[place] for place in apart))


def _text(values: Iterable[Any]) -> str:
    return " ".join(text for value in values for text in _texts(value))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, (bytes, memoryview)):
        with suppress(zlib.error):  # a hash is no text; a payload is compressed
            yield zlib.decompress(bytes(value)).decode(errors="replace")
    elif isinstance(value, (str, dict, list)):
        yield value if isinstance(value, str) else repr(value)


@cache
def _private(table: str) -> frozenset[str]:
    known = SQLModel.metadata.tables.get(table)
    columns = [] if known is None else known.columns
    return frozenset(column.name for column in columns if column.info.get(PERSONAL))
