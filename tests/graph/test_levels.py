"""The three levels of an execution: how one tells them, and that their answers are the same."""

import json
from functools import cache
from typing import Any

import pytest
import strawberry

from core.graph.declare import computed
from core.graph.fields import field
from core.graph.scalars import global_id
from core.graph.schema import ComposedSchema, compose
from core.models import Order
from core.registry import Registry
from tests.databases import on_sqlite
from tests.facts import Facts
from tests.graph.orders import store
from tests.graphql import Answer, Api, Client, without
from tests.tiny import extend, house_with, make_plugin

pytestmark = pytest.mark.anyio

WORST = 2
"""The amount at which a computed field and its twin of a resolver fail."""


def _checked(paid: int) -> int:
    if paid == WORST:
        raise ValueError("this text must not reach anybody")
    return paid * 10


@strawberry.type
class Fragile:
    tenfold = computed(int, "Ten times as much; fails for one.", ("paid_amount",), _checked)
    tenfold_or_none = computed(int | None, "The same.", ("paid_amount",), _checked)

    @field(permission="orders:read", description="The twin of `tenfold`.", name="twinTenfold")
    async def twin(self: Any) -> int:
        return _checked(self.row["paid_amount"])

    @field(permission="orders:read", description="And its twin.", name="twinTenfoldOrNone")
    async def twin_or_none(self: Any) -> int | None:
        return _checked(self.row["paid_amount"])


@cache
def fragile_house() -> tuple[Registry, ComposedSchema]:
    """The built-in plugins, and one whose fields fail."""
    registry = house_with(tiny=make_plugin(schema=extend("Order", Fragile)))
    return registry, compose(registry)


@pytest.fixture
def rows(api: Api, facts: Facts, merchant_id: int) -> None:
    """Two customers; three orders of the first one, in the order of their numbers."""
    facts.customer(1)
    facts.customer(2)
    orders = [{"customer_id": 1, "paid_amount": number} for number in (1, 2, 3)]
    store(api.database, Order, merchant_id, orders)


async def explained(client: Client, query: str, variables: Any = None) -> Answer:
    """An answer that shows how it was made."""
    body = {"query": query, "variables": variables or {}, "extensions": {"explain": True}}
    return await client.api.post(json.dumps(body), client.token)


async def level(client: Client, query: str, variables: Any = None) -> tuple[str, int]:
    """The level at which a query was answered, and how many statements it took."""
    shown = (await explained(client, query, variables)).body["extensions"]["explain"]
    return shown["level"].partition(":")[0], len(shown["statements"])


async def test_levels(owner: Client, rows: None) -> None:
    """What is all table-shaped is compiled whole; a resolver leaves compiled parts around it."""
    id = global_id("Customer", 1)
    expected = {
        "{ orders { nodes { number } } }": ("whole", 1),
        "{ orders { totalCount nodes { customer { id } } } shops { asOf } }": ("whole", 3),
        "{ ordersAggregate { count } trafficDays { totalCount } }": ("whole", 2),
        f'{{ node(id: "{id}") {{ ... on Customer {{ country }} }} }}': ("whole", 1),
        "{ __typename }": ("whole", 0),
        "{ customers { nodes { number rfm { segment } } } }": ("parts", 1),
        "{ orders { nodes { id } } viewer { role } }": ("parts", 1),
        f'{{ nodes(ids: ["{id}"]) {{ id }} }}': ("parts", 1),
        "{ viewer { role } plugins { name } }": ("ordinary", 0),
        "{ traffic { __typename } lifecycle { rfm { rule } } }": ("ordinary", 0),
    }

    found = {query: await level(owner, query) for query in expected}

    assert expected == found


@on_sqlite
async def test_level_of_a_node(owner: Client, rows: None) -> None:
    """What the id turns out to be decides: where a resolver takes part it is parts."""
    text = "query Any($id: ID!) { node(id: $id) { ... on Customer { rfm { segment } } } }"

    found = await level(owner, text, {"id": global_id("Customer", 1)})

    assert ("parts", 1) == found


async def test_what_explain_shows(owner: Client, rows: None) -> None:
    """`extensions.explain` shows plan, SQL, bound values, rows, times and the generated source."""
    query = "query Some($n: Int) { orders(first: $n) { nodes { number lines { totalCount } } } }"

    answer = await explained(owner, query, {"n": 2})

    assert 2 == len(answer.data["orders"]["nodes"])
    [statement] = answer.body["extensions"]["explain"]["statements"]
    assert ["page of Order: 1 values", "  count of OrderLine"] == statement["plan"]
    assert 'FROM "orders"' in statement["sql"]
    assert (["3"], 3) == (statement["values"][1:], statement["rows"])
    assert statement["readMs"] > 0
    assert "def answer(" in statement["source"]


@on_sqlite  # decided before there is any SQL
async def test_explain_is_the_owners(api: Api, merchant_id: int) -> None:
    """Who may not see SQL is refused as a whole, and nothing is executed."""
    answers = [
        await explained(Client(api, api.token(merchant_id, role)), "{ viewer { role } }")
        for role in ("owner", "analyst", "support", without("explain:read"))
    ]

    assert [200, 403, 403, 403] == [answer.status for answer in answers]
    assert [["FORBIDDEN"]] * 3 == [answer.codes for answer in answers[1:]]
    assert all("data" not in answer.body for answer in answers[1:])


@on_sqlite
async def test_explain_with_wrong_variables(owner: Client) -> None:
    """Variables that do not fit are the caller's error, explained or not."""
    query = "query Some($n: Int!) { orders(first: $n) { totalCount } }"

    plain = await owner.ask(query, {"n": "many"})
    answer = await explained(owner, query, {"n": "many"})

    assert (plain.status, plain.codes) == (answer.status, answer.codes)


@pytest.mark.parametrize("name", ["tenfold", "tenfoldOrNone"])
async def test_a_computed_field_that_fails(
    api: Api, rows: None, merchant_id: int, name: str
) -> None:
    """One row's failure is that row's error, as it would be of a resolver; the others stay."""
    bigger = Api(api.settings, api.database, *fragile_house())
    client = Client(bigger, bigger.token(merchant_id))
    twin = f"twin{name[0].upper()}{name[1:]}"
    text = """{ orders(orderBy: [{field: PAID_AMOUNT}]) { nodes { number shown: %s } }
      customers { nodes { orders(orderBy: [{field: PAID_AMOUNT}]) { nodes { shown: %s } } } } }"""

    computed_, resolved = [await client.ask(text % (each, each)) for each in (name, twin)]

    assert resolved.body["data"] == computed_.body["data"]
    assert ["INTERNAL"] * 2 == computed_.codes
    assert _paths(resolved) == _paths(computed_)
    assert "reach anybody" not in str(computed_.body)
    if name == "tenfoldOrNone":
        shown = [node["shown"] for node in computed_.body["data"]["orders"]["nodes"]]
        assert [10, None, 30] == shown


def _paths(answer: Answer) -> list[list[Any]]:
    return sorted((error["path"] for error in answer.errors), key=str)


@pytest.mark.parametrize(
    ("variables", "wrong"),
    [
        ("", {"first: -1": "BAD_INPUT", 'after: "bad"': "BAD_CURSOR"}),
        (
            "($n: Int, $cursor: String, $id: ID!)",
            {
                "first: 1, last: 1": "BAD_INPUT",
                "first: $n": "BAD_INPUT",
                "first: 1, after: $cursor": "BAD_CURSOR",
                "filter: {shopId: {in: [$id]}}": "BAD_INPUT",
            },
        ),
    ],
    ids=["constants", "variables"],
)
async def test_wrong_arguments_below(
    owner: Client, rows: None, variables: str, wrong: dict[str, str]
) -> None:
    """Wrong arguments of a nested connection are an error for each parent; the rest answers."""
    asked = " ".join(f"a{n}: orders({each}) {{ asOf }}" for n, each in enumerate(wrong))
    text = f"""query Wrong{variables} {{
      customers {{ nodes {{ id {asked} fine: orders {{ totalCount }} }} }}
    }}"""

    answer = await owner.ask(text, {"n": -1, "cursor": "bad", "id": "bad"})

    expected = {
        f"customers nodes {parent} a{n}": code
        for n, code in enumerate(wrong.values())
        for parent in range(2)
    }
    assert expected == {_path(error): error["extensions"]["code"] for error in answer.errors}
    nodes = answer.body["data"]["customers"]["nodes"]
    assert [3, 0] == [node["fine"]["totalCount"] for node in nodes]
    assert {None} == {node[f"a{n}"] for node in nodes for n in range(len(wrong))}


def _path(error: Any) -> str:
    return " ".join(map(str, error["path"]))


async def test_typename_anywhere(owner: Client, rows: None) -> None:
    """`__typename` tells the type on every level of compiled parts, under any alias."""
    found = await owner.data("""{ __typename a: __typename
      orders(first: 1) { __typename
        edges { __typename cursor node { __typename paidAmount { __typename }
          shop { __typename } customer { __typename orders { __typename } } } }
        pageInfo { __typename } }
      ordersAggregate { __typename key { __typename } avg { __typename }
        sum { __typename paidAmount { t: __typename } } }
    }""")

    amount = {"__typename": "Money"}
    customer = {"__typename": "Customer", "orders": {"__typename": "OrderConnection"}}
    order = {"__typename": "Order", "paidAmount": amount, "shop": None, "customer": customer}
    [edge] = found["orders"].pop("edges")
    assert edge.pop("cursor")
    assert {"__typename": "OrderEdge", "node": order} == edge
    page = {"__typename": "OrderConnection", "pageInfo": {"__typename": "PageInfo"}}
    sums = {"__typename": "OrderMeasures", "paidAmount": {"t": "Money"}}
    group = {"__typename": "OrderAggregate", "key": {"__typename": "OrderGroup"}, "sum": sums,
             "avg": {"__typename": "OrderAverages"}}  # fmt: skip
    named = {"__typename": "Query", "a": "Query"}
    assert named | {"orders": page, "ordersAggregate": [group]} == found


async def test_directives_with_variables(owner: Client, rows: None) -> None:
    """`@skip` and `@include` follow their variables each time, on fields and on fragments."""
    text = """query Some($more: Boolean!, $less: Boolean! = false, $n: Int = 1) {
      orders(first: $n) { nodes {
        id @include(if: $more) kind @skip(if: $less) ...F @skip(if: $more)
      } }
      viewer @include(if: $more) { role }
    }
    fragment F on Order { number @skip(if: $less) status }"""
    given = [(True, False), (False, False), (False, True), (True, True), (True, False)]

    found = [await owner.data(text, {"more": more, "less": less}) for more, less in given]

    shown = [(set(each["orders"]["nodes"][0]), "viewer" in each) for each in found]
    assert [
        ({"id", "kind"}, True),
        ({"kind", "number", "status"}, False),
        ({"status"}, False),
        ({"id"}, True),
        ({"id", "kind"}, True),
    ] == shown


async def test_roles_never_share_a_plan(api: Api, rows: None, merchant_id: int) -> None:
    """The same document shows each role what that role may see, in whatever order they ask."""
    text = """{ customers(first: 1) { nodes {
      number orders { totalCount } refunds { totalCount }
    } } }"""
    roles = ["owner", "analyst", without("refunds:read"), without("customers:read")]
    clients = {role: Client(api, api.token(merchant_id, role)) for role in roles}

    answers = [await clients[role].ask(text) for role in [*roles, *reversed(roles)]]

    full = {"number": "C1", "orders": {"totalCount": 3}, "refunds": {"totalCount": 0}}
    expected: list[Any] = [
        {"nodes": [full]},
        {"nodes": [full | {"number": "***"}]},
        {"nodes": [full | {"refunds": None}]},
        None,
    ]
    shown = [answer.body["data"]["customers"] for answer in answers]
    assert [*expected, *reversed(expected)] == shown


@on_sqlite
@pytest.mark.parametrize(
    "query",
    [
        "{ orders {" + "nodes { shop { orders {" * 9 + " asOf " + "} } }" * 9 + "} }",
        "{ orders { nodes {" + "".join(f" a{n}: shop {{ id }}" for n in range(64)) + " } } }",
    ],
    ids=["deep", "wide"],
)
async def test_limits_of_a_statement(owner: Client, query: str) -> None:
    """A question too large for one statement is answered, or refused; it is never a failure."""
    answer = await owner.ask(query)

    assert "INTERNAL" not in answer.codes
