"""Finds and removes what plugins leave behind: their tables, and their rows in core's tables."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Text,
    cast,
    delete,
    func,
    inspect,
    or_,
    select,
    table,
    update,
)
from sqlmodel import col

from core.db.migrate.chain import (
    CORE_COMPONENT,
    VERSION_PREFIX,
    Chain,
    current,
    owned,
    owns,
    strangers,
)
from core.db.migrate.running import locked
from core.db.migrate.standing import require_current
from core.db.roles import MIGRATING_SETTING
from core.db.upsert import table_of
from core.errors import ConfigurationError
from core.models import JobState, OutboxMessage, PluginSwitch
from core.plugin import Component


@dataclass(frozen=True)
class Leftover:
    """Tables of a component that is not in use; component: None when nobody knows whose."""

    component: str | None
    current: str | None
    tables: tuple[str, ...]


@dataclass(frozen=True)
class Belongings:
    """What belongs to a plugin: rows by table, its own tables and core's.

    version_table: whether there is one. references: tables of others that refer to its own.
    """

    tables: dict[str, int]
    rows: dict[str, int]
    version_table: bool
    references: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        return not (self.tables or self.version_table or any(self.rows.values()))


def leftovers(engine: Engine, chains: Sequence[Chain]) -> list[Leftover]:
    """What is in the database and belongs to none of the chains."""
    with engine.connect() as connection:
        gone = strangers(connection, chains)
        found = [
            Leftover(each.name, current(connection, each), tuple(owned(connection, each)))
            for each in gone
        ]
        every = [*(chain.beside(each.name for each in gone) for chain in chains), *gone]
        nobodys = tuple(
            name
            for name in sorted(inspect(connection).get_table_names())
            if not name.startswith(VERSION_PREFIX)
            and not any(owns(chain, name, "table", None) for chain in every)
        )
    return [*found, Leftover(None, None, nobodys)] if nobodys else found


def belongings(
    engine: Engine, chains: Sequence[Chain], component: str, plugins: Collection[str]
) -> Belongings:
    """What `purge` would remove; it changes nothing."""
    require_current(engine, [Chain(CORE_COMPONENT)])
    with engine.connect() as connection, connection.begin() as transaction:
        found = _find(connection, _chain(connection, chains, component), plugins)
        transaction.rollback()
    return found


def purge(
    engine: Engine, chains: Sequence[Chain], component: str, plugins: Collection[str]
) -> Belongings:
    """Remove a component's tables and the plugins' rows in core's, all or nothing; returns them.

    plugins: names under which core's tables know the plugin. ConfigurationError when somebody
    else's tables refer to the component's, or core is not up to date.
    """
    require_current(engine, [Chain(CORE_COMPONENT)])
    with locked(engine) as connection:
        chain = _chain(connection, chains, component)
        found = _find(connection, chain, plugins)
        if found.references:
            raise ConfigurationError(
                f"Tables of others refer to those of {component}: {', '.join(found.references)}; "
                "purge or downgrade these first."
            )
        _clear(connection, plugins)
        versions = [chain.version_table] if found.version_table else []
        _drop(connection, [*found.tables, *versions])
    return found


def _chain(connection: Connection, chains: Sequence[Chain], component: str) -> Chain:
    """The component's chain, installed or not, which knows all others."""
    if component == "core":
        raise ConfigurationError("The tables of core cannot be purged.")
    gone = strangers(connection, chains)
    names = [each.name for each in (*chains, *gone)]
    known = next((each.component for each in chains if each.name == component), None)
    return Chain(known or Component(component, "", frozenset())).beside(names)


def _find(connection: Connection, chain: Chain, plugins: Collection[str]) -> Belongings:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SET LOCAL {MIGRATING_SETTING} = 'on'")  # to see all rows
    tables = owned(connection, chain)
    return Belongings(
        tables={name: _count(connection, table(name)) for name in tables},
        rows={kind.name: _count(connection, kind, where) for kind, where in _rows_of(plugins)},
        version_table=inspect(connection).has_table(chain.version_table),
        references=_references(connection, tables),
    )


def _rows_of(plugins: Collection[str]) -> list[tuple[Any, ColumnElement[bool]]]:
    """Core's tables with rows of plugins, and which rows are theirs."""
    jobs = [
        col(JobState.job).startswith(f"{name.replace('-', '_')}.", autoescape=True)
        for name in sorted(plugins)
    ]
    return [
        (table_of(JobState), or_(*jobs)),
        (table_of(PluginSwitch), col(PluginSwitch.plugin).in_(sorted(plugins))),
        (table_of(OutboxMessage), _awaits(plugins)),
    ]


def _awaits(plugins: Collection[str]) -> ColumnElement[bool]:
    """Messages that are not delivered yet, because of one of these plugins."""
    waiting = cast(col(OutboxMessage.waiting), Text)
    named = [waiting.contains(f'"{name}"', autoescape=True) for name in sorted(plugins)]
    return or_(*named) & col(OutboxMessage.delivered_at).is_(None)


def _clear(connection: Connection, plugins: Collection[str]) -> None:
    """Take the plugins out of core's tables; messages stay for the plugins they wait for still."""
    for kind, where in _rows_of(plugins):
        if kind.name == OutboxMessage.__tablename__:
            _stop_waiting(connection, kind, where, plugins)
        else:
            connection.execute(delete(kind).where(where))


def _stop_waiting(
    connection: Connection, outbox: Any, where: ColumnElement[bool], plugins: Collection[str]
) -> None:
    found = select(outbox.c.merchant_id, outbox.c.id, outbox.c.waiting).where(where)
    for merchant_id, id_, waiting in connection.execute(found).all():
        rest = [name for name in waiting if name not in plugins]
        delivered = None if rest else datetime.now(UTC)
        connection.execute(
            update(outbox)
            .where(outbox.c.merchant_id == merchant_id, outbox.c.id == id_)
            .values(waiting=rest, delivered_at=delivered)
        )


def _references(connection: Connection, tables: Collection[str]) -> tuple[str, ...]:
    """Tables of others with a foreign key to one of these, as "theirs → ours"."""
    if not tables:
        return ()
    keys = inspect(connection).get_multi_foreign_keys()
    found = {
        f"{name} → {key['referred_table']}"
        for (_, name), all_keys in keys.items()
        for key in all_keys
        if key["referred_table"] in tables and name not in tables
    }
    return tuple(sorted(found))


def _drop(connection: Connection, tables: Sequence[str]) -> None:
    quote = connection.dialect.identifier_preparer.quote
    names = [quote(name) for name in tables]
    if names and connection.dialect.name == "postgresql":
        names = [", ".join(names)]  # together, because they may refer to each other
    for name in names:
        connection.exec_driver_sql(f"DROP TABLE {name}")


def _count(connection: Connection, kind: Any, where: ColumnElement[bool] | None = None) -> int:
    query = select(func.count()).select_from(kind)
    return connection.scalar(query if where is None else query.where(where)) or 0
