"""A component's chain of migrations: its order among others, its revisions, the tables it owns."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect
from sqlmodel import SQLModel

import core.models  # noqa: F401  (fills the metadata)
from core.errors import ConfigurationError
from core.plugin import Component

FOLDER = Path(__file__).parents[3] / "migrations"
VERSION_PREFIX = "opsgraph_version_"
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


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
        return f"{VERSION_PREFIX}{self.name}"

    def beside(self, names: Iterable[str]) -> "Chain":
        """The same chain, which knows of these components too."""
        known = (*self.others, *names)
        return replace(self, others=tuple(name for name in known if name != self.name))


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
    return [Chain(each).beside(other.name for other in ordered) for each in ordered]


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


def misfit(component: Component, names: Iterable[str]) -> str | None:
    """Why a component cannot be used beside core and the components of these names, if so."""
    if not _NAME.fullmatch(component.name) or component.name in ("core", "opsgraph"):
        return f"{component.name!r} cannot be the name of a component"
    missing = [each for each in component.after if each not in {"core", *names}]
    if missing:
        return f"its component waits for {', '.join(missing)}, which this opsgraph does not have"
    known = core_revisions()
    if component.core not in known:
        newest = known[-1]
        return f"needs {component.core}, this opsgraph has up to {newest}: upgrade opsgraph"
    return None


@cache
def core_revisions() -> tuple[str, ...]:
    """Core's revisions that this opsgraph has, oldest first."""
    return tuple(revisions(Chain(CORE_COMPONENT)))


def revisions(chain: Chain) -> dict[str, str]:
    """The revisions that a chain's version files make and what each does, oldest first."""
    script = ScriptDirectory.from_config(config(chain, None))
    return {each.revision: each.doc for each in reversed(list(script.walk_revisions()))}


def owns(chain: Chain, name: str | None, kind: str, item: Any) -> bool:
    """Whether a table, or a part of one, belongs to the chain: else it is left alone."""
    table = name if kind == "table" else getattr(getattr(item, "table", None), "name", None)
    if table is None or table.startswith(VERSION_PREFIX):
        return False
    if chain.name == "core":
        return table in chain.component.tables
    prefixes = [f"{other}_" for other in chain.others if other.startswith(f"{chain.name}_")]
    return (
        table.startswith(f"{chain.name}_")
        and table not in CORE_COMPONENT.tables
        and not table.startswith(tuple(prefixes))
    )


def owned(connection: Connection, chain: Chain) -> list[str]:
    """The tables of the database that belong to the chain."""
    names = inspect(connection).get_table_names()
    return sorted(name for name in names if owns(chain, name, "table", None))


def strangers(connection: Connection, chains: Sequence[Chain]) -> list[Chain]:
    """Chains of components that left a version table, and are not among these."""
    tables = inspect(connection).get_table_names()
    found = {t.removeprefix(VERSION_PREFIX) for t in tables if t.startswith(VERSION_PREFIX)}
    names = {chain.name for chain in chains}
    return [
        Chain(Component(name, "", frozenset())).beside(found | names)
        for name in sorted(found - names)
    ]


def current(connection: Connection, chain: Chain) -> str | None:
    """The revision at which the database stands; None before the first."""
    if not inspect(connection).has_table(chain.version_table):
        return None
    options = {"version_table": chain.version_table}
    context = MigrationContext.configure(connection, opts=options)
    return ", ".join(context.get_current_heads()) or None


def config(chain: Chain, connection: Connection | None, dialect: str = "") -> Config:
    """What `migrations/env.py` is given."""
    made = Config()
    made.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    made.set_main_option("version_locations", chain.component.migrations.replace("%", "%%"))
    made.set_main_option("path_separator", "newline")
    made.attributes["chain"] = chain
    made.attributes["connection"] = connection
    made.attributes["dialect"] = connection.dialect.name if connection is not None else dialect
    return made
