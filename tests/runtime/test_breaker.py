"""What fails of a plugin is null and cut off for a while; everything else answers."""

import asyncio
from types import ModuleType

import pytest

from core.models import Shop
from tests.builders import make_merchant, make_shop
from tests.databases import on_sqlite
from tests.graphql import Api
from tests.ingest.records import ingest, order
from tests.runtime.conftest import Rest

pytestmark = [pytest.mark.anyio, on_sqlite]

FIELDS = {
    "an async resolver": "{ viewer { role } lamps { light: slow } }",
    "a plain resolver": "{ viewer { role } lamps { light: quick } }",
    "a mutation": "mutation { light: lampsLight { lamp } }",
}
ROWS = "{ orders { nodes { number %s } } }"


@pytest.fixture
def token(house: Api, shop: Shop) -> str:
    return house.token(shop.merchant_id)


def of_order(house: Api, shop: Shop, count: int = 3) -> None:
    ingest(house.database, shop, *(order(f"o{number}") for number in range(count)))


@pytest.mark.parametrize("query", FIELDS.values(), ids=FIELDS)
async def test_a_field_that_raises(
    house: Api, lamps: ModuleType, rest: Rest, token: str, query: str
) -> None:
    """It is null with a masked error, then cut off, and asked again after a pause."""
    lamps.MOOD = "raises"
    codes = [(await house.ask(query, token=token)).codes for _ in range(4)]
    cut_off = await house.ask(query, token=token)
    lamps.MOOD = "fine"
    early = await house.ask(query, token=token)
    rest.now += 61
    healed = await house.ask(query, token=token)

    assert [["INTERNAL"]] * 2 + [["PLUGIN_UNAVAILABLE"]] * 2 == codes
    assert "keeps failing" in cut_off.errors[0]["message"]
    assert "secret of row 7" not in cut_off.response.text
    assert ["PLUGIN_UNAVAILABLE"] == early.codes
    assert healed.data
    if "viewer" in query:
        assert {"role": "owner"} == cut_off.body["data"]["viewer"]


@pytest.mark.parametrize(("mood", "name"), [("hangs", "slow"), ("blocks", "quick")])
async def test_a_field_that_hangs(
    house: Api, lamps: ModuleType, token: str, mood: str, name: str
) -> None:
    """It ends when its time is over, and nobody else waits for it."""
    lamps.MOOD = mood

    hanging = asyncio.create_task(house.ask(f"{{ lamps {{ {name} }} }}", token=token))
    await asyncio.sleep(0.01)
    other = await house.ask("{ viewer { role } }", token=token)
    is_first = not hanging.done()
    answer = await hanging

    assert is_first
    assert {"viewer": {"role": "owner"}} == other.data
    assert {"lamps": {name: None}} == answer.body["data"]
    assert ["PLUGIN_UNAVAILABLE"] == answer.codes
    assert "took longer than 0.25 seconds" in answer.errors[0]["message"]


@pytest.mark.parametrize("name", ["lamp", "light", "lights"])
async def test_a_field_of_rows(
    house: Api, lamps: ModuleType, shop: Shop, rest: Rest, token: str, name: str
) -> None:
    """Of a page whose rows ask a broken field, all else is there; a page counts as one failure.

    When the field works again, so do pages of many rows.
    """
    of_order(house, shop)
    whole = await house.ask(ROWS % name, token=token)
    lamps.MOOD = "raises"

    answers = [await house.ask(ROWS % name, token=token) for _ in range(3)]
    lamps.MOOD = "fine"
    rest.now += 61
    healed = [await house.ask(ROWS % name, token=token) for _ in range(2)]

    assert whole.data["orders"]["nodes"][0][name].startswith("light")
    for answer in answers:
        nodes = answer.body["data"]["orders"]["nodes"]
        assert {"o0", "o1", "o2"} == {node["number"] for node in nodes}
        assert {None} == {node[name] for node in nodes}
    assert [{"INTERNAL"}, {"PLUGIN_UNAVAILABLE"}] == [set(answers[n].codes) for n in (0, 2)]
    assert whole.data == healed[1].data


async def test_a_batch_that_hangs(house: Api, lamps: ModuleType, shop: Shop, token: str) -> None:
    """All rows that wait for one batch are null when its time is over."""
    of_order(house, shop)
    lamps.MOOD = "hangs"

    answer = await house.ask(ROWS % "lights", token=token)

    assert 3 == len(answer.codes)
    assert {"PLUGIN_UNAVAILABLE"} == set(answer.codes)


async def test_refusals_are_no_failures(house: Api, lamps: ModuleType, token: str) -> None:
    """An expected error, however often, cuts nothing off."""
    lamps.MOOD = "refuses"

    codes = [(await house.ask("{ lamps { slow } }", token=token)).codes for _ in range(5)]

    assert [["BAD_INPUT"]] * 5 == codes


async def test_it_shows(house: Api, lamps: ModuleType, token: str) -> None:
    """Health, metrics and the list of plugins say what is cut off; the service stays ready."""
    lamps.MOOD = "raises"
    for _ in range(2):
        await house.ask("{ lamps { slow } }", token=token)

    health = await house.request("GET", "/health/ready")
    metrics = await house.request("GET", "/metrics", headers={"Authorization": f"Bearer {token}"})
    listed = await house.ask("{ plugins { name state cutOff } }", token=token)

    assert (200, {"lamps": "cut off: LampsQuery.slow"}) == (health.status, health.body["plugins"])
    where = '{plugin="lamps",what="LampsQuery.slow"}'
    assert f"opsgraph_plugin_failures_total{where} 2" in metrics.response.text
    assert f"opsgraph_plugin_cut_off{where} 1" in metrics.response.text
    [lamp] = [each for each in listed.data["plugins"] if each["name"] == "lamps"]
    assert {"name": "lamps", "state": "active", "cutOff": ["LampsQuery.slow"]} == lamp


async def test_third_parties_are_nullable(house: Api, lamps: ModuleType) -> None:
    """Whatever of a third party's runs Python may be null; what is declared over SQL stays."""
    text = house.schema.as_str()

    for line in ("slow: String\n", "quick: String\n", "lamp: String\n", "lights: String\n",
                 "lampsLight: LampsLightPayload\n"):  # fmt: skip
        assert line in text


async def test_a_plugin_sees_its_own_merchant(
    house: Api, lamps: ModuleType, shop: Shop, token: str
) -> None:
    """A plugin's query counts the rows of the merchant that asks, and no others."""
    other = make_shop(house.database, make_merchant(house.database))
    of_order(house, shop, 2)
    of_order(house, other, 3)

    answer = await house.ask("{ lamps { orders } }", token=token)

    assert {"lamps": {"orders": 2}} == answer.data
