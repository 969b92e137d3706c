"""Fixtures for plugins' tests: `pytest_plugins = ["core.testing.fixtures"]` in `conftest.py`."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType

import pytest

from core.testing.bench import Bench, House
from core.testing.stand import Stand


@pytest.fixture(scope="session")
def plugins_under_test() -> Mapping[str, ModuleType]:
    """Plugins that are not installed, by name; override it to pass a module.

    Installed plugins are used in any case.
    """
    return {}


@pytest.fixture(scope="session")
def stand(
    tmp_path_factory: pytest.TempPathFactory, plugins_under_test: Mapping[str, ModuleType]
) -> Stand:
    """All plugins and a migrated database, once for all tests."""
    return Stand.make(tmp_path_factory.mktemp("opsgraph"), plugins_under_test)


@pytest.fixture
def bench(stand: Stand, tmp_path: Path) -> Iterator[Bench]:
    """A merchant on a database of this test's own."""
    house = House(stand, tmp_path / "opsgraph")
    yield Bench(house)
    house.close()


@pytest.fixture
def other(bench: Bench) -> Bench:
    """A second merchant on the same database, whose rows the first must never see."""
    return bench.beside()
