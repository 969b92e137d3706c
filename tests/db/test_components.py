"""Components migrate independently of each other, each within its own tables."""

import re
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, inspect

from core.db.database import engine_for_owner
from core.db.migrate import (
    CORE_COMPONENT,
    LOCK,
    chains,
    differences,
    downgrade,
    owns,
    require_current,
    revision,
    status,
    upgrade,
)
from core.errors import ConfigurationError
from core.plugin import Component
from core.settings import Settings
from tests.databases import CORE
from tests.db.sample_component import SAMPLE

BOTH = chains([SAMPLE])


def component(name: str, *tables: str, after: tuple[str, ...] = ("core",)) -> Component:
    return Component(name, "nowhere", frozenset(tables), after)


def test_order_follows_dependencies() -> None:
    """A component migrates after those it depends on, whatever the order of plugins."""
    late, early = component("late", after=("early",)), component("early")

    names = [chain.name for chain in chains([late, early])]

    assert ["core", "early", "late"] == names


def test_components_that_wait_for_each_other() -> None:
    """A circle of dependencies is an error that names those in it."""
    circle = [component("hen", after=("egg",)), component("egg", after=("hen",))]

    with pytest.raises(ConfigurationError, match=r"hen \(after egg\), egg \(after hen\)"):
        chains(circle)


def test_a_component_can_go_alone(owner: Engine) -> None:
    """Taking one component away leaves the tables and the version of the others."""
    upgrade(owner, BOTH)

    downgrade(owner, BOTH[1:], "base")

    left = set(inspect(owner).get_table_names())
    assert CORE_COMPONENT.tables <= left
    assert SAMPLE.tables.isdisjoint(left)
    assert [True, False] == [each.is_current for each in status(owner, BOTH)]
    require_current(owner, CORE)


def test_each_component_has_its_own_version(owner: Engine) -> None:
    """A component may stand at an older revision while the others are current."""
    upgrade(owner, CORE)

    upgrade(owner, BOTH[1:], "sample_0001")

    assert ["core_0009", "sample_0001"] == [each.current for each in status(owner, BOTH)]


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ("orders", "core"),
        ("order_notes", "order"),
        ("order_desk_notes", "order_desk"),
        ("order_lines", "core"),
        ("strangers", None),
        ("opsgraph_version_order", None),
    ],
)
def test_every_table_has_one_owner(table: str, expected: str | None) -> None:
    """Also when one plugin's name begins like another's, or like a table of core."""
    several = chains([component("order"), component("order_desk")])

    owners = [chain.name for chain in several if owns(chain, table, "table", None)]

    assert ([] if expected is None else [expected]) == owners


def test_autogenerate_sees_its_own_tables_only(owner: Engine, tmp_path: Path) -> None:
    """A plugin's new migration makes its tables, whatever else is in the database; it runs."""
    mine = chains([replace(SAMPLE, migrations=str(tmp_path))])
    upgrade(owner, CORE)
    with owner.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE strangers (id integer)")

    revision(owner, mine[1], "first tables")

    [written] = tmp_path.glob("*_first_tables.py")
    named = re.findall(r"(?:create|drop)_table\(\s*['\"](\w+)", written.read_text())
    upgrade(owner, mine)
    assert ["sample_notes", "sample_tags", "sample_tags", "sample_notes"] == named
    assert [] == differences(owner, mine)


def test_differences_name_what_is_left_over(owner: Engine) -> None:
    """A table with the component's prefix that no model knows is the component's matter."""
    upgrade(owner, BOTH)
    with owner.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE sample_leftovers (id integer)")

    assert [] == differences(owner, CORE)
    [(what, table)] = differences(owner, BOTH)
    assert ("remove_table", "sample_leftovers") == (what, table.name)


def hold(engine: Engine, held: threading.Event, release: threading.Event) -> None:
    """Keep the lock around migrations until told otherwise."""
    with engine.connect() as connection, connection.begin():
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")
        held.set()
        release.wait(10)


def test_an_upgrade_waits_for_its_turn(owner: Engine, empty_settings: Settings) -> None:
    """While somebody migrates, a second upgrade waits instead of failing."""
    held, release = threading.Event(), threading.Event()
    other = engine_for_owner(empty_settings)
    holder = threading.Thread(target=hold, args=(other, held, release))
    upgrader = threading.Thread(target=upgrade, args=(owner, CORE))

    holder.start()
    held.wait(10)
    upgrader.start()
    upgrader.join(0.5)
    was_waiting = upgrader.is_alive()
    release.set()
    holder.join()
    upgrader.join()
    other.dispose()

    assert was_waiting
    require_current(owner, CORE)


def test_two_upgrades_at_once(empty_settings: Settings) -> None:
    """Two processes that start together both find a current database."""
    engines = [engine_for_owner(empty_settings) for _ in range(2)]
    barrier = threading.Barrier(2)
    failures: list[Any] = []

    def run(engine: Engine) -> None:
        try:
            barrier.wait(10)
            upgrade(engine, BOTH)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(engine,)) for engine in engines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [] == failures
    require_current(engines[0], BOTH)
    for engine in engines:
        engine.dispose()
