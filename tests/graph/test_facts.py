"""Events and facts from outside: what can be asked of them, who may, and what an index answers."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

import pytest
from sqlmodel import SQLModel, text

from core.db import Database
from core.db.database import engine_for_owner
from core.graph.scalars import global_id
from core.marketplace.records import BehaviorRecord, SignalRecord
from core.models import BehaviorEvent, ExternalSignal, Product, Shop
from core.settings import Settings
from tests.builders import NOON, make_shop
from tests.graph.orders import store
from tests.graphql import Api, Client, without
from tests.ingest.records import ingest, place

pytestmark = pytest.mark.anyio

DAY = date(2026, 11, 20)
ACTIONS = ("view", "view", "view", "favourite", "cart", "buy")


def event(number: int, action: str = "view", hours: float = 0, **fields: Any) -> BehaviorRecord:
    """Something visitor v1 did so many hours after 20:00 in Shanghai."""
    moment = NOON + timedelta(hours=hours)
    defaults = {"visitor": "v1", "product_id": "p1"} | fields
    return BehaviorRecord(platform_id=f"e{number}", happened_at=moment, action=action, **defaults)


def price(listing: str, value: float | None, days: int = 0, **fields: Any) -> SignalRecord:
    """What a competitor asks for a listing, so many days after the 20th."""
    defaults = {"topic": "competitor_price", "subject": "Moon", "text": "灯笼"} | fields
    day = DAY + timedelta(days=days)
    return SignalRecord(platform_id=listing, day=day, value=value, **defaults)


EVENTS = (
    event(1, "view"),
    event(2, "view", hours=1),
    event(3, "view", hours=4.5),  # the next day in Shanghai
    event(4, "buy", hours=2, value=990),
    event(5, "buy", hours=5, product_id=None, visitor="v2"),
)
SIGNALS = (
    price("A1", 139.0),
    price("A1", 99.5, days=1),
    price("A1", None, days=2),
    price("B7", 20.25, subject="Sun"),
    price("A1", 26719.0, topic="competitor_sales"),
)


@pytest.fixture
def stored(database: Database, shop: Shop) -> None:
    """A few events and signals of the shop."""
    ingest(database, shop, *EVENTS, *SIGNALS, stream="imports")


async def test_events_of_a_kind_per_day(owner: Client, stored: None) -> None:
    """Events are counted by what was done and by the shop's business day."""
    found = await owner.data(
        "{ behaviorEventsAggregate(groupBy: [{field: ACTION}, {field: DAY}]) "
        "{ key { action day } count } }"
    )

    counted = [(*each["key"].values(), each["count"]) for each in found["behaviorEventsAggregate"]]
    assert [
        ("buy", "2026-11-20", 1),
        ("buy", "2026-11-21", 1),
        ("view", "2026-11-20", 2),
        ("view", "2026-11-21", 1),
    ] == counted


async def test_the_newest_event_comes_first(owner: Client, stored: None) -> None:
    """Events come newest first, and cursors lead through all of them once."""
    page = "{ behaviorEvents(first: 2%s) { nodes { number value } pageInfo { endCursor } } }"
    after, seen = "", []
    for _ in range(3):
        found = (await owner.data(page % after))["behaviorEvents"]
        seen += [(node["number"], node["value"]) for node in found["nodes"]]
        after = f', after: "{found["pageInfo"]["endCursor"]}"'

    assert [("e5", None), ("e3", None), ("e4", 990), ("e2", None), ("e1", None)] == seen


async def test_relations_of_events(owner: Client, api: Api, shop: Shop, stored: None) -> None:
    """Shop and product lead to their events; an event leads to its product once that is known."""
    product_id = place(shop).id("product", "p1")
    found: dict[str, Any] = {}
    for when in ("before", "after"):
        found[when] = await owner.data(
            '{ shops { nodes { name behaviorEvents(filter: {action: {eq: "buy"}}) '
            "{ nodes { number shop { name } product { title } } totalCount } } } }"
        )
        row = {"id": product_id, "platform_id": "p1", "shop_id": shop.id}
        if when == "before":
            store(api.database, Product, shop.merchant_id, [row])
    events = await owner.data(
        "query($id: ID!) { node(id: $id) { ... on Product { behaviorEvents { totalCount } } } }",
        {"id": global_id("Product", product_id)},
    )

    name = {"name": shop.name}
    expected = [
        {"number": "e5", "shop": name, "product": None},
        {"number": "e4", "shop": name, "product": {"title": "Lantern"}},
    ]
    [of_shop] = [each["behaviorEvents"] for each in found["after"]["shops"]["nodes"]]
    assert {"nodes": expected, "totalCount": 2} == of_shop
    before = found["before"]["shops"]["nodes"][0]["behaviorEvents"]["nodes"]
    assert [None, None] == [node["product"] for node in before]
    assert 4 == events["node"]["behaviorEvents"]["totalCount"]


async def test_an_event_by_its_id(owner: Client, stored: None) -> None:
    """The id of an event leads back to it; it holds a moment, which must have a zone."""
    [first] = (await owner.data("{ behaviorEvents(first: 1) { nodes { id } } }"))["behaviorEvents"][
        "nodes"
    ]
    query = "query($id: ID!) { node(id: $id) { id ... on BehaviorEvent { number } } }"

    found = await owner.data(query, {"id": first["id"]})
    naive = await owner.ask(query, {"id": global_id("BehaviorEvent", "2026-11-20", 1, "e5")})

    assert {"id": first["id"], "number": "e5"} == found["node"]
    assert ["BAD_INPUT"] == naive.codes


async def test_visitors_are_masked(api: Api, merchant_id: int, stored: None) -> None:
    """Who did it is personal: nobody without that permission sees it."""
    analyst = Client(api, api.token(merchant_id, "analyst"))

    found = await analyst.data("{ behaviorEvents { nodes { visitor } } }")

    assert {"***"} == {node["visitor"] for node in found["behaviorEvents"]["nodes"]}


@pytest.mark.parametrize(
    ("field", "permission"),
    [("behaviorEvents", "traffic:read"), ("externalSignals", "signals:read")],
)
async def test_permissions(
    api: Api, merchant_id: int, stored: None, field: str, permission: str
) -> None:
    """Each type asks for its permission, and only for that."""
    query = f"{{ {field} {{ totalCount }} {field}Aggregate {{ count }} }}"
    lacks = Client(api, api.token(merchant_id, without(permission)))
    other = Client(api, api.token(merchant_id, without("orders:read")))

    refused, found = await lacks.ask(query), await other.data(query)

    assert ["FORBIDDEN", "FORBIDDEN"] == refused.codes
    assert {"totalCount": 5} == found[field]


async def test_prices_of_a_listing_over_time(owner: Client, shop: Shop, stored: None) -> None:
    """A competitor's listing shows what was asked for it, day by day; a day may have no figure."""
    found = await owner.data(
        '{ externalSignals(filter: {topic: {eq: "competitor_price"}, number: {eq: "A1"}}, '
        "orderBy: [{field: DAY}]) { nodes { day value subject text shop { currency } } } }"
    )

    rest = {"subject": "Moon", "text": "灯笼", "shop": {"currency": shop.currency}}
    assert [
        {"day": "2026-11-20", "value": 139.0, **rest},
        {"day": "2026-11-21", "value": 99.5, **rest},
        {"day": "2026-11-22", "value": None, **rest},
    ] == found["externalSignals"]["nodes"]


async def test_figures_of_signals(owner: Client, stored: None) -> None:
    """Values that are no whole numbers have smallest, largest and mean; none has none."""
    found = await owner.data(
        '{ externalSignalsAggregate(filter: {topic: {eq: "competitor_price"}}, '
        "groupBy: [{field: SUBJECT}]) { key { subject } count min { value } max { value } "
        'avg { value } sum { value } } none: externalSignalsAggregate(filter: {topic: {eq: "x"}}) '
        "{ count avg { value } } }"
    )

    moon, sun = found["externalSignalsAggregate"]
    figures = {name: moon[name]["value"] for name in ("min", "max", "avg", "sum")}
    assert {"min": 99.5, "max": 139.0, "avg": 119.25, "sum": 238.5} == figures
    assert ("Sun", 1, 20.25) == (sun["key"]["subject"], sun["count"], sun["avg"]["value"])
    assert [{"count": 0, "avg": {"value": None}}] == found["none"]


QUESTIONS = {
    "{ behaviorEventsAggregate(filter: {action: {eq: \"buy\"}, day: {gte: \"2026-11-01\", "
    "lt: \"2026-11-03\"}}, groupBy: [{field: DAY}]) { key { day } count } }":
        ["ix_behavior_events_day_action_shop_id"],
    "{ behaviorEvents(first: 20) { nodes { number } } }": ["pk_behavior_events"],
    "{ shops(first: 1) { nodes { behaviorEvents(first: 5) { nodes { number } } } } }":
        ["ix_behavior_events_shop_id_happened_at"],
    "{ products(first: 1) { nodes { behaviorEvents(first: 5) { nodes { number } } } } }":
        ["ix_behavior_events_product_id_happened_at"],
    '{ externalSignals(filter: {topic: {eq: "t3"}, number: {eq: "s17"}}, first: 30, '
    "orderBy: [{field: DAY}]) { nodes { day value } } }":
        ["ix_external_signals_platform_id_topic_day"],
    "{ externalSignals(first: 20) { nodes { day } } }":
        ["ix_external_signals_day_topic_platform_id"],
    '{ externalSignalsAggregate(filter: {topic: {eq: "t3"}, day: {eq: "2026-11-03"}}) '
    "{ avg { value } } }":
        ["pk_external_signals", "ix_external_signals_day_topic_platform_id"],
}  # fmt: skip
"""Questions, and the indexes one of which must answer it."""


@pytest.fixture
def many(settings: Settings, database: Database, merchant_id: int) -> None:
    """Thousands of events and signals of four shops over thirty days, so that an index pays."""
    shops = [make_shop(database, merchant_id).id for _ in range(4)]
    own = {"merchant_id": merchant_id}
    store(database, Product, merchant_id, [{"shop_id": shops[0]} for _ in range(50)])
    fill(database, BehaviorEvent, (own | row for row in _events(shops)))
    fill(database, ExternalSignal, (own | row for row in _signals()))
    engine = engine_for_owner(settings)  # nobody else may
    with engine.begin() as connection:
        connection.execute(text("ANALYZE"))
    engine.dispose()


def _events(shops: list[int]) -> Iterable[Mapping[str, Any]]:
    for number in range(6000):
        day = date(2026, 11, 1) + timedelta(days=number % 30)
        moment = NOON - timedelta(days=number % 30, seconds=number)
        yield {
            "happened_at": moment, "shop_id": shops[number % 4], "platform_id": f"e{number}",
            "day": day, "visitor": "v", "action": ACTIONS[number % 6], "channel": "",
            "product_id": number % 500, "value": None, "source": "import",
        }  # fmt: skip


def _signals() -> Iterable[Mapping[str, Any]]:
    for number in range(6000):
        yield {
            "topic": f"t{number % 5}", "day": date(2026, 11, 1) + timedelta(days=number // 5 % 30),
            "platform_id": f"s{number // 150}", "subject": "Moon", "value": 1.5, "text": "",
            "source": "import",
        }  # fmt: skip


def fill(database: Database, model: type[SQLModel], rows: Iterable[Mapping[str, Any]]) -> None:
    """Store rows straight into their table."""
    table = model.__table__  # type: ignore[attr-defined]
    database.system_now(lambda session: session.execute(table.insert(), list(rows)))


async def plan(owner: Client, database: Database, merchant_id: int, query: str) -> str:
    """How the database would answer the statement of a query."""
    body = {"query": query, "extensions": {"explain": True}}
    headers = {"Authorization": f"Bearer {owner.token}"}
    answer = await owner.api.request("POST", "/graphql", json=body, headers=headers)
    [statement] = answer.body["extensions"]["explain"]["statements"]
    values = [int(each) if each.isdigit() else each for each in statement["values"]]
    explain = "EXPLAIN QUERY PLAN" if database.dialect == "sqlite" else "EXPLAIN"
    found = await database.fetch(merchant_id, f"{explain} {statement['sql']}", values)
    return "\n".join(str(row[-1]) for row in found)


@pytest.mark.parametrize("query", QUESTIONS)
async def test_an_index_answers(
    owner: Client, database: Database, merchant_id: int, many: None, query: str
) -> None:
    """The obvious questions read what they show, and not the whole table."""
    shown = await plan(owner, database, merchant_id, query)

    names = QUESTIONS[query] + ["PRIMARY KEY", "sqlite_autoindex"] * any(
        name.startswith("pk_") for name in QUESTIONS[query]
    )
    assert any(name in shown for name in names), shown
    assert "Seq Scan on behavior_events" not in shown
    assert "Seq Scan on external_signals" not in shown
