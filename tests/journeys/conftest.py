"""The emulated year, built once per process."""

import pytest

from plugins.demo.emulation import Emulation
from tests.journeys.shops import ANCHOR


@pytest.fixture(scope="session")
def year() -> Emulation:
    """The demo's data set, moved to the journeys' anchor."""
    return Emulation(ANCHOR)
