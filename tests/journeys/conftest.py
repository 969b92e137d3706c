"""The emulated year, built once per process, and the stand that trials of shops need."""

import pytest

from core.testing.fixtures import plugins_under_test, stand  # noqa: F401  (fixtures)
from plugins.demo.emulation import Emulation
from tests.journeys.shops import ANCHOR


@pytest.fixture(scope="session")
def year() -> Emulation:
    """The demo's data set, moved to the journeys' anchor."""
    return Emulation(ANCHOR)
