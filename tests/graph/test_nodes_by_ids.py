"""`nodes(ids:)`: each id is answered at its place, and each type is read once."""

from typing import Any

import pytest

from core.graph.scalars import global_id
from core.graph.tables import MAX_NODES
from core.models import Order, Product
from core.testing.statements import Statements
from tests.facts import Facts
from tests.graph.orders import store
from tests.graphql import Api, Client, without

pytestmark = pytest.mark.anyio

NODES = """query Nodes($ids: [ID!]!) { nodes(ids: $ids) {
  __typename id
  ... on Order { number lines { totalCount } } ... on Product { title } ... on Customer { country }
} }"""
P1, P2, P3 = (global_id("Order", n) for n in (1, 2, 3))
PRODUCT, CUSTOMER = global_id("Product", 1), global_id("Customer", 1)


@pytest.fixture
def rows(api: Api, facts: Facts, merchant_id: int) -> None:
    """Two orders, a product and a customer."""
    store(api.database, Order, merchant_id, [{}, {}])
    store(api.database, Product, merchant_id, [{"title": "Lamp"}])
    facts.customer(1)


def order(number: int) -> dict[str, Any]:
    """How an order is shown."""
    id = global_id("Order", number)
    return {"__typename": "Order", "id": id, "number": f"P{number}", "lines": {"totalCount": 0}}


async def test_order_and_duplicates(owner: Client, rows: None) -> None:
    """The answer has a place for every id, in the order of the ids; the same id may come twice."""
    found = await owner.data(NODES, {"ids": [P2, PRODUCT, P1, P3, P2, CUSTOMER]})

    product = {"__typename": "Product", "id": PRODUCT, "title": "Lamp"}
    customer = {"__typename": "Customer", "id": CUSTOMER, "country": None}
    assert [order(2), product, order(1), None, order(2), customer] == found["nodes"]


async def test_wrong_ids_among_good_ones(owner: Client, rows: None) -> None:
    """What is no id is null with an error at its place; what is only unknown is null without."""
    wrong = ["x", "", global_id("Order", "1"), global_id("Nothing", 1), global_id("Order", 1, 2)]

    answer = await owner.ask(NODES, {"ids": [P1, *wrong, P3, P2]})

    assert ["BAD_INPUT"] * 5 == answer.codes
    assert {("nodes", n) for n in range(1, 6)} == {tuple(each["path"]) for each in answer.errors}
    assert [order(1), *[None] * 6, order(2)] == answer.body["data"]["nodes"]


async def test_forbidden_ids(api: Api, rows: None, merchant_id: int) -> None:
    """An id of a type one may not see is null with an error at its place, known or not."""
    client = Client(api, api.token(merchant_id, without("customers:read")))

    answer = await client.ask(NODES, {"ids": [CUSTOMER, P1, global_id("Customer", 99)]})

    assert ["FORBIDDEN"] * 2 == answer.codes
    assert [["nodes", 0], ["nodes", 2]] == sorted(error["path"] for error in answer.errors)
    assert [None, order(1), None] == answer.body["data"]["nodes"]


async def test_no_ids_and_too_many(owner: Client, rows: None) -> None:
    """No ids are no nodes; beyond the most that it takes `nodes` as a whole is refused."""
    none = await owner.data(NODES, {"ids": []})
    most = await owner.data(NODES, {"ids": [P1] * MAX_NODES})
    more = await owner.ask(NODES, {"ids": [P1] * (MAX_NODES + 1)})

    assert ([], [order(1)] * MAX_NODES) == (none["nodes"], most["nodes"])
    assert (["BAD_INPUT"], ["ids"]) == (more.codes, more.errors[0]["extensions"]["argument"])
    assert {"nodes": None} == more.body["data"]


@pytest.mark.parametrize(
    ("ids", "expected"), [([P1], 1), ([P1, P2, P3, P1], 1), ([P1, PRODUCT, P2, CUSTOMER, "x"], 3)]
)
async def test_one_statement_per_type(
    owner: Client, rows: None, statements: Statements, ids: list[str], expected: int
) -> None:
    """However many ids there are, each of their types costs one statement."""
    statements.clear()

    await owner.ask(NODES, {"ids": ids})

    assert expected == len([text for text in statements.texts if "secret_hash" not in text])


async def test_of_another_merchant(api: Api, rows: None) -> None:
    """Ids of somebody else's rows are unknown."""
    stranger = Client(api, api.token(4711))

    found = await stranger.data(NODES, {"ids": [P1, PRODUCT]})

    assert [None, None] == found["nodes"]
