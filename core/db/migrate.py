"""Runs the migration chains: one version table per component, one lock around all of them.

Each component (core, and every plugin with tables) installs, upgrades, downgrades and goes
independently of the others; they run in the order of their declared dependencies.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, inspect
from sqlmodel import SQLModel

import core.models  # noqa: F401  (fills the metadata)
from core.errors import ConfigurationError
from core.plugin import Component

FOLDER = Path(__file__).parents[2] / "migrations"
LOCK = 0x6F70736772617068  # "opsgraph": the advisory lock around migrations


@dataclass(frozen=True)
class Chain:
    """A component's migrations, and how they know their own tables among all others."""

    component: Component
    others: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.component.name

    @property
    def version_table(self) -> str:
        return f"opsgraph_version_{self.name}"


@dataclass(frozen=True)
class Status:
    """Where a component stands."""

    component: str
    current: str | None
    head: str | None

    @property
    def is_current(self) -> bool:
        return self.current == self.head


CORE_COMPONENT = Component(
    name="core",
    migrations=str(FOLDER / "versions"),
    tables=frozenset(
        mapper.class_.__tablename__
        for mapper in SQLModel._sa_registry.mappers
        if mapper.class_.__module__.startswith("core.models.")
    ),
    after=(),
)


def chains(components: Sequence[Component]) -> list[Chain]:
    """Core's chain and the plugins', each after what it depends on."""
    ordered = _in_order([CORE_COMPONENT, *components])
    names = tuple(component.name for component in ordered)
    return [Chain(each, tuple(n for n in names if n != each.name)) for each in ordered]


def _in_order(components: list[Component]) -> list[Component]:
    done: list[Component] = []
    waiting = list(components)
    while waiting:
        names = {component.name for component in done}
        ready = [component for component in waiting if names.issuperset(component.after)]
        if not ready:
            stuck = ", ".join(f"{c.name} (after {', '.join(c.after)})" for c in waiting)
            raise ConfigurationError(f"These components wait for each other or for none: {stuck}")
        done += ready
        waiting = [component for component in waiting if component not in ready]
    return done


def owns(chain: Chain, name: str | None, kind: str, item: Any) -> bool:
    """Whether a table, or a part of one, belongs to the chain: else it is left alone."""
    table = name if kind == "table" else getattr(getattr(item, "table", None), "name", None)
    if table is None or table.startswith("opsgraph_version_"):
        return False
    if chain.name == "core":
        return table in chain.component.tables
    prefixes = [f"{other}_" for other in chain.others if other.startswith(f"{chain.name}_")]
    return (
        table.startswith(f"{chain.name}_")
        and table not in CORE_COMPONENT.tables
        and not table.startswith(tuple(prefixes))
    )


def upgrade(engine: Engine, chains: Sequence[Chain], revision: str = "head") -> None:
    """Bring every chain up to `revision`; the lock makes a second caller wait."""
    with _locked(engine) as connection:
        for chain in chains:
            command.upgrade(_config(chain, connection), revision)


def downgrade(engine: Engine, chains: Sequence[Chain], revision: str) -> None:
    """Take chains back to `revision` ("base" for nothing), dependants first."""
    with _locked(engine) as connection:
        for chain in reversed(chains):
            command.downgrade(_config(chain, connection), revision)


def print_sql(dialect: str, chains: Sequence[Chain], revision: str = "head") -> None:
    """Write the SQL of an upgrade from nothing to the standard output."""
    for chain in chains:
        config = _config(chain, None, dialect)
        command.upgrade(config, f"base:{revision}", sql=True)


def status(engine: Engine, chains: Sequence[Chain]) -> list[Status]:
    """Current and newest revision of every chain."""
    with engine.connect() as connection:
        return [Status(chain.name, _current(connection, chain), _head(chain)) for chain in chains]


def differences(engine: Engine, chains: Sequence[Chain]) -> list[Any]:
    """What autogenerate would change: empty when models and database agree."""
    found: list[Any] = []
    with engine.connect() as connection:
        for chain in chains:
            context = MigrationContext.configure(connection, opts=_compare_options(chain))
            found += compare_metadata(context, SQLModel.metadata)
    return found


def _compare_options(chain: Chain) -> dict[str, Any]:
    return {
        "include_object": lambda item, name, kind, reflected, other: owns(chain, name, kind, item),
        "version_table": chain.version_table,
        "compare_type": True,
    }


def revision(engine: Engine, chain: Chain, message: str) -> None:
    """Write a new version file from the difference between models and database."""
    with engine.connect() as connection:
        command.revision(_config(chain, connection), message, autogenerate=True)


def require_current(engine: Engine, chains: Sequence[Chain]) -> None:
    """Refuse to work on a database that is behind (or ahead of) this code."""
    behind = [each for each in status(engine, chains) if not each.is_current]
    if behind:
        names = ", ".join(f"{s.component} is at {s.current}, needs {s.head}" for s in behind)
        raise ConfigurationError(f"The database is not up to date ({names}): opsgraph db upgrade")


def _config(chain: Chain, connection: Connection | None, dialect: str = "") -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.set_main_option("version_locations", chain.component.migrations.replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    config.attributes["chain"] = chain
    config.attributes["connection"] = connection
    config.attributes["dialect"] = connection.dialect.name if connection is not None else dialect
    return config


def _head(chain: Chain) -> str | None:
    return ScriptDirectory.from_config(_config(chain, None)).get_current_head()


def _current(connection: Connection, chain: Chain) -> str | None:
    if not inspect(connection).has_table(chain.version_table):
        return None
    options = {"version_table": chain.version_table}
    return MigrationContext.configure(connection, opts=options).get_current_revision()


@contextmanager
def _locked(engine: Engine) -> Iterator[Connection]:
    """One transaction that nobody else can migrate beside."""
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            # A rebuilt table would take the rows of tables that refer to it along by CASCADE.
            connection.connection.driver_connection.execute("PRAGMA foreign_keys=OFF")  # type: ignore[union-attr]
        try:
            with connection.begin():  # on SQLite: BEGIN IMMEDIATE, the lock itself
                if engine.dialect.name == "postgresql":
                    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")
                yield connection
                if engine.dialect.name == "sqlite":
                    _check_references(connection)
        finally:
            if engine.dialect.name == "sqlite":
                connection.connection.driver_connection.execute("PRAGMA foreign_keys=ON")  # type: ignore[union-attr]


def _check_references(connection: Connection) -> None:
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    if broken:
        tables = ", ".join(sorted({str(row[0]) for row in broken}))
        raise ConfigurationError(f"The migration would break references in {tables}; undone.")
