"""Concentration: HHI, effective number, bands, and what they are counted from."""

from datetime import timedelta
from typing import Any

import pytest

from core.graph.scalars import global_id
from core.models import Product, Shop
from plugins.risk.concentration import Band, band_of, concentration
from tests.builders import make_shop
from tests.facts import TODAY, Facts
from tests.graph.orders import store
from tests.graphql import Api, Client

FIELDS = """from to hhi effectiveNumber band count formulaVersion
  shares { name id share amount { amount currency } }"""
REPORT = (
    f"{{ risk {{ platformConcentration {{ {FIELDS} }} productConcentration {{ {FIELDS} }} }} }}"
)


async def reports(client: Client) -> Any:
    """Both reports."""
    return (await client.data(REPORT))["risk"]


def sell(facts: Facts, api: Api, marketplace: str, amount: int) -> Shop:
    """A shop on a marketplace, and its sales of today."""
    shop = make_shop(api.database, facts.merchant_id, marketplace=marketplace)
    facts.sales(shop_id=shop.id, amount=amount)
    return shop


@pytest.mark.anyio
async def test_platforms(api: Api, owner: Client, facts: Facts) -> None:
    """Shares of 55, 20, 15 and 10 per cent make an HHI of 3,750: as if there were 2.67 equals."""
    for name, amount in (("taobao", 5500), ("jd", 2000), ("douyin", 1500), ("pinduoduo", 1000)):
        sell(facts, api, name, amount)

    found = (await reports(owner))["platformConcentration"]

    assert 3750.0 == pytest.approx(found["hhi"])
    assert 2.67 == round(found["effectiveNumber"], 2)
    assert ("GREEN", 4, 1) == (found["band"], found["count"], found["formulaVersion"])
    shares = [(each["name"], round(each["share"], 4)) for each in found["shares"]]
    assert [("taobao", 0.55), ("jd", 0.2), ("douyin", 0.15), ("pinduoduo", 0.1)] == shares
    assert {"amount": "55.00", "currency": "CNY"} == found["shares"][0]["amount"]
    assert ("2025-11-21", "2026-11-20") == (found["from"], found["to"])


@pytest.mark.anyio
async def test_two_shops_on_one_platform(api: Api, owner: Client, facts: Facts) -> None:
    """A platform is the sum of its shops; a shop's exposure is its own share."""
    first, second = sell(facts, api, "taobao", 600), sell(facts, api, "taobao", 400)
    text = "{ shops { nodes { id exposure { share hhi amount { amount } } } } }"

    found = (await reports(owner))["platformConcentration"]
    shops = (await owner.data(text))["shops"]["nodes"]

    assert (10_000.0, 1.0, "RED") == (found["hhi"], found["effectiveNumber"], found["band"])
    exposures = {shop["id"]: shop["exposure"] for shop in shops}
    assert [0.6, 0.4] == [exposures[global_id("Shop", s.id)]["share"] for s in (first, second)]
    assert {5200.0} == {round(each["hhi"], 6) for each in exposures.values()}
    assert [0.0] == [
        each["share"] for each in exposures.values() if each["amount"]["amount"] == "0.00"
    ]


@pytest.mark.anyio
async def test_products(api: Api, owner: Client, facts: Facts) -> None:
    """Products are shown by title and id, those never synced without a title, 20 at the most."""
    store(api.database, Product, facts.merchant_id, [{"title": "Lantern"}, {"title": "Kite"}])
    for product_id, amount in ((1, 6000), (2, 3000), *((n, 40) for n in range(3, 28))):
        facts.product_month(product_id, amount)

    found = (await reports(owner))["productConcentration"]

    assert (27, 20) == (found["count"], len(found["shares"]))
    assert ["Lantern", "Kite", "(not synced)"] == [each["name"] for each in found["shares"][:3]]
    assert global_id("Product", 1) == found["shares"][0]["id"]
    assert 3600 + 900 + 25 * 0.4**2 == pytest.approx(found["hhi"])
    assert "AMBER" == found["band"]


@pytest.mark.anyio
async def test_products_need_their_permission(api: Api, owner: Client, facts: Facts) -> None:
    """Who may see risk but no products learns how concentrated sales are, and on nothing whose."""
    store(api.database, Product, facts.merchant_id, [{"title": "Lantern"}])
    facts.product_month(1, 6000)
    client = Client(api, api.token(facts.merchant_id, "not products:read"))

    found = (await reports(client))["productConcentration"]

    assert 10_000.0 == found["hhi"]
    assert [("(needs products:read)", None)] == [(s["name"], s["id"]) for s in found["shares"]]


@pytest.mark.anyio
async def test_a_platform_whose_name_is_a_number(api: Api, owner: Client, facts: Facts) -> None:
    """1688 is a marketplace, not a product."""
    sell(facts, api, "1688", 100)

    [share] = (await reports(owner))["platformConcentration"]["shares"]

    assert ("1688", None) == (share["name"], share["id"])


@pytest.mark.anyio
async def test_what_counts(api: Api, owner: Client, facts: Facts, shop: Shop) -> None:
    """The last twelve months count, in the merchant's currency; refunds and losses do not."""
    facts.sales(TODAY - timedelta(days=364), amount=300)
    facts.sales(TODAY - timedelta(days=365), amount=4000)
    facts.sales(amount=50_000, currency="JPY")
    sell(facts, api, "jd", 100)
    sell(facts, api, "douyin", -900)

    found = (await reports(owner))["platformConcentration"]

    assert [("bazaar", "3.00"), ("jd", "1.00")] == [
        (each["name"], each["amount"]["amount"]) for each in found["shares"]
    ]
    assert 75**2 + 25**2 == found["hhi"]


@pytest.mark.anyio
async def test_nothing_sold(owner: Client, shop: Shop) -> None:
    """Without sales there is no concentration: null, not zero."""
    text = "{ shops { nodes { exposure { share hhi amount { amount } } } } }"

    shops = (await owner.data(text))["shops"]["nodes"]

    assert {"platformConcentration": None, "productConcentration": None} == await reports(owner)
    assert [{"exposure": {"share": None, "hhi": None, "amount": {"amount": "0.00"}}}] == shops


@pytest.mark.parametrize(
    ("hhi", "band"),
    [(0, Band.GREEN), (3999.99, Band.GREEN), (4000, Band.AMBER), (5999.99, Band.AMBER),
     (6000, Band.RED), (10_000, Band.RED)],
)  # fmt: skip
def test_bands(hhi: float, band: Band) -> None:
    """Amber begins at 4,000, red at 6,000, both included."""
    assert band == band_of(hhi)


def test_equal_shares() -> None:
    """n equal parts have the effective number n, and equal ones stand in the order of names."""
    found = concentration(dict.fromkeys("dbca", 7))

    assert found is not None
    assert (2500.0, 4.0) == (found.hhi, found.effective_number)
    assert ["a", "b", "c", "d"] == [name for name, _, _ in found.shares]
