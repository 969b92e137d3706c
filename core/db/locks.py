"""Advisory locks: rollups are rebuilt while nobody writes, and events delivered by one alone.

SQLite needs none of them: BEGIN IMMEDIATE makes a transaction the only writer, and one process
does everything.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio.to_thread
from sqlalchemy import text

from core.db.database import Database
from core.db.session import CORE, MerchantSession

_SPACE = 0x6F67  # "og": keeps our advisory locks apart from those of others
_OUTBOX = 0x6F67_6F75_7462_6F78


@asynccontextmanager
async def only_deliverer(db: Database) -> AsyncIterator[bool]:
    """Whether nobody else delivers events now; while this lasts nobody else begins to."""
    if db.dialect != "postgresql":
        yield True
        return
    connection = await anyio.to_thread.run_sync(db.system_engine.connect)
    try:
        question = f"SELECT pg_try_advisory_xact_lock({_OUTBOX})"
        answer = await anyio.to_thread.run_sync(connection.exec_driver_sql, question)
        yield bool(answer.scalar())
    finally:
        await anyio.to_thread.run_sync(connection.close)  # ends the transaction, and the lock


def shared(session: MerchantSession) -> None:
    """Wait while somebody rebuilds; many may hold this at once. Ends with the transaction."""
    _lock(session, "pg_advisory_xact_lock_shared")


def exclusive(session: MerchantSession) -> None:
    """Wait until nobody writes, and keep writers waiting. Ends with the transaction."""
    _lock(session, "pg_advisory_xact_lock")


def _lock(session: MerchantSession, function: str) -> None:
    if session.get_bind().dialect.name == "postgresql":
        key = session.merchant_id ^ _SPACE
        session.execute(
            text(f"SELECT {function}(:key)"), {"key": key}, execution_options={CORE: True}
        )
