"""The benchmark's data still fits the schema: migrations change, and `data.sql` is text."""

import psycopg

from core.settings import Settings
from tests.benchmarks.cluster import BenchDatabase
from tests.benchmarks.data import Size, fill
from tests.databases import PostgresDatabases, on_postgresql

INDEXES = "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1"
SIZE = Size(orders=30, merchants=2, shops=2, customers=5, products=5, days=3)


@on_postgresql
def test_filling_leaves_the_schema_as_it_was(
    databases: PostgresDatabases, settings: Settings
) -> None:
    """Every table that is asked about has rows afterwards, and no index is lost on the way."""
    name = settings.url.rpartition("?")[0].rpartition("/")[2]
    with BenchDatabase(databases.cluster, name).connect() as connection:
        before = connection.execute(INDEXES).fetchall()

        fill(connection, SIZE)

        assert before == connection.execute(INDEXES).fetchall()
        assert 60 == _count(connection, "orders")
        assert 96 == _count(connection, "traffic_days WHERE shop_id IN (SELECT id FROM shops)")
        assert 60 <= _count(connection, "order_lines") <= 240
        assert 10 == _count(connection, "customers") == _count(connection, "products")


def _count(connection: psycopg.Connection, table: str) -> int:
    return connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
