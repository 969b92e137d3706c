"""Nodes by their global id, relations and their batches, and money."""

import base64
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.graph.declare import NodeSpec, spec_of
from core.graph.scalars import global_id
from core.graph.types import CORE_TYPES
from core.models import Order, OrderLine, Product
from core.testing.statements import Statements
from tests.builders import make_shop
from tests.graph.marked import Marked
from tests.graph.orders import store
from tests.graphql import Api, Client

pytestmark = pytest.mark.anyio

SPECS: list[NodeSpec] = [spec_of(cls) for cls in CORE_TYPES]
NODE = "query Node($id: ID!) { node(id: $id) { __typename id } }"
FUZZ = settings(max_examples=60, suppress_health_check=list(HealthCheck), deadline=None)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=2),
    max_leaves=6,
)


def id_of(content: Any) -> str:
    """A global id as somebody might forge it."""
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


async def test_every_type_by_its_id(api: Api) -> None:
    """The id that a row shows leads back to it, composite keys of text and dates included."""
    merchant = Marked(7004, "D", 6)
    merchant.fill(api.database, 4711)
    client = Client(api, api.token(merchant.merchant_id))
    ids = {
        spec.name: global_id(spec.name, *(row[key] for key in spec.key_columns))
        for spec in SPECS
        for row in [merchant.row(spec.model.__table__, 4711)]
    }

    found = {name: (await client.data(NODE, {"id": id}))["node"] for name, id in ids.items()}

    assert {name: {"__typename": name, "id": id} for name, id in ids.items()} == found


async def test_ids_are_the_same_for_ever() -> None:
    """Clients store global ids: the encoding is frozen."""
    assert "WyJPcmRlciIsNDdd" == global_id("Order", 47)
    assert (
        '["SalesDay",1,"2026-11-20","CNY"]'
        == base64.urlsafe_b64decode(global_id("SalesDay", 1, "2026-11-20", "CNY") + "==").decode()
    )


@pytest.mark.parametrize(
    "id",
    [
        "",
        "4711",
        "灯笼",
        "====",
        id_of("Order"),
        id_of(["Order"]),
        id_of(["Order", 1, 2]),
        id_of(["Order", "1"]),
        id_of(["Order", -1]),
        id_of(["Order", 2**63]),
        id_of(["Order", True]),
        id_of(["Order", 1.0]),
        id_of(["Order", None]),
        id_of(["ApiTokens", 1]),
        id_of(["Query", 1]),
        id_of({"Order": 1}),
        id_of([["Order"], 1]),
        id_of(["SalesDay", 1, "yesterday", "CNY"]),
        id_of(["SalesDay", 1, 20261120, "CNY"]),
        id_of(["TrafficDay", 1, "2026-11-20", "a\0b", "", ""]),
        id_of(["TrafficDay", 1, "2026-11-20", "\ud800", "", ""]),
    ],
    ids=repr,
)
async def test_malformed_ids(owner: Client, id: str) -> None:
    """What is no id of ours is an error of the caller, never a failure."""
    answer = await owner.ask(NODE, {"id": id})

    assert (200, ["BAD_INPUT"]) == (answer.status, answer.codes)
    assert {"node": None} == answer.body["data"]


@FUZZ
@given(id=st.text().filter(lambda text: "\0" not in text) | JSON.map(id_of))
async def test_random_ids(owner: Client, id: str) -> None:
    """Any text is answered: there is no such thing, or this is no id."""
    content = json.dumps({"query": NODE, "variables": {"id": id}})

    answer = await owner.api.post(content, owner.token)

    assert answer.status in (200, 400)
    assert answer.codes in ([], ["BAD_INPUT"], ["GRAPHQL_VALIDATION_FAILED"])


@pytest.mark.parametrize(
    ("currency", "minor", "expected"),
    [
        ("CNY", 1234, "12.34"),
        ("CNY", 100, "1.00"),
        ("CNY", -5, "-0.05"),
        ("JPY", 1234, "1234"),
        ("KWD", 1234, "1.234"),
        ("CNY", 2**53 + 1, "90071992547409.93"),
        ("CNY", 2**62, "46116860184273879.04"),
    ],
)
async def test_money(
    api: Api, owner: Client, merchant_id: int, currency: str, minor: int, expected: str
) -> None:
    """Amounts are decimal text with the currency's decimals, exact at any size."""
    store(api.database, Order, merchant_id, [{"paid_amount": minor, "currency": currency}])

    found = await owner.data("{ orders { nodes { paidAmount { amount currency } } } }")

    assert {"amount": expected, "currency": currency} == found["orders"]["nodes"][0]["paidAmount"]


def fill_orders(api: Api, merchant_id: int, count: int) -> None:
    """So many orders, each of one of two shops, with two lines and a product each."""
    shops = [make_shop(api.database, merchant_id).id for _ in range(2)]
    store(api.database, Order, merchant_id, [{"shop_id": shops[n % 2]} for n in range(count)])
    store(api.database, Product, merchant_id, [{} for _ in range(count)])
    lines = [{"order_id": n // 2 + 1, "product_id": n // 2 + 1, "ordinal": n % 2 + 1}
             for n in range(2 * count)]  # fmt: skip
    store(api.database, OrderLine, merchant_id, lines)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("nodes { number }", 1),
        ("nodes { number } totalCount", 2),
        ("nodes { shop { name } }", 1),
        ("nodes { shop { name } again: shop { currency } }", 1),
        ("nodes { lines(first: 1) { nodes { number } } }", 1),
        ("nodes { lines { nodes { number } totalCount } }", 1),
        ("nodes { lines { nodes { product { title } } } }", 1),
        ("nodes { few: lines(first: 1) { nodes { id } } all: lines { nodes { id } } }", 1),
        ("nodes { lines { asOf } shop { orders { asOf } } }", 1),
        ("edges { node { customer { id } payments { nodes { id } } } }", 1),
    ],
)
async def test_statements_do_not_grow(
    api: Api, owner: Client, merchant_id: int, statements: Statements, fields: str, expected: int
) -> None:
    """A connection is one statement, however many rows and levels it has, and one more to count."""
    fill_orders(api, merchant_id, 40)
    counts = []

    for size in (2, 40):
        statements.clear()
        await owner.data(f"query Some($n: Int) {{ orders(first: $n) {{ {fields} }} }}", {"n": size})
        counts.append(len([text for text in statements.texts if "api_tokens" not in text]))

    assert [expected, expected] == counts


async def test_pages_of_each_parent(api: Api, owner: Client, merchant_id: int) -> None:
    """A nested connection pages for each parent by itself, forward and backward, with cursors."""
    store(api.database, Order, merchant_id, [{}, {}])
    lines = [{"order_id": n % 2 + 1, "quantity": n} for n in range(6)]
    store(api.database, OrderLine, merchant_id, lines)
    text = """query Pages($after: String) { orders(orderBy: [{field: ORDERED_AT}]) { nodes {
      lines(orderBy: [{field: QUANTITY}], first: 1, after: $after) {
        totalCount nodes { quantity } pageInfo { endCursor hasNextPage }
      }
      last: lines(orderBy: [{field: QUANTITY}], last: 2) { nodes { quantity } }
    } } }"""

    first, second = (await owner.data(text))["orders"]["nodes"]
    after = (await owner.data(text, {"after": first["lines"]["pageInfo"]["endCursor"]}))["orders"]

    assert [[0], [1]] == [_quantities(each["lines"]) for each in (first, second)]
    assert [[2, 4], [3, 5]] == [_quantities(each["last"]) for each in (first, second)]
    assert [[2], [1]] == [_quantities(each["lines"]) for each in after["nodes"]]
    assert 3 == first["lines"]["totalCount"]


def _quantities(connection: Any) -> list[int]:
    return [node["quantity"] for node in connection["nodes"]]
