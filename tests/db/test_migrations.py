"""The chain of core: it makes exactly what the models say, and takes it away again."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, func, insert, inspect, select
from sqlmodel import SQLModel

from core.db import Database
from core.db.migrate import (
    CORE_COMPONENT,
    Chain,
    chains,
    differences,
    downgrade,
    print_sql,
    require_current,
    status,
    upgrade,
)
from core.errors import ConfigurationError
from core.models import CustomerStat, Order, Refund, SalesDay, Shop
from core.plugin import Component
from core.settings import Settings
from tests.builders import make_merchant, make_shop
from tests.databases import CORE
from tests.db.sample_component import SAMPLE
from tests.ingest.records import ingest, order, refund
from tests.ingest.stored import column, only, rows
from tests.rows import sample_row

MERCHANT = 77
NEXT_CORE = Component(
    name="core",
    migrations=CORE_COMPONENT.migrations + f"\n{__file__.rpartition('/')[0]}/next_core",
    tables=CORE_COMPONENT.tables,
    after=(),
)


@pytest.fixture
def opened(empty_settings: Settings) -> Iterator[Database]:
    """The database that the owner migrates, as core sees it."""
    database = Database(empty_settings)
    yield database
    database.close()


def fill(database: Database, names: frozenset[str]) -> None:
    """Put one row into each of these tables."""
    tables = [table for table in SQLModel.metadata.sorted_tables if table.name in names]
    database.system_now(
        lambda session: [
            session.connection().execute(insert(table), [sample_row(table, MERCHANT)])
            for table in tables
        ]
    )


def counts(database: Database, names: frozenset[str]) -> dict[str, int | None]:
    """How many rows each of these tables has."""
    tables = SQLModel.metadata.tables
    return database.system_now(
        lambda session: {
            name: session.connection().scalar(select(func.count()).select_from(tables[name]))
            for name in names
        }
    )


def test_up_down_up(owner: Engine) -> None:
    """The shared schema can be made, taken away without a trace, and made again."""
    upgrade(owner, CORE)
    downgrade(owner, CORE, "base")
    left = set(inspect(owner).get_table_names())
    upgrade(owner, CORE)

    assert {"opsgraph_version_core"} == left
    assert CORE_COMPONENT.tables | left == set(inspect(owner).get_table_names())


def test_up_down_up_with_a_plugin(owner: Engine) -> None:
    """A plugin's tables go before those of core that they refer to, and come back after them."""
    both = chains([SAMPLE])
    upgrade(owner, both)
    downgrade(owner, both, "base")
    left = set(inspect(owner).get_table_names())
    upgrade(owner, both)

    assert {"opsgraph_version_core", "opsgraph_version_sample"} == left
    assert [] == differences(owner, both)


def test_models_and_migrations_agree(owner: Engine) -> None:
    """What the migrations make is what the models say, for every component."""
    both = chains([SAMPLE])

    upgrade(owner, both)

    assert [] == differences(owner, both)


def test_no_row_is_lost_when_tables_are_altered(owner: Engine, opened: Database) -> None:
    """A core table that others refer to may be altered, or built anew, with all rows present."""
    names = CORE_COMPONENT.tables | SAMPLE.tables
    upgrade(owner, chains([SAMPLE]))
    fill(opened, names)

    upgrade(owner, [Chain(NEXT_CORE)])
    downgrade(owner, [Chain(NEXT_CORE)], "core_0009")

    assert dict.fromkeys(names, 1) == counts(opened, names)
    assert [] == differences(owner, chains([SAMPLE]))


def test_no_row_is_lost_when_core_goes_back(owner: Engine, opened: Database) -> None:
    """Core's own chain, back and forth under a plugin's rows, takes only what it drops itself."""
    both = chains([SAMPLE])
    names = CORE_COMPONENT.tables | SAMPLE.tables
    upgrade(owner, both)
    fill(opened, names)

    downgrade(owner, both[:1], "core_0001")
    upgrade(owner, both)

    gone = ("job_states", "plugin_switches", "request_budgets", "shop_inboxes")
    dropped = dict.fromkeys(gone, 0)
    assert dict.fromkeys(names, 1) | dropped == counts(opened, names)
    assert [] == differences(owner, both)


def test_a_reference_that_would_break(owner: Engine, opened: Database) -> None:
    """A migration that takes rows from under a plugin's is undone, on both databases."""
    both = chains([SAMPLE])
    names = SAMPLE.tables | {"customers"}
    upgrade(owner, both)
    fill(opened, names)
    harmful = Component("harm", f"{__file__.rpartition('/')[0]}/harmful_component", frozenset())

    failed = upgrade(owner, chains([SAMPLE, harmful]), spared={"harm"})

    assert ["harm"] == list(failed)
    assert dict.fromkeys(names, 1) == counts(opened, names)


def test_no_row_is_lost_when_a_plugin_alters_its_tables(owner: Engine, opened: Database) -> None:
    """A plugin's migration changes its rows in place, in spite of row-level security."""
    both = chains([SAMPLE])
    upgrade(owner, both)
    fill(opened, CORE_COMPONENT.tables | SAMPLE.tables)

    downgrade(owner, both[1:], "sample_0001")
    upgrade(owner, both)

    query = select(SQLModel.metadata.tables["sample_notes"].c.author)
    authors = opened.system_now(lambda session: list(session.connection().scalars(query)))
    assert ["nobody"] == authors
    assert {"sample_tags": 1} == counts(opened, frozenset({"sample_tags"}))


def test_a_failing_migration_changes_nothing(owner: Engine, opened: Database) -> None:
    """A migration that breaks a reference is undone as a whole, also on SQLite."""
    upgrade(owner, CORE)
    broken = Component("broken", f"{__file__.rpartition('/')[0]}/broken_component", frozenset())

    with pytest.raises(Exception, match="no_such_table"):
        upgrade(owner, chains([broken]))

    assert "broken_lines" not in inspect(owner).get_table_names()
    with owner.connect() as connection:
        if owner.dialect.name == "sqlite":
            assert 1 == connection.exec_driver_sql("PRAGMA foreign_keys").scalar()


def test_status_and_require_current(owner: Engine, opened: Database) -> None:
    """The application refuses a database that is behind, and says what to do."""
    assert not status(owner, CORE)[0].is_current

    with pytest.raises(ConfigurationError, match="opsgraph db upgrade"):
        require_current(owner, CORE)

    upgrade(owner, CORE)
    require_current(opened.engine, CORE)


def test_require_current_refuses_a_newer_database(owner: Engine) -> None:
    """Older code does not run on a database that a newer version has migrated."""
    upgrade(owner, [Chain(NEXT_CORE)])

    with pytest.raises(ConfigurationError, match="core is at core_0010"):
        require_current(owner, CORE)


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_print_sql(dialect: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The SQL of an upgrade can be printed without a database, for admins who run it by hand."""
    print_sql(dialect, chains([]))

    printed = capsys.readouterr().out
    assert all(f"CREATE TABLE {name} " in printed for name in CORE_COMPONENT.tables)
    assert "INSERT INTO opsgraph_version_core" in printed
    assert (dialect == "postgresql") == ("FORCE ROW LEVEL SECURITY" in printed)


def test_turnover_of_orders_that_were_there_before(owner: Engine, opened: Database) -> None:
    """core_0006 gives stored orders their platform's turnover; what it adds, it takes away."""
    upgrade(owner, CORE)
    shop = make_shop(opened, make_merchant(opened))
    ingest(opened, shop, order(reported_amount=900), order("o2", paid_at=None))
    kept = only(opened, shop, SalesDay)

    downgrade(owner, CORE, "core_0005")
    upgrade(owner, CORE)

    assert (1, 900) == (kept.reported_orders, kept.reported_amount)
    assert kept == only(opened, shop, SalesDay)
    assert {kept.day, None} == {row.reported_day for row in rows(opened, shop, Order)}


def test_refunds_that_named_nobody_before(owner: Engine, opened: Database) -> None:
    """core_0009 gives stored refunds the customer of their order, who counts them; what it adds,
    it takes away."""
    upgrade(owner, CORE)
    shop = make_shop(opened, make_merchant(opened))
    orders = [order(), order("o2", customer=None)]
    theirs = [refund(customer_id=None), refund("r2", order_id="o2", customer_id=None)]
    ingest(opened, shop, *orders, *theirs, refund("r3", order_id="o2", customer_id="c2"))
    kept = _owners(opened, shop)

    downgrade(owner, CORE, "core_0008")
    named = select(func.count(Refund.customer_id))
    before = opened.read_now(shop.merchant_id, lambda session: session.scalar(named))
    upgrade(owner, CORE)

    assert 1 == before
    assert kept == _owners(opened, shop)
    assert [400, 400] == column(opened, shop, CustomerStat, "refund_amount")


def _owners(opened: Database, shop: Shop) -> tuple[list[Any], ...]:
    refunds = [(r.platform_id, r.customer_id) for r in rows(opened, shop, Refund)]
    stats = [each.model_dump() for each in rows(opened, shop, CustomerStat)]
    return sorted(refunds), sorted(stats, key=str)
