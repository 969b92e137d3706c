"""`opsgraph db …` and `opsgraph rebuild`: migrations and rollups."""

from argparse import ArgumentParser, Namespace

from rich.console import Console
from rich.table import Table
from sqlmodel import select

from core.cli.house import Refusal, build, ready
from core.db import MerchantSession, migrate
from core.db.database import engine_for_owner
from core.db.locks import exclusive
from core.db.upsert import table_of
from core.ingest.rollup import rebuild
from core.models import Merchant
from core.plugin import Command


def _chains(arguments: Namespace) -> list[migrate.Chain]:
    chains: list[migrate.Chain] = build().chains
    if arguments.component is None:
        return chains
    chosen = [chain for chain in chains if chain.name == arguments.component]
    if not chosen:
        known = ", ".join(chain.name for chain in chains)
        raise Refusal(f"There is no component {arguments.component!r}; there are: {known}.")
    return chosen


def upgrade(arguments: Namespace) -> int:
    """Bring the database up to this version, or print the SQL that would."""
    settings = build().settings
    engine = engine_for_owner(settings)
    if arguments.sql:
        migrate.print_sql(engine.dialect.name, _chains(arguments))
        return 0
    migrate.upgrade(engine, _chains(arguments))
    return status(arguments)


def downgrade(arguments: Namespace) -> int:
    """Take the database back to an earlier revision."""
    migrate.downgrade(engine_for_owner(build().settings), _chains(arguments), arguments.revision)
    return status(arguments)


def status(arguments: Namespace) -> int:
    """Show where each component stands; exit code 1 when one is behind."""
    found = migrate.status(engine_for_owner(build().settings), build().chains)
    table = Table("component", "database", "this version", "")
    for each in found:
        mark = "up to date" if each.is_current else "opsgraph db upgrade"
        table.add_row(each.component, each.current or "none", each.head or "none", mark)
    Console().print(table)
    return 0 if arguments.command.name != "db status" or all(s.is_current for s in found) else 1


def revision(arguments: Namespace) -> int:
    """Write a migration from the difference between models and database."""
    [chain] = _chains(arguments)
    migrate.revision(engine_for_owner(build().settings), chain, arguments.message)
    return 0


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
    parser.add_argument("message", help="what the migration does")


COMMANDS = (
    Command("db upgrade", "Bring the database up to this version.", upgrade, _upgrade),
    Command("db downgrade", "Take the database back.", downgrade, _downgrade),
    Command("db status", "Show where each component stands.", status, _component),
    Command("db revision", "Write a migration from changed models.", revision, _revision),
    Command("rebuild", "Make the rollups anew from the raw rows.", rebuild_rollups),
)
