"""The doors to the database: `run` and `read` for one merchant, `system` for core alone.

All three run a plain synchronous function in a worker thread, inside one transaction.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import anyio
import anyio.to_thread
from sqlalchemy import Connection, Engine
from sqlalchemy.orm import Session

from core.db.engines import reading_engine, writing_engine
from core.db.roles import APP_ROLE, MERCHANT_SETTING, SYSTEM_ROLE
from core.db.session import MerchantSession
from core.settings import Settings

T = TypeVar("T")


class Database:
    """Engines and doors of one process. `close` releases the connections."""

    def __init__(self, settings: Settings) -> None:
        threads = settings.database_threads
        self.engine = writing_engine(settings.url, threads=threads)
        self.read_engine, self.system_engine = self.engine, self.engine
        if self.dialect == "sqlite":
            self.read_engine = reading_engine(settings.url, threads=threads)
        elif settings.system_url != settings.url:
            self.system_engine = writing_engine(settings.system_url, threads=threads)
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
    connection.exec_driver_sql(f"SET LOCAL ROLE {role}")
    if merchant_id is not None:
        connection.exec_driver_sql(f"SET LOCAL {MERCHANT_SETTING} = '{int(merchant_id)}'")


def engine_for_owner(settings: Settings) -> Engine:
    """The engine migrations run with."""
    return writing_engine(settings.owner_url, threads=1)
