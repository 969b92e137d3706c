"""`opsgraph db` with third parties: one that fails, does not fit or is gone hurts only itself."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, inspect

import gateway
from core.house import House
from core.settings import Settings
from tests.db.installing import COMPONENT, install, make, uninstall, write_version
from tests.distributions import Distributions
from tests.test_cli import Shell

FAILS = make("lamps_bulbs") + 'op.execute("INSERT INTO no_such_table VALUES (1)")'
EXITS = make("lamps_bulbs") + "raise SystemExit(3)"
STRANGE = make("orders_of_lamps")
GREEDY = 'op.drop_table("reviews")'


@pytest.fixture
def houses(empty_settings: Settings) -> Iterator[list[House]]:
    """Houses that a test builds over its database."""
    made: list[House] = []
    yield made
    for house in made:
        house.db.close()


def states(settings: Settings, houses: list[House]) -> dict[str, str | None]:
    """Why each third party is not in use once the gateway has started; None if it is."""
    house = gateway.build(settings)
    houses.append(house)
    migrated = house.migrated()
    return {each.name: each.reason for each in migrated.registry.plugins if not each.built_in}


@pytest.mark.parametrize(
    ("up", "reason"),
    [
        (FAILS, "no_such_table"),
        (EXITS, "SystemExit: 3 (lamps_0002.py, line"),
        (STRANGE, "tables without its prefix lamps_: orders_of_lamps"),
        (GREEDY, "tables without its prefix lamps_: reviews"),
        ("this is no Python", "SyntaxError"),
    ],
)
def test_one_that_fails(
    shell: Shell,
    owner: Engine,
    empty_settings: Settings,
    houses: list[House],
    distributions: Distributions,
    up: str,
    reason: str,
) -> None:
    """It is undone as a whole and named; the others are upgraded, and the gateway starts."""
    install(distributions, "aardvark", make("aardvark_ants"))
    install(distributions, "lamps", make("lamps_lamps"), up)
    install(distributions, "zebra", make("zebra_lines"))

    said = shell("db", "upgrade")

    tables = set(inspect(owner).get_table_names())
    assert 1 == said.code
    assert "lamps was not upgraded, its tables are as before" in said.err
    assert reason in said.err
    assert {"aardvark_ants", "zebra_lines", "reviews"} <= tables
    assert {"lamps_lamps", "lamps_bulbs", "orders_of_lamps"}.isdisjoint(tables)
    assert ["lamps"] == [n for n, why in states(empty_settings, houses).items() if why]


def test_those_that_come_after_it(
    shell: Shell, owner: Engine, empty_settings: Settings, houses: list[House],
    distributions: Distributions,
) -> None:  # fmt: skip
    """What depends on a failed component is not tried, and is left out with it."""
    install(distributions, "lamps", FAILS)
    install(distributions, "bulbs", make("bulbs_bulbs"), options=", after=('core', 'lamps')")

    said = shell("db", "upgrade")

    assert "bulbs was not upgraded, its tables are as before: not tried" in said.err
    assert "bulbs_bulbs" not in inspect(owner).get_table_names()
    found = states(empty_settings, houses)
    assert "opsgraph db upgrade" in f"{found['lamps']}"
    assert "opsgraph db upgrade" in f"{found['bulbs']}"


def test_it_can_be_mended(shell: Shell, owner: Engine, distributions: Distributions) -> None:
    """Once the migration is mended, the same command brings the plugin up."""
    folder = install(distributions, "lamps", make("lamps_lamps"), FAILS)
    shell("db", "upgrade")

    write_version(folder, "lamps", 2, make("lamps_bulbs"))
    said = shell("db", "upgrade")

    assert (0, "") == (said.code, said.err)
    assert {"lamps_lamps", "lamps_bulbs"} <= set(inspect(owner).get_table_names())


def test_a_failure_of_core_stops(shell: Shell, owner: Engine, distributions: Distributions) -> None:
    """Nothing is upgraded behind a core that could not be."""
    install(distributions, "lamps", make("lamps_lamps"))
    with owner.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE orders (id integer)")

    said = shell("db", "upgrade")

    assert 1 == said.code
    assert "already exists" in said.err
    assert {"orders"} == set(inspect(owner).get_table_names())


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (
            ", core='core_0010'",
            "needs core_0010, this opsgraph has up to core_0009: upgrade opsgraph",
        ),
        (
            ", after=('core', 'wires')",
            "its component waits for wires, which this opsgraph does not have",
        ),
    ],
)
def test_one_that_does_not_fit(
    shell: Shell,
    empty_settings: Settings,
    houses: list[House],
    distributions: Distributions,
    options: str,
    reason: str,
) -> None:
    """It is put aside alone, with its reason; the others are upgraded and start."""
    install(distributions, "lamps", make("lamps_lamps"), options=options)
    install(distributions, "zebra", make("zebra_lines"))

    said = shell("db", "upgrade")

    assert (0, "") == (said.code, said.err)
    assert {"lamps": reason, "zebra": None} == states(empty_settings, houses)


def test_a_name_that_is_taken(
    empty_settings: Settings, houses: list[House], distributions: Distributions
) -> None:
    """Nobody can pass its chain off as core's."""
    source = COMPONENT.format(name="core", folder="nowhere", options="")
    distributions.install("lamps", source.replace("core.burn", "lamps.burn"))

    found = states(empty_settings, houses)

    assert {"lamps": "'core' cannot be the name of a component"} == found


def test_core_is_older_than_needed(
    shell: Shell, owner: Engine, distributions: Distributions
) -> None:
    """A component alone is not upgraded on a core that lacks what it needs."""
    install(distributions, "lamps", make("lamps_lamps"), options=", core='core_0009'")

    said = shell("db", "upgrade", "--component", "lamps")

    assert 1 == said.code
    assert "lamps needs core_0009, and core is at nothing" in said.err
    assert "lamps_lamps" not in inspect(owner).get_table_names()


def test_an_older_version_of_it(
    shell: Shell, empty_settings: Settings, houses: list[House], distributions: Distributions
) -> None:
    """Tables that a newer version made put an older one aside, and say so."""
    folder = install(distributions, "lamps", make("lamps_lamps"), make("lamps_bulbs"))
    shell("db", "upgrade")
    (folder / "lamps_0002.py").unlink()

    found, said = states(empty_settings, houses), shell("db", "status")

    assert "made by a newer version: install that one" in f"{found['lamps']}"
    assert (1, True) == (said.code, "made by a newer version" in said.out)


@pytest.mark.tells("output", "token", reason="the command shows the new token, once")
def test_after_an_uninstall(shell: Shell, owner: Engine, distributions: Distributions) -> None:
    """Tables stay, `db status` says whose they were, and no command breaks because of them."""
    install(distributions, "lamps", make("lamps_lamps"), make("lamps_bulbs"))
    shell("db", "upgrade")
    with owner.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE strangers (id integer)")

    uninstall(distributions, "lamps")
    said = shell("db", "status")
    codes = [
        shell(*words).code
        for words in (
            ("db", "upgrade"), ("plugins",), ("merchant", "create", "M"), ("rebuild",),
            ("merchant", "list"), ("schema",),
        )
    ]  # fmt: skip

    assert 0 == said.code
    assert "not installed: opsgraph db purge lamps (lamps_bulbs, lamps_lamps)" in said.out
    assert "of no component: strangers" in said.out
    assert [0] * 6 == codes
    assert {"lamps_lamps", "lamps_bulbs"} <= set(inspect(owner).get_table_names())


def test_off_is_not_uninstalled(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, distributions: Distributions
) -> None:
    """Nobody is told to purge the tables of a plugin that is merely off."""
    install(distributions, "lamps", make("lamps_lamps"))
    shell("db", "upgrade")

    monkeypatch.setenv("OPSGRAPH_THIRD_PARTIES", "false")
    said = shell("db", "status")

    assert "off: opsgraph plugins lamps (lamps_lamps)" in said.out
    assert "purge" not in said.out
