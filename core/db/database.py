"""The doors to the database: `run`, `read` and `fetch` for one merchant, `system` for core alone.

Three of them run a plain synchronous function in a worker thread, inside one transaction. `fetch`
is the read engine's: it runs one compiled statement, the merchant bound in it, as fast as it goes.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar, TypeVar

import anyio
import anyio.to_thread
from sqlalchemy import Connection, Engine
from sqlalchemy.orm import Session

from core.db.engines import reading_engine, writing_engine
from core.db.reader import Reader, make_reader
from core.db.roles import APP_ROLE, MERCHANT_SETTING, SYSTEM_ROLE
from core.db.session import MerchantSession
from core.errors import PermissionDeniedError
from core.settings import Settings

T = TypeVar("T")


class Database:
    """Engines and doors of one process. `close` releases the connections."""

    listeners: ClassVar[list[Callable[[str], None]]] = []
    """Told of each statement that `fetch` runs: what counts statements, or traces them."""

    def __init__(self, settings: Settings) -> None:
        threads, prepares = settings.database_threads, not settings.transaction_pooling
        self.engine = writing_engine(settings.url, threads=threads, prepares=prepares)
        self.read_engine, self.system_engine = self.engine, self.engine
        if self.dialect == "sqlite":
            self.read_engine = reading_engine(settings.url, threads=threads)
        elif settings.system_url != settings.url:
            self.system_engine = writing_engine(
                settings.system_url, threads=threads, prepares=prepares
            )
        self._reader: Reader = make_reader(settings.url, settings)
        self._fresh_reader = self._reader
        if settings.replica_url != settings.url:
            self._reader = make_reader(settings.replica_url, settings)
        self._writer = self._reader
        if self.dialect == "postgresql":
            self._writer = make_reader(settings.url, settings, writes=True)
        self._threads = threads
        self._limiter: anyio.CapacityLimiter | None = None

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self.engine.dialect.name

    async def run(self, merchant_id: int, work: Callable[[MerchantSession], T]) -> T:
        """A unit of work for one merchant: all of it is stored, or nothing."""
        return await self._in_thread(lambda: self.run_now(merchant_id, work))

    async def read(self, merchant_id: int, work: Callable[[MerchantSession], T]) -> T:
        """Like `run`, but writing fails; readers never wait for writers."""
        return await self._in_thread(lambda: self.read_now(merchant_id, work))

    async def system(self, work: Callable[[Session], T], *, write: bool = True) -> T:
        """What precedes or crosses merchants: token look-up, leases, outbox. Core only."""
        return await self._in_thread(lambda: self.system_now(work, write=write))

    async def fetch(
        self, merchant_id: int, sql: str, values: Sequence[Any], *, fresh: bool = False
    ) -> Sequence[Sequence[Any]]:
        """The rows of a statement that the read engine wrote; they can be indexed.

        Its first value is the merchant. `fresh`: it must see what was written a moment ago, so a
        replica will not do. OverloadedError, TimedOutError, or the driver's own error.
        """
        if not values or values[0] != merchant_id:
            raise PermissionDeniedError("A read binds its merchant as the first value.")
        for listen in self.listeners:
            listen(sql)
        reader = self._fresh_reader if fresh else self._reader
        return await reader.fetch(merchant_id, sql, values)

    async def change(
        self, merchant_id: int, sql: str, values: Sequence[Any]
    ) -> Sequence[Sequence[Any]]:
        """Like `fetch`, for a statement that the engine wrote and that changes something.

        One statement is one transaction. PostgreSQL only: SQLite cannot write inside a query.
        """
        if not values or values[0] != merchant_id:
            raise PermissionDeniedError("A change binds its merchant as the first value.")
        for listen in self.listeners:
            listen(sql)
        return await self._writer.fetch(merchant_id, sql, values)

    def run_now(self, merchant_id: int, work: Callable[[MerchantSession], T]) -> T:
        """`run` for those who are in a thread of their own already (command line, sync)."""
        with self._merchant_session(merchant_id, write=True) as session:
            return work(session)

    def read_now(self, merchant_id: int, work: Callable[[MerchantSession], T]) -> T:
        """`read` for those who are in a thread of their own already."""
        with self._merchant_session(merchant_id, write=False) as session:
            return work(session)

    def system_now(self, work: Callable[[Session], T], *, write: bool = True) -> T:
        """`system` for those who are in a thread of their own already."""
        with self._connection(write=write, engine=self.system_engine) as connection:
            with Session(connection, expire_on_commit=False) as session:
                _assume(connection, SYSTEM_ROLE, None)
                result = work(session)
                session.flush()
            return result

    def close(self) -> None:
        """Give the connections back."""
        for reader in {self._reader, self._fresh_reader, self._writer}:
            reader.close()
        for engine in {self.engine, self.read_engine, self.system_engine}:
            engine.dispose()

    @contextmanager
    def _merchant_session(self, merchant_id: int, *, write: bool) -> Iterator[MerchantSession]:
        with (
            self._connection(write=write, engine=self.engine) as connection,
            MerchantSession(connection, expire_on_commit=False) as session,
        ):
            _assume(connection, APP_ROLE, merchant_id)
            session.merchant_id = merchant_id
            yield session
            session.flush()

    @contextmanager
    def _connection(self, *, write: bool, engine: Engine) -> Iterator[Connection]:
        """A connection in a transaction, which cannot write unless it was said to."""
        if not write and self.dialect == "sqlite":
            engine = self.read_engine
        with engine.connect() as connection:
            connection = connection.execution_options(postgresql_readonly=not write)
            with connection.begin():
                yield connection

    async def _in_thread(self, work: Callable[[], T]) -> T:
        if self._limiter is None:
            self._limiter = anyio.CapacityLimiter(self._threads)
        return await anyio.to_thread.run_sync(work, limiter=self._limiter)


def _assume(connection: Connection, role: str, merchant_id: int | None) -> None:
    """Take the door's role for this transaction; `SET LOCAL` also travels to Citus workers."""
    if connection.dialect.name != "postgresql":
        return
    script = f"SET LOCAL ROLE {role}"
    if merchant_id is not None:
        script += f"; SET LOCAL {MERCHANT_SETTING} = '{int(merchant_id)}'"
    connection.exec_driver_sql(script)  # one trip to the server


def engine_for_owner(settings: Settings) -> Engine:
    """The engine migrations run with."""
    return writing_engine(settings.owner_url, threads=1)
