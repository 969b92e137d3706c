"""`opsgraph db purge`: what a plugin left in the database is shown, and removed if one says so."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, inspect, select, text

from core.db import Database
from core.db.migrate import differences
from core.models import JobState, OutboxMessage, PluginSwitch
from core.settings import Settings
from tests.databases import CORE
from tests.db.installing import install, make, uninstall
from tests.distributions import Distributions
from tests.test_cli import Shell

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
MERCHANT = 77
REFERRING = """
    sa.ForeignKeyConstraint(["merchant_id", "id"], ["lamps_lamps.merchant_id", "lamps_lamps.id"]),
"""


def fill(settings: Settings, *tables: str) -> None:
    """Two merchants' rows in these tables, and in core's for the plugins lamps and lamps-extra."""
    database = Database(settings)

    def work(session) -> None:
        for merchant_id in (MERCHANT, MERCHANT + 1):
            for name in tables:
                session.execute(
                    text(f"INSERT INTO {name} (merchant_id, id) VALUES (:m, 1)"), {"m": merchant_id}
                )
            for name in ("lamps", "lamps-extra"):
                job = f"{name.replace('-', '_')}.burn"
                session.add(JobState(merchant_id=merchant_id, job=job, due_at=NOW))
                session.add(
                    PluginSwitch(
                        merchant_id=merchant_id, plugin=name, enabled=False, changed_at=NOW
                    )
                )
        for id_, waiting in enumerate([["lamps"], ["lamps", "lamps-extra"], ["lamps-extra"], None]):
            session.add(
                OutboxMessage(
                    merchant_id=MERCHANT,
                    id=id_,
                    topic="changes",
                    body={},
                    created_at=NOW,
                    waiting=waiting,
                )
            )

    database.system_now(work)
    database.close()  # fmt: skip


def remaining(settings: Settings) -> tuple[set[str], set[str], list[object]]:
    """Jobs, switches, and whom each message waits for (True: it is delivered)."""
    database = Database(settings)

    def work(session) -> tuple[set[str], set[str], list[object]]:
        messages = session.scalars(select(OutboxMessage).order_by(OutboxMessage.id))
        return (
            set(session.scalars(select(JobState.job))),
            set(session.scalars(select(PluginSwitch.plugin))),
            [True if each.delivered_at else each.waiting for each in messages],
        )

    found = database.system_now(work)
    database.close()
    return found


def tables(engine: Engine) -> set[str]:
    return {name for name in inspect(engine).get_table_names() if "lamps" in name}


@pytest.fixture
def everything(shell: Shell, empty_settings: Settings, distributions: Distributions) -> set[str]:
    """Both plugins installed, with rows; the names of their tables."""
    install(distributions, "lamps", make("lamps_lamps"), make("lamps_bulbs", REFERRING))
    install(distributions, "lamps_extra", make("lamps_extra_shades"))
    assert 0 == shell("db", "upgrade").code
    fill(empty_settings, "lamps_lamps", "lamps_bulbs", "lamps_extra_shades")
    return {
        "lamps_lamps", "lamps_bulbs", "opsgraph_version_lamps",
        "lamps_extra_shades", "opsgraph_version_lamps_extra",
    }  # fmt: skip


def test_it_only_looks_at_first(
    shell: Shell, owner: Engine, empty_settings: Settings, everything: set[str]
) -> None:
    """Without --yes it lists tables and rows, of all merchants, and changes nothing."""
    before = remaining(empty_settings)

    said = shell("db", "purge", "lamps")

    cells = [[c.strip() for c in line.split("│")[1:3]] for line in said.out.splitlines()]
    assert 0 == said.code
    assert [
        ["lamps_bulbs", "2"], ["lamps_lamps", "2"],
        ["job_states", "2"], ["plugin_switches", "2"], ["outbox_messages", "2"],
    ] == [cell for cell in cells if cell and cell[-1].isdigit()]  # fmt: skip
    assert "Nothing was removed: add --yes" in said.out
    assert (everything, before) == (tables(owner), remaining(empty_settings))


@pytest.mark.parametrize("state", ["installed", "off", "uninstalled"])
def test_it_removes_what_is_the_plugins(
    shell: Shell,
    owner: Engine,
    empty_settings: Settings,
    everything: set[str],
    distributions: Distributions,
    monkeypatch: pytest.MonkeyPatch,
    state: str,
) -> None:
    """Its tables, its version and its rows go; those of one whose name begins alike stay."""
    core = set(inspect(owner).get_table_names()) - everything
    if state == "off":
        monkeypatch.setenv("OPSGRAPH_PLUGINS", "")
    if state == "uninstalled":
        uninstall(distributions, "lamps")  # and lamps_extra with it

    said = shell("db", "purge", "lamps", "--yes")
    status = shell("db", "status")

    assert (0, "") == (said.code, said.err)
    assert {"lamps_extra_shades", "opsgraph_version_lamps_extra"} == tables(owner)
    assert core <= set(inspect(owner).get_table_names())
    assert [] == differences(owner, CORE)
    assert (
        {"lamps_extra.burn"}, {"lamps-extra"}, [True, ["lamps-extra"], ["lamps-extra"], None]
    ) == remaining(empty_settings)  # fmt: skip
    assert (1 if state == "installed" else 0) == status.code
    assert (state == "installed") == ("still installed" in said.out)


def test_installed_again(shell: Shell, owner: Engine, everything: set[str]) -> None:
    """After a purge the plugin starts from nothing."""
    shell("db", "purge", "lamps", "--yes")

    said = shell("db", "upgrade")

    assert 0 == said.code
    assert everything == tables(owner)


def test_by_the_plugins_name(
    shell: Shell, owner: Engine, everything: set[str], distributions: Distributions
) -> None:
    """The name of a package that is gone may be written with hyphens, as pip does."""
    uninstall(distributions, "lamps_extra")

    said = shell("db", "purge", "lamps-extra", "--yes")

    assert 0 == said.code
    assert {"lamps_lamps", "lamps_bulbs", "opsgraph_version_lamps"} == tables(owner)


def test_what_others_refer_to(shell: Shell, owner: Engine, distributions: Distributions) -> None:
    """A table that another plugin's refers to stays, and so does all the rest."""
    install(distributions, "lamps", make("lamps_lamps"))
    referring = make("walls_walls", REFERRING)
    install(distributions, "walls", referring, options=", after=('core', 'lamps')")
    shell("db", "upgrade")

    said = shell("db", "purge", "lamps", "--yes")

    assert 1 == said.code
    assert "walls_walls → lamps_lamps" in said.err
    assert {"lamps_lamps", "opsgraph_version_lamps"} == tables(owner)


def test_version_table_alone(shell: Shell, owner: Engine, distributions: Distributions) -> None:
    """What a downgrade of an uninstalled plugin leaves can be removed too."""
    install(distributions, "lamps")
    shell("db", "upgrade")
    uninstall(distributions, "lamps")

    status = shell("db", "status")
    said = shell("db", "purge", "lamps", "--yes")

    assert "not installed: opsgraph db purge lamps (no tables)" in status.out
    assert 0 == said.code
    assert set() == tables(owner)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("core", "The tables of core cannot be purged."),
        ("order", "Nothing in the database belongs to 'order'"),
        ("sales", "Nothing in the database belongs to 'sales'"),
        ("nobody", "Nothing in the database belongs to 'nobody'"),
    ],
)
def test_what_it_refuses(shell: Shell, owner: Engine, name: str, reason: str) -> None:
    """Core's tables are nobody's prefix, and a misspelt name is told."""
    shell("db", "upgrade")

    said = shell("db", "purge", name, "--yes")

    assert 1 == said.code
    assert reason in said.err
    assert [] == differences(owner, CORE)


def test_before_the_upgrade(shell: Shell) -> None:
    """On an old database it says what to do first."""
    said = shell("db", "purge", "lamps")

    assert 1 == said.code
    assert "core is at nothing, needs core_0009: opsgraph db upgrade" in said.err
