"""A third party's types: over its own tables, woven into core's, compiled into its statements."""

from datetime import date
from typing import Any

import pytest

from core.errors import ConfigurationError
from core.graph.declare import column, many, node, one
from core.graph.scalars import global_id
from core.graph.schema import compose
from core.models import ExchangeRate, Order, Payment
from core.plugin import SchemaPart
from core.settings import Settings
from core.testing.statements import Statements
from tests.facts import Facts
from tests.graph.gifts import CODES, PART, SEE, Card, Wish, house, make_tables
from tests.graph.orders import store
from tests.graphql import Api, Client, without
from tests.tiny import extend, house_with, make_plugin

pytestmark = pytest.mark.anyio


@pytest.fixture
def gifts(settings: Settings, facts: Facts, api: Api, merchant_id: int) -> Client:
    """The owner of a merchant whose gateway has the plugin, with cards in two of three orders."""
    make_tables(settings)
    facts.customer(1)
    facts.customer(2)
    orders = [{"customer_id": 1, "paid_amount": n} for n in (90, 250, 399)]
    store(api.database, Order, merchant_id, orders)
    cards: list[dict[str, Any]] = [
        {"order_id": 1, "text": "Hi", "printed_on": date(2026, 1, 2), "code": "A1", "price": 50},
        {"order_id": 1, "text": "Thanks", "code": "B2", "price": 70, "customer_id": 1},
        {"order_id": 2, "text": "Gone", "price": 1000, "removed": True, "customer_id": 1},
        {"order_id": 2, "text": "Yes", "printed_on": date(2026, 5, 6), "code": "C3", "price": 90},
    ]
    rows = [Card(merchant_id=merchant_id, id=n, **each) for n, each in enumerate(cards, 1)]
    wish = Wish(merchant_id=merchant_id, customer_id=1, text="Light")
    foreign = Card(merchant_id=4711, id=1, order_id=1, text="Not yours", price=1)
    api.database.system_now(lambda session: session.add_all([*rows, wish, foreign]))
    registry, schema = house()
    bigger = Api(api.settings, api.database, registry, schema)
    return Client(bigger, bigger.token(merchant_id))


def as_role(gifts: Client, merchant_id: int, role: str) -> Client:
    """Somebody of another role at the same gateway."""
    return Client(gifts.api, gifts.api.token(merchant_id, role))


async def test_one_statement(gifts: Client, statements: Statements) -> None:
    """Relations to a plugin's tables and its other fields join core's single statement."""
    statements.clear()

    found = await gifts.data("""{ orders(orderBy: [{field: PAID_AMOUNT}]) { nodes {
      number isDear points
      customer { wish { text } cards { totalCount nodes { text } } }
      cards { totalCount nodes { text length summary order { number points } } }
    } } }""")

    assert 1 == len([text for text in statements.texts if "secret_hash" not in text])
    first, second, third = found["orders"]["nodes"]
    customer = {
        "wish": {"text": "Light"}, "cards": {"totalCount": 1, "nodes": [{"text": "Thanks"}]}
    }  # fmt: skip
    back = {"number": "P1", "points": 0}
    assert first == {"number": "P1", "isDear": False, "points": 0, "customer": customer, "cards": {
        "totalCount": 2, "nodes": [
            {"text": "Hi", "length": 2, "summary": "Hi (2026)", "order": back},
            {"text": "Thanks", "length": 6, "summary": "Thanks (not printed)", "order": back},
        ]}}  # fmt: skip
    assert [(True, 2, 1), (True, 3, 0)] == [
        (each["isDear"], each["points"], each["cards"]["totalCount"]) for each in (second, third)
    ]


async def test_listings(gifts: Client) -> None:
    """A listing gives all rows that meet its condition, with counts and aggregates of those."""
    found = await gifts.data("""{ gifts {
      cards(orderBy: [{field: LENGTH, direction: DESC}]) { totalCount nodes { text } }
      printed(filter: {not: {text: {eq: "Yes"}}}) { totalCount nodes { text } }
      printedAggregate { count sum { price { amount } } }
      cardsAggregate(groupBy: [{field: PRINTED_ON, bucket: YEAR}]) { key { printedOn } count }
    } }""")

    assert {
        "cards": {"totalCount": 3, "nodes": [{"text": t} for t in ("Thanks", "Yes", "Hi")]},
        "printed": {"totalCount": 1, "nodes": [{"text": "Hi"}]},
        "printedAggregate": [{"count": 2, "sum": {"price": {"amount": "1.40"}}}],
        "cardsAggregate": [
            {"key": {"printedOn": "2026-01-01"}, "count": 2},
            {"key": {"printedOn": None}, "count": 1},
        ],
    } == found["gifts"]


async def test_expressions_sift_and_sort(gifts: Client) -> None:
    """An expression filters and sorts like a column, through relations too, with its cursors."""
    text = """query Cards($after: String) { gifts { cards(
      filter: {not: {length: {eq: 0}}, order: {isDear: {isNull: false}}}, first: 1, after: $after
      orderBy: [{field: ORDER_IS_DEAR, direction: DESC}, {field: LENGTH, direction: DESC}]
    ) { nodes { text shout } pageInfo { endCursor } } } }"""
    found, cursor = [], None

    for _ in range(4):
        page = (await gifts.data(text, {"after": cursor}))["gifts"]["cards"]
        found += [node["shout"] for node in page["nodes"]]
        cursor = page["pageInfo"]["endCursor"]

    assert ["Yes!", "Thanks!", "Hi!"] == found


async def test_removed_rows(gifts: Client) -> None:
    """What a type's condition leaves out is nowhere: no node, no relation, no filter, no count."""
    removed = global_id("Card", 3)

    found = await gifts.data(
        """query Removed($id: ID!) { node(id: $id) { id } nodes(ids: [$id]) { id }
          gifts { chosen(ids: [3, 2]) { text } }
          orders(filter: {cards: {some: {text: {eq: "Gone"}}}}) { totalCount }
          two: orders(first: 2) { nodes { namesake { text } } }
        }""",
        {"id": removed},
    )

    gone = {"node": None, "nodes": [None], "orders": {"totalCount": 0}}
    thanks = {"text": "Thanks"}
    two = [{"namesake": None}, {"namesake": thanks}]
    assert gone | {"gifts": {"chosen": [None, thanks]}, "two": {"nodes": two}} == found


async def test_nodes_of_plugins(gifts: Client) -> None:
    """A plugin's rows have global ids, also those whose key is another thing's."""
    ids = [global_id("Card", 4), global_id("Wish", 1), global_id("Wish", 2)]

    text = """query Nodes($ids: [ID!]!) {
      nodes(ids: $ids) { id ... on Card { text } ... on Wish { text } }
    }"""

    found = await gifts.data(text, {"ids": ids})

    assert [{"id": ids[0], "text": "Yes"}, {"id": ids[1], "text": "Light"}, None] == found["nodes"]


async def test_resolver_with_all_parents(gifts: Client, statements: Statements) -> None:
    """A batched resolver is called once for all parents, wherever they stand in the answer."""
    statements.clear()

    found = await gifts.data("""{ customers(first: 1) { nodes {
      orders(orderBy: [{field: PAID_AMOUNT}]) { nodes { number company cards { totalCount } } }
    } } orders { edges { node { company } } } }""")

    [customer] = found["customers"]["nodes"]
    assert [("P1", 3, 2), ("P2", 3, 1), ("P3", 3, 0)] == [
        (each["number"], each["company"], each["cards"]["totalCount"])
        for each in customer["orders"]["nodes"]
    ]
    assert [3, 3, 3] == [each["node"]["company"] for each in found["orders"]["edges"]]
    assert 2 == len([text for text in statements.texts if "secret_hash" not in text])


async def test_references(gifts: Client, statements: Statements) -> None:
    """A resolver that returns references has them read in one statement, as they are selected."""
    statements.clear()

    found = await gifts.data("""{
      gifts { chosen(ids: [4, 9, 1, 4]) { text order { number cards { totalCount } } } }
      orders(orderBy: [{field: PAID_AMOUNT}]) { nodes { firstCard { text } } }
    }""")

    yes = {"text": "Yes", "order": {"number": "P2", "cards": {"totalCount": 1}}}
    hello = {"text": "Hi", "order": {"number": "P1", "cards": {"totalCount": 2}}}
    assert [yes, None, hello, yes] == found["gifts"]["chosen"]
    texts = [order["firstCard"] for order in found["orders"]["nodes"]]
    assert [{"text": "Hi"}, {"text": "Thanks"}, None] == texts
    assert 3 == len([text for text in statements.texts if "secret_hash" not in text])


async def test_unions_and_interfaces(gifts: Client) -> None:
    """References of several types may stand where the schema says union or interface."""
    found = await gifts.data("""{ gifts {
      things { __typename ... on Card { text } ... on Order { number company } }
      anything { __typename id ... on Node { again: id } ... on Order { cards { totalCount } } }
    } }""")

    card, order = global_id("Card", 1), global_id("Order", 1)
    assert {
        "things": [
            {"__typename": "Card", "text": "Hi"},
            {"__typename": "Order", "number": "P1", "company": 1},
        ],
        "anything": [
            {"__typename": "Order", "id": order, "again": order, "cards": {"totalCount": 2}},
            {"__typename": "Card", "id": card, "again": card},
        ],
    } == found["gifts"]


async def test_reference_to_nothing(gifts: Client) -> None:
    """Where the schema promises a row, a reference to none is an error, and null goes upwards."""
    answer = await gifts.ask("{ gifts { sure(ids: [1, 9]) { text } } }")

    assert {"gifts": {"sure": None}} == answer.body["data"]
    assert [["gifts", "sure", 1]] == [error["path"] for error in answer.errors]


async def test_column_with_a_permission(gifts: Client, merchant_id: int) -> None:
    """Without its own permission a column is null with an error, and no way to sift or sort."""
    client = as_role(gifts, merchant_id, without(CODES))
    fields = "gifts { cards { nodes { text code } } }"

    seen = (await gifts.data(f"{{ {fields} }}"))["gifts"]["cards"]["nodes"]
    answer = await client.ask(f"{{ {fields} }}")
    used = await client.ask("""{
      gifts { cards(orderBy: [{field: CODE}]) { totalCount } }
      orders(filter: {cards: {some: {code: {eq: "A1"}}}}) { totalCount }
    }""")

    assert ["A1", "B2", "C3"] == [each["code"] for each in seen]
    nodes = answer.body["data"]["gifts"]["cards"]["nodes"]
    assert [("Hi", None), ("Thanks", None), ("Yes", None)] == [(*n.values(),) for n in nodes]
    path = ["gifts", "cards", "nodes", 2, "code"]
    assert (["FORBIDDEN"] * 3, path) == (answer.codes, answer.errors[2]["path"])
    assert ["FORBIDDEN"] * 2 == used.codes
    assert {"gifts": {"cards": None}, "orders": None} == used.body["data"]


@pytest.mark.parametrize(
    "fields",
    [
        "cardsAggregate(groupBy: [{field: CODE}]) { key { code } }",
        "cardsAggregate { sum { fee { amount } } max { fee { amount } } }",
    ],
)
async def test_aggregates_of_a_column_with_a_permission(gifts: Client, fields: str) -> None:
    """Aggregates do not offer what a column's own permission keeps back, to nobody."""
    answer = await gifts.ask(f"{{ gifts {{ {fields} }} }}")

    assert {"GRAPHQL_VALIDATION_FAILED"} == set(answer.codes)


async def test_permission_of_a_plugins_type(gifts: Client, merchant_id: int) -> None:
    """Without the permission of a plugin's type its relations and filters are out of reach."""
    client = as_role(gifts, merchant_id, without(SEE))

    answer = await client.ask("""{ gifts { cards { totalCount } }
      orders(first: 1) { nodes { id points cards { totalCount } company } }
      filtered: orders(filter: {cards: {some: {}}}) { totalCount }
    }""")

    data = answer.body["data"]
    assert {"FORBIDDEN"} == set(answer.codes)
    assert (None, None) == (data["gifts"], data["filtered"])


async def test_two_merchants(gifts: Client) -> None:
    """Rows of another merchant in a plugin's table stay with that merchant."""
    stranger = as_role(gifts, 4711, "owner")
    text = "{ gifts { cards { nodes { text order { id } } } chosen(ids: [1, 2]) { text } } }"

    found = await stranger.data(text)

    card = {"text": "Not yours", "order": None}
    assert {"cards": {"nodes": [card]}, "chosen": [{"text": "Not yours"}, None]} == found["gifts"]
    assert "Not yours" not in str(await gifts.data(text))


class _Cards:
    cards = many("Card", "Taken by a plugin's relation.", by="order_id")


class _Text:
    text = column(str, "Taken by the type itself.", "code")


class _Payments:
    payments = many("Payment", "Taken by core.", by="order_id")


class _Nowhere:
    moon = one("Moon", "No such type.", by="shop_id")


class _WrongColumn:
    letters = many("Card", "A column that cards do not have.", by="oder_id")


@node(Payment, permission=SEE, name="Card")
class _SecondCard:
    """Of a name that is taken."""


def refusal_of(part: SchemaPart) -> str:
    """Why a plugin does not fit beside the one with cards."""
    plugins = {"gifts": make_plugin(schema=PART), "tiny": make_plugin(schema=part)}
    with pytest.raises((ConfigurationError, TypeError)) as refused:
        compose(house_with(**plugins))
    return str(refused.value)


@pytest.mark.parametrize(
    ("part", "message"),
    [
        (extend("Order", _Cards), "Plugin 'tiny' adds Order.cards, which 'gifts' has already."),
        (extend("Order", _Payments), "'tiny' adds Order.payments, which 'core' has already."),
        (SchemaPart(types=(_SecondCard,)), "Two types are called 'Card': tests.graph.gifts and"),
        (extend("Moon", _Cards), "Plugin 'tiny' extends Moon, no such type."),
        (extend("Order", _Nowhere), "Order.moon leads to Moon, no such type."),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_clashes(part: SchemaPart, message: str) -> None:
    """What is taken, or leads nowhere, is refused when the schema is made, and both are named."""
    assert message in refusal_of(part)


def test_clash_on_a_plugins_type() -> None:
    """Who adds a field that a plugin's own type has is told whose type that is."""
    message = "Plugin 'tiny' adds Card.text, which 'gifts' has already."

    assert message == refusal_of(extend("Card", _Text))


def test_relation_by_a_missing_column() -> None:
    """A relation that names a column the other table does not have is refused."""
    assert "oder_id" in refusal_of(extend("Order", _WrongColumn))


def test_tables_of_nobody() -> None:
    """A type is over a table of merchants' rows: nothing would keep another one to its merchant."""
    with pytest.raises(TypeError, match="is no MerchantTable: nothing would keep it to one"):
        node(ExchangeRate, permission=SEE)  # type: ignore[arg-type]
