"""Structure advice: its borders, the rule for business units, and the values it names."""

from typing import Any

import pytest

from core.models import Product
from plugins.organization.advice import Inputs, Structure, advise
from tests.builders import make_shop
from tests.facts import Facts
from tests.graph.orders import store
from tests.graphql import Api, Client

ADVICE = """{ organization { structureAdvice {
  structure nearBorder reasons formulaVersion gmv { amount currency }
} } }"""
SEPARABLE = {"line_amounts": (60e6, 60e6), "category_hhi": 4999.0}


def inputs(gmv: float, **given: Any) -> Inputs:
    """Inputs of this GMV; without more it has no lines and no categories."""
    return Inputs(
        **({"gmv": gmv, "platforms": 2, "line_amounts": (), "category_hhi": None} | given)
    )


@pytest.mark.parametrize(
    ("gmv", "structure", "near"),
    [
        (0, Structure.TROIKA, False),
        (9_999_999.99, Structure.TROIKA, False),
        (10_000_000, Structure.MATRIX, True),
        (12_000_000, Structure.MATRIX, True),
        (12_000_000.01, Structure.MATRIX, False),
        (99_999_999.99, Structure.MATRIX, False),
        (100_000_000, Structure.BUSINESS_UNIT, True),
        (120_000_000, Structure.BUSINESS_UNIT, True),
        (120_000_001, Structure.BUSINESS_UNIT, False),
    ],
)
def test_borders(gmv: float, structure: Structure, near: bool) -> None:
    """10 and 100 million are the borders; up to 20 % past one the next review should agree."""
    advice = advise(inputs(gmv, **SEPARABLE))

    assert (structure, near) == (advice.structure, advice.near_border)


@pytest.mark.parametrize(
    ("given", "structure"),
    [
        ({"line_amounts": (20e6, 20e6), "category_hhi": 4999.9}, Structure.BUSINESS_UNIT),
        ({"line_amounts": (90e6, 19_999_999.0), "category_hhi": 4999.9}, Structure.MATRIX),
        ({"line_amounts": (90e6,), "category_hhi": 100.0}, Structure.MATRIX),
        ({"line_amounts": (60e6, 60e6), "category_hhi": 5000.0}, Structure.MATRIX),
        ({"line_amounts": (60e6, 60e6), "category_hhi": None}, Structure.MATRIX),
    ],
)
def test_business_units(given: dict[str, Any], structure: Structure) -> None:
    """Units need two lines of 20 million each and categories that can be told apart."""
    assert structure == advise(inputs(200e6, **given)).structure


def test_reasons_name_their_values() -> None:
    """Every reason states the figure that it rests on."""
    reasons = advise(inputs(110e6, line_amounts=(70e6, 30e6), category_hhi=5800.0)).reasons

    assert (
        "Twelve-month GMV 110,000,000 is at least 100,000,000.",
        "Lines with at least 20,000,000: 2 (needed: 2).",
        "Category HHI is 5,800 (needed: below 5,000).",
        "GMV 110,000,000 is within 20% past the border of 100,000,000: "
        "change only if the next quarterly review says the same.",
        "Platforms with sales: 2.",
    ) == reasons


@pytest.mark.anyio
async def test_a_small_business(owner: Client, facts: Facts) -> None:
    """A business without sales is a troika, with a GMV of zero."""
    found = (await owner.data(ADVICE))["organization"]["structureAdvice"]

    assert ("TROIKA", False, 1) == (
        found["structure"], found["nearBorder"], found["formulaVersion"]
    )  # fmt: skip
    assert {"amount": "0.00", "currency": "CNY"} == found["gmv"]


@pytest.mark.anyio
async def test_categories(api: Api, owner: Client, facts: Facts) -> None:
    """Lines of business are the products' categories, as far as products name one."""
    make_shop(api.database, facts.merchant_id)
    categories = ["lamps", "kites", "lamps", "tea", None]
    rows = [{"category": category} for category in categories]
    store(api.database, Product, facts.merchant_id, rows)
    million = 100 * 10**6
    facts.sales(amount=150 * million)
    for product_id, amount in ((1, 40), (2, 40), (3, 20), (4, 50), (5, 500)):
        facts.product_month(product_id, amount * million)

    found = (await owner.data(ADVICE))["organization"]["structureAdvice"]

    assert ("BUSINESS_UNIT", "150000000.00") == (found["structure"], found["gmv"]["amount"])
    assert "Lines with at least 20,000,000: 3 (needed: 2)." in found["reasons"]
    assert "Category HHI is 3,422 (needed: below 5,000)." in found["reasons"]
