"""Filters and orders that lead through relations: what they choose, and who may use them."""

from typing import Any

import pytest

from core.graph.inputs import MAX_DEPTH, MAX_LIST
from core.models import Customer, Order, OrderLine, Product
from tests.builders import make_shop
from tests.graph.orders import store
from tests.graphql import Api, Client, without

pytestmark = pytest.mark.anyio

ORDERS = """query Orders($filter: OrderFilter) {
  orders(filter: $filter, orderBy: [{field: PAID_AMOUNT}]) { nodes { number } totalCount }
}"""
BY_SHOP = """query Page(
  $way: Direction!, $first: Int, $after: String, $last: Int, $before: String
) {
  orders(
    orderBy: [{field: SHOP_NAME, direction: $way}, {field: PAID_AMOUNT}],
    first: $first, after: $after, last: $last, before: $before
  ) {
    nodes { number }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}"""


@pytest.fixture
def orders(api: Api, merchant_id: int) -> None:
    """Orders of a customer in Japan, one in Italy, one of no country, a guest, and a stranger."""
    customers = [
        Customer(merchant_id=merchant_id, shop_id=1, id=n, platform_id=f"C{n}", country=country)
        for n, country in enumerate(("Japan", "Italy", None), 1)
    ]
    api.database.system_now(lambda session: session.add_all(customers))
    columns = [{"customer_id": each} for each in (1, 2, 3, None, 99)]
    rows = [each | {"paid_amount": number} for number, each in enumerate(columns)]
    store(api.database, Order, merchant_id, rows, status="paid")
    store(api.database, Product, merchant_id, [{"title": "Lantern"}, {"title": "Lamp"}])
    lines = [
        {"order_id": order, "product_id": product, "quantity": quantity}
        for order, product, quantity in [(1, 1, 5), (1, 2, 1), (2, 2, 1), (3, 77, 1)]
    ]
    store(api.database, OrderLine, merchant_id, lines)


JAPAN, ITALY = ({"customer": {"country": {"eq": name}}} for name in ("Japan", "Italy"))
MANY = {"lines": {"some": {"quantity": {"gt": 2}}}}
CHOSEN: list[tuple[Any, str]] = [
    (JAPAN, "1"),
    ({"customer": {"country": {"in": ["Japan", "Italy"]}}}, "12"),
    ({"customer": {"country": {"isNull": True}}}, "3"),
    ({"customer": {}}, "123"),
    ({"customer": None}, "12345"),
    ({"not": {"customer": {}}}, "45"),
    ({"not": JAPAN}, "2345"),
    ({"not": {}}, "12345"),
    ({"or": [JAPAN, ITALY]}, "12"),
    ({"or": [JAPAN, {}]}, "12345"),
    ({"or": []}, "12345"),
    ({"and": [JAPAN, ITALY]}, ""),
    ({"and": [JAPAN, {"not": ITALY}]}, "1"),
    ({"and": []}, "12345"),
    (MANY, "1"),
    ({"lines": {"none": MANY["lines"]["some"]}}, "2345"),
    ({"lines": {"some": {}}}, "123"),
    ({"lines": {"none": {}}}, "45"),
    ({"lines": {"some": {"product": {"title": {"eq": "Lamp"}}}}}, "12"),
    ({"lines": {"some": {"product": {}}, "none": {"quantity": {"gt": 2}}}}, "2"),
    ({"customer": {"orders": {"some": MANY}}}, "1"),
    ({"customer": {"orders": {"none": MANY}}}, "23"),
    ({"status": {"eq": "paid"}, "customer": {"not": {"country": {"eq": "Japan"}}}}, "23"),
]


async def test_filters_through_relations(owner: Client, orders: None) -> None:
    """Related rows decide, `some` and `none` of them; what is unknown is not equal to anything."""
    for filter, expected in CHOSEN:
        found = (await owner.data(ORDERS, {"filter": filter}))["orders"]

        assert [f"P{n}" for n in expected] == [each["number"] for each in found["nodes"]], filter
        assert len(expected) == found["totalCount"], filter


async def test_filters_of_a_nested_connection(owner: Client, orders: None) -> None:
    """Below a relation a filter leads further in the same way, with a count that agrees."""
    found = await owner.data("""{ customers { nodes {
      orders(filter: {lines: {some: {product: {title: {eq: "Lantern"}}}}}) {
        nodes { number } totalCount
      }
    } } }""")

    connections = [each["orders"] for each in found["customers"]["nodes"]]
    assert [["P1"], [], []] == [[n["number"] for n in each["nodes"]] for each in connections]
    assert [1, 0, 0] == [each["totalCount"] for each in connections]


async def test_limits_of_filters(owner: Client, orders: None) -> None:
    """A filter may nest so deep, and list so many; beyond that it is the caller's error."""
    deepest: Any = {"lines": {"some": {"order": {"customer": {"country": {"eq": "Japan"}}}}}}
    longest = {"or": [JAPAN] * MAX_LIST}
    wrong = [{"not": deepest}, {"and": [deepest]}, {"customer": {"orders": {"some": deepest}}},
             {"or": [JAPAN] * (MAX_LIST + 1)}]  # fmt: skip

    fine = [(await owner.data(ORDERS, {"filter": each}))["orders"] for each in (deepest, longest)]
    answers = [await owner.ask(ORDERS, {"filter": each}) for each in wrong]

    assert MAX_DEPTH == 4
    assert [1, 1] == [each["totalCount"] for each in fine]
    assert [["BAD_INPUT"]] * 4 == [answer.codes for answer in answers]
    assert [{"orders": None}] * 4 == [answer.body["data"] for answer in answers]


@pytest.mark.parametrize(
    ("permission", "arguments"),
    [
        ("customers:read", 'filter: {customer: {country: {eq: "Japan"}}}'),
        ("customers:read", "filter: {not: {or: [{customer: {}}]}}"),
        ("products:read", "filter: {lines: {some: {product: {}}}}"),
        ("refunds:read", "filter: {refunds: {none: {}}}"),
        ("shops:read", "orderBy: [{field: PAID_AMOUNT}, {field: SHOP_NAME}]"),
    ],
)
async def test_permission_of_the_target(
    api: Api, orders: None, merchant_id: int, permission: str, arguments: str
) -> None:
    """Nobody sifts or sorts by rows that they may not see, neither at the root nor below."""
    make_shop(api.database, merchant_id, id=1)
    client = Client(api, api.token(merchant_id, without(permission)))
    parents = "customers" if permission == "shops:read" else "shops"
    rows = f"orders({arguments}) {{ nodes {{ id }} }}"
    groups = f"ordersAggregate({arguments}) {{ count }}" if "filter" in arguments else ""

    answer = await client.ask(f"{{ {rows} {groups} {parents} {{ nodes {{ {rows} {groups} }} }} }}")

    *roots, below = answer.body["data"].values()
    nodes = below["nodes"]
    assert {"FORBIDDEN"} == set(answer.codes)
    assert {None} == {*roots, *(value for node in nodes for value in node.values())}
    assert len(answer.codes) == len(roots) * (1 + len(nodes))


@pytest.fixture
def shops(api: Api, merchant_id: int) -> None:
    """Orders of shop B, of a shop nobody knows, of shop a, of B again, and of another stranger."""
    for id, name in ((11, "B"), (12, "a")):
        make_shop(api.database, merchant_id, id=id, name=name)
    rows = [{"shop_id": each, "paid_amount": n} for n, each in enumerate((11, 98, 12, 11, 99))]
    store(api.database, Order, merchant_id, rows)


@pytest.mark.parametrize(
    ("way", "expected"),
    [("ASC", ["P1", "P4", "P3", "P2", "P5"]), ("DESC", ["P3", "P1", "P4", "P2", "P5"])],
)
async def test_order_through_a_relation(
    owner: Client, shops: None, way: str, expected: list[str]
) -> None:
    """Pages join up in either direction; rows without a related one come last either way."""
    forward = await page_through(owner, way, forward=True)
    backward = await page_through(owner, way, forward=False)

    assert expected == forward
    assert expected == backward


async def page_through(client: Client, way: str, *, forward: bool) -> list[str]:
    """Numbers of all orders, two by two."""
    found: list[str] = []
    cursor = None
    for _ in range(3):
        asked = {"first": 2, "after": cursor} if forward else {"last": 2, "before": cursor}
        page = (await client.data(BY_SHOP, {"way": way} | asked))["orders"]
        numbers = [node["number"] for node in page["nodes"]]
        found = [*found, *numbers] if forward else [*numbers, *found]
        cursor = page["pageInfo"]["endCursor" if forward else "startCursor"]
    assert not page["pageInfo"]["hasNextPage" if forward else "hasPreviousPage"]
    return found


async def test_cursor_of_another_order(owner: Client, shops: None) -> None:
    """A cursor of one order through a relation is refused by another one."""
    page = (await owner.data(BY_SHOP, {"way": "ASC", "first": 2}))["orders"]

    answer = await owner.ask(BY_SHOP, {"way": "DESC", "after": page["pageInfo"]["endCursor"]})

    assert ["BAD_CURSOR"] == answer.codes
    assert {"orders": None} == answer.body["data"]


async def test_order_below_a_relation(owner: Client, orders: None) -> None:
    """Each parent's rows are sorted by what they are related to, and page by its cursors."""
    text = """query Lines($after: String) { orders(orderBy: [{field: PAID_AMOUNT}], first: 3) {
      nodes { lines(orderBy: [{field: PRODUCT_TITLE}], first: 1, after: $after) {
        nodes { product { title } } pageInfo { endCursor hasNextPage }
      } } } }"""

    first = (await owner.data(text))["orders"]["nodes"]
    after = first[1]["lines"]["pageInfo"]["endCursor"]
    second = (await owner.data(text, {"after": after}))["orders"]["nodes"]

    lamp, lantern, unknown = {"title": "Lamp"}, {"title": "Lantern"}, None
    assert [[lamp], [lamp], [unknown]] == [_products(node) for node in first]
    assert [[lantern], [], [unknown]] == [_products(node) for node in second]


def _products(order: Any) -> list[Any]:
    return [line["product"] for line in order["lines"]["nodes"]]
