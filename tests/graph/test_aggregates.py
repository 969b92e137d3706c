"""Aggregates: what makes a group, the figures of each, and what is refused."""

from datetime import date
from typing import Any

import pytest

from core.graph.inputs import MAX_ORDER
from core.graph.scalars import global_id
from core.models import Customer, Order, OrderLine
from core.testing.statements import Statements
from tests.facts import Facts
from tests.graph.orders import store
from tests.graphql import Api, Client, without

pytestmark = pytest.mark.anyio

SHOP_1, SHOP_2 = global_id("Shop", 1), global_id("Shop", 2)
DAYS = [
    date(2024, 2, 29),
    date(2024, 12, 29),  # a Sunday
    date(2024, 12, 30),  # the Monday of 2025's first ISO week
    date(2025, 1, 5),
    date(2025, 1, 6),
    date(2025, 3, 31),
    date(2025, 4, 1),
]
HUGE = 2**63 - 1
KEY = "status shopId currency"
FIGURES = ("sum", "min", "max", "avg")


@pytest.fixture
def orders(api: Api, merchant_id: int) -> None:
    """Four orders in yuan, of two states and two shops, and one in yen."""
    columns: list[dict[str, Any]] = [
        {"status": "paid", "paid_amount": 100},
        {"status": "paid", "paid_amount": 200, "shop_id": 2},
        {"status": "pending", "paid_amount": 400},
        {"status": "paid", "paid_amount": 800},
        {"status": "paid", "paid_amount": 1600, "currency": "JPY"},
    ]
    store(api.database, Order, merchant_id, columns)


async def groups(client: Client, arguments: str, fields: str) -> list[Any]:
    """Aggregates of orders."""
    call = f"({arguments})" if arguments else ""
    found = await client.data(f"{{ ordersAggregate{call} {{ {fields} }} }}")
    return list(found["ordersAggregate"])


async def test_groups(owner: Client, orders: None) -> None:
    """Rows with the same words and references are a group; each currency has its own."""
    expected = {
        "STATUS": [["paid", "CNY", 3], ["paid", "JPY", 1], ["pending", "CNY", 1]],
        "SHOP_ID": [[SHOP_1, "CNY", 3], [SHOP_1, "JPY", 1], [SHOP_2, "CNY", 1]],
        "CURRENCY": [["CNY", 4], ["JPY", 1]],
        "STATUS SHOP_ID": [
            ["paid", SHOP_1, "CNY", 2],
            ["paid", SHOP_1, "JPY", 1],
            ["paid", SHOP_2, "CNY", 1],
            ["pending", SHOP_1, "CNY", 1],
        ],
        "": [["CNY", 4], ["JPY", 1]],
    }

    found = {by: await groups(owner, by_all(by), f"key {{ {KEY} }} count") for by in expected}

    shown = {
        by: [[*(v for v in each["key"].values() if v is not None), each["count"]] for each in rows]
        for by, rows in found.items()
    }
    assert expected == shown


def by_all(fields: str) -> str:
    """The argument that groups by several fields."""
    return f"groupBy: [{' '.join(f'{{field: {each}}}' for each in fields.split())}]"


async def test_buckets(api: Api, owner: Client, merchant_id: int) -> None:
    """Dates are gathered by stretches of time, ISO weeks by their Monday; no date comes last."""
    store(api.database, Order, merchant_id, [{"sale_day": day} for day in (*DAYS, None)])
    single = dict.fromkeys(map(str, DAYS), 1)
    expected = {
        "DAY": single,
        "WEEK": {"2024-02-26": 1, "2024-12-23": 1, "2024-12-30": 2, "2025-01-06": 1,
                 "2025-03-31": 2},
        "MONTH": {"2024-02-01": 1, "2024-12-01": 2, "2025-01-01": 2, "2025-03-01": 1,
                  "2025-04-01": 1},
        "QUARTER": {"2024-01-01": 1, "2024-10-01": 2, "2025-01-01": 3, "2025-04-01": 1},
        "YEAR": {"2024-01-01": 3, "2025-01-01": 4},
        "null": single,
    }  # fmt: skip

    for bucket, counts in expected.items():
        by = f"groupBy: [{{field: SALE_DAY, bucket: {bucket}}}]"
        found = await groups(owner, by, "key { saleDay } count")

        shown = [(each["key"]["saleDay"], each["count"]) for each in found]
        assert [*counts.items(), (None, 1)] == shown, bucket


async def test_currencies_are_never_mixed(owner: Client, orders: None) -> None:
    """Without anything to group by there is one group per currency, with sums of its own."""
    found = await groups(owner, "", "key { currency } count sum { paidAmount { amount currency } }")

    assert [
        {"key": {"currency": "CNY"}, "count": 4,
         "sum": {"paidAmount": {"amount": "15.00", "currency": "CNY"}}},
        {"key": {"currency": "JPY"}, "count": 1,
         "sum": {"paidAmount": {"amount": "1600", "currency": "JPY"}}},
    ] == found  # fmt: skip


async def test_figures(api: Api, owner: Client, merchant_id: int) -> None:
    """Rows without a value count for nothing; means of money are rounded half up."""
    cases: list[tuple[list[int | None], list[str | None]]] = [
        ([100, None, 205], ["3.05", "1.00", "2.05", "1.53"]),
        ([None, None], [None] * 4),
        ([0, -7], ["-0.07", "-0.07", "0.00", "-0.04"]),
        ([1, 1, 2], ["0.04", "0.01", "0.02", "0.01"]),
        ([5, 6, 6], ["0.17", "0.05", "0.06", "0.06"]),
    ]
    rows = [{"status": str(n), "reported_amount": amount}
            for n, (amounts, _) in enumerate(cases) for amount in amounts]  # fmt: skip
    store(api.database, Order, merchant_id, rows)
    fields = " ".join(f"{each} {{ reportedAmount {{ amount }} }}" for each in FIGURES)

    found = await groups(owner, by_all("STATUS"), fields)

    values = [[each[name]["reportedAmount"] for name in FIGURES] for each in found]
    shown = [[value and value["amount"] for value in row] for row in values]
    assert [expected for _, expected in cases] == shown


async def test_means_of_counts(api: Api, owner: Client, merchant_id: int) -> None:
    """Means of what is no money are not rounded to whole numbers."""
    store(api.database, Order, merchant_id, [{}])
    store(api.database, OrderLine, merchant_id, [{"quantity": n} for n in (1, 2)], order_id=1)

    found = await owner.data(
        "{ orderLinesAggregate { sum { quantity } min { quantity } avg { quantity } } }"
    )

    assert [{"sum": {"quantity": 3}, "min": {"quantity": 1}, "avg": {"quantity": 1.5}}] == found[
        "orderLinesAggregate"
    ]


async def test_sums_beyond_64_bits(api: Api, owner: Client, merchant_id: int) -> None:
    """Amounts add up exactly, however large: neither database overflows nor rounds."""
    rows = [{"status": s, "paid_amount": n} for s, n in 3 * [("a", HUGE), ("b", -HUGE)]]
    store(api.database, Order, merchant_id, rows)
    fields = "sum { paidAmount { amount } } avg { paidAmount { amount } }"

    found = await groups(owner, by_all("STATUS"), fields)

    amounts = [each[name]["paidAmount"]["amount"] for each in found for name in ("sum", "avg")]
    total, mean = "276701161105643274.21", "92233720368547758.07"
    assert [total, mean, f"-{total}", f"-{mean}"] == amounts


async def test_counts_beyond_64_bits(api: Api, owner: Client, merchant_id: int) -> None:
    """Numbers that are no money add up as exactly."""
    store(api.database, Order, merchant_id, [{}])
    store(api.database, OrderLine, merchant_id, [{"quantity": HUGE}] * 3, order_id=1)

    found = await owner.data("{ orderLinesAggregate { sum { quantity } max { quantity } } }")

    figures = {"sum": {"quantity": 3 * HUGE}, "max": {"quantity": HUGE}}
    assert [figures] == found["orderLinesAggregate"]


async def test_so_many_groups(owner: Client, orders: None) -> None:
    """`first` limits the groups, which come in the order of what they have in common."""
    text = """query Some($first: Int) { ordersAggregate(
      filter: {currency: {eq: "CNY"}}, groupBy: [{field: STATUS}], first: $first
    ) { key { status } } }"""

    found = [await owner.data(text, {"first": size}) for size in (0, 1, 2, 1000, None)]

    shown = [[each["key"]["status"] for each in data["ordersAggregate"]] for data in found]
    both = ["paid", "pending"]
    assert [[], ["paid"], both, both, both] == shown


async def test_order_of_groups(api: Api, owner: Client, merchant_id: int) -> None:
    """Groups run by the bytes of their words, one term after the other; no value comes last."""
    countries = ["b", "B", "é", None, "丝", "", "b"]
    rows = [
        {"merchant_id": merchant_id, "shop_id": 1, "id": n, "platform_id": f"C{n}", "country": each}
        for n, each in enumerate(countries)
    ]
    table = Customer.__table__  # type: ignore[attr-defined]
    api.database.system_now(lambda session: session.execute(table.insert(), rows))

    found = await owner.data(
        "{ customersAggregate(groupBy: [{field: COUNTRY}]) { key { country } } }"
    )

    shown = [each["key"]["country"] for each in found["customersAggregate"]]
    assert ["", "B", "b", "é", "丝", None] == shown


async def test_filters(owner: Client, orders: None) -> None:
    """A filter chooses the rows before they are counted, through relations too."""
    text = """query Paid($filter: OrderFilter) {
      ordersAggregate(filter: $filter, groupBy: [{field: SHOP_ID}]) { count }
    }"""
    filters: list[Any] = [
        {"status": {"eq": "paid"}, "currency": {"eq": "CNY"}},
        {"lines": {"some": {}}},
        None,
    ]

    found = [(await owner.data(text, {"filter": each}))["ordersAggregate"] for each in filters]

    assert [[2, 1], [], [3, 1, 1]] == [[each["count"] for each in groups] for groups in found]


async def test_no_rows(owner: Client) -> None:
    """No rows are no currency, hence no group; what has no currency is one group of nothing."""
    found = await owner.data("""{
      ordersAggregate { count } customersAggregate { count key { country } }
      grouped: customersAggregate(groupBy: [{field: COUNTRY}]) { count }
    }""")

    nothing = [{"count": 0, "key": {"country": None}}]
    assert {"ordersAggregate": [], "customersAggregate": nothing, "grouped": []} == found


async def test_beside_a_relation(
    api: Api, facts: Facts, merchant_id: int, statements: Statements
) -> None:
    """Each parent has aggregates of its own rows, in the one statement of the parents."""
    for customer in (1, 2):
        facts.customer(customer)
    rows = [{"customer_id": c, "status": s, "paid_amount": 100 * n}
            for n, (c, s) in enumerate([(1, "paid"), (1, "pending"), (1, "paid")])]  # fmt: skip
    store(api.database, Order, merchant_id, rows)
    client = Client(api, api.token(merchant_id))
    statements.clear()

    found = await client.data("""{ customers { nodes {
      all: ordersAggregate { count sum { paidAmount { amount } } }
      paid: ordersAggregate(filter: {status: {eq: "paid"}}) { count }
      ordersAggregate(groupBy: [{field: STATUS}], first: 1) { key { status } count }
    } } }""")

    full = {
        "all": [{"count": 3, "sum": {"paidAmount": {"amount": "3.00"}}}],
        "paid": [{"count": 2}],
        "ordersAggregate": [{"key": {"status": "paid"}, "count": 2}],
    }
    assert [full, {"all": [], "paid": [], "ordersAggregate": []}] == found["customers"]["nodes"]
    assert 1 == len([text for text in statements.texts if "secret_hash" not in text])


async def test_senseless_groups(owner: Client, orders: None) -> None:
    """Too many terms, a bucket of what is no date, and impossible sizes are the caller's errors."""
    wrong = {
        by_all("STATUS " * (MAX_ORDER + 1)): ["groupBy"],
        "groupBy: [{field: STATUS, bucket: MONTH}]": ["groupBy"],
        "first: -1": ["first"],
        "first: 1001": ["first"],
        'filter: {shopId: {eq: "x"}}': ["id"],
    }
    asked = " ".join(f"a{n}: ordersAggregate({each}) {{ count }}" for n, each in enumerate(wrong))

    answer = await owner.ask(f"{{ viewer {{ role }} {asked} }}")

    errors = {error["path"][0]: error["extensions"] for error in answer.errors}
    assert {
        f"a{n}": {"code": "BAD_INPUT", "argument": argument}
        for n, argument in enumerate(wrong.values())
    } == errors
    assert {"viewer": {"role": "owner"}} | dict.fromkeys(errors) == answer.body["data"]


async def test_permission(api: Api, facts: Facts) -> None:
    """Who may not see the rows may not count them either, neither at the root nor below."""
    facts.customer(1)
    client = Client(api, api.token(facts.merchant_id, without("orders:read")))

    answer = await client.ask("""{
      ordersAggregate { count } customers { nodes { id ordersAggregate { count } } }
    }""")

    assert ["FORBIDDEN"] * 2 == answer.codes
    paths = [["ordersAggregate"], ["customers", "nodes", 0, "ordersAggregate"]]
    assert paths == sorted((error["path"] for error in answer.errors), key=len)
    node = {"id": global_id("Customer", 1), "ordersAggregate": None}
    assert {"ordersAggregate": None, "customers": {"nodes": [node]}} == answer.body["data"]
