"""Paging: whoever follows the cursors sees every row once, in one order, on both databases."""

from collections.abc import Iterator
from typing import Any

import pytest
from graphql import get_named_type
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, update
from sqlmodel import delete, select

from core.db.database import engine_for_owner
from core.graph.declare import NodeSpec, spec_of
from core.graph.types import CORE_TYPES
from core.models import Order, Product, SyncState
from tests.builders import NOON
from tests.databases import on_postgresql
from tests.graph.marked import Marked
from tests.graph.orders import minutes, store
from tests.graphql import Api, Client, built_in_schema

SPECS: list[NodeSpec] = [spec_of(cls) for cls in CORE_TYPES]
PRODUCTS = """query Page(
  $order: [ProductOrder!], $first: Int, $after: String, $last: Int, $before: String
) {
  products(orderBy: $order, first: $first, after: $after, last: $last, before: $before) {
    nodes { number }
    edges { cursor node { number } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}"""
TITLES = st.text(st.sampled_from("aAbBzZ灯笼丝绸é😀\u0301 _-"), max_size=3)
SAME = settings(max_examples=12, suppress_health_check=list(HealthCheck), deadline=None)


async def page_through(client: Client, order: list[Any], size: int, *, forward: bool) -> list[str]:
    """Numbers of all products, page by page, in the order asked for."""
    found: list[str] = []
    cursor = None
    while True:
        asked = {"first": size, "after": cursor} if forward else {"last": size, "before": cursor}
        page = (await client.data(PRODUCTS, {"order": order} | asked))["products"]
        numbers = [node["number"] for node in page["nodes"]]
        found = [*found, *numbers] if forward else [*numbers, *found]
        if not page["pageInfo"]["hasNextPage" if forward else "hasPreviousPage"]:
            return found
        cursor = page["pageInfo"]["endCursor" if forward else "startCursor"]


@SAME
@example([("a", "x", 5), ("A", None, 5), ("灯", "x", 5), ("丝", "", 4), ("", None, 4)], 2, True)
@given(
    st.lists(st.tuples(TITLES, st.none() | TITLES, st.integers(0, 3)), min_size=1, max_size=9),
    st.integers(1, 4),
    st.booleans(),
)
@pytest.mark.anyio
async def test_pages_make_up_the_whole(
    api: Api, owner: Client, merchant_id: int, drawn: list[Any], size: int, descending: bool
) -> None:
    """Ties, nulls and any script: pages of either direction join up to the order of the bytes."""
    api.database.system_now(lambda session: session.execute(delete(Product)))
    columns = [{"title": t, "code": c, "price": p} for t, c, p in drawn]
    store(api.database, Product, merchant_id, columns)
    direction = "DESC" if descending else "ASC"
    order = [{"field": name, "direction": direction} for name in ("PRICE", "CODE", "TITLE")]

    forward = await page_through(owner, order, size, forward=True)
    backward = await page_through(owner, order, size, forward=False)

    assert _expected(drawn, descending) == forward
    assert forward == backward


def _expected(drawn: list[Any], descending: bool) -> list[str]:
    """Numbers in the order that both databases promise: nulls last, text by its bytes."""
    numbered = [(*row, number) for number, row in enumerate(drawn, 1)]

    def key(row: Any) -> Any:
        title, code, price, number = row
        return (price, (code or "").encode(), title.encode(), number)

    numbered.sort(key=key, reverse=descending)
    # Stable sorts, the least important first: nulls go last whichever way the order runs.
    numbered.sort(key=lambda row: row[1] is None)
    numbered.sort(key=lambda row: row[2], reverse=descending)
    return [f"P{row[-1]}" for row in numbered]


@on_postgresql
@pytest.mark.anyio
async def test_a_database_that_sorts_by_language(api: Api, owner: Client, merchant_id: int) -> None:
    """A database whose own order is that of dictionaries answers in the order of bytes, too."""
    titles = ["a", "B", "é", "Z", "z", "灯", "😀", "_", "A"]
    store(api.database, Product, merchant_id, [{"title": title} for title in titles])
    owner_engine = engine_for_owner(api.settings)
    with owner_engine.begin() as connection:
        change = 'ALTER TABLE products ALTER COLUMN title TYPE text COLLATE "unicode"'
        connection.exec_driver_sql(change)
    owner_engine.dispose()

    found = await page_through(owner, [{"field": "TITLE"}], 2, forward=True)

    assert sorted(titles, key=str.encode) == [titles[int(number[1:]) - 1] for number in found]


@pytest.mark.anyio
async def test_every_order(api: Api) -> None:
    """Each order that a root connection offers pages through all rows, the same both ways."""
    merchant = Marked(7003, "C", 5)
    merchant.fill(api.database, 101, 102, 103)
    for spec in SPECS:
        _forget_values(api, spec)
    client = Client(api, api.token(merchant.merchant_id))
    orders = list(_orders())

    for root, name in orders:
        up, down = [await _one_by_one(client, root, name, way) for way in ("ASC", "DESC")]

        total = (await client.data(f"{{ {root} {{ totalCount }} }}"))[root]["totalCount"]
        assert len(up) == total == len(set(up)), (root, name)
        assert sorted(up) == sorted(down), (root, name)

    assert len(orders) > 60


def _orders() -> Iterator[tuple[str, str]]:
    """Root connections, with each member of the enum of their order."""
    query = built_in_schema()._schema.query_type
    for root, each in query.fields.items():
        order = each.args.get("orderBy")
        if order is not None:
            fields = get_named_type(order.type).fields["field"]
            yield from ((root, name) for name in get_named_type(fields.type).values)


def _forget_values(api: Api, spec: NodeSpec) -> None:
    """Null in one row of the type, wherever a column may be null."""
    columns = [column for column in spec.model.__table__.columns if column.nullable]
    first = select(func.min(getattr(spec.model, spec.key_columns[0]))).scalar_subquery()
    chosen = getattr(spec.model, spec.key_columns[0]) == first
    if columns:
        change = update(spec.model).where(chosen).values({each.name: None for each in columns})
        api.database.system_now(lambda session: session.execute(change))


async def _one_by_one(client: Client, root: str, field: str, direction: str) -> list[str]:
    """Ids of all rows, read one at a time, each page by the cursor of the one before."""
    text = f"""query Next($after: String) {{
      {root}(first: 1, after: $after, orderBy: [{{ field: {field}, direction: {direction} }}]) {{
        nodes {{ id }} pageInfo {{ hasNextPage endCursor }}
      }} }}"""
    found: list[str] = []
    cursor = None
    while True:
        page = (await client.data(text, {"after": cursor}))[root]
        found += [node["id"] for node in page["nodes"]]
        if not page["pageInfo"]["hasNextPage"]:
            return found
        cursor = page["pageInfo"]["endCursor"]


@pytest.mark.anyio
async def test_page_info(api: Api, owner: Client, merchant_id: int) -> None:
    """A page says whether rows follow and precede it, and where it begins and ends."""
    store(api.database, Product, merchant_id, [{}] * 3)
    order = {"order": [{"field": "PRICE"}]}
    first = (await owner.data(PRODUCTS, order | {"first": 1}))["products"]
    after = first["pageInfo"]["endCursor"]

    middle = (await owner.data(PRODUCTS, order | {"first": 1, "after": after}))["products"]
    last = (await owner.data(PRODUCTS, order | {"last": 1}))["products"]
    none = (await owner.data(PRODUCTS, order | {"first": 0}))["products"]

    flags = [
        (page["pageInfo"]["hasPreviousPage"], page["pageInfo"]["hasNextPage"])
        for page in (first, middle, last, none)
    ]
    assert [(False, True), (True, True), (True, False), (False, True)] == flags
    assert ["P2"] == [edge["node"]["number"] for edge in middle["edges"]]
    assert middle["edges"][0]["cursor"] == middle["pageInfo"]["startCursor"]
    assert (None, None) == (none["pageInfo"]["startCursor"], none["pageInfo"]["endCursor"])


@pytest.mark.anyio
@pytest.mark.parametrize(
    "arguments",
    [
        {"first": 1, "last": 1},
        {"first": 1, "before": "x"},
        {"last": 1, "after": "x"},
        {"first": -1},
        {"first": 1001},
        {"last": 1001},
        {"order": [{"field": "PRICE"}] * 4},
    ],
    ids=str,
)
async def test_contradictory_pages(owner: Client, arguments: dict[str, Any]) -> None:
    """A page that goes both ways, or is too large, is an error of the caller that says so."""
    answer = await owner.ask(PRODUCTS, arguments)

    assert (200, ["BAD_INPUT"]) == (answer.status, answer.codes)
    assert {"products": None} == answer.body["data"]


@pytest.mark.anyio
async def test_default_and_largest_page(api: Api, owner: Client, merchant_id: int) -> None:
    """Without a size a page has 50 rows; it has 1,000 at the most."""
    store(api.database, Product, merchant_id, [{}] * 1002)

    usual = await owner.data("{ products { nodes { id } pageInfo { hasNextPage } } }")
    large = await owner.data("{ products(first: 1000) { nodes { id } } }")

    assert 50 == len(usual["products"]["nodes"])
    assert usual["products"]["pageInfo"]["hasNextPage"]
    assert 1000 == len(large["products"]["nodes"])


@pytest.mark.anyio
async def test_newest_first(api: Api, owner: Client, merchant_id: int) -> None:
    """Without an order, orders come the newest first; equal times have a fixed order too."""
    columns = [{"ordered_at": minutes(each)} for each in (3, 9, 3, 5)]
    store(api.database, Order, merchant_id, columns)

    found = (await owner.data("{ orders { nodes { number } } }"))["orders"]["nodes"]

    assert ["P2", "P4", "P3", "P1"] == [node["number"] for node in found]


@pytest.mark.anyio
async def test_as_of(api: Api, owner: Client, merchant_id: int) -> None:
    """`asOf` is the time of the shop that is furthest behind, and null while one has none."""
    states = [("orders", 1, minutes(5)), ("orders", 2, minutes(2)), ("products", 1, None)]
    for stream, shop_id, through in states:
        state = SyncState(
            merchant_id=merchant_id,
            shop_id=shop_id,
            stream=stream,
            cursor={},
            due_at=NOON,
            synced_through=through,
        )
        api.database.system_now(lambda session, state=state: session.add(state))

    found = await owner.data("{ orders { asOf } products { asOf } shops { asOf } }")

    assert "2026-11-20T12:02:00+00:00" == found["orders"]["asOf"]
    assert (None, None) == (found["products"]["asOf"], found["shops"]["asOf"])
