"""A database without tables: an engine of its owner, and a command line over it."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from core.db.database import engine_for_owner
from core.settings import Settings
from tests.test_cli import Shell


@pytest.fixture
def owner(empty_settings: Settings) -> Iterator[Engine]:
    """The engine that migrations run with."""
    engine = engine_for_owner(empty_settings)
    yield engine
    engine.dispose()


@pytest.fixture
def shell(
    empty_settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Shell]:
    """A shell over an empty database, on each backend in turn."""
    given = empty_settings
    monkeypatch.setenv("OPSGRAPH_DATA_DIR", str(given.data_dir))
    monkeypatch.setenv("COLUMNS", "240")
    for name in ("database_url", "system_database_url", "owner_database_url"):
        if secret := getattr(given, name):
            monkeypatch.setenv(f"OPSGRAPH_{name.upper()}", secret.get_secret_value())
    shell = Shell(capsys)
    yield shell
    shell.close()
