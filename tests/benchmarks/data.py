"""Makes the benchmark's databases: migrated by the product, filled by `data.sql`."""

import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from core.db import Database
from core.security.permissions import OWNER as OWNER_ROLE
from core.security.tokens import create_token
from core.settings import Settings
from tests.benchmarks.cluster import PEER, BenchCluster, BenchDatabase
from tests.benchmarks.servers import ROOT, clean_environment
from tests.builders import NOON
from tests.databases import APP, OWNER, SYSTEM

LAST_DAY = NOON.date()
"""The newest day of the data."""
_SQL = Path(__file__).with_name("data.sql")
_GRANTS = (
    f"GRANT opsgraph_app TO {APP}",
    f"GRANT opsgraph_system TO {SYSTEM}",
)
_FILLED = ("orders", "order_lines")
"""Tables large enough that indexes made afterwards halve the time."""


@dataclass(frozen=True)
class Size:
    """How much data: everything but `merchants` is per merchant. `first` numbers the merchants."""

    orders: int
    merchants: int = 20
    first: int = 1
    shops: int = 5
    customers: int = 2500
    products: int = 2000
    days: int = 120


@dataclass(frozen=True)
class Merchant:
    """A merchant, what can be asked about it, and the token to ask with."""

    number: int
    id: int
    token: str
    shops: tuple[int, ...]
    orders: tuple[int, ...]


def make_database(cluster: BenchCluster, name: str, *sizes: Size) -> BenchDatabase:
    """A migrated database with this data."""
    database = BenchDatabase(cluster, name)
    cluster.execute(f"CREATE DATABASE {name} OWNER {OWNER}")
    migrate(database)
    cluster.execute(*_GRANTS)
    with database.connect() as connection:
        connection.execute(f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {PEER}")
        fill(connection, *sizes)
    return database


def migrate(database: BenchDatabase) -> None:
    """Run the product's own migrations, as its owner."""
    run_opsgraph(database.environment(), "db", "upgrade")


def run_opsgraph(environment: dict[str, str], *arguments: str) -> None:
    """Run a command of the product; RuntimeError with what it said if it fails."""
    done = subprocess.run(
        [sys.executable, "-m", "core", *arguments],
        cwd=ROOT,
        env=clean_environment() | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"opsgraph {' '.join(arguments)} failed: {done.stdout}{done.stderr}")


def fill(connection: psycopg.Connection, *sizes: Size) -> None:
    """Insert the data, then vacuum and analyse, so that nothing does so while we measure."""
    connection.execute("SET session_replication_role = replica")  # no look-up per foreign key
    connection.execute("SET maintenance_work_mem = '1GB'; SET temp_buffers = '256MB'")
    with _indexes_dropped(connection):
        for size in sizes:
            connection.execute(_SQL.read_text(), vars(size))
    connection.execute("VACUUM ANALYZE")


@contextmanager
def _indexes_dropped(connection: psycopg.Connection):
    """Take away what slows down filling, and make it again just as it was."""
    tables = list(_FILLED)
    constraints = connection.execute(
        "SELECT format('ALTER TABLE %%s DROP CONSTRAINT %%I', conrelid::regclass, conname),"
        " format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s', conrelid::regclass, conname,"
        " pg_get_constraintdef(oid))"
        " FROM pg_constraint WHERE contype = 'u' AND conrelid = ANY (%s::regclass[])",
        [tables],
    ).fetchall()
    indexes = connection.execute(
        "SELECT format('DROP INDEX %%I', indexname), indexdef FROM pg_indexes"
        " WHERE tablename = ANY (%s) AND indexname LIKE 'ix%%'",
        [tables],
    ).fetchall()
    for drop, _ in constraints + indexes:
        connection.execute(drop)
    yield
    for _, make in constraints + indexes:
        connection.execute(make)


def read_merchants(database: BenchDatabase, numbers: range, orders: int = 100) -> list[Merchant]:
    """These merchants, each with a new owner's token and some of its orders."""
    tokens = make_tokens(database.environment(), [_id(database, n) for n in numbers])
    with database.connect() as connection:
        return [
            Merchant(
                number,
                merchant_id,
                tokens[merchant_id],
                _ids(connection, "shops", merchant_id, 100),
                _ids(connection, "orders", merchant_id, orders),
            )
            for number in numbers
            for merchant_id in [_id(database, number)]
        ]


def _id(database: BenchDatabase, number: int) -> int:
    query = "SELECT id FROM merchants WHERE name = %s"
    with database.connect() as connection:
        return connection.execute(query, [f"Merchant {number}"]).fetchone()[0]


def _ids(
    connection: psycopg.Connection, table: str, merchant_id: int, count: int
) -> tuple[int, ...]:
    # Ids are hashes: the first ones are spread over the whole table.
    query = f"SELECT id FROM {table} WHERE merchant_id = %s ORDER BY id LIMIT %s"
    return tuple(row[0] for row in connection.execute(query, [merchant_id, count]))


def make_tokens(environment: dict[str, str], merchant_ids: list[int]) -> dict[int, str]:
    settings = {name.removeprefix("OPSGRAPH_").lower(): v for name, v in environment.items()}
    database = Database(Settings(_env_file=None, **settings))
    try:
        return {
            merchant_id: database.run_now(
                merchant_id,
                lambda session: create_token(session, "benchmark", OWNER_ROLE, NOON).secret,
            )
            for merchant_id in merchant_ids
        }
    finally:
        database.close()
