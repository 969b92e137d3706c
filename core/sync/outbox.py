"""Delivers what was committed to the plugins that listen: after the commit, at least once.

Each plugin hears the messages of a shop in their order. One that raises keeps its messages of
that shop until it takes them; the other plugins and shops go on. A plugin that keeps failing
rests between two tries, and a message it refuses `MOST_ATTEMPTS` times is given up for it.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

import anyio
import anyio.to_thread
from sqlalchemy import tuple_, update
from sqlalchemy.orm import Session
from sqlmodel import col, select

from core.db import Database
from core.db.locks import only_deliverer
from core.errors import PluginUnavailableError
from core.models import OutboxMessage
from core.plugin import Changes, RowChange
from core.registry import Registry
from core.security.switches import all_switched_off

BATCH = 1000
BATCHES = 10
"""Looked through at once: messages that one plugin refuses must not hide newer ones."""
MOST_ATTEMPTS = 100
LISTENER = "listener of changes"
LISTENER_SECONDS = 60.0
"""How long a plugin may take over one message; its thread is left behind then."""
THREADS = 4
"""Listeners that run at a time; one that hangs keeps its thread."""
log = logging.getLogger("opsgraph.outbox")


async def deliver(db: Database, registry: Registry, now: datetime) -> int:
    """Deliver waiting messages in the order they were written; returns how many went out.

    One worker delivers at a time.
    """
    async with only_deliverer(db) as mine:
        if not mine:
            return 0
        off = await db.system(all_switched_off, write=False)
        return await _Delivery(db, registry, now, off).run()


@dataclass
class _Delivery:
    """One pass over what waits. held: plugins that did not take a message, by merchant and shop."""

    db: Database
    registry: Registry
    now: datetime
    off: Mapping[int, frozenset[str]]
    held: set[tuple[str, int, int]] = field(default_factory=set)
    threads: anyio.CapacityLimiter = field(default_factory=lambda: anyio.CapacityLimiter(THREADS))

    async def run(self) -> int:
        delivered, last = 0, None
        for _ in range(BATCHES):
            messages = await self.db.system(partial(_waiting, after=last), write=False)
            for message in messages:
                delivered += await self._deliver(message)
            if len(messages) < BATCH:
                break
            last = messages[-1]
        return delivered

    async def _deliver(self, message: OutboxMessage) -> bool:
        """Tell every plugin that has not heard of it; whether all have now."""
        changes = _changes(message)
        errors: dict[str, str | None] = {}
        for plugin in self._listeners(message):
            errors[plugin] = await self._tell(plugin, changes)
        waiting = [plugin for plugin, error in errors.items() if error is not None]
        was_asked = any(error != "" for error in errors.values())
        if waiting and message.attempts + was_asked >= MOST_ATTEMPTS:
            log.error("Message %s is given up for %s", message.id, ", ".join(waiting))
            waiting = []
        if was_asked or not waiting:
            note = "; ".join(error for error in errors.values() if error) or None
            mark = partial(_mark, message=message, now=self.now, waiting=waiting, error=note)
            await self.db.system(mark)
        return not waiting

    def _listeners(self, message: OutboxMessage) -> list[str]:
        off = self.off.get(message.merchant_id, frozenset())
        return [
            plugin
            for plugin in self.registry.listeners
            if plugin not in off and (message.waiting is None or plugin in message.waiting)
        ]

    async def _tell(self, plugin: str, changes: Changes) -> str | None:
        """None when the plugin took it; "" when it was not asked; else what it raised."""
        place = (plugin, changes.merchant_id, changes.shop_id)
        if place in self.held:
            return ""
        breaker = self.registry.guards.of(plugin, LISTENER)
        try:
            breaker.check()
        except PluginUnavailableError:
            self.held.add(place)
            return ""
        context = self.registry.context(plugin, changes.merchant_id, self.now, self.db)
        listen = self.registry.listeners[plugin]
        try:
            with anyio.fail_after(LISTENER_SECONDS):
                await anyio.to_thread.run_sync(
                    listen, changes, context, abandon_on_cancel=True, limiter=self.threads
                )
        except Exception as error:  # a plugin's fault must not stop the others' messages
            log.exception("Plugin %s did not take message %s", plugin, changes.id)
            breaker.failed()
            self.held.add(place)
            return f"{plugin}: {type(error).__name__}"
        breaker.succeeded()
        return None


def _waiting(session: Session, after: OutboxMessage | None) -> list[OutboxMessage]:
    order = (col(OutboxMessage.created_at), col(OutboxMessage.id))
    query = select(OutboxMessage).where(col(OutboxMessage.delivered_at).is_(None))
    if after is not None:
        query = query.where(tuple_(*order) > (after.created_at, after.id))
    found = list(session.scalars(query.order_by(*order).limit(BATCH)))
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


def _mark(
    session: Session,
    message: OutboxMessage,
    now: datetime,
    waiting: list[str],
    error: str | None,
) -> None:
    session.execute(
        update(OutboxMessage)
        .where(
            col(OutboxMessage.merchant_id) == message.merchant_id,
            col(OutboxMessage.id) == message.id,
        )
        .values(
            attempts=message.attempts + 1,
            last_error=error,
            waiting=waiting,
            delivered_at=None if waiting else now,
        )
    )
