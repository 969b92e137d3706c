"""A page as a whole: everything in one transaction, every kind of record in its table."""

from datetime import date
from typing import Any

import pytest
from sqlmodel import SQLModel

from core.db import Database
from core.ingest.page import Batch, ingest_page
from core.ingest.standard import CORE_ROLLUPS
from core.marketplace.records import (
    AdSpendRecord,
    BehaviorRecord,
    DataSource,
    PaymentRecord,
    Record,
    ReviewRecord,
    ReviewResult,
    ShipmentRecord,
    SignalRecord,
    SkuRecord,
    TrafficLevel,
    TrafficRecord,
)
from core.models import (
    AdSpendDay,
    BehaviorEvent,
    ExternalSignal,
    InventorySnapshot,
    Order,
    OutboxMessage,
    Payment,
    Product,
    RawPayload,
    Review,
    SalesDay,
    Shipment,
    Shop,
    Sku,
    TrafficDay,
)
from core.testing.statements import Statements
from tests.builders import make_shop
from tests.ingest.records import T0, after, counts, ingest, mapped, order, place, product
from tests.ingest.stored import column, only, rows

DAY = date(2026, 11, 10)
FACTS: dict[type[SQLModel], Record] = {
    TrafficDay: TrafficRecord(
        day=DAY, channel="search", level=TrafficLevel.PAID, currency="CNY", visits=5
    ),
    AdSpendDay: AdSpendRecord(day=DAY, channel="search", currency="CNY", spend=900),
    BehaviorEvent: BehaviorRecord(
        platform_id="b1", happened_at=after(0.1), visitor="v1", action="view", product_id="p1"
    ),
    ExternalSignal: SignalRecord(
        platform_id="s1", day=DAY, topic="index", subject="灯笼", source=DataSource.IMPORT
    ),
}


def test_order_with_children(database: Database, shop: Shop) -> None:
    """Payments and shipments live with their order, and their ids differ between orders."""
    children = {
        "payments": (PaymentRecord(platform_id="1", method="alipay", amount=1000, paid_at=T0),),
        "shipments": (ShipmentRecord(platform_id="1", carrier="SF", tracking_number="SF1"),),
    }

    ingest(database, shop, order("o1", **children), order("o2", **children))
    ingest(database, shop, order("o1", at=1))

    assert ["1"] == column(database, shop, Payment, "platform_id")
    assert ["SF1"] == column(database, shop, Shipment, "tracking_number")


def test_product_with_stock(database: Database, shop: Shop) -> None:
    """A product is stored with its SKUs, and today's stock of each is remembered."""
    ingest(database, shop, product())
    ingest(database, shop, product(at=1, skus=(SkuRecord(platform_id="k2", price=1, stock=3),)))

    assert ["k2"] == column(database, shop, Sku, "platform_id")
    assert [3, 7] == column(database, shop, InventorySnapshot, "available")
    assert "on_sale" == only(database, shop, Product).status


def test_review(database: Database, shop: Shop) -> None:
    """A review is stored on its business day, with soft references."""
    record = ReviewRecord(
        platform_id="v1",
        updated_at=T0,
        order_id="o1",
        product_id="p1",
        result=ReviewResult.BAD,
        platform_result="bad",
        content="破了",
        reviewed_at=after(13),
    )

    ingest(database, shop, record)

    review = only(database, shop, Review)
    assert ("bad", "2026-11-11") == (review.result, str(review.review_day))
    assert place(shop).id("product", "p1") == review.product_id


@pytest.mark.parametrize(("table", "record"), FACTS.items(), ids=lambda x: getattr(x, "kind", ""))
def test_facts(database: Database, shop: Shop, table: type[SQLModel], record: Record) -> None:
    """Facts are stored under their natural key; the same fact again changes nothing."""
    first = ingest(database, shop, record, record)
    second = ingest(database, shop, record)

    row: Any = only(database, shop, table)
    assert [(2, 1, 1, 0), (1, 0, 1, 0)] == [counts(first), counts(second)]
    assert (shop.id, DAY) == (row.shop_id, row.day)


def test_changed_fact(database: Database, shop: Shop) -> None:
    """A fact with other numbers replaces the one that is there."""
    ingest(database, shop, FACTS[TrafficDay])

    outcome = ingest(database, shop, FACTS[TrafficDay].model_copy(update={"visits": 6}))

    assert (1, 1, 0, 0) == counts(outcome)
    assert 6 == only(database, shop, TrafficDay).visits


def test_outbox(database: Database, shop: Shop) -> None:
    """One message names what changed, in the transaction that changed it."""
    ingest(database, shop, order(), now=after(1))

    message = only(database, shop, OutboxMessage)
    key = str(place(shop).id("order", "o1"))
    customer = str(place(shop).id("customer", "c1"))
    expected = [["customers", customer, "insert"], ["orders", key, "insert"]]
    assert ("changes", after(1), None) == (
        message.topic,
        message.created_at,
        message.delivered_at,
    )
    assert expected == sorted(message.body["rows"])
    assert (shop.id, "orders") == (message.body["shop_id"], message.body["stream"])


def test_no_message_without_changes(database: Database, shop: Shop) -> None:
    """A page of known records announces nothing."""
    ingest(database, shop, order())

    ingest(database, shop, order())

    assert 1 == len(rows(database, shop, OutboxMessage))


def test_all_or_nothing(database: Database, shop: Shop) -> None:
    """When the transaction fails after the page, rows, rollups, payloads and outbox are gone."""
    batch = Batch(place(shop), "orders", 1, CORE_ROLLUPS, T0)

    def work(session: Any) -> None:
        ingest_page(session, batch, [mapped(order())])
        raise RuntimeError("after the page")

    with pytest.raises(RuntimeError, match="after the page"):
        database.run_now(shop.merchant_id, work)

    tables = (Order, SalesDay, RawPayload, OutboxMessage)
    assert [[], [], [], []] == [rows(database, shop, table) for table in tables]


def test_unknown_words_are_counted(database: Database, shop: Shop) -> None:
    """Words of the platform that the mapping does not know are counted, and not fatal."""
    page = [mapped(order("o1"), "status=ODD", "type=x"), mapped(order("o2"), "status=ODD")]

    outcome = ingest(database, shop, *page)

    assert {"status=ODD": 2, "type=x": 1} == outcome.unknown


def test_shops_do_not_meet(database: Database, shop: Shop) -> None:
    """The same platform ids in two shops are different things."""
    other = make_shop(database, shop.merchant_id)

    ingest(database, shop, order())
    ingest(database, other, order())

    assert {shop.id, other.id} == {row.shop_id for row in rows(database, shop, Order)}


def test_statements_do_not_grow_with_the_page(
    database: Database, shop: Shop, statements: Statements
) -> None:
    """A page takes the same number of reading statements whatever its size."""

    def reads(size: int, start: int) -> int:
        statements.clear()
        ingest(database, shop, *[order(f"o{n}", at=1) for n in range(start, start + size)])
        return sum(text.startswith("SELECT") for text in statements.texts)

    assert reads(2, 0) == reads(50, 100)
