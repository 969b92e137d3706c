"""Real data sets through the importer, asked by GraphQL, beside counts of Python's own csv module.

They may not be shipped: where their files are absent, the tests are skipped. Synthetic files of
the same forms are in `tests/plugins/marketplaces/{olist,taobao}`.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import anyio
import pytest

from core.db import Database
from tests.builders import make_merchant, make_shop
from tests.databases import SqliteFiles
from tests.graphql import Api, Client
from tests.importing.tables import given, real, rows_in, stored

pytestmark = pytest.mark.anyio

Table = list[dict[str, str]]
Factory = pytest.TempPathFactory
OLIST = {"marketplace": "olist", "name": "Olist", "currency": "BRL"}
ZONE = {"time_zone": "America/Sao_Paulo"}
DELIVERED_WEIGHT = Decimal("18.654")
"""The sample holds each delivered order in so many; all others are there."""


@dataclass(frozen=True)
class World:
    """A merchant into whose shop a data set was imported twice. folder: of the database."""

    folder: Path
    client: Client
    tables: dict[str, Table]
    changed: list[list[int]]

    async def data(self, query: str) -> Any:
        return await self.client.data(query)

    async def counts(self, field: str, group: str, key: str) -> dict[str, int]:
        """How many rows of a type have each value."""
        query = f"{{ {field}(groupBy: [{{field: {group}}}]) {{ key {{ {key} }} count }} }}"
        return {each["key"][key]: each["count"] for each in (await self.data(query))[field]}


def world(files: SqliteFiles, folder: Path, data: str, **columns: Any) -> World:
    """Import a data set, twice."""
    paths = real(data)
    settings = files.copy(folder / "data")
    database = Database(settings)
    shop = make_shop(database, make_merchant(database), **columns)
    reports = [anyio.run(stored, database, shop, [given(path) for path in paths]) for _ in (1, 2)]
    api = Api(settings, database)
    names = {path.stem.removeprefix("olist_").removesuffix("_dataset"): path for path in paths}
    return World(
        folder,
        Client(api, api.token(shop.merchant_id)),
        {name: rows_in(path) for name, path in names.items()},
        [[report.outcome.changed for report in each] for each in reports],
    )


@pytest.fixture(scope="module")
def olist(sqlite_files: SqliteFiles, tmp_path_factory: Factory) -> Iterator[World]:
    """The shop on Olist."""
    made = world(sqlite_files, tmp_path_factory.mktemp("olist"), "olist_sample", **OLIST, **ZONE)
    yield made
    made.client.api.database.close()


@pytest.fixture(scope="module")
def beauty(sqlite_files: SqliteFiles, tmp_path_factory: Factory) -> Iterator[World]:
    """A shop on Tmall that watched its competitors."""
    made = world(
        sqlite_files, tmp_path_factory.mktemp("beauty"), "taobao_beauty", marketplace="taobao"
    )
    yield made
    made.client.api.database.close()


@pytest.fixture(scope="module")
def tianchi(sqlite_files: SqliteFiles, tmp_path_factory: Factory) -> Iterator[World]:
    """A shop on Taobao whose visitors' events are known."""
    made = world(sqlite_files, tmp_path_factory.mktemp("tianchi"), "tianchi", marketplace="taobao")
    yield made
    made.client.api.database.close()


@pytest.fixture
def scanned_olist(olist: World) -> Path:
    """The folder of its database: the tests' scan for personal data reads it after this test.

    Once is enough, so no other test has a folder.
    """
    return olist.folder


@pytest.fixture
def scanned_tianchi(tianchi: World) -> Path:
    """The same."""
    return tianchi.folder


# --- Olist -----------------------------------------------------------------------------------


async def test_olist_orders(olist: World, scanned_olist: Path) -> None:
    """Every order is there, under its own word for where it stands; twice changes nothing."""
    orders = olist.tables["orders"]

    counted = await olist.counts("ordersAggregate", "PLATFORM_STATUS", "platformStatus")

    assert Counter(row["order_status"] for row in orders) == counted
    assert (8135, 5172) == (sum(counted.values()), counted["delivered"])
    assert [[8225, 8135, 5460], [0, 0, 0]] == olist.changed


async def test_olist_weights(olist: World) -> None:
    """With the published weights the sample stands for the 99,441 orders of the whole."""
    counted = await olist.counts("ordersAggregate", "PLATFORM_STATUS", "platformStatus")

    others = sum(counted.values()) - counted["delivered"]
    whole = counted["delivered"] * DELIVERED_WEIGHT + others
    assert 99_441 == pytest.approx(float(whole), abs=5)


async def test_olist_payments(olist: World) -> None:
    """Payments by type are those of orders that were approved, to the cent, with instalments."""
    approved = {o["order_id"] for o in olist.tables["orders"] if o["order_approved_at"]}
    expected: dict[str, list[Any]] = defaultdict(lambda: [0, Decimal(0)])
    for row in olist.tables["order_payments"]:
        if row["order_id"] in approved:
            expected[row["payment_type"]][0] += 1
            expected[row["payment_type"]][1] += Decimal(row["payment_value"])

    found = await olist.data(
        "{ paymentsAggregate(groupBy: [{field: METHOD}]) "
        "{ key { method currency } count sum { amount { amount } } } "
        "many: payments(filter: {instalments: {gte: 10}}) { totalCount } }"
    )

    assert dict(expected) == {
        each["key"]["method"]: [each["count"], Decimal(each["sum"]["amount"]["amount"])]
        for each in found["paymentsAggregate"]
    }
    assert {"BRL"} == {each["key"]["currency"] for each in found["paymentsAggregate"]}
    tens = [
        row
        for row in olist.tables["order_payments"]
        if int(row["payment_installments"]) >= 10 and row["order_id"] in approved
    ]
    assert len(tens) == found["many"]["totalCount"]


async def test_olist_lines_and_freight(olist: World) -> None:
    """Lines, their prices and sellers, and the freight of orders add up to the file's."""
    items = olist.tables["order_items"]
    sellers = Counter(row["seller_id"] for row in items)

    found = await olist.data(
        "{ orderLinesAggregate { count sum { amount { amount } } } "
        "ordersAggregate { sum { freight { amount } itemsAmount { amount } } } "
        "by: orderLinesAggregate(groupBy: [{field: SELLER}], first: 1000) "
        "{ key { seller } count } }"
    )

    [lines], [orders] = found["orderLinesAggregate"], found["ordersAggregate"]
    price = sum(Decimal(row["price"]) for row in items)
    freight = sum(Decimal(row["freight_value"]) for row in items)
    assert (len(items), price) == (lines["count"], Decimal(lines["sum"]["amount"]["amount"]))
    sums = orders["sum"]
    assert (price, freight) == (
        Decimal(sums["itemsAmount"]["amount"]),
        Decimal(sums["freight"]["amount"]),
    )
    assert all(sellers[each["key"]["seller"]] == each["count"] for each in found["by"])


async def test_olist_parcels(olist: World) -> None:
    """Of the delivered orders 91.983 % were there in time, as is known of this sample."""
    orders = olist.tables["orders"]
    handed = [o for o in orders if o["order_delivered_carrier_date"]]
    arrived = [o for o in orders if o["order_delivered_customer_date"]]
    late = [
        o
        for o in arrived
        if o["order_delivered_customer_date"] > o["order_estimated_delivery_date"]
    ]

    found = await olist.data(
        "{ late: shipments(filter: {late: {eq: true}}) { totalCount } "
        "handed: shipments(filter: {shippedAt: {isNull: false}}) { totalCount } "
        "arrived: shipments(filter: {deliveredAt: {isNull: false}}) { totalCount } "
        "inTime: shipments(filter: {late: {eq: false}, "
        'order: {status: {eq: "delivered"}}}) { totalCount } '
        "all: shipments(filter: {late: {isNull: false}, "
        'order: {status: {eq: "delivered"}}}) { totalCount } }'
    )

    counts = {name: each["totalCount"] for name, each in found.items()}
    assert (len(late), len(handed), len(arrived)) == (
        counts["late"],
        counts["handed"],
        counts["arrived"],
    )
    assert 0.91983 == pytest.approx(counts["inTime"] / counts["all"], abs=5e-6)


async def test_olist_late_parcels_and_reviews(olist: World) -> None:
    """Those that were late got 2.4976 stars, those in time 4.2796, as is known of this sample."""
    query = (
        'query($late: Boolean) { reviewsAggregate(filter: {order: {status: {eq: "delivered"}, '
        "shipments: {some: {late: {eq: $late}}}}}) { avg { score } } }"
    )

    found = [(await olist.client.data(query, {"late": late})) for late in (True, False)]

    scores = [each["reviewsAggregate"][0]["avg"]["score"] for each in found]
    assert [2.4976, 4.2796] == pytest.approx(scores, abs=5e-5)


async def test_olist_reviews(olist: World) -> None:
    """The mean score, plain and with the published weights, is the file's."""
    reviews = olist.tables["order_reviews"]
    mean = sum(int(row["review_score"]) for row in reviews) / len(reviews)
    by_score = Counter(int(row["review_score"]) for row in reviews)

    found = await olist.data(
        "{ reviewsAggregate { count avg { score } } by: reviewsAggregate("
        "groupBy: [{field: RESULT}]) { key { result } count } }"
    )

    [whole] = found["reviewsAggregate"]
    assert (len(reviews), mean) == (whole["count"], pytest.approx(whole["avg"]["score"]))
    assert {
        "bad": by_score[1] + by_score[2],
        "good": by_score[4] + by_score[5],
        "neutral": by_score[3],
    } == {each["key"]["result"]: each["count"] for each in found["by"]}


async def test_olist_buyers_and_goods(olist: World) -> None:
    """A buyer of several orders is one customer; products have their English category."""
    buyers = {row["customer_unique_id"] for row in olist.tables["customers"]}
    english = {
        row["product_category_name"]: row["product_category_name_english"]
        for row in olist.tables["product_category_name_translation"]
    }
    names = [row["product_category_name"] for row in olist.tables["products"]]
    expected = Counter(english.get(name, name) or None for name in names)

    found = await olist.data(
        "{ customers { totalCount } ordersAggregate { count } "
        "unknown: orderLines(filter: {product: {number: {isNull: true}}}) { totalCount } }"
    )
    counted = await olist.counts("productsAggregate", "CATEGORY", "category")

    assert len(buyers) == found["customers"]["totalCount"]
    assert expected == counted
    assert 0 == found["unknown"]["totalCount"]


# --- competitors -----------------------------------------------------------------------------


async def test_beauty_figures(beauty: World) -> None:
    """Every listing and day has its price, and its sales and comments where it shows them."""
    [rows] = beauty.tables.values()
    once = {(row["id"], row["update_time"]): row for row in rows}.values()

    counted = await beauty.counts("externalSignalsAggregate", "TOPIC", "topic")

    assert (27_598, 27_512) == (len(rows), len(once))
    assert {
        "competitor_price": len(once),
        "competitor_sales": sum(row["sale_count"] != "" for row in once),
        "competitor_comments": sum(row["comment_count"] != "" for row in once),
    } == counted
    assert [[sum(counted.values())], [0]] == beauty.changed


async def test_beauty_prices(beauty: World) -> None:
    """Each of the 22 shops has the mean, smallest and largest price that its listings had."""
    [rows] = beauty.tables.values()
    prices = defaultdict(list)
    for row in {(row["id"], row["update_time"]): row for row in rows}.values():
        prices[row["店名"]].append(float(row["price"]))

    found = await beauty.data(
        '{ externalSignalsAggregate(filter: {topic: {eq: "competitor_price"}}, '
        "groupBy: [{field: SUBJECT}]) "
        "{ key { subject } count min { value } max { value } avg { value } } }"
    )

    shown = {each["key"]["subject"]: each for each in found["externalSignalsAggregate"]}
    assert 22 == len(shown)
    for subject, known in prices.items():
        each = shown[subject]
        figures = [each[name]["value"] for name in ("min", "max", "avg")]
        assert len(known) == each["count"]
        assert [min(known), max(known), pytest.approx(sum(known) / len(known))] == figures


# --- behaviour -------------------------------------------------------------------------------


async def test_tianchi_events(tianchi: World, scanned_tianchi: Path) -> None:
    """Every row is an event of its kind and day, also where two rows are equal."""
    [rows] = tianchi.tables.values()
    words = {"1": "view", "2": "favourite", "3": "cart", "4": "buy"}
    expected = Counter((words[row["behavior_type"]], row["time"][:10]) for row in rows)

    found = await tianchi.data(
        "{ behaviorEventsAggregate(groupBy: [{field: ACTION}, {field: DAY}]) "
        "{ key { action day } count } }"
    )

    assert expected == {
        (each["key"]["action"], each["key"]["day"]): each["count"]
        for each in found["behaviorEventsAggregate"]
    }
    assert [[1999], [0]] == tianchi.changed
