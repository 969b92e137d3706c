"""The demo's data set, decoded once, and a shop emulated from it."""

from datetime import datetime

import pytest

from plugins.demo.dataset import Dataset, load
from plugins.demo.emulation import Emulation
from plugins.demo.platforms.taobao import make_shop
from plugins.marketplaces.taobao.sandbox import TopShop


@pytest.fixture(scope="session")
def data() -> Dataset:
    return load()


@pytest.fixture(scope="session")
def anchor() -> datetime:
    """A Sunday; the last invoice, of a Friday, moves to two days before."""
    return datetime(2026, 11, 22, 13, 0)


@pytest.fixture(scope="session")
def emulation(anchor: datetime) -> Emulation:
    return Emulation(anchor)


@pytest.fixture(scope="session")
def tight_emulation() -> Emulation:
    """Shops first looked at in the very minute of their last invoice; nothing is moved."""
    return Emulation(datetime(2011, 12, 9, 12, 50))


@pytest.fixture(scope="session")
def taobao(emulation: Emulation) -> TopShop:
    """The whole year as Taobao would show it."""
    return make_shop(emulation.whole)


@pytest.fixture(scope="session")
def tight(tight_emulation: Emulation) -> TopShop:
    """The same, first looked at in the very minute of its last invoice."""
    return make_shop(tight_emulation.whole)
