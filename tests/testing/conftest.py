"""The bench of `core.testing`, with the plugin `stalls` on it."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType

import pytest

from core.testing.bench import Bench, House
from core.testing.fixtures import other, stand  # noqa: F401  (fixtures)
from core.testing.stand import Stand
from tests.testing import stalls


@pytest.fixture(scope="session")
def plugins_under_test() -> Mapping[str, ModuleType]:
    """The plugin of this folder."""
    return {"stalls": stalls}


@pytest.fixture
def bench(stand: Stand, tmp_path: Path) -> Iterator[Bench]:  # noqa: F811
    """A merchant with nothing heard and nothing run."""
    stalls.HEARD.clear()
    stalls.RAN.clear()
    house = House(stand, tmp_path / "opsgraph")
    yield Bench(house)
    house.close()
