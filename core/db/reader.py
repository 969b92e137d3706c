"""What reads compiled SQL, one way for each database."""

from collections.abc import Sequence
from importlib import import_module
from typing import Any, Protocol

from core.db.engines import is_sqlite
from core.db.sqlite_reader import SqliteReader
from core.settings import Settings


class Reader(Protocol):
    """Runs statements that change nothing, each for one merchant."""

    async def fetch(
        self, merchant_id: int, sql: str, values: Sequence[Any]
    ) -> Sequence[Sequence[Any]]:
        """The rows of one statement; OverloadedError, TimedOutError, the driver's errors."""

    def close(self) -> None:
        """Give the connections back; the next read opens new ones."""


def make_reader(url: str, settings: Settings, *, writes: bool = False) -> Reader:
    """What reads from this database; nothing is opened before the first read.

    writes: its statements may change something (PostgreSQL).
    """
    if is_sqlite(url):
        return SqliteReader(url, settings)
    # asyncpg is there only where PostgreSQL is used.
    reader: Reader = import_module("core.db.postgresql_reader").PostgresqlReader(
        url, settings, writes=writes
    )
    return reader
