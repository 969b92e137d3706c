"""The doors: one transaction each, one role each, one merchant at most."""

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from core.db import Database, MerchantSession
from core.db.roles import MERCHANT_SETTING
from core.models import Customer, Shop
from tests.builders import make_merchant
from tests.databases import on_postgresql
from tests.db.people import make_customer, nicknames


def test_run_stores_all_or_nothing(database: Database, merchant_id: int) -> None:
    """When the work fails halfway, what it wrote before is gone too."""

    def work(session: MerchantSession) -> None:
        session.add(make_customer(merchant_id, "Wei"))
        session.flush()
        raise RuntimeError("half done")

    with pytest.raises(RuntimeError, match="half done"):
        database.run_now(merchant_id, work)

    assert [] == nicknames(database, merchant_id)


def test_run_flushes_what_was_added(database: Database, merchant_id: int) -> None:
    """Objects that the work adds are stored, and stay usable after the transaction."""
    customer = make_customer(merchant_id, "Wei")

    database.run_now(merchant_id, lambda session: session.add(customer))

    assert ["Wei"] == nicknames(database, merchant_id)
    assert "Wei" == customer.nickname


@pytest.mark.parametrize("bare", [True, False])
def test_read_cannot_write(database: Database, merchant_id: int, *, bare: bool) -> None:
    """Work that came through the reading door cannot change anything, by whatever path."""

    def work(session: MerchantSession) -> None:
        if bare:
            session.connection().execute(text("UPDATE customers SET nickname = 'x'"))
        session.add(make_customer(merchant_id, "Wei"))

    with pytest.raises(DBAPIError, match=r"read-?only"):
        database.read_now(merchant_id, work)

    assert [] == nicknames(database, merchant_id)


def test_reading_does_not_spoil_the_connection(database: Database, merchant_id: int) -> None:
    """After a read the same pooled connection can write again."""
    assert [] == nicknames(database, merchant_id)

    database.run_now(merchant_id, lambda s: s.add(make_customer(merchant_id, "Wei")))

    assert ["Wei"] == nicknames(database, merchant_id)


@pytest.mark.anyio
async def test_doors_in_a_worker_thread(database: Database, merchant_id: int) -> None:
    """The three doors do the same for code that must not block."""
    await database.run(merchant_id, lambda s: s.add(make_customer(merchant_id, "Wei")))

    query = select(Customer.nickname)
    one = await database.read(merchant_id, lambda session: list(session.scalars(query)))
    everyone = await database.system(lambda session: list(session.scalars(query)))

    assert ["Wei"] == one
    assert ["Wei"] == everyone


def test_system_sees_every_merchant(database: Database, merchant_id: int) -> None:
    """The third door, for core alone, crosses merchants."""
    other = make_merchant(database, "Paper Moon")
    for owner in (merchant_id, other):
        database.run_now(owner, lambda s, owner=owner: s.add(make_customer(owner, "Wei")))

    def owners(session: Session) -> set[int]:
        return set(session.scalars(select(Customer.merchant_id)))

    assert {merchant_id, other} == database.system_now(owners)


@on_postgresql
def test_each_door_takes_its_role(database: Database, merchant_id: int) -> None:
    """Work runs as the role of its door, whatever login opened the connection."""
    who = text("SELECT current_user")

    def app(session: Session) -> str | None:
        return session.connection().scalar(who)

    assert "opsgraph_app" == database.run_now(merchant_id, app)
    assert "opsgraph_app" == database.read_now(merchant_id, app)
    assert "opsgraph_system" == database.system_now(app)


@on_postgresql
def test_the_merchant_does_not_leak(database: Database, merchant_id: int) -> None:
    """The next user of a pooled connection finds neither the merchant nor the role set."""
    database.run_now(merchant_id, lambda session: session.add(make_customer(merchant_id, "Wei")))

    with database.engine.connect() as connection:
        setting = connection.scalar(text(f"SELECT current_setting('{MERCHANT_SETTING}', true)"))
        user = connection.scalar(text("SELECT current_user"))
        seen = connection.scalar(text("SELECT count(*) FROM customers"))

    assert (setting or "", user, seen) == ("", "test_app", 0)


def test_count_of_statements(
    database: Database, merchant_id: int, shop: Shop, statements: list[str]
) -> None:
    """The fixture that counts SQL sees what the work runs, and nothing of the door."""
    statements.clear()

    database.read_now(merchant_id, lambda session: session.scalars(select(Shop)).all())

    assert 1 == len(statements)
