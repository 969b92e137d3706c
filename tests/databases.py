"""Test databases on both engines: migrated once per process, then copied for each test."""

import shutil
from itertools import count
from pathlib import Path

import pytest

from core.db.database import engine_for_owner
from core.db.migrate import chains, upgrade
from core.kit.postgres import Cluster
from core.settings import Settings

CORE = chains([])
on_sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
on_postgresql = pytest.mark.parametrize("backend", ["postgresql"], indirect=True)

OWNER, APP, SYSTEM = "test_owner", "test_app", "test_system"
"""Logins as a careful admin makes them: none is a superuser, each may do its own part only."""
_ROLES = (
    f"CREATE ROLE {OWNER} LOGIN CREATEROLE",
    f"CREATE ROLE {APP} LOGIN",
    f"CREATE ROLE {SYSTEM} LOGIN",
)
_GRANTS = (f"GRANT opsgraph_app TO {APP}", f"GRANT opsgraph_system TO {SYSTEM}")


def migrate(settings: Settings) -> None:
    """Bring a database up to the newest revision of core."""
    engine = engine_for_owner(settings)
    upgrade(engine, CORE)
    engine.dispose()


class SqliteFiles:
    """A migrated file, and copies of it."""

    def __init__(self, folder: Path) -> None:
        self._template = folder / "template"
        migrate(self.empty(self._template))

    def empty(self, folder: Path) -> Settings:
        """Settings of a database that has nothing in it yet."""
        return Settings(_env_file=None, data_dir=folder)

    def copy(self, folder: Path) -> Settings:
        """Settings of a migrated database of its own."""
        shutil.copytree(self._template, folder)
        return self.empty(folder)

    def drop(self, settings: Settings) -> None:
        """Remove a database."""
        shutil.rmtree(settings.data_dir, ignore_errors=True)


class PostgresDatabases:
    """A migrated database, and clones of it, in one private cluster."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self._numbers = count(1)
        cluster.execute(*_ROLES)
        migrate(self._create("template1", "opsgraph_template"))
        cluster.execute(*_GRANTS)

    def empty(self, folder: Path) -> Settings:
        """Settings of a database that has nothing in it yet."""
        return self._create("template1")

    def copy(self, folder: Path) -> Settings:
        """Settings of a migrated database of its own."""
        return self._create("opsgraph_template")

    def drop(self, settings: Settings) -> None:
        """Remove a database."""
        name = settings.url.rpartition("?")[0].rpartition("/")[2]
        self.cluster.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def _create(self, template: str, name: str = "") -> Settings:
        name = name or f"test_{next(self._numbers)}"
        self.cluster.execute(f"CREATE DATABASE {name} TEMPLATE {template} OWNER {OWNER}")
        return Settings(
            _env_file=None,
            data_dir=self.cluster.folder / "opsgraph",
            database_url=self.cluster.url(APP, name),
            system_database_url=self.cluster.url(SYSTEM, name),
            owner_database_url=self.cluster.url(OWNER, name),
        )


Databases = SqliteFiles | PostgresDatabases
