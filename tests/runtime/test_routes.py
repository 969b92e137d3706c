"""A plugin's HTTP addresses: for tokens with its permission, with a budget, masked and cut off."""

from types import ModuleType

import pytest

from core.models import Shop
from tests.databases import on_sqlite
from tests.graphql import Answer, Api

pytestmark = [pytest.mark.anyio, on_sqlite]
PATH = "/plugins/lamps/show"


async def show(house: Api, token: str) -> Answer:
    return await house.request("GET", PATH, headers={"Authorization": f"Bearer {token}"})


async def test_it_answers(house: Api, lamps: ModuleType, shop: Shop) -> None:
    """A route is given the merchant of the token and the plugin's settings."""
    answer = await show(house, house.token(shop.merchant_id))

    assert (200, f"light for {shop.merchant_id} at 60") == (answer.status, answer.response.text)


async def test_who_may(house: Api, lamps: ModuleType, shop: Shop) -> None:
    """No token: 401; a role without the permission: 403; another method: 405."""
    support = house.token(shop.merchant_id, "support")

    statuses = [
        (await house.request("GET", PATH)).status,
        (await show(house, support)).status,
        (await house.request("POST", PATH)).status,
    ]

    assert [401, 403, 405] == statuses


@pytest.mark.parametrize(
    ("mood", "status", "code"), [("raises", 500, "INTERNAL"), ("hangs", 503, "PLUGIN_UNAVAILABLE")]
)
async def test_one_that_fails(
    house: Api, lamps: ModuleType, shop: Shop, mood: str, status: int, code: str
) -> None:
    """What it raises is masked, what hangs is given up, and both are cut off after a while."""
    token = house.token(shop.merchant_id)
    lamps.MOOD = mood

    answers = [await show(house, token) for _ in range(3)]

    assert [status, status, 503] == [answer.status for answer in answers]
    assert [code, code, "PLUGIN_UNAVAILABLE"] == [answer.codes[0] for answer in answers]
    assert "row 7" not in answers[0].response.text
