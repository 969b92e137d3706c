"""A merchant switches a plugin off for itself, and another merchant does not notice."""

from types import ModuleType

import pytest

from core.models import AuditEntry, Shop
from core.sync.jobs import JobRunner
from core.sync.outbox import deliver
from tests.builders import make_merchant, make_shop
from tests.graphql import Api
from tests.ingest.records import T0, ingest, order
from tests.ingest.stored import rows

pytestmark = pytest.mark.anyio

SWITCH = """mutation ($name: String!, $enabled: Boolean!) {
  updatePlugin(input: {name: $name, enabled: $enabled}) {
    name enabled userErrors { code message } } }"""
FIELDS = {
    "lamps { slow }": "lamps",
    "orders { nodes { lamp } }": "lamp",
    "orders { nodes { light } }": "light",
}


async def switch(house: Api, merchant_id: int, enabled: bool) -> None:
    variables = {"name": "lamps", "enabled": enabled}
    answer = await house.ask(SWITCH, variables, token=house.token(merchant_id))
    assert {"name": "lamps", "enabled": enabled, "userErrors": []} == answer.data["updatePlugin"]


@pytest.mark.parametrize("query", FIELDS)
async def test_off_and_on(house: Api, lamps: ModuleType, shop: Shop, query: str) -> None:
    """Its fields answer PLUGIN_DISABLED to this merchant, and answer again when it is back."""
    ingest(house.database, shop, order("o1"))
    other = make_shop(house.database, make_merchant(house.database))
    ingest(house.database, other, order("o1"))

    await switch(house, shop.merchant_id, False)
    off = await house.ask(f"{{ {query} }}", token=house.token(shop.merchant_id))
    theirs = await house.ask(f"{{ {query} }}", token=house.token(other.merchant_id))
    await switch(house, shop.merchant_id, True)
    on = await house.ask(f"{{ {query} }}", token=house.token(shop.merchant_id))

    assert ["PLUGIN_DISABLED"] == off.codes
    assert theirs.data
    assert on.data == theirs.data


async def test_all_of_it(house: Api, lamps: ModuleType, shop: Shop) -> None:
    """Mutations, metrics, routes, jobs and events of the plugin stop too."""
    lamps.RUNS.clear()
    await switch(house, shop.merchant_id, False)
    token = house.token(shop.merchant_id)
    ingest(house.database, shop, order("o1"))

    mutation = await house.ask("mutation { lampsLight { lamp } }", token=token)
    metrics = await house.ask("{ analytics { metrics { key } } }", token=token)
    route = await house.request(
        "GET", "/plugins/lamps/show", headers={"Authorization": f"Bearer {token}"}
    )
    runner = JobRunner(house.database, house.gateway.registry, lambda: T0)
    await runner.schedule()
    job = await runner.run_next()
    delivered = await deliver(house.database, house.gateway.registry, T0)
    listed = await house.ask("{ plugins { name enabled } }", token=token)

    assert ["PLUGIN_DISABLED"] == mutation.codes
    assert "lamps_lit" not in {each["key"] for each in metrics.data["analytics"]["metrics"]}
    assert 403 == route.status
    assert (None, 1, []) == (job, delivered, lamps.RUNS)
    assert {"name": "lamps", "enabled": False} in listed.data["plugins"]


async def test_who_may(house: Api, shop: Shop) -> None:
    """Only those with plugins:write switch, only plugins that are there, and it is audited."""
    variables = {"name": "lamps", "enabled": False}
    unknown = {"name": "mugs", "enabled": False}

    analyst = await house.ask(SWITCH, variables, token=house.token(shop.merchant_id, "analyst"))
    wrong = await house.ask(SWITCH, unknown, token=house.token(shop.merchant_id))
    await switch(house, shop.merchant_id, False)

    assert ["FORBIDDEN"] == analyst.codes
    assert "NOT_FOUND" == wrong.data["updatePlugin"]["userErrors"][0]["code"]
    assert ["plugin.disable"] == [each.action for each in rows(house.database, shop, AuditEntry)]
