"""Events reach plugins after the commit, in order, until they took them."""

import logging
import threading
from collections.abc import Callable
from datetime import timedelta

import pytest

from core.db import Database
from core.db.locks import only_deliverer
from core.models import OutboxMessage, Shop
from core.plugin import Changes
from core.registry import Listener, Registry
from core.sync import outbox
from core.sync.outbox import deliver
from core.sync.retention import EVENTS, forget
from tests.builders import make_shop
from tests.ingest.records import T0, after, ingest, order
from tests.ingest.stored import rows

pytestmark = pytest.mark.anyio


def listening(**listeners: Callable[[Changes], None]) -> Registry:
    """A registry whose plugins listen to changes."""

    def make(listen: Callable[[Changes], None]) -> Listener:
        return lambda changes, context: listen(changes)

    return Registry(listeners={name: make(each) for name, each in listeners.items()})


async def test_delivered_once(database: Database, shop: Shop) -> None:
    """Every listener hears of a page once, and what it changed."""
    heard: list[Changes] = []
    ingest(database, shop, order())

    counts = [await deliver(database, listening(a=heard.append), after(n)) for n in range(2)]

    [changes] = heard
    assert [1, 0] == counts
    assert (shop.merchant_id, shop.id, "orders") == (
        changes.merchant_id,
        changes.shop_id,
        changes.stream,
    )
    assert {("orders", "insert"), ("customers", "insert")} == {
        (row.table, row.change) for row in changes.rows
    }


async def test_order_of_delivery(database: Database, shop: Shop) -> None:
    """Pages are announced in the order in which they were stored."""
    heard: list[Changes] = []
    for hours in (2, 1, 3):
        ingest(database, shop, order(f"o{hours}", at=hours), now=after(hours))

    await deliver(database, listening(a=heard.append), after(4))

    assert [after(1), after(2), after(3)] == [changes.happened_at for changes in heard]


async def test_listener_that_fails(
    database: Database, shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    """A message that a plugin did not take comes again, under the same id."""
    heard: list[int] = []

    def listen(changes: Changes) -> None:
        heard.append(changes.id)
        if len(heard) == 1:
            raise ValueError("not now")

    ingest(database, shop, order())

    with caplog.at_level(logging.CRITICAL, "opsgraph.outbox"):
        counts = [await deliver(database, listening(a=listen), after(n)) for n in range(2)]

    [message] = rows(database, shop, OutboxMessage)
    assert [0, 1] == counts
    assert 1 == len(set(heard))
    assert (2, None) == (message.attempts, message.last_error)


async def test_listener_that_fails_for_one_shop(database: Database, shop: Shop) -> None:
    """What one shop's messages wait for does not hold up another shop's."""
    other = make_shop(database, shop.merchant_id)
    heard: list[int] = []

    def listen(changes: Changes) -> None:
        if changes.shop_id == shop.id:
            raise ValueError("not now")
        heard.append(changes.shop_id)

    for number, each in enumerate((shop, shop, other)):
        ingest(database, each, order(f"o{number}"), now=after(number))

    delivered = await deliver(database, listening(a=listen), after(4))

    attempts = {message.attempts for message in rows(database, shop, OutboxMessage)}
    assert (1, [other.id]) == (delivered, heard)
    assert {0, 1} == attempts  # the second message of the shop was not tried before the first


async def test_listener_that_hangs(
    database: Database,
    shop: Shop,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """One that takes too long is left behind, and the other plugins hear of the page."""
    monkeypatch.setattr(outbox, "LISTENER_SECONDS", 1.0)
    heard: list[Changes] = []
    over = threading.Event()
    ingest(database, shop, order())

    with caplog.at_level(logging.CRITICAL, "opsgraph.outbox"):
        delivered = await deliver(
            database, listening(a=lambda changes: over.wait(60), b=heard.append), T0
        )
    over.set()

    [message] = rows(database, shop, OutboxMessage)
    assert (0, 1) == (delivered, len(heard))
    assert (["a"], "a: TimeoutError") == (message.waiting, message.last_error)


async def test_one_worker_delivers_at_a_time(database: Database, shop: Shop) -> None:
    """While somebody delivers on PostgreSQL, a second worker leaves the messages alone."""
    heard: list[int] = []
    ingest(database, shop, order())

    async with only_deliverer(database) as mine:
        beside = await deliver(database, listening(a=lambda changes: heard.append(changes.id)), T0)

    assert mine
    assert [beside] == [len(heard)]
    assert beside == (0 if database.dialect == "postgresql" else 1)


async def test_delivered_messages_are_forgotten(database: Database, shop: Shop) -> None:
    """They stay for a while, and then go."""
    ingest(database, shop, order())
    await deliver(database, listening(), T0)

    await database.system(lambda session: forget(session, T0 + EVENTS))
    kept = len(rows(database, shop, OutboxMessage))
    await database.system(lambda session: forget(session, T0 + EVENTS + timedelta(seconds=1)))

    assert (1, 0) == (kept, len(rows(database, shop, OutboxMessage)))
