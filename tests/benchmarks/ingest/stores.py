"""Empty databases for the part about ingest: each way in, each round, gets one of its own."""

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
from psycopg.types.json import JsonDumper

from core.db import Database
from core.db.engines import WRITER_CACHE_KB, prepare
from core.settings import Settings
from tests.benchmarks.cluster import BenchCluster, BenchDatabase
from tests.benchmarks.data import Size, make_database, run_opsgraph
from tests.databases import OWNER

OTHERS = Size(orders=5000, merchants=1)
"""What is in a PostgreSQL database already. The first plans of a server that has seen no row look
foreign keys up through any index that begins with the merchant, and are kept until it analyses the
tables, a minute later: until then each row costs more than the one before."""


class Store:
    """A migrated database: as the product opens it, and as the bare driver does."""

    mark = "?"
    """What stands for a value in the driver's SQL."""

    def __init__(self, settings: Settings, raw: Any) -> None:
        self.database = Database(settings)
        self.raw = raw

    def close(self) -> None:
        """Give all connections back."""
        self.database.close()
        self.raw.close()


class PostgresStore(Store):
    """One whose driver is psycopg."""

    mark = "%s"


@contextmanager
def sqlite_stores() -> Iterator[Any]:
    """What makes SQLite files, all of which are gone at the end of the block."""
    with tempfile.TemporaryDirectory() as folder:
        template = Path(folder, "template")
        run_opsgraph({"OPSGRAPH_DATA_DIR": str(template)}, "db", "upgrade")
        numbers = count(1)

        @contextmanager
        def make() -> Iterator[Store]:
            place = Path(folder, str(next(numbers)))
            shutil.copytree(template, place)
            raw = sqlite3.connect(place / "opsgraph.sqlite3", isolation_level=None)
            prepare(raw, writes=True, cache_kb=WRITER_CACHE_KB)
            store = Store(Settings(_env_file=None, data_dir=place), raw)
            yield store
            store.close()
            shutil.rmtree(place)

        yield make


@contextmanager
def postgres_stores(cluster: BenchCluster) -> Iterator[Any]:
    """What makes databases of the benchmark's PostgreSQL."""
    template = make_database(cluster, "bench_ingest", OTHERS)
    numbers = count(1)

    @contextmanager
    def make() -> Iterator[Store]:
        made = BenchDatabase(cluster, f"bench_ingest_{next(numbers)}")
        cluster.execute(f"CREATE DATABASE {made.name} TEMPLATE {template.name} OWNER {OWNER}")
        raw = psycopg.connect(made.url("postgres"), autocommit=True)
        raw.adapters.register_dumper(dict, JsonDumper)
        store = PostgresStore(_settings(made), raw)
        yield store
        store.close()
        cluster.execute(f"DROP DATABASE {made.name} WITH (FORCE)")

    yield make
    cluster.execute(f"DROP DATABASE {template.name} WITH (FORCE)")


def _settings(database: BenchDatabase) -> Settings:
    given = database.environment()
    names = {name.removeprefix("OPSGRAPH_").lower(): value for name, value in given.items()}
    return Settings(_env_file=None, **names)
