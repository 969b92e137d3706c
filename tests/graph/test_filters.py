"""Filters: every operator, and what becomes of values that make no sense."""

from datetime import date
from typing import Any

import pytest

from core.graph.declare import Many, NodeSpec, One, spec_of
from core.graph.inputs import MAX_LIST
from core.graph.scalars import global_id
from core.graph.types import CORE_TYPES
from core.models import Order, OrderLine, Product, Refund, personal_columns
from tests.graph.orders import minutes, store
from tests.graphql import Api, Client

pytestmark = pytest.mark.anyio

SPECS: list[NodeSpec] = [spec_of(cls) for cls in CORE_TYPES]
ORDERS = """query Orders($filter: OrderFilter) {
  orders(filter: $filter, orderBy: [{field: ORDERED_AT}]) { nodes { number } totalCount }
}"""
DAY = "2026-11-20"
NOON = "2026-11-20T12:00:00+00:00"


@pytest.fixture
def orders(api: Api, merchant_id: int) -> None:
    """Three orders, one minute and one day after another; the last one is unpaid."""
    columns: list[dict[str, Any]] = [
        {"status": "paid", "customer_id": 71, "sale_day": date(2026, 11, 20)},
        {"status": "shipped", "customer_id": 72, "sale_day": date(2026, 11, 21)},
        {"status": "pending", "shop_id": 2},
    ]
    rows = [each | {"ordered_at": minutes(number)} for number, each in enumerate(columns)]
    store(api.database, Order, merchant_id, rows)


async def numbers(owner: Client, filter: Any) -> list[str]:
    """Numbers of the orders that pass a filter; the count must agree."""
    found = (await owner.data(ORDERS, {"filter": filter}))["orders"]
    assert found["totalCount"] == len(found["nodes"])
    return [node["number"] for node in found["nodes"]]


@pytest.mark.parametrize(
    ("filter", "expected"),
    [
        ({}, ["P1", "P2", "P3"]),
        ({"status": {"eq": "paid"}}, ["P1"]),
        ({"status": {"eq": "PAID"}}, []),
        ({"status": {"in": ["paid", "pending"]}}, ["P1", "P3"]),
        ({"status": {"in": []}}, []),
        ({"status": {"eq": None}}, ["P1", "P2", "P3"]),
        ({"status": {"eq": "paid", "in": ["shipped"]}}, []),
        ({"saleDay": {"isNull": True}}, ["P3"]),
        ({"saleDay": {"isNull": False}}, ["P1", "P2"]),
        ({"saleDay": {"eq": DAY}}, ["P1"]),
        ({"saleDay": {"gt": DAY}}, ["P2"]),
        ({"saleDay": {"gte": DAY, "lt": "2026-11-21"}}, ["P1"]),
        ({"saleDay": {"lte": DAY}}, ["P1"]),
        ({"orderedAt": {"gt": NOON}}, ["P2", "P3"]),
        ({"orderedAt": {"eq": "2026-11-20T20:01:00+08:00"}}, ["P2"]),
        ({"orderedAt": {"lte": "2026-11-20T12:00:00Z"}}, ["P1"]),
        ({"customerId": {"eq": global_id("Customer", 72)}}, ["P2"]),
        ({"customerId": {"in": [global_id("Customer", 71)]}}, ["P1"]),
        ({"customerId": {"isNull": True}}, ["P3"]),
        ({"shopId": {"eq": global_id("Shop", 1)}, "status": {"eq": "paid"}}, ["P1"]),
    ],
    ids=str,
)
async def test_filters(owner: Client, orders: None, filter: Any, expected: list[str]) -> None:
    """All given conditions must hold; null asks for nothing; moments compare across zones."""
    assert expected == await numbers(owner, filter)


@pytest.mark.parametrize(
    "filter",
    [
        {"customerId": {"eq": global_id("Shop", 72)}},
        {"customerId": {"eq": "72"}},
        {"customerId": {"in": [global_id("Customer", 71), "x"]}},
        {"customerId": {"eq": global_id("Customer", 71, 72)}},
        {"customerId": {"eq": global_id("Customer", "71")}},
        {"status": {"in": ["paid"] * (MAX_LIST + 1)}},
        {"orderedAt": {"gt": "2026-11-20T12:00:00"}},
        {"orderedAt": {"gt": "0001-01-01T00:00:00+14:00"}},
        {"orderedAt": {"lt": "9999-12-31T23:59:59-14:00"}},
    ],
    ids=lambda value: str(value)[:60],
)
async def test_senseless_values(owner: Client, orders: None, filter: Any) -> None:
    """Ids of another type, times without a zone and endless lists are errors of the caller."""
    answer = await owner.ask(ORDERS, {"filter": filter})

    assert (200, ["BAD_INPUT"]) == (answer.status, answer.codes)


@pytest.mark.parametrize(
    "filter",
    [
        {"status": {"eq": 5}},
        {"saleDay": {"eq": "2026-02-30"}},
        {"orderedAt": {"eq": "yesterday"}},
        {"nickname": {"eq": "x"}},
        {"status": {"like": "%"}},
        [],
    ],
    ids=str,
)
async def test_values_of_the_wrong_type(owner: Client, filter: Any) -> None:
    """What the schema does not allow is refused before anything runs."""
    answer = await owner.ask(ORDERS, {"filter": filter})

    assert ["GRAPHQL_VALIDATION_FAILED"] == answer.codes
    assert "data" not in answer.body


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{eq: 3}", ["P2"]),
        ("{gt: 2, lt: 4}", ["P2"]),
        ("{gte: -9007199254740993}", ["P1", "P2"]),
        ("{eq: 9223372036854775807}", []),
        ("{lte: 9223372036854775808}", "BAD_INPUT"),
        ("{eq: 100000000000000000000000000}", "BAD_INPUT"),
        ("{eq: 1.5}", "GRAPHQL_VALIDATION_FAILED"),
        ('{eq: "3"}', "GRAPHQL_VALIDATION_FAILED"),
        ("{eq: true}", "GRAPHQL_VALIDATION_FAILED"),
    ],
)
async def test_whole_numbers(
    api: Api, owner: Client, merchant_id: int, text: str, expected: list[str] | str
) -> None:
    """Numbers of 64 bits are compared exactly; larger ones and other types are refused."""
    store(api.database, Order, merchant_id, [{}])
    lines = [{"quantity": quantity} for quantity in (2, 3)]
    store(api.database, OrderLine, merchant_id, lines, order_id=1)

    answer = await owner.ask(
        f"{{ orderLines(filter: {{quantity: {text}}}) {{ nodes {{ number }} }} }}"
    )

    if isinstance(expected, str):
        assert [expected] == answer.codes
    else:
        assert expected == [node["number"] for node in answer.data["orderLines"]["nodes"]]


async def test_whole_numbers_in_variables(api: Api, owner: Client, merchant_id: int) -> None:
    """A number in the variables may be 3 or 3.0, as JSON writers differ; beyond 64 bits neither."""
    text = """query Lines($n: BigInt) {
      orderLines(filter: {quantity: {eq: $n}}) { totalCount }
    }"""
    store(api.database, Order, merchant_id, [{}])
    store(api.database, OrderLine, merchant_id, [{"quantity": 3}], order_id=1)

    counts = [(await owner.data(text, {"n": n}))["orderLines"]["totalCount"] for n in (3, 3.0)]
    answers = [await owner.ask(text, {"n": n}) for n in (2**63, 2**80, 1.5, "3", True)]

    assert [1, 1] == counts
    assert ["BAD_INPUT", "BAD_INPUT"] + ["GRAPHQL_VALIDATION_FAILED"] * 3 == [
        answer.codes[0] for answer in answers
    ]


async def test_yes_or_no(api: Api, owner: Client, merchant_id: int) -> None:
    """A filter on yes or no tells unknown from no."""
    base = {
        "merchant_id": merchant_id,
        "shop_id": 1,
        "status": "refunded",
        "platform_status": "",
        "phase": "",
        "reason": "",
        "currency": "CNY",
        "amount": 1,
        "requested_at": minutes(0),
        "updated_at": minutes(0),
    }
    rows = [
        Refund(**base, id=n, platform_id=f"R{n}", goods_returned=value)
        for n, value in enumerate((True, False, None))
    ]
    api.database.system_now(lambda session: session.add_all(rows))

    found = [
        (
            await owner.data(
                f"{{ refunds(filter: {{goodsReturned: {text}}}) {{ nodes {{ number }} }} }}"
            )
        )
        for text in ("{eq: true}", "{eq: false}", "{isNull: true}")
    ]

    assert ["R0", "R1", "R2"] == [each["refunds"]["nodes"][0]["number"] for each in found]
    assert [1, 1, 1] == [len(each["refunds"]["nodes"]) for each in found]


async def test_filters_on_relations(api: Api, owner: Client, merchant_id: int) -> None:
    """A nested connection filters too, each parent's rows for themselves."""
    store(api.database, Order, merchant_id, [{}, {}])
    lines = [{"order_id": 1, "quantity": 1}, {"order_id": 1, "quantity": 5}, {"order_id": 2}]
    store(api.database, OrderLine, merchant_id, lines)

    found = await owner.data("""{ orders(orderBy: [{field: ORDERED_AT}]) { nodes {
      number lines(filter: {quantity: {gt: 1}}) { totalCount nodes { number } }
    } } }""")

    assert [
        {"number": "P1", "lines": {"totalCount": 1, "nodes": [{"number": "P2"}]}},
        {"number": "P2", "lines": {"totalCount": 0, "nodes": []}},
    ] == found["orders"]["nodes"]


def test_personal_columns_give_no_filter_and_no_order() -> None:
    """Nobody can guess a masked value by filtering or sorting, for there is neither."""
    offered = {
        (spec.name, name)
        for spec in SPECS
        for name, declared in spec.columns.items()
        if (declared.filter or declared.order)
        and spec.column_of(name) in personal_columns(spec.model)
    }
    relations = {
        (spec.name, name)
        for spec in SPECS
        for name, each in spec.relations.items()
        if isinstance(each, One | Many) and each.by in personal_columns(spec.model)
    }

    assert set() == offered | relations


async def test_products_by_title(api: Api, owner: Client, merchant_id: int) -> None:
    """Text is compared exactly: case, accents and scripts all count, and nothing is a pattern."""
    titles = ["灯笼", "Lantern", "lantern", "100%", "😀"]
    store(api.database, Product, merchant_id, [{"title": title} for title in titles])
    text = "query T($t: String) { products(filter: {title: {eq: $t}}) { nodes { title } } }"

    found = [(await owner.data(text, {"t": title}))["products"]["nodes"] for title in titles]

    assert [[{"title": title}] for title in titles] == found
