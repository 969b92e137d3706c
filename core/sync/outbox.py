"""Delivers what was committed to the plugins that listen: after the commit, at least once."""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial

import anyio.to_thread
from sqlalchemy import update
from sqlalchemy.orm import Session
from sqlmodel import col, select

from core.db import Database
from core.db.locks import only_deliverer
from core.models import OutboxMessage
from core.plugin import Changes, RowChange

BATCH = 1000
log = logging.getLogger("opsgraph.outbox")

Listeners = Mapping[str, Callable[[Changes], None]]


async def deliver(db: Database, listeners: Listeners, now: datetime) -> int:
    """Deliver waiting messages in the order they were written; returns how many went out.

    A listener that raises leaves its message in the outbox, and those of the same shop behind it
    waiting; other shops' messages go out. One worker delivers at a time.
    """
    async with only_deliverer(db) as mine:
        return await _deliver(db, listeners, now) if mine else 0


async def _deliver(db: Database, listeners: Listeners, now: datetime) -> int:
    delivered = 0
    held: set[tuple[int, int]] = set()
    for message in await db.system(_waiting, write=False):
        changes = _changes(message)
        shop = (changes.merchant_id, changes.shop_id)
        if shop in held:
            continue
        error = await anyio.to_thread.run_sync(_tell, listeners, changes)
        await db.system(partial(_mark, message=message, now=now, error=error))
        if error is None:
            delivered += 1
        else:
            held.add(shop)
    return delivered


def _waiting(session: Session) -> list[OutboxMessage]:
    query = (
        select(OutboxMessage)
        .where(col(OutboxMessage.delivered_at).is_(None))
        .order_by(col(OutboxMessage.created_at), col(OutboxMessage.id))
        .limit(BATCH)
    )
    found = list(session.scalars(query))
    session.expunge_all()
    return found


def _changes(message: OutboxMessage) -> Changes:
    body = message.body
    return Changes(
        id=message.id,
        merchant_id=message.merchant_id,
        shop_id=body["shop_id"],
        stream=body["stream"],
        happened_at=message.created_at,
        rows=tuple(RowChange(*row) for row in body["rows"]),
    )


def _tell(listeners: Listeners, changes: Changes) -> str | None:
    for name, listener in listeners.items():
        try:
            listener(changes)
        except Exception as error:  # a plugin's fault must not stop the others' messages for good
            log.exception("Plugin %s did not take message %s", name, changes.id)
            return f"{name}: {type(error).__name__}"
    return None


def _mark(session: Session, message: OutboxMessage, now: datetime, error: str | None) -> None:
    session.execute(
        update(OutboxMessage)
        .where(
            col(OutboxMessage.merchant_id) == message.merchant_id,
            col(OutboxMessage.id) == message.id,
        )
        .values(
            attempts=message.attempts + 1,
            last_error=error,
            delivered_at=None if error is not None else now,
        )
    )
