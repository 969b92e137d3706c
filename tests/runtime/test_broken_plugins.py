"""With broken plugins installed the gateway starts, migrates, and everything else answers."""

import pytest

import gateway
from core.db import Database
from core.db.database import engine_for_owner
from core.db.migrate import upgrade
from core.models import Shop
from core.security.permissions import make_policy
from core.settings import Settings
from tests.databases import on_sqlite
from tests.distributions import Distributions
from tests.graphql import Api
from tests.ingest.records import ingest, order
from tests.runtime.population import BROKEN, NAMES, install_broken, install_good

pytestmark = [pytest.mark.anyio, on_sqlite]
REASONS = {
    "import error": "No module named 'no_such_module'",
    "wrong API range": "works with the plugin API >=9,<10",
    "name clash": "offers the metric 'gmv', which 'analytics' has already",
    "migration that fails half way": "its tables are at None, it needs dogwoods_0001",
}


EVERYTHING = """{ viewer { role } shops { totalCount } orders { nodes { number } }
  traffic { __typename } lifecycle { rfm { segments { segment } } } analytics { metrics { key } }
  risk { __typename } organization { __typename } demo { __typename }
  good00 { works } products { nodes { good00Label good00Count } } }"""


def start(settings: Settings, database: Database) -> Api:
    """What `opsgraph db upgrade` and `opsgraph serve` make of this installation."""
    house = gateway.build(settings)
    owner = engine_for_owner(settings)
    upgrade(owner, house.chains, spared=house.spared)
    owner.dispose()
    migrated = house.migrated()
    house.db.close()
    roles = make_policy(migrated.registry.permissions, migrated.registry.permission_owners)
    return Api(settings, database, migrated.registry, migrated.schema, roles)


@pytest.fixture
def eager(settings: Settings) -> Settings:
    """Settings in which a plugin is cut off quickly."""
    return settings.model_copy(update={"plugin_seconds": 0.2, "plugin_failures": 2})


@pytest.mark.parametrize("what", BROKEN)
async def test_one_that_is_broken(
    distributions: Distributions, database: Database, eager: Settings, shop: Shop, what: str
) -> None:
    """It is put aside with its reason or null where it fails; all others answer as if alone."""
    install_good(distributions, 1)
    alone = start(eager, database)
    ingest(database, shop, order("o1"))
    token = alone.token(shop.merchant_id)
    expected = (await alone.ask(EVERYTHING, token=token)).data

    name = install_broken(distributions, what)
    house = start(eager, database)
    answer = await house.ask(EVERYTHING, token=token)
    state = next(each for each in house.gateway.registry.plugins if each.name == name)

    reported = [each["key"] for each in answer.data["analytics"]["metrics"]]
    expected["analytics"]["metrics"] = [{"key": key} for key in reported]  # its own come too
    assert expected == answer.data
    assert REASONS.get(what, "None") in f"{state.reason}"
    assert state.active == what.startswith("resolver")


async def test_all_of_them_at_once(
    distributions: Distributions, database: Database, eager: Settings, shop: Shop
) -> None:
    """Broken in all ways at once, they stop nothing; fields of those that run are null."""
    install_good(distributions, 1)
    for what in BROKEN:
        install_broken(distributions, what)
    ingest(database, shop, order("o1"))

    house = start(eager, database)
    token = house.token(shop.merchant_id)
    query = f"{EVERYTHING[:-1]} elms {{ slow }} firs {{ slow }} }}"
    answers = [await house.ask(query, token=token) for _ in range(3)]

    assert ["good00", NAMES["resolver that always raises"], NAMES["resolver that hangs"]] == sorted(
        house.gateway.registry.third_parties, key=lambda name: (name != "good00", name)
    )
    for answer in answers:
        data = answer.body["data"]
        assert ({"slow": None}, {"slow": None}) == (data["elms"], data["firs"])
        assert [{"number": "o1"}] == data["orders"]["nodes"]
        assert {"works": True} == data["good00"]
    assert [["INTERNAL", "PLUGIN_UNAVAILABLE"], ["PLUGIN_UNAVAILABLE"] * 2] == [
        sorted(answers[n].codes) for n in (0, 2)
    ]
