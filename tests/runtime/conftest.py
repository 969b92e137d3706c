"""A gateway with the plugin `lamps`, whose mood a test sets."""

from importlib import import_module
from types import ModuleType

import pytest

import gateway
from core.graph.schema import compose
from core.registry import Guards, Limits, load_plugins
from core.security.permissions import make_policy
from tests.distributions import Distributions
from tests.graphql import Api
from tests.runtime.lamps import SOURCE

LIMITS = Limits(failures=2, pause=60.0, seconds=0.25)


class Rest:
    """The breakers' clock: time passes when a test says so."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def rest() -> Rest:
    """The clock by which a thing that was cut off rests."""
    return Rest()


@pytest.fixture
def house(distributions: Distributions, api: Api, rest: Rest) -> Api:
    """The gateway with `lamps`: two failures cut it off for a minute, a resolver has 0.25 s."""
    distributions.install("lamps", SOURCE)
    registry = load_plugins(gateway.BUILT_IN, check=compose, guards=Guards(LIMITS, rest))
    assert ["lamps"] == registry.third_parties, registry.plugins[-1].reason
    roles = make_policy(registry.permissions, registry.permission_owners)
    return Api(api.settings, api.database, registry, compose(registry), roles)


@pytest.fixture
def lamps(house: Api) -> ModuleType:
    """The plugin's module: `MOOD` is fine, raises, refuses, hangs or blocks."""
    return import_module("lamps")
