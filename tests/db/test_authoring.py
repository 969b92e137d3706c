"""`opsgraph plugin revision` writes migrations that run as they stand, guards included."""

import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Column, Engine, Integer, MetaData, String, Table, inspect
from sqlalchemy.util import FacadeDict
from sqlmodel import Field, SQLModel

from core.db.database import engine_for_owner
from core.db.migrate import chains, differences, downgrade, revision, upgrade
from core.errors import ConfigurationError
from core.models.base import REFERENCE, NounTable, big, blob, by, inside, json, text, word
from core.plugin import Component
from tests.databases import CORE
from tests.db.installing import COMPONENT, install, make
from tests.distributions import Distributions
from tests.test_cli import Shell

MODELS = "from tests.db.test_authoring import BRASS as models\n"


class Band(NounTable, table=True):
    """Every kind of column that a plugin's table may have."""

    __tablename__ = "brass_bands"
    __table_args__ = (by("brass_bands", "founded_at"),)

    name: str = word(40)
    motto: str | None = text(None)
    score: dict[str, Any] = json()
    seal: bytes = blob()
    founded_at: datetime
    fee: int = big()
    town: str | None = None
    is_loud: bool = True


class Player(NounTable, table=True):
    """Goes with its band."""

    __tablename__ = "brass_players"
    __table_args__ = (inside("brass_bands", "band_id"),)

    band_id: int = big()


class Tuning(SQLModel, table=True):
    """A reference table: it belongs to no merchant."""

    __tablename__ = "brass_tunings"
    __table_args__ = ({"info": {REFERENCE: True}},)

    pitch: str = Field(sa_type=String(8), primary_key=True)
    hertz: float


BRASS = frozenset({"brass_bands", "brass_players", "brass_tunings"})


@pytest.fixture
def brass(tmp_path: Path) -> Component:
    """A component over the models above, without a version file yet."""
    return Component("brass", str(tmp_path / "versions"), BRASS)


def policies(engine: Engine) -> set[str]:
    """Tables of `brass` that row-level security guards."""
    query = "SELECT relname FROM pg_class WHERE relforcerowsecurity AND relname LIKE 'brass%%'"
    with engine.connect() as connection:
        return set(connection.exec_driver_sql(query).scalars())


def columns(engine: Engine) -> dict[str, list[str]]:
    """The columns of the component's tables, with their types."""
    found = inspect(engine)
    return {t: [f"{c['name']} {c['type']}" for c in found.get_columns(t)] for t in sorted(BRASS)}


def test_it_runs_as_written(owner: Engine, brass: Component) -> None:
    """The first file makes all tables, guarded; up, down and up again lead to the same."""
    both = chains([brass])
    upgrade(owner, CORE)

    path = revision(owner, both[1], "first tables")
    upgrade(owner, both)
    made = columns(owner)
    downgrade(owner, both[1:], "base")
    left = {name for name in inspect(owner).get_table_names() if name.startswith("brass_")}
    upgrade(owner, both)

    assert path is not None
    assert "brass_0001_first_tables.py" == path.name
    assert set() == left
    assert made == columns(owner)
    assert [] == differences(owner, both)
    if owner.dialect.name == "postgresql":
        assert {"brass_bands", "brass_players"} == policies(owner)


def test_what_it_writes(owner: Engine, brass: Component) -> None:
    """Tables of merchants are protected, reference tables shared; types and imports are ours."""
    upgrade(owner, CORE)

    path = revision(owner, chains([brass])[1], "first tables")

    assert path is not None
    written = path.read_text()
    assert ["brass_bands", "brass_players"] == sorted(
        re.findall(r'^    protect\(op, "(\w+)"\)$', written, re.MULTILINE)
    )
    assert '    share(op, "brass_tunings")\n' in written
    assert "sa.JSON().with_variant(postgresql.JSONB(), 'postgresql')" in written
    assert "sqlmodel.sql.sqltypes.UTCDateTime()" in written
    dropped = re.findall(r"drop_table\('(\w+)'\)", written)
    assert BRASS == set(dropped)
    compile(written, path.name, "exec")


def test_a_file_of_one_database_runs_on_the_other(
    owner: Engine, brass: Component, sqlite_files: Any, postgres_databases: Any, tmp_path: Path
) -> None:
    """Whichever database the author used, the file makes on both what the models say."""
    both = chains([brass])
    upgrade(owner, CORE)
    revision(owner, both[1], "first tables")

    for databases in (sqlite_files, postgres_databases):
        settings = databases.empty(tmp_path / "other")
        engine = engine_for_owner(settings)
        upgrade(engine, both)
        found = differences(engine, both)
        engine.dispose()
        databases.drop(settings)

        assert [] == found


def test_a_table_that_goes(owner: Engine, brass: Component, monkeypatch: Any) -> None:
    """What a downgrade makes again is guarded again."""
    both = chains([brass])
    upgrade(owner, CORE)
    revision(owner, both[1], "first tables")
    upgrade(owner, both)
    known = {
        name: table for name, table in SQLModel.metadata.tables.items() if "players" not in name
    }
    monkeypatch.setattr(SQLModel.metadata, "tables", FacadeDict(known))

    path = revision(owner, both[1], "no more players")
    upgrade(owner, both)
    downgrade(owner, both[1:], "brass_0001")

    assert path is not None
    up, down = path.read_text().split("def downgrade")
    assert "op.drop_table('brass_players')" in up
    assert "protect" not in up.partition("def upgrade")[2]
    assert 'protect(op, "brass_players")' in down
    if owner.dialect.name == "postgresql":
        assert {"brass_bands", "brass_players"} == policies(owner)


def test_nothing_to_write(owner: Engine, brass: Component) -> None:
    """Without a difference there is no file, unless one is asked for."""
    both = chains([brass])
    upgrade(owner, CORE)
    revision(owner, both[1], "first tables")
    upgrade(owner, both)

    nothing = revision(owner, both[1], "nothing")
    empty = revision(owner, both[1], "fill in by hand", empty=True)
    upgrade(owner, both)

    assert nothing is None
    assert "brass_0002_fill_in_by_hand.py" == (empty and empty.name)


def test_a_database_that_is_behind(owner: Engine, brass: Component) -> None:
    """A difference to an old database would be wrong: the author is told to upgrade first."""
    both = chains([brass])
    upgrade(owner, CORE)
    revision(owner, both[1], "first tables")

    with pytest.raises(ConfigurationError, match="brass is at nothing, needs brass_0001: opsgraph"):
        revision(owner, both[1], "second")


def test_tables_of_others_stay(owner: Engine, brass: Component) -> None:
    """Not even a table of an uninstalled plugin whose name begins alike is dropped."""
    both = chains([brass])
    upgrade(owner, CORE)
    gone = MetaData()
    for name in ("brass_polish_tins", "opsgraph_version_brass_polish", "wood_winds"):
        Table(name, gone, Column("id", Integer))
    gone.create_all(owner)

    path = revision(owner, both[1], "first tables")

    assert path is not None
    assert not re.search("polish|wood|orders", path.read_text())


def installed(distributions: Distributions, folder: Path) -> None:
    source = COMPONENT.format(name="brass", folder=str(folder), options="")
    distributions.install("brass", MODELS + source.replace("frozenset()", "models"))


def test_the_command(shell: Shell, tmp_path: Path, distributions: Distributions) -> None:
    """From models to tables in three commands; the folder is made, and nothing is added by hand."""
    installed(distributions, tmp_path / "mine")

    first = shell("db", "upgrade")
    wrote = shell("plugin", "revision", "brass", "first tables")
    second = shell("db", "upgrade")
    again = shell("plugin", "revision", "brass", "more")

    assert (0, 0, 0, 0) == (first.code, wrote.code, second.code, again.code)
    assert "brass_0001_first_tables.py" in wrote.out
    assert "agree: nothing to write" in again.out


def test_an_installed_copy(shell: Shell, tmp_path: Path, distributions: Distributions) -> None:
    """In a package that pip copied, a file would be lost: the author is told what to do."""
    installed(distributions, tmp_path / "mine")
    info = distributions.folder / "brass-1.0.dist-info"
    (info / "RECORD").write_text("brass.py,,\n")
    shell("db", "upgrade")

    said = shell("plugin", "revision", "brass", "first tables")

    assert 1 == said.code
    assert "install it from its source with pip install --editable" in said.err
    assert not (tmp_path / "mine").exists()


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("lamps", "'lamps' is not in use: not installed"),
        ("traffic", "'traffic' names no tables"),
        ("zebra", "'zebra' is not in use: its component waits for"),
    ],
)
def test_whose_it_cannot_write(
    shell: Shell, distributions: Distributions, name: str, reason: str
) -> None:
    """It says why."""
    install(distributions, "zebra", make("zebra_lines"), options=", after=('wires',)")

    said = shell("plugin", "revision", name, "message")

    assert 1 == said.code
    assert reason in said.err


def test_a_folder_that_cannot_be_made(
    shell: Shell, tmp_path: Path, distributions: Distributions
) -> None:
    """A package whose place is no folder, or a read-only one, is named."""
    (tmp_path / "file").write_text("")
    installed(distributions, tmp_path / "file" / "versions")

    said = shell("plugin", "revision", "brass", "first tables")

    assert 1 == said.code
    assert "cannot be made: Not a directory" in said.err


def test_of_a_component(shell: Shell, distributions: Distributions, tmp_path: Path) -> None:
    """`db revision` does the same for a component."""
    installed(distributions, tmp_path / "mine")
    shell("db", "upgrade")

    wrote = shell("db", "revision", "--component", "brass", "first tables")

    assert (0, True) == (wrote.code, "brass_0001_first_tables.py" in wrote.out)
