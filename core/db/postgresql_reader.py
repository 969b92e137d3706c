"""Reads PostgreSQL through asyncpg: binary rows, prepared statements, no thread in between.

Two ways to be one merchant. Usually a connection is the reader's own: it takes the role of the
application when it opens, and is set to a merchant whenever that changes. Behind PgBouncer, and on
Citus, where settings of a session do not stay or do not travel, each read is a transaction that
sets both for itself.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress
from typing import Any, TypeAlias

import asyncpg  # type: ignore[import-untyped]
from sqlalchemy.engine import make_url

from core.db.pool import Link, Pool
from core.db.roles import APP_ROLE, MERCHANT_SETTING
from core.errors import OverloadedError, TimedOutError
from core.settings import Settings

Rows: TypeAlias = Sequence[Sequence[Any]]

NOT_FOR_ASYNCPG = {
    "client_encoding",
    "fallback_application_name",
    "keepalives",
    "keepalives_count",
    "keepalives_idle",
    "keepalives_interval",
    "tcp_user_timeout",
}
"""What libpq takes in a URL and asyncpg would send to the server; nothing is lost without them."""
GRACE = 5.0
"""Seconds by which the server may be late with its own timeout before we stop listening."""
ANYONE = 0
"""The merchant of a connection that is set to none: each read says its own."""


class PostgresqlReader:
    """Reads of one process from one server, on whichever event loop is running."""

    def __init__(self, url: str, settings: Settings, *, writes: bool = False) -> None:
        self._settings = settings
        self._mode = {} if writes else {"default_transaction_read_only": "on"}
        self._size = settings.write_connections if writes else settings.read_connections
        self._begin = "BEGIN" if writes else "BEGIN READ ONLY"
        self._is_shared = settings.transaction_pooling
        self._arguments = connect_arguments(url)
        self._pool: Pool | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._loop_end: AsyncGenerator[None, None] | None = None

    async def fetch(self, merchant_id: int, sql: str, values: Sequence[Any]) -> Rows:
        """The rows of one statement; TimedOutError, OverloadedError, asyncpg's errors."""
        pool = self._pool
        if pool is None or self._loop is not asyncio.get_running_loop():
            pool = await self._new_pool()
        if self._is_shared:
            return await _fetch_alone(pool, merchant_id, sql, values, self._begin, self._limits)
        return await _fetch(pool, merchant_id, sql, values)

    def close(self) -> None:
        """End all connections; the next read opens new ones."""
        if self._pool is not None:
            self._pool.close()
        self._pool = self._loop = self._loop_end = None

    async def _new_pool(self) -> Pool:
        self.close()
        settings = self._settings
        pool = Pool(
            self._open,
            size=self._size,
            wait_seconds=settings.read_wait_seconds,
        )
        self._pool, self._loop = pool, asyncio.get_running_loop()
        self._loop_end = _close_with_the_loop(pool)
        await anext(self._loop_end)
        return pool

    @property
    def _limits(self) -> dict[str, str]:
        return {
            "TimeZone": "UTC",
            "statement_timeout": f"{self._settings.read_timeout_seconds * 1000:.0f}",
            "jit": "off",  # compiling costs more than such reads take
        }

    async def _connect(self) -> Any:
        settings = self._settings
        try:
            return await asyncpg.connect(
                **self._arguments,
                statement_cache_size=0 if self._is_shared else settings.read_statements,
                max_cached_statement_lifetime=0,
                max_cacheable_statement_size=0,
                command_timeout=settings.read_timeout_seconds + GRACE,
            )
        except asyncpg.TooManyConnectionsError as error:
            raise OverloadedError(
                "The database takes no more connections. Ask again in a moment."
            ) from error

    async def _open(self) -> Link:
        if self._is_shared:
            return Link(await self._connect(), ANYONE)
        link = Link(await self._connect())
        connection = link.connection
        try:
            await connection.execute(_script({"role": APP_ROLE} | self._mode | self._limits))
            # Else a read that nobody waits for any more would run to its end. Older servers, and
            # those on some systems, do not know the setting.
            with suppress(asyncpg.PostgresError):
                await connection.execute("SET client_connection_check_interval = '1s'")
        except BaseException:
            link.end()
            raise
        return link


async def _fetch(pool: Pool, merchant_id: int, sql: str, values: Sequence[Any]) -> Rows:
    link = await pool.take(merchant_id)
    try:
        if link.merchant_id != merchant_id:
            link.merchant_id = None
            await link.connection.execute(f"SET {MERCHANT_SETTING} = '{int(merchant_id)}'")
            link.merchant_id = merchant_id
        rows: Rows = await link.connection.fetch(sql, *values)
    except (asyncpg.QueryCanceledError, TimeoutError) as error:
        pool.drop(link)
        raise _too_slow() from error
    except BaseException as error:
        if link.merchant_id == merchant_id and _is_harmless(error):
            pool.give_back(link)
        else:
            pool.drop(link)
        raise
    pool.give_back(link)
    return rows


async def _fetch_alone(
    pool: Pool,
    merchant_id: int,
    sql: str,
    values: Sequence[Any],
    begin: str,
    limits: dict[str, str],
) -> Rows:
    link = await pool.take(ANYONE)
    own = {"role": APP_ROLE, MERCHANT_SETTING: str(int(merchant_id))} | limits
    try:
        await link.connection.execute(f"{begin}; " + _script(own, "SET LOCAL"))
        rows: Rows = await link.connection.fetch(sql, *values)
        await link.connection.execute("COMMIT")
    except (asyncpg.QueryCanceledError, TimeoutError) as error:
        pool.drop(link)
        raise _too_slow() from error
    except BaseException:
        pool.drop(link)
        raise
    pool.give_back(link)
    return rows


def _is_harmless(error: BaseException) -> bool:
    """Whether the server refused the statement, and the connection is as it was before."""
    is_refusal = isinstance(error, asyncpg.PostgresError)
    return is_refusal and getattr(error, "severity_en", None) == "ERROR"


def _too_slow() -> TimedOutError:
    return TimedOutError("The database took too long over this. Ask for less at once.")


def _script(settings: dict[str, str], verb: str = "SET") -> str:
    return "; ".join(f"{verb} {name} = '{value}'" for name, value in settings.items())


async def _close_with_the_loop(pool: Pool) -> AsyncGenerator[None, None]:
    """Waits for the end of the event loop, which closes its asynchronous generators first."""
    try:
        yield
    finally:
        pool.close()
        await asyncio.sleep(0)  # the loop still has to close their sockets


def connect_arguments(url: str) -> dict[str, Any]:
    """asyncpg's arguments for a URL of SQLAlchemy or libpq."""
    parts = make_url(url)
    query = {
        name: value if isinstance(value, str) else ",".join(value)
        for name, value in parts.query.items()
        if name not in NOT_FOR_ASYNCPG
    }
    seconds = float(query.pop("connect_timeout", "") or 0)
    query.setdefault("application_name", "opsgraph reads")
    plain = parts.set(drivername="postgresql", query=query)
    arguments: dict[str, Any] = {"dsn": plain.render_as_string(hide_password=False)}
    return arguments | {"timeout": seconds} if seconds else arguments
