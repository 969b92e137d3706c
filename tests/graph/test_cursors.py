"""Cursors: opaque, bound to their order, and harmless whatever somebody writes instead."""

import base64
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.models import Order, Product
from tests.graph.orders import store
from tests.graphql import Client

pytestmark = pytest.mark.anyio

PRODUCTS = """query Products($order: [ProductOrder!], $after: String) {
  products(orderBy: $order, after: $after) { nodes { number } pageInfo { endCursor } }
}"""
BY_TITLE, BY_PRICE = [{"field": "TITLE"}], [{"field": "PRICE"}]
FUZZ = settings(max_examples=60, suppress_health_check=list(HealthCheck), deadline=None)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=2),
    max_leaves=6,
)


def cursor_of(content: Any) -> str:
    """A cursor as somebody might forge it."""
    text = json.dumps(content)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


async def test_cursor_of_another_order(api: Any, owner: Client, merchant_id: int) -> None:
    """A cursor goes on with the order it was made for; with any other it is refused."""
    store(api.database, Product, merchant_id, [{"title": "a"}, {"title": "b"}])
    page = await owner.data(PRODUCTS, {"order": BY_TITLE})
    after = page["products"]["pageInfo"]["endCursor"]

    same = await owner.ask(PRODUCTS, {"order": BY_TITLE, "after": after})
    other = await owner.ask(PRODUCTS, {"order": BY_PRICE, "after": after})
    reverse = await owner.ask(
        PRODUCTS, {"order": [{"field": "TITLE", "direction": "DESC"}], "after": after}
    )

    assert [] == same.data["products"]["nodes"]
    assert [["BAD_CURSOR"]] * 2 == [other.codes, reverse.codes]


@pytest.mark.parametrize(
    "values",
    [
        ["a"],
        ["a", "b"],
        ["a", 1, 2],
        [1, 1],
        ["a", 2**63],
        ["a", -(2**63) - 1],
        ["a", True],
        ["a", 1.5],
        ["nul\0", 1],
        ["\ud800", 1],
        [["a"], 1],
        [None, {}],
        "ab",
        {"a": 1, "b": 2},
        None,
    ],
    ids=repr,
)
async def test_altered_values(owner: Client, values: Any) -> None:
    """A cursor with values that its columns cannot have is a bad cursor, not a failure."""
    after = cursor_of([1, "title asc,id asc", values])

    answer = await owner.ask(PRODUCTS, {"order": BY_TITLE, "after": after})

    assert (200, ["BAD_CURSOR"]) == (answer.status, answer.codes)


@pytest.mark.parametrize(
    "moment", ["2026-11-20T12:00:00", "0001-01-01T00:00:00+14:00", "2026-13-01T00:00:00Z", 5, ""]
)
async def test_altered_moments(owner: Client, moment: Any) -> None:
    """Times without a zone, or outside the calendar, make a bad cursor."""
    after = cursor_of([1, "ordered_at desc,id desc", [moment, 1]])

    answer = await owner.ask("query($a: String) { orders(after: $a) { totalCount } }", {"a": after})

    assert ["BAD_CURSOR"] == answer.codes


@FUZZ
@given(after=st.text() | st.binary().map(lambda b: base64.urlsafe_b64encode(b).decode()))
async def test_random_cursors(owner: Client, after: str) -> None:
    """Any text, and any bytes in base64, make a bad cursor; an unstorable one a bad request."""
    answer = await owner.ask(PRODUCTS, {"order": BY_TITLE, "after": after})

    assert answer.codes in (["BAD_CURSOR"], ["BAD_INPUT"])
    assert answer.status in (200, 400)


@FUZZ
@given(content=st.tuples(st.just(1), st.just("title asc,id asc"), JSON) | JSON)
async def test_random_json_cursors(owner: Client, content: Any) -> None:
    """Any JSON in a cursor is refused, or works as the position that it names."""
    answer = await owner.ask(PRODUCTS, {"order": BY_TITLE, "after": cursor_of(content)})

    assert 200 == answer.status
    assert answer.codes in ([], ["BAD_CURSOR"])


async def test_cursor_beyond_an_erased_row(api: Any, owner: Client, merchant_id: int) -> None:
    """A cursor is a position, not a row: it works after its row has gone."""
    store(api.database, Order, merchant_id, [{}, {}, {}])
    text = """query Next($a: String) {
      orders(first: 1, after: $a) { nodes { number } pageInfo { endCursor } }
    }"""
    first = (await owner.data(text))["orders"]
    table = Order.__table__  # type: ignore[attr-defined]
    api.database.system_now(lambda session: session.execute(table.delete().where(table.c.id == 3)))

    after = (await owner.data(text, {"a": first["pageInfo"]["endCursor"]}))["orders"]

    assert ["P3", "P2"] == [page["nodes"][0]["number"] for page in (first, after)]
