"""Olist's files, given together: what becomes of orders, payments, parcels, goods and reviews."""

from typing import Any

import pytest

from core.db import Database
from core.importing.recognition import UnrecognisedFileError
from core.importing.run import RowsRefusedError
from core.models import Shop
from tests.builders import make_shop
from tests.graphql import Client
from tests.importing.tables import stored, understood
from tests.plugins.marketplaces.olist.files import olist, text_of

pytestmark = pytest.mark.anyio

ORDERS = """{ orders(orderBy: [{field: ORDERED_AT}]) { nodes {
  number status platformStatus saleDay items: itemsAmount { amount } freight { amount }
  paidAmount { amount currency } customer { number region }
  lines { nodes { number seller product { category price { amount } } amount { amount } } }
  payments(orderBy: [{field: INSTALMENTS}]) { nodes { method instalments amount { amount } } }
  shipments { nodes { shippedAt deliveredAt promisedAt late } }
} } }"""


@pytest.fixture
def olist_shop(database: Database, merchant_id: int) -> Shop:
    """The merchant's shop on Olist."""
    place = {"currency": "BRL", "time_zone": "America/Sao_Paulo"}
    return make_shop(database, merchant_id, marketplace="olist", name="Olist", **place)


async def orders(owner: Client) -> dict[str, Any]:
    """The stored orders by number."""
    found = (await owner.data(ORDERS))["orders"]["nodes"]
    return {each["number"]: each for each in found}


async def test_an_order_of_several_files(
    owner: Client, database: Database, olist_shop: Shop
) -> None:
    """An order has its lines with their sellers, its payments, its parcel and its buyer."""
    await stored(database, olist_shop, olist())

    order = (await orders(owner))["o1"]
    baby = {"category": "baby", "price": {"amount": "99.00"}}
    unnamed = {"category": "sem_nome", "price": {"amount": "50.90"}}
    assert {
        "number": "o1",
        "status": "delivered",
        "platformStatus": "delivered",
        "saleDay": "2018-01-02",
        "items": {"amount": "150.90"},
        "freight": {"amount": "10.50"},
        "paidAmount": {"amount": "161.40", "currency": "BRL"},
        "customer": {"number": "u1", "region": "SP"},
        "lines": {
            "nodes": [
                line("o1-1", "s1", baby, "100.00"),
                line("o1-2", "s2", unnamed, "50.90"),
            ]
        },
        "payments": {
            "nodes": [
                {"method": "voucher", "instalments": 1, "amount": {"amount": "11.40"}},
                {"method": "credit_card", "instalments": 3, "amount": {"amount": "150.00"}},
            ]
        },
        "shipments": {
            "nodes": [
                {
                    "shippedAt": "2018-01-03T11:00:00+00:00",
                    "deliveredAt": "2018-01-10T14:00:00+00:00",
                    "promisedAt": "2018-01-11T02:00:00+00:00",
                    "late": False,
                }
            ]
        },
    } == order


def line(number: str, seller: str, product: Any, amount: str) -> dict[str, Any]:
    return {"number": number, "seller": seller, "product": product, "amount": {"amount": amount}}


async def test_where_orders_stand(owner: Client, database: Database, olist_shop: Shop) -> None:
    """Cancelled is what was never paid, closed what was; what was not paid has no payment."""
    await stored(database, olist_shop, olist())

    found = await orders(owner)
    shown = {n: (o["status"], o["saleDay"], len(o["payments"]["nodes"])) for n, o in found.items()}
    assert {
        "o1": ("delivered", "2018-01-02", 2),
        "o2": ("delivered", "2018-02-01", 1),
        "o3": ("cancelled", None, 0),
        "o4": ("closed", "2018-03-02", 1),
    } == shown
    assert found["o1"]["customer"] == found["o2"]["customer"]


async def test_late_parcels(owner: Client, database: Database, olist_shop: Shop) -> None:
    """A parcel that arrives after the promised moment is late."""
    await stored(database, olist_shop, olist())

    found = await owner.data(
        "{ shipments(filter: {late: {eq: true}}) { nodes { order { number } } totalCount } }"
    )

    assert {"nodes": [{"order": {"number": "o2"}}], "totalCount": 1} == found["shipments"]


async def test_reviews(owner: Client, database: Database, olist_shop: Shop) -> None:
    """A review has its stars; it is about a product if the order holds but one."""
    await stored(database, olist_shop, olist())

    found = await owner.data(
        "{ reviews(orderBy: [{field: SCORE}]) { nodes { score result content order { number } "
        "product { number } } } reviewsAggregate { count avg { score } } }"
    )

    assert [
        (1, "bad", "", "o2", "p1"),
        (3, "neutral", "", "o3", "p1"),
        (5, "good", "Bom\nChegou\nbem", "o1", None),
    ] == [
        (
            each["score"],
            each["result"],
            each["content"],
            each["order"]["number"],
            each["product"] and each["product"]["number"],
        )
        for each in found["reviews"]["nodes"]
    ]
    assert [{"count": 3, "avg": {"score": 3.0}}] == found["reviewsAggregate"]


async def test_twice_changes_nothing(database: Database, olist_shop: Shop) -> None:
    """The same files again change nothing; a payment that changed changes its order alone."""
    await stored(database, olist_shop, olist())
    changed = text_of("order_payments").replace("122.00", "121.00")

    again = await stored(database, olist_shop, olist())
    other = await stored(
        database, olist_shop, olist("orders", "order_items", "customers", order_payments=changed)
    )

    assert [0, 0, 0] == [report.outcome.changed for report in again]
    assert [(1, 3)] == [(r.outcome.changed, r.outcome.unchanged) for r in other]


async def test_what_belongs_together_is_needed_together(
    database: Database, olist_shop: Shop
) -> None:
    """Orders without their lines, lines without their orders, and lines twice are refused."""
    problems = []
    for files in (
        olist("orders", "customers", "order_payments"),
        olist("order_items"),
        [*olist("orders", "order_items"), *olist("order_items")],
    ):
        with pytest.raises(UnrecognisedFileError) as error:
            await understood(database, olist_shop, files)
        problems.append(error.value.message)

    assert [
        "olist_orders_dataset.csv holds Olist: orders; that needs the file with lines of orders "
        "too: give both at once.",
        "olist_order_items_dataset.csv holds lines of orders, which belong to rows of another "
        "file: give both at once.",
        "olist_order_items_dataset.csv and olist_order_items_dataset.csv both hold lines of "
        "orders.",
    ] == problems


async def test_a_wrong_cell_in_a_companion(database: Database, olist_shop: Shop) -> None:
    """It refuses the order it belongs to, and says where it stands; the others are stored."""
    wrong = text_of("order_payments").replace("122.00", "a lot")
    files = olist("orders", "order_items", "customers", order_payments=wrong)

    [found] = await understood(database, olist_shop, files)

    [refusal] = found.reading.refused
    where = "payment_value in olist_order_payments_dataset.csv, line 4"
    assert (3, where, "a lot") == (refusal.line, refusal.column, refusal.value)
    assert ["o1", "o3", "o4"] == [
        getattr(each.mapped.record, "platform_id", "") for each in found.reading.items
    ]
    with pytest.raises(RowsRefusedError):
        await stored(database, olist_shop, files)


async def test_what_the_preview_says(database: Database, olist_shop: Shop) -> None:
    """Notes name each companion, what of it is not used, and files that nothing fits."""
    extra = text_of("order_items") + "o9,1,p1,s1,2018-03-05 00:00:00,1.00,1.00\n"

    found = await understood(database, olist_shop, olist(order_items=extra), lenient=True)

    notes = " ".join(note for each in found for note in each.preview.notes)
    assert "1 of its rows belong to no row of this file" in notes
    assert "customer_city: personal, and nothing needs it" in notes
    assert "Not used: olist_sellers_dataset.csv" in notes
