"""`opsgraph db …` and `opsgraph rebuild`: migrations and rollups."""

import sys
from argparse import ArgumentParser, Namespace

from rich.console import Console
from rich.table import Table
from sqlmodel import select

from core.cli.house import Refusal, build, owning, ready
from core.cli.plugin.revision import add_message, chain_of, write
from core.db import MerchantSession, migrate
from core.db.locks import exclusive
from core.db.upsert import table_of
from core.house import House
from core.ingest.rollup import rebuild
from core.models import Merchant
from core.plugin import Command
from core.registry import Registry


def _chains(arguments: Namespace) -> list[migrate.Chain]:
    chains: list[migrate.Chain] = build().chains
    if arguments.component is None:
        return chains
    return [chain_of(chains, arguments.component)]


def upgrade(arguments: Namespace) -> int:
    """Bring the database up to this version, or print the SQL that would."""
    house, chains = build(), _chains(arguments)
    if arguments.sql:
        migrate.print_sql(house.db.dialect, chains)
        return 0
    with owning(house) as engine:
        failed = migrate.upgrade(engine, chains, spared=house.spared)
    code = status(arguments)
    for name, reason in failed.items():
        print(
            f"opsgraph: {name} was not upgraded, its tables are as before: {reason}",
            file=sys.stderr,
        )
    return 1 if failed else code


def downgrade(arguments: Namespace) -> int:
    """Take the database back to an earlier revision."""
    with owning(build()) as engine:
        migrate.downgrade(engine, _chains(arguments), arguments.revision)
    return status(arguments)


def status(arguments: Namespace) -> int:
    """Show where each component stands; exit code 1 when one is behind."""
    house = build()
    with owning(house) as engine:
        found = migrate.status(engine, house.chains)
        left_over = migrate.leftovers(engine, house.chains)
    table = Table("component", "database", "this version", "")
    for each in found:
        mark = "up to date" if each.is_current else each.advice
        table.add_row(each.component, each.current or "none", each.head or "none", mark)
    for left in left_over:
        table.add_row(left.component or "?", left.current or "none", "", _mark(house, left))
    Console().print(table)
    return 0 if arguments.command.name != "db status" or all(s.is_current for s in found) else 1


def _mark(house: House, left: migrate.Leftover) -> str:
    """Whose the tables are that no component in use owns, and what to do about them."""
    tables = ", ".join(left.tables) or "no tables"
    if left.component is None:
        return f"of no component: {tables}"
    plugin = next((p for p in house.registry.plugins if _prefix(p.name) == left.component), None)
    if plugin is not None:
        return f"{plugin.word}: opsgraph plugins {plugin.name} ({tables})"
    return f"not installed: opsgraph db purge {left.component} ({tables})"


def purge(arguments: Namespace) -> int:
    """Show what belongs to a plugin in the database, or remove it."""
    house, name = build(), arguments.name
    component, plugins = _belonging(house.registry, name)
    work = migrate.purge if arguments.yes else migrate.belongings
    with owning(house) as engine:
        found = work(engine, house.chains, component, plugins)
    if found.is_empty:
        raise Refusal(f"Nothing in the database belongs to {name!r}: opsgraph db status")
    Console().print(_belongings(found))
    print("Removed." if arguments.yes else "Nothing was removed: add --yes to remove all this.")
    if component in house.registry.components:
        print(
            "The plugin is still installed: the next `opsgraph db upgrade` makes its tables anew."
        )
    return 0


def _belongings(found: migrate.Belongings) -> Table:
    table = Table("table", "rows", "")
    for name, count in found.tables.items():
        table.add_row(name, str(count), "the whole table")
    for name, count in found.rows.items():
        if count:
            table.add_row(name, str(count), "these rows of core's")
    for reference in found.references:
        table.add_row("", "", f"in the way: {reference}")
    return table


def _belonging(registry: Registry, name: str) -> tuple[str, frozenset[str]]:
    """The component of a plugin, in use or not, and how core's tables may call the plugin."""
    if name in registry.components:
        return name, frozenset({registry.owners["component", name]})
    offer = registry.offers.get(name)
    if offer is not None and offer.component is not None:
        return offer.component.name, frozenset({name})
    others = {each.name for each in registry.plugins if each.name != name}
    return _prefix(name), frozenset({name, _prefix(name), name.replace("_", "-")} - others)


def _prefix(plugin: str) -> str:
    """What the tables and jobs of a plugin usually begin with."""
    return plugin.replace("-", "_")


def revision(arguments: Namespace) -> int:
    """Write a migration from the difference between models and database."""
    return write(build(), _chains(arguments)[0], arguments.message, empty=arguments.empty)


def rebuild_rollups(arguments: Namespace) -> int:
    """Make every rollup of every merchant anew from its raw rows."""
    house = ready()
    merchants = house.db.system_now(lambda session: list(session.scalars(select(Merchant.id))))

    def work(session: MerchantSession) -> None:
        exclusive(session)
        rebuild(session, house.registry.rollups, session.merchant_id)

    for merchant_id in merchants:
        house.db.run_now(merchant_id, work)
    names = ", ".join(table_of(rollup.table).name for rollup in house.registry.rollups)
    print(f"Rebuilt {names} for {len(merchants)} merchant(s).")
    return 0


def _component(parser: ArgumentParser) -> None:
    parser.add_argument("--component", help="only this one, e.g. core")


def _upgrade(parser: ArgumentParser) -> None:
    _component(parser)
    parser.add_argument("--sql", action="store_true", help="print the SQL, change nothing")


def _downgrade(parser: ArgumentParser) -> None:
    _component(parser)
    parser.add_argument("revision", help="e.g. core_0001, -1, or base for nothing")


def _revision(parser: ArgumentParser) -> None:
    parser.add_argument("--component", required=True)
    add_message(parser)


def _purge(parser: ArgumentParser) -> None:
    parser.add_argument("name", help="of the plugin or its component, installed or not")
    parser.add_argument("--yes", action="store_true", help="do it; there is no way back")


COMMANDS = (
    Command("db upgrade", "Bring the database up to this version.", upgrade, _upgrade),
    Command("db downgrade", "Take the database back.", downgrade, _downgrade),
    Command("db status", "Show where each component stands.", status, _component),
    Command("db revision", "Write a migration of a component, core's too.", revision, _revision),
    Command("db purge", "Remove what a plugin left in the database.", purge, _purge),
    Command("rebuild", "Make the rollups anew from the raw rows.", rebuild_rollups),
)
