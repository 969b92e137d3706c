"""Engines for SQLite and PostgreSQL, set up as `docs/decisions/0004-two-databases.md` explains.

SQLite has one writer at a time whatever we do, so it gets one writing connection per process, with
a large page cache, and several reading ones with small caches, which never wait for it.
"""

import sqlite3
from functools import partial
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import make_url

WRITER_CACHE_KB = 65536
READER_CACHE_KB = 4096
PATIENCE_MS = 30_000
"""How long an SQLite connection waits for a lock of another one."""


def writing_engine(url: str, *, threads: int, prepares: bool = True) -> Engine:
    """An engine whose transactions may write; `prepares`: statements that come again and again."""
    if not is_sqlite(url):
        return _postgresql(url, threads, prepares)
    path = make_url(url).database
    if path:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    return _sqlite(url, writes=True, pool_size=1, cache_kb=WRITER_CACHE_KB)


def reading_engine(url: str, *, threads: int) -> Engine:
    """An engine for SQLite's read-only transactions; PostgreSQL reads with the writing one."""
    assert is_sqlite(url)
    return _sqlite(url, writes=False, pool_size=threads, cache_kb=READER_CACHE_KB)


def is_sqlite(url: str) -> bool:
    """Whether a URL names an SQLite file."""
    return make_url(url).get_backend_name() == "sqlite"


def _postgresql(url: str, threads: int, prepares: bool) -> Engine:
    # Parameters are rows: they hold personal data, and have no place in error texts.
    return create_engine(
        url,
        pool_size=threads,
        max_overflow=2,
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args={} if prepares else {"prepare_threshold": None},
    )


def _sqlite(url: str, *, writes: bool, pool_size: int, cache_kb: int) -> Engine:
    engine = create_engine(
        url,
        connect_args={"check_same_thread": False},
        hide_parameters=True,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=60,
        pool_use_lifo=True,  # the same few connections, with their caches warm
    )
    event.listen(engine, "connect", partial(_on_connect, writes, cache_kb))
    # A deferred transaction that reads and then writes fails with "database is locked" whatever
    # the busy timeout is: writers take the lock at once.
    begin = "BEGIN IMMEDIATE" if writes else "BEGIN"
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
    return engine


def _on_connect(writes: bool, cache_kb: int, connection: Any, record: Any) -> None:
    prepare(connection, writes=writes, cache_kb=cache_kb)


def prepare(
    connection: Any, *, writes: bool, cache_kb: int, patience_ms: int = PATIENCE_MS
) -> None:
    """Set up an SQLite connection; `patience_ms` is how long it waits for a lock."""
    # The driver's own BEGIN comes too late and is always deferred: the `begin` event says it.
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout={patience_ms}").close()
    _write_ahead(connection, patience_ms)
    for pragma in (
        "synchronous=NORMAL",
        "foreign_keys=ON",
        "wal_autocheckpoint=20000",  # the default of 1,000 pages halves small-batch ingest
        f"cache_size=-{cache_kb}",
        "temp_store=MEMORY",
        f"query_only={'OFF' if writes else 'ON'}",
    ):
        connection.execute(f"PRAGMA {pragma}").close()


def _write_ahead(connection: sqlite3.Connection, patience_ms: int) -> None:
    """Switch the file to its write-ahead log, which two who open a new file may do at once.

    SQLite does not wait there, whatever `busy_timeout` says: the one that comes second is told
    that the database is locked.
    """
    ends = monotonic() + patience_ms / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL").close()
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or monotonic() >= ends:
                raise
            sleep(0.01)
