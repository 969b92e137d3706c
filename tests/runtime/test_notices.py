"""A third party's marketplace gives notice like a built-in one, by published names alone."""

from importlib import import_module

import pytest

import gateway
from core.db import Database
from core.graph.scalars import global_id
from core.graph.schema import compose
from core.marketplace.signing import keyed_hash
from core.models import Shop
from core.registry import load_plugins
from core.security.permissions import make_policy
from core.sync.messages import InboxReport, MessageReader
from core.sync.shops import NewShop, register_shop
from tests.builders import NOON
from tests.databases import on_sqlite
from tests.distributions import Distributions
from tests.graphql import Api
from tests.runtime.bells import SOURCE
from tests.sync.bazaar import state

pytestmark = [pytest.mark.anyio, on_sqlite]


@pytest.fixture
def house(distributions: Distributions, api: Api) -> Api:
    """The gateway with `bells`."""
    distributions.install("bells", SOURCE)
    registry = load_plugins(gateway.BUILT_IN, check=compose)
    assert ["bells"] == registry.third_parties, registry.plugins[-1].reason
    roles = make_policy(registry.permissions, registry.permission_owners)
    return Api(api.settings, api.database, registry, compose(registry), roles)


@pytest.fixture
def bells(house: Api, database: Database, merchant_id: int) -> Shop:
    """A shop on it."""
    known = house.gateway.registry.marketplaces
    new = NewShop("bells", "1", "Bell tower", {"secret": "dong"}, {})
    return database.run_now(
        merchant_id, lambda session: register_shop(session, known, house.keys, new, NOON)
    )


async def test_its_pushes(house: Api, bells: Shop, database: Database) -> None:
    """Verified by its own rule, over the address too, and answered as it says."""
    path, body = f"/hooks/bells/{global_id('Shop', bells.id)}", b'["orders"]'
    sign = keyed_hash("dong", f"http://opsgraph{path}{body.decode()}", "sha256")

    refused = await house.request("POST", path, content=body, headers={"X-Bell": "ding"})
    clean = state(database, bells)
    taken = await house.request("POST", path, content=body, headers={"X-Bell": sign})

    assert (401, None) == (refused.status, clean.dirty_from)
    assert (202, "ding") == (taken.status, taken.response.text)
    assert state(database, bells).dirty_from is not None


async def test_its_messages(house: Api, bells: Shop, database: Database) -> None:
    """Fetched by the worker's reader, stored, and confirmed."""
    known = house.gateway.registry.marketplaces
    reader = MessageReader(database, house.keys, known, lambda: NOON)
    await reader.schedule()

    report = await reader.run_next()

    assert InboxReport(bells.id, taken=2) == report
    assert [] == import_module("bells").KEPT
    assert state(database, bells).dirty_from is not None
