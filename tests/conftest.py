"""Fixtures for all tests: both databases, a merchant with a shop, a count of SQL statements."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.db import Database
from core.kit.postgres import Cluster, MissingPostgresError, find_binaries
from core.models import Shop
from core.settings import Settings
from core.testing.statements import Statements
from tests.builders import make_merchant, make_shop
from tests.databases import Databases, PostgresDatabases, SqliteFiles
from tests.distributions import Distributions
from tests.facts import Facts
from tests.graphql import Api, Client
from tests.shell import Shell

pytest_plugins = ["tests.scan.plugin"]


@pytest.fixture
def anyio_backend() -> str:
    """Tests marked `anyio` run on asyncio, as the product does."""
    return "asyncio"


@pytest.fixture(scope="session")
def sqlite_files(tmp_path_factory: pytest.TempPathFactory) -> SqliteFiles:
    """SQLite files, migrated once."""
    return SqliteFiles(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def postgres_databases() -> Iterator[PostgresDatabases]:
    """PostgreSQL databases, migrated once, in a server that lives as long as this process."""
    try:
        binaries = find_binaries()
    except MissingPostgresError as reason:
        if os.environ.get("CI") == "true":
            pytest.fail(str(reason))
        pytest.skip(str(reason))
    cluster = Cluster(binaries)
    cluster.start()
    try:
        yield PostgresDatabases(cluster)
    finally:
        cluster.stop()


@pytest.fixture(params=["sqlite", "postgresql"])
def backend(request: pytest.FixtureRequest) -> str:
    """Which database a test runs on; `tests.databases` has marks to choose one."""
    return request.param


@pytest.fixture
def databases(backend: str, request: pytest.FixtureRequest) -> Databases:
    """What makes databases on this backend."""
    name = {"sqlite": "sqlite_files", "postgresql": "postgres_databases"}[backend]
    return request.getfixturevalue(name)


@pytest.fixture
def settings(databases: Databases, tmp_path: Path) -> Iterator[Settings]:
    """Settings of a migrated, empty database that belongs to this test."""
    made = databases.copy(tmp_path / "data")
    yield made
    databases.drop(made)


@pytest.fixture
def empty_settings(databases: Databases, tmp_path: Path) -> Iterator[Settings]:
    """Settings of a database without any table."""
    made = databases.empty(tmp_path / "data")
    yield made
    databases.drop(made)


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    """A migrated, empty database on each backend in turn."""
    opened = Database(settings)
    yield opened
    opened.close()


@pytest.fixture
def merchant_id(database: Database) -> int:
    """A merchant."""
    return make_merchant(database)


@pytest.fixture
def shop(database: Database, merchant_id: int) -> Shop:
    """A shop of the merchant, in Shanghai, selling in yuan."""
    return make_shop(database, merchant_id)


@pytest.fixture
def api(settings: Settings, database: Database) -> Api:
    """The gateway over this test's database."""
    return Api(settings, database)


@pytest.fixture
def owner(api: Api, merchant_id: int) -> Client:
    """The owner of the merchant, with a token."""
    return Client(api, api.token(merchant_id))


@pytest.fixture
def facts(database: Database, shop: Shop) -> Facts:
    """What stores sales, traffic and customers of the merchant's shop."""
    return Facts(database, shop.merchant_id, shop.id)


@pytest.fixture
def distributions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Distributions]:
    """A place for third parties' plugins; what they import is forgotten afterwards."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    known = set(sys.modules)
    made = Distributions(folder)
    yield made
    for name in set(sys.modules) - known:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(folder)):
            made.forget(name)


@pytest.fixture
def statements() -> Iterator[Statements]:
    """The SQL statements that run from now on."""
    found = Statements()
    found.listen()
    yield found
    found.stop()


@pytest.fixture
def empty_shell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Shell]:
    """A shell in an empty folder, with no setting but where the data goes."""
    for name in [name for name in os.environ if name.startswith("OPSGRAPH_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("OPSGRAPH_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)
    shell = Shell(capsys)
    yield shell
    shell.close()


@pytest.fixture
def shell(empty_shell: Shell) -> Shell:
    """A shell whose database is up to date."""
    assert 0 == empty_shell("db", "upgrade").code
    return empty_shell
