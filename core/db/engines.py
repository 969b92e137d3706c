"""Engines for SQLite and PostgreSQL, set up as `docs/decisions/0004-two-databases.md` explains."""

import sqlite3
import time
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import make_url

WRITE = "opsgraph_write"


def make_engine(url: str, *, threads: int) -> Engine:
    """An engine whose transactions begin the way each database needs it."""
    if make_url(url).get_backend_name() == "sqlite":
        return _sqlite(url)
    return create_engine(
        url, pool_size=threads, max_overflow=2, pool_pre_ping=True, hide_parameters=True
    )


def _sqlite(url: str) -> Engine:
    path = make_url(url).database
    if path and path != ":memory:":
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    # Parameters are rows: they hold personal data, and have no place in error texts.
    options = {"check_same_thread": False}
    # Last in, first out: one connection keeps its page cache warm, the others stay small.
    engine = create_engine(url, connect_args=options, hide_parameters=True, pool_use_lifo=True)
    event.listen(engine, "connect", _sqlite_connect)
    event.listen(engine, "begin", _sqlite_begin)
    return engine


def _sqlite_connect(connection: Any, record: Any) -> None:
    # The driver's own BEGIN comes too late and is always deferred: `_sqlite_begin` says it instead.
    connection.isolation_level = None
    connection.execute("PRAGMA busy_timeout=30000").close()
    _use_wal(connection)
    for pragma in (
        "synchronous=NORMAL",
        "foreign_keys=ON",
        "wal_autocheckpoint=20000",  # the default of 1,000 pages halves small-batch ingest
        "cache_size=-65536",  # 64 MB per connection
        "temp_store=MEMORY",
    ):
        connection.execute(f"PRAGMA {pragma}").close()


def _use_wal(connection: Any) -> None:
    # The switch, made once in the life of a file, does not wait for others as statements do:
    # of two processes that start on a new database together one would fail.
    give_up = time.monotonic() + 30
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL").close()
            return
        except sqlite3.OperationalError:
            if time.monotonic() > give_up:
                raise
            time.sleep(0.01)


def _sqlite_begin(connection: Any) -> None:
    # A deferred transaction that reads and then writes fails with "database is locked" whatever
    # the busy timeout is: writers take the lock at once, readers say that they only read.
    writes = connection.get_execution_options().get(WRITE, True)
    connection.exec_driver_sql(f"PRAGMA query_only={'OFF' if writes else 'ON'}")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
