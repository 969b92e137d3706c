"""PostgreSQL's row-level security: the wall behind the session's seat belt."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlmodel import SQLModel

from core.db import Database, MerchantSession
from core.db.database import engine_for_owner
from core.db.migrate import CORE_COMPONENT
from core.db.roles import MERCHANT_SETTING, MIGRATING_SETTING
from core.db.session import CORE
from core.models import Customer, ExchangeRate
from core.settings import Settings
from tests.builders import make_merchant
from tests.databases import on_postgresql
from tests.db.people import make_customer, nicknames

pytestmark = on_postgresql

customers: Any = Customer.__table__
other = customers.alias()
COUNT = text("SELECT count(*) FROM customers")
CROSSINGS: dict[str, Callable[[MerchantSession], Any]] = {
    "core statement": lambda s: (
        s.connection().execute(select(customers.c.nickname)).scalars().all()
    ),
    "text": lambda s: (
        s.connection().execute(text("SELECT nickname FROM customers")).scalars().all()
    ),
    "marked as scoped": lambda s: (
        s.execute(select(customers.c.nickname), execution_options={CORE: True}).scalars().all()
    ),
    "table inside an ORM statement": lambda s: s.scalars(
        select(other.c.nickname).join(Customer, other.c.id == Customer.id)
    ).all(),
}


@pytest.fixture
def other_id(database: Database, merchant_id: int) -> int:
    """Another merchant with a customer called Zoe; ours has one called Ann, of the same id."""
    other = make_merchant(database, "Paper Moon")
    people = [make_customer(merchant_id, "Ann", 1), make_customer(other, "Zoe", 1)]
    database.system_now(lambda session: session.add_all(people))
    return other


@pytest.mark.parametrize("cross", CROSSINGS.values(), ids=CROSSINGS)
def test_reads_past_the_session(
    database: Database, merchant_id: int, other_id: int, cross: Any
) -> None:
    """What the session cannot see, the database closes."""
    assert ["Ann"] == database.read_now(merchant_id, cross)


@pytest.mark.parametrize(
    "write",
    [
        lambda s, other: s.connection().execute(
            insert(customers), [make_customer(other, "Eve").model_dump()]
        ),
        lambda s, other: s.execute(update(Customer).values(merchant_id=other, id=2)),
        lambda s, other: s.bulk_save_objects([make_customer(other, "Eve")]),
    ],
    ids=["core insert", "update of the owner", "legacy bulk"],
)
def test_writes_past_the_session(
    database: Database, merchant_id: int, other_id: int, write: Any
) -> None:
    """Rows for another merchant are refused by the database."""
    with pytest.raises(DBAPIError, match="row-level security"):
        database.run_now(merchant_id, lambda session: write(session, other_id))

    assert ["Zoe"] == nicknames(database, other_id)


def test_updates_past_the_session_hit_nothing(
    database: Database, merchant_id: int, other_id: int
) -> None:
    """An UPDATE in text that forgets its condition changes the merchant's own rows alone."""
    database.run_now(
        merchant_id,
        lambda session: session.connection().execute(text("UPDATE customers SET nickname = 'x'")),
    )

    assert ["Zoe"] == nicknames(database, other_id)


def test_reference_tables_cannot_be_written(database: Database, merchant_id: int) -> None:
    """A merchant's work reads exchange rates and cannot change them."""
    rates: Any = ExchangeRate.__table__

    with pytest.raises(DBAPIError, match="permission denied"):
        database.run_now(merchant_id, lambda s: s.connection().execute(rates.delete()))


def count_as(connection: Connection, setting: str = "", value: str = "") -> int | None:
    """How many customers a login sees by itself, without a door."""
    with connection.begin():
        if setting:
            connection.execute(text(f"SET LOCAL {setting} = '{value}'"))
        return connection.scalar(COUNT)


def test_no_merchant_means_no_rows(database: Database, merchant_id: int, other_id: int) -> None:
    """A login that has the application's rights sees what its merchant has, and else nothing."""
    with database.engine.connect() as connection:
        without = count_as(connection)
        within = count_as(connection, MERCHANT_SETTING, str(merchant_id))
        again = count_as(connection)

    assert (0, 1, 0) == (without, within, again)


def test_the_owner_sees_rows_only_while_migrating(
    database: Database, settings: Settings, other_id: int
) -> None:
    """Nobody reads customers by accident with the login that migrates."""
    engine = engine_for_owner(settings)

    with engine.connect() as connection:
        by_itself = count_as(connection)
        migrating = count_as(connection, MIGRATING_SETTING, "on")
    engine.dispose()

    assert (0, 2) == (by_itself, migrating)


def test_the_application_cannot_become_more(database: Database, merchant_id: int) -> None:
    """Its login may take neither the system's role nor the owner's."""
    for role in ("opsgraph_system", "test_owner"):
        with pytest.raises(DBAPIError, match="permission denied"):
            database.run_now(
                merchant_id, lambda s, role=role: s.connection().execute(text(f"SET ROLE {role}"))
            )


def test_one_login_for_everything(settings: Settings) -> None:
    """With one ordinary login, the default, each door still has its own rights."""
    alone = settings.model_copy(update={"database_url": settings.owner_database_url})
    alone = alone.model_copy(update={"system_database_url": None})
    database = Database(alone)

    one, two = make_merchant(database, "One"), make_merchant(database, "Two")
    database.run_now(one, lambda session: session.add(make_customer(one, "Ann")))
    bare = database.read_now(two, lambda session: session.connection().scalar(COUNT))
    everyone = database.system_now(lambda session: session.connection().scalar(COUNT))
    database.close()

    assert (0, 1) == (bare, everyone)


def test_every_table_is_protected(database: Database) -> None:
    """Every table with a merchant has row security, forced, and the same three policies."""
    owned = {
        name
        for name, table in SQLModel.metadata.tables.items()
        if name in CORE_COMPONENT.tables and ("merchant_id" in table.c or name == "merchants")
    }
    query = text(
        "SELECT relname, relrowsecurity, relforcerowsecurity, "
        "array(SELECT policyname::text FROM pg_policies WHERE tablename = relname ORDER BY 1) "
        "FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace "
        "WHERE nspname = 'public' AND relkind = 'r'"
    )

    with database.engine.connect() as connection:
        found = {row[0]: tuple(row[1:]) for row in connection.execute(query)}

    protected = (True, True, ["merchant", "migration", "system"])
    assert dict.fromkeys(owned, protected) == {name: found[name] for name in owned}
    assert {"exchange_rates", "opsgraph_version_core"} == found.keys() - owned


@pytest.mark.anyio
async def test_a_bound_merchant_is_compared_once(database: Database, merchant_id: int) -> None:
    """Beside a predicate with the merchant the policy costs one comparison, not one per row."""
    sql = "EXPLAIN SELECT nickname FROM customers WHERE merchant_id = $1::bigint AND id > 5"

    plan = "\n".join(row[0] for row in await database.fetch(merchant_id, sql, [merchant_id]))

    assert "One-Time Filter" in plan
    assert 1 == plan.count("current_setting")
    assert "Index Cond: (" in plan
