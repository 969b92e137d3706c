"""Runs migrations: each chain in a transaction of its own, one at a time in all processes.

A third party's chain that fails is undone as a whole, and the others go on.
"""

import traceback
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, inspect
from sqlalchemy.exc import DBAPIError

from core.db.migrate.chain import (
    CORE_COMPONENT,
    Chain,
    config,
    core_revisions,
    current,
    owns,
)
from core.errors import ConfigurationError

LOCK = 0x6F70736772617068  # "opsgraph": the advisory lock around migrations


def upgrade(
    engine: Engine,
    chains: Sequence[Chain],
    revision: str = "head",
    spared: Collection[str] = (),
) -> dict[str, str]:
    """Bring every chain up to `revision`; the lock makes a second caller wait.

    spared: components whose failure does not stop the others. Returns why which of them failed;
    those that come after one of them are not tried.
    """
    failed: dict[str, str] = {}
    for chain in chains:
        reason = _awaited(chain, failed)
        try:
            if reason is not None:
                raise ConfigurationError(reason)
            _upgrade(engine, chain, revision)
        # A third party's migration may raise anything; scripts exit when imported.
        except (Exception, SystemExit) as error:
            if chain.name not in spared:
                raise
            failed[chain.name] = reason_of(error, chain)
    return failed


def _awaited(chain: Chain, failed: Collection[str]) -> str | None:
    missed = [name for name in chain.component.after if name in failed]
    return f"not tried, because it comes after {', '.join(missed)}" if missed else None


def _upgrade(engine: Engine, chain: Chain, revision: str) -> None:
    with locked(engine) as connection:
        _require_core(connection, chain)
        before = set(inspect(connection).get_table_names())
        _run(command.upgrade, chain, connection, revision)
        _check_tables(chain, before ^ set(inspect(connection).get_table_names()))


def _require_core(connection: Connection, chain: Chain) -> None:
    """Refuse when the database's core is older than the component asks for."""
    known, needed = core_revisions(), chain.component.core
    stands = current(connection, Chain(CORE_COMPONENT))
    if chain.name == "core" or needed not in known or (stands and stands not in known):
        return
    if stands is None or known.index(stands) < known.index(needed):
        raise ConfigurationError(
            f"{chain.name} needs {needed}, and core is at {stands or 'nothing'}: "
            "opsgraph db upgrade --component core"
        )


def _check_tables(chain: Chain, changed: Collection[str]) -> None:
    """Refuse a migration that makes or drops what is not its own."""
    wrong = [
        name
        for name in changed
        if name != chain.version_table and not owns(chain, name, "table", None)
    ]
    if chain.name != "core" and wrong:
        raise ConfigurationError(
            f"its migration makes or drops tables without its prefix {chain.name}_: "
            f"{', '.join(sorted(wrong))}"
        )


def downgrade(engine: Engine, chains: Sequence[Chain], revision: str) -> None:
    """Take chains back to `revision` ("base" for nothing), dependants first; all or none."""
    with locked(engine) as connection:
        for chain in reversed(chains):
            _run(command.downgrade, chain, connection, revision)


def _run(
    direction: Callable[[Config, str], None], chain: Chain, connection: Connection, revision: str
) -> None:
    try:
        direction(config(chain, connection), revision)
    except CommandError as error:
        raise ConfigurationError(f"The chain of {chain.name} cannot be followed: {error}") from None


def print_sql(dialect: str, chains: Sequence[Chain], revision: str = "head") -> None:
    """Write the SQL of an upgrade from nothing to the standard output."""
    for chain in chains:
        command.upgrade(config(chain, None, dialect), f"base:{revision}", sql=True)


def reason_of(error: BaseException, chain: Chain) -> str:
    """What went wrong and where in the chain's files; never a row."""
    if isinstance(error, ConfigurationError):
        return str(error)
    shown = error.orig if isinstance(error, DBAPIError) else error
    text = str(shown).partition("\n")[0]  # further lines of a database's error may show a row
    return f"{type(shown).__name__}: {text}{_place(error, chain)}"


def _place(error: BaseException, chain: Chain) -> str:
    folders = tuple(chain.component.migrations.split("\n"))
    frames = traceback.extract_tb(error.__traceback__)
    mine = [frame for frame in frames if frame.filename.startswith(folders)]
    if not mine:
        return ""
    return f" ({mine[-1].filename.rpartition('/')[2]}, line {mine[-1].lineno})"


@contextmanager
def locked(engine: Engine) -> Iterator[Connection]:
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
