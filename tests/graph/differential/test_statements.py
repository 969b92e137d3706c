"""How many statements an operation costs: so many as it has entry fields, whatever the rows."""

from typing import Any

import pytest

from core.models import Customer, Order, OrderLine, Product
from core.testing.statements import Statements
from tests.builders import make_shop
from tests.graph.differential.budget import budget, is_all_tables
from tests.graph.differential.dice import seeded
from tests.graph.differential.house import House, plain
from tests.graph.differential.questions import Questions
from tests.graph.differential.texts import global_id
from tests.graph.orders import store
from tests.graphql import Api, Client

pytestmark = pytest.mark.anyio

QUESTIONS = Questions(plain().schema)
FEW, MANY = 2, 40
PAGE = "query($n: Int) { orders(first: $n) { %s } }"
DEEP = """nodes { shop { name orders(first: 3) { nodes { customer { id } } totalCount } } lines {
  totalCount asOf nodes { product { title linesAggregate(groupBy: [{field: KIND}]) { count } } }
} }"""


@pytest.fixture
def filled(api: Api, merchant_id: int) -> None:
    """Orders of two shops, each with two lines, a product and a customer."""
    shops = [make_shop(api.database, merchant_id).id for _ in range(2)]
    customers = [{"id": n, "merchant_id": merchant_id, "shop_id": shops[0], "platform_id": str(n)}
                 for n in range(1, MANY + 1)]  # fmt: skip
    table: Any = Customer.__table__  # type: ignore[attr-defined]
    api.database.system_now(lambda session: session.execute(table.insert(), customers))
    orders = [{"shop_id": shops[n % 2], "customer_id": n + 1} for n in range(MANY)]
    store(api.database, Order, merchant_id, orders)
    store(api.database, Product, merchant_id, [{} for _ in range(MANY)])
    lines = [{"order_id": n // 2 + 1, "product_id": n // 2 + 1} for n in range(2 * MANY)]
    store(api.database, OrderLine, merchant_id, lines)


async def counts_of(owner: Client, statements: Statements, text: str) -> list[int]:
    """How many statements a document costs, with few rows and with many."""
    found = []
    for size in (FEW, MANY):
        statements.clear()
        ids = [global_id(kind, [n]) for kind in ("Order", "Product") for n in range(1, size)]
        given = {name: value for name, value in (("n", size), ("ids", ids)) if f"${name}" in text}
        await owner.ask(text, given)
        found.append(_reads(statements))
    return found


def _reads(statements: Statements) -> int:
    """Statements but for the one that finds the token."""
    return len([text for text in statements.texts if "secret_hash" not in text])


EXPECTED = {
    PAGE % "nodes { number }": 1,
    PAGE % "edges { cursor } pageInfo { hasNextPage }": 1,
    PAGE % "nodes { number } totalCount": 2,
    PAGE % "nodes { number } totalCount asOf": 2,
    PAGE % "totalCount asOf": 1,
    PAGE % "nodes { shop { name } again: shop { currency } lines { nodes { sku { code } } } }": 1,
    PAGE % "nodes { lines { nodes { number } totalCount asOf pageInfo { endCursor } } }": 1,
    PAGE % "nodes { few: lines(first: 1) { nodes { id } } all: lines { nodes { id } } }": 1,
    PAGE % "nodes { linesAggregate(groupBy: [{field: KIND}]) { count sum { quantity } } }": 1,
    PAGE % DEEP: 1,
    "query($n: Int) { a: orders(first: $n) { nodes { id } } b: shops { nodes { id } } }": 2,
    "query($n: Int) { orders(first: $n) { nodes { id } } orders(first: $n) { asOf } }": 2,
    "query($n: Int) { ordersAggregate(groupBy: [{field: NUMBER}], first: $n) { count } }": 1,
    '{ node(id: "WyJPcmRlciIsMV0") { ... on Order { lines { nodes { id } totalCount } } } }': 1,
    "query($ids: [ID!]!) { nodes(ids: $ids) { id ... on Order { lines { totalCount } } } }": 2,
    "query($n: Int) { orders(first: $n, filter: {lines: {some: {product: {}}}}, "
    "orderBy: [{field: SHOP_NAME}]) { nodes { id } } }": 1,
}
"""Documents, and how many statements each may cost."""

TROUBLED = [
    PAGE % "nodes { lines(first: -1) { totalCount } shop { name } payments { nodes { id } } }",
    PAGE % 'nodes { id lines(after: "bad") { nodes { id } } customer { id } } totalCount',
    PAGE % "nodes { customer { id rfm { segment } orders { nodes { id } } } }",
    PAGE % "nodes { shop { id exposure { share } orders(first: 2) { nodes { id } } } }",
    "query($n: Int) { customers(first: $n) { nodes { rfm { segment } orders { asOf } } } }",
    "query($ids: [ID!]!) { nodes(ids: $ids) { id ... on Order { lines(last: -1) { asOf } } } }",
]
"""Documents in which fields fail, or in which an ordinary resolver takes part."""


async def test_what_is_asked_decides(owner: Client, filled: None, statements: Statements) -> None:
    """An entry field is one statement, one more to count; how many rows there are is no matter."""
    counts = {text: await counts_of(owner, statements, text) for text in EXPECTED}

    assert {text: [count, count] for text, count in EXPECTED.items()} == counts


async def test_trouble_does_not_multiply(
    owner: Client, filled: None, statements: Statements
) -> None:
    """Nor do rows matter when fields fail, or when an ordinary resolver stands among them."""
    counts = {text: await counts_of(owner, statements, text) for text in TROUBLED}

    assert {text: [few, few] for text, (few, _) in counts.items()} == counts
    assert [] == [text for text, (few, _) in counts.items() if few > 7]


async def test_every_question_keeps_to_its_budget(api: Api, statements: Statements) -> None:
    """No question that is answered without errors costs more than its entry fields allow.

    Twice that where something nested is wrong: it is read again, to find out whether it shows.
    """
    house, schema = House(api), plain().schema
    asked = [QUESTIONS.one(seeded(f"budget {number}")) for number in range(150)]

    over = []
    for question in (q for q in asked if is_all_tables(schema, q.asked.document)):
        statements.clear()
        body = await house.told(question)
        allowed = 2 * budget(schema, question.asked.document)
        if "errors" not in body and _reads(statements) > allowed:
            over.append((question, _reads(statements), allowed))

    assert [] == over
