"""Customers: described by many orders, sometimes by none, and never again once erased."""

from core.db import Database
from core.marketplace.records import CustomerRecord
from core.models import Customer, CustomerStat, Order, Refund, SalesDay, Shop, Tombstone
from tests.ingest.records import T0, ingest, order, place, refund
from tests.ingest.stored import column, only, rows


def erase(database: Database, shop: Shop, platform_id: str) -> None:
    """Leave a tombstone, as the erasure of a customer does."""
    identity = place(shop).id("customer", platform_id)
    tombstone = Tombstone(
        merchant_id=shop.merchant_id, kind="customer", identity=identity, erased_at=T0
    )
    database.run_now(shop.merchant_id, lambda session: session.add(tombstone))


def test_guest_order(database: Database, shop: Shop) -> None:
    """A guest's order has no customer, and guests never share one."""
    ingest(database, shop, order("o1", customer=None), order("o2", customer=None))

    assert [] == rows(database, shop, Customer)
    assert {None} == {row.customer_id for row in rows(database, shop, Order)}
    assert (2, 0) == (only(database, shop, SalesDay).orders, only(database, shop, SalesDay).buyers)


def test_silence_keeps_what_is_known(database: Database, shop: Shop) -> None:
    """An order that says less about its customer does not wipe out what others said."""
    known = CustomerRecord(platform_id="c1", nickname="小李", region="浙江")
    silent = CustomerRecord(platform_id="c1", country="CN")

    ingest(database, shop, order("o1", customer=known))
    ingest(database, shop, order("o2", customer=silent))

    stored = only(database, shop, Customer)
    assert ("小李", "浙江", "CN") == (stored.nickname, stored.region, stored.country)


def test_silence_within_a_page(database: Database, shop: Shop) -> None:
    """The same holds when both orders, and a refund, come at once."""
    known = CustomerRecord(platform_id="c1", nickname="小李")
    silent = CustomerRecord(platform_id="c1")

    ingest(database, shop, order("o1", customer=known), order("o2", customer=silent), refund())

    assert "小李" == only(database, shop, Customer).nickname


def test_the_newest_order_names_the_customer(database: Database, shop: Shop) -> None:
    """Of several orders in a page the newest has the last word, wherever it stands."""
    new = CustomerRecord(platform_id="c1", nickname="new")
    old = CustomerRecord(platform_id="c1", nickname="old")

    ingest(database, shop, order("o1", at=2, customer=new), order("o2", at=1, customer=old))

    assert "new" == only(database, shop, Customer).nickname


def test_refund_brings_its_customer(database: Database, shop: Shop) -> None:
    """A customer is known as soon as any record names them."""
    ingest(database, shop, refund(customer_id="c9"))

    assert only(database, shop, Customer).id == only(database, shop, Refund).customer_id


def test_erased_stays_erased(database: Database, shop: Shop) -> None:
    """A later sync stores the orders of an erased customer, and nothing of the person."""
    erase(database, shop, "c1")

    ingest(database, shop, order(), refund())
    ingest(database, shop, order("o2", customer=CustomerRecord(platform_id="c2")))

    assert ["c2"] == column(database, shop, Customer, "platform_id")
    assert [None] == [r.customer_id for r in rows(database, shop, Refund)]
    assert 1 == len(rows(database, shop, CustomerStat))
    assert 2 == only(database, shop, SalesDay).orders
