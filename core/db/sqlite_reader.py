"""Reads SQLite: small reads on the event loop itself, all others in threads.

A trip to a thread and back costs several times as much as a small read. So a read runs where it
stands, until it has taken `BUDGET` seconds; then it is broken off and begins again in a thread,
which is allowed because it changes nothing. A statement that took long goes to a thread at once
for a while.
"""

import asyncio
import sqlite3
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import monotonic, thread_time
from typing import Any, TypeAlias

from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import make_url

from core.db.engines import PATIENCE_MS, READER_CACHE_KB, prepare
from core.errors import OverloadedError, TimedOutError
from core.settings import Settings

Rows: TypeAlias = list[tuple[Any, ...]]

BUDGET = 0.004
"""Seconds that a read may keep the event loop: about as long as 1,000 rows and their answer."""
THREADS = 4
"""Python takes its lock anew for each row: with more threads, rows come out more slowly."""
STEPS = 1000
"""Steps of SQLite's machine between two looks at the clock: 20 to 50 µs of work."""
REMEMBERED = 1000
FORGOTTEN_AFTER = 60.0
"""How many long statements are remembered, and for how many seconds."""


@dataclass(eq=False, slots=True)
class Allowance:
    """How long a read may go on; whoever wants to stop it says `ends = 0`."""

    ends: float


class Connection:
    """A connection whose reads stop when their allowance is used up."""

    def __init__(self, url: str, *, statements: int, patience_ms: int) -> None:
        arguments, options = sqlite.dialect().create_connect_args(make_url(url))
        own = {"check_same_thread": False, "cached_statements": statements, "timeout": 0}
        self._sqlite = sqlite3.connect(arguments[0], **{**options, **own})
        self._allowance = Allowance(0)
        try:
            prepare(self._sqlite, writes=False, cache_kb=READER_CACHE_KB, patience_ms=patience_ms)
        except BaseException:
            self._sqlite.close()
            raise
        self._sqlite.set_progress_handler(self._is_over, STEPS)

    def fetch(self, sql: str, values: Sequence[Any], allowance: Allowance) -> Rows:
        """All rows; an OperationalError with SQLITE_INTERRUPT when the allowance is used up."""
        self._allowance = allowance
        rows: Rows = self._sqlite.execute(sql, values).fetchall()
        return rows

    def close(self) -> None:
        """Give the file back."""
        self._sqlite.set_progress_handler(None, 0)
        self._sqlite.close()

    def _is_over(self) -> bool:
        return monotonic() >= self._allowance.ends


class LongStatements:
    """Statements that took long lately."""

    def __init__(self) -> None:
        self._until: dict[str, float] = {}

    def __contains__(self, sql: str) -> bool:
        until = self._until.get(sql)
        return until is not None and until > monotonic()

    def add(self, sql: str) -> None:
        """Remember a statement for a while; the one remembered longest makes room."""
        self._until.pop(sql, None)
        self._until[sql] = monotonic() + FORGOTTEN_AFTER
        if len(self._until) > REMEMBERED:
            self._until.pop(next(iter(self._until)), None)

    def remove(self, sql: str) -> None:
        """Forget a statement."""
        self._until.pop(sql, None)


class SqliteReader:
    """Reads of one process from one file."""

    def __init__(self, url: str, settings: Settings) -> None:
        self._url = url
        self._settings = settings
        self._long = LongStatements()
        self._executor: ThreadPoolExecutor | None = None
        self._connections: list[Connection] = []
        self._running: set[Allowance] = set()
        self._of_thread = threading.local()

    async def fetch(
        self, merchant_id: int, sql: str, values: Sequence[Any]
    ) -> Sequence[Sequence[Any]]:
        """The rows of one statement; TimedOutError, OverloadedError, sqlite3's errors."""
        if sql not in self._long:
            rows = self._fetch_here(sql, values)
            if rows is not None:
                return rows
        return await self._fetch_in_thread(sql, values)

    def close(self) -> None:
        """End all reads and close the connections; the next read opens new ones."""
        for allowance in tuple(self._running):
            allowance.ends = 0
        if self._executor is not None:
            self._executor.shutdown(cancel_futures=True)
        for connection in self._connections:
            connection.close()
        self._connections.clear()
        self._executor, self._of_thread = None, threading.local()

    def _fetch_here(self, sql: str, values: Sequence[Any]) -> Rows | None:
        """The rows, or None if they take too long or another connection is in the way."""
        try:
            connection = self._connection(patience_ms=0)
            return connection.fetch(sql, values, Allowance(monotonic() + BUDGET))
        except sqlite3.OperationalError as error:
            if _is(error, sqlite3.SQLITE_INTERRUPT):
                self._long.add(sql)
            elif not _is(error, sqlite3.SQLITE_BUSY):
                raise
            return None

    async def _fetch_in_thread(self, sql: str, values: Sequence[Any]) -> Rows:
        now, settings = monotonic(), self._settings
        allowance = Allowance(now + settings.read_timeout_seconds)
        begin_by = now + settings.read_wait_seconds
        if self._executor is None:
            threads = min(THREADS, settings.database_threads)
            self._executor = ThreadPoolExecutor(threads, "opsgraph-read")
        self._running.add(allowance)
        try:
            return await asyncio.get_running_loop().run_in_executor(
                self._executor, self._fetch, sql, values, allowance, begin_by
            )
        finally:
            allowance.ends = 0  # nobody waits any more
            self._running.discard(allowance)

    def _fetch(
        self, sql: str, values: Sequence[Any], allowance: Allowance, begin_by: float
    ) -> Rows:
        if monotonic() > begin_by:
            raise OverloadedError("All threads for reading are busy. Ask again in a moment.")
        began = thread_time()
        try:
            rows = self._connection(PATIENCE_MS).fetch(sql, values, allowance)
        except sqlite3.OperationalError as error:
            if _is(error, sqlite3.SQLITE_INTERRUPT):
                raise TimedOutError(
                    "The database took too long over this. Ask for less at once."
                ) from error
            raise
        if thread_time() - began < BUDGET / 2:
            self._long.remove(sql)
        return rows

    def _connection(self, patience_ms: int) -> Connection:
        """The connection of the thread that asks."""
        found: Connection | None = getattr(self._of_thread, "connection", None)
        if found is None:
            found = Connection(
                self._url, statements=self._settings.read_statements, patience_ms=patience_ms
            )
            self._of_thread.connection = found
            self._connections.append(found)
        return found


def _is(error: sqlite3.Error, code: int) -> bool:
    """Whether an error is of this kind; extended codes have the kind in their low byte."""
    return error.sqlite_errorcode & 0xFF == code
