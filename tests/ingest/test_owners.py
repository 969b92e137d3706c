"""Whose a refund is: its record's customer, else its order's, in whatever order they come."""

from itertools import permutations
from typing import Any

import pytest

from core.db import Database
from core.ingest.raw import NOTHING
from core.ingest.rollup import rebuild
from core.ingest.standard import CORE_ROLLUPS
from core.marketplace.records import CustomerRecord, Record
from core.models import Customer, CustomerStat, OutboxMessage, RawPayload, Refund, Shop
from tests.ingest.records import counts, ingest, order, refund, removal
from tests.ingest.stored import only, rows
from tests.ingest.test_customers import erase

OTHER = CustomerRecord(platform_id="c2")


def unnamed(platform_id: str = "r1", at: float = 0, **fields: Any) -> Record:
    """A refund that tells its order and nobody, as JD's and Douyin's do."""
    return refund(platform_id, at, customer_id=None, **fields)


def owner(database: Database, shop: Shop) -> str | None:
    """The platform's number of the customer whose the one refund is."""
    known = {row.id: row.platform_id for row in rows(database, shop, Customer)}
    held = only(database, shop, Refund).customer_id
    return None if held is None else known[held]


def stats(database: Database, shop: Shop) -> dict[int, tuple[int, int, int]]:
    """Orders, refunds and what went back, by customer."""
    return {
        row.customer_id: (row.orders, row.refunds, row.refund_amount)
        for row in rows(database, shop, CustomerStat)
    }


@pytest.mark.parametrize("sequence", [*permutations([order(), unnamed(), order(at=1)])])
def test_the_orders_customer(database: Database, shop: Shop, sequence: Any) -> None:
    """Whether the order comes first, later or changed: the refund and its sum are its buyer's."""
    for record in sequence:
        ingest(database, shop, record)

    assert "c1" == owner(database, shop)
    assert [(1, 1, 400)] == list(stats(database, shop).values())


@pytest.mark.parametrize("page", [*permutations([order(), unnamed()])])
def test_in_one_page(database: Database, shop: Shop, page: Any) -> None:
    """A page may hold both, in any order."""
    ingest(database, shop, *page)

    assert "c1" == owner(database, shop)


def test_a_guests_order(database: Database, shop: Shop) -> None:
    """The refund of a guest's order is nobody's."""
    ingest(database, shop, order(customer=None), unnamed())

    assert owner(database, shop) is None


def test_another_customer(database: Database, shop: Shop) -> None:
    """A refund follows its order to another customer, with what it counts."""
    ingest(database, shop, order(), unnamed())

    ingest(database, shop, order(at=1, customer=OTHER))

    assert "c2" == owner(database, shop)
    assert [(1, 1, 400)] == list(stats(database, shop).values())


def test_who_is_named_stays(database: Database, shop: Shop) -> None:
    """A refund that names its customer keeps it, whosever its order is or becomes."""
    ingest(database, shop, order(customer=OTHER), refund(), order("o2"))

    ingest(database, shop, order(at=1, customer=None))

    assert "c1" == owner(database, shop)


def test_an_order_that_goes(database: Database, shop: Shop) -> None:
    """When its order goes, as a split one does, nobody knows any more whose the refund is."""
    ingest(database, shop, order(), unnamed())

    ingest(database, shop, removal("order", "o1", 1))

    assert owner(database, shop) is None
    assert {} == stats(database, shop)


def test_again(database: Database, shop: Shop) -> None:
    """The same rows once more, and the rollups made anew, change nothing."""
    page = [order(), order("o2", customer=OTHER), unnamed(), unnamed("r2", order_id="o2")]
    ingest(database, shop, *page)
    kept = stats(database, shop)

    again = ingest(database, shop, *page)
    database.system_now(lambda session: rebuild(session, CORE_ROLLUPS, shop.merchant_id))

    assert (4, 0, 4, 0) == counts(again)
    assert kept == stats(database, shop)
    assert 2 == len(kept)


def test_plugins_hear_of_it(database: Database, shop: Shop) -> None:
    """A refund whose customer comes later is told of as a change."""
    ingest(database, shop, unnamed())

    ingest(database, shop, order())

    told = [tuple(row) for each in rows(database, shop, OutboxMessage) for row in each.body["rows"]]
    assert ("refunds", str(only(database, shop, Refund).id), "update") in told


def test_an_erased_customer(database: Database, shop: Shop) -> None:
    """Refunds of an erased customer's orders stay nobody's, and their payloads empty."""
    erase(database, shop, "c1")

    ingest(database, shop, order(), unnamed())
    ingest(database, shop, unnamed(at=1))

    assert owner(database, shop) is None
    assert {} == stats(database, shop)
    bodies = [row.body for row in rows(database, shop, RawPayload) if row.kind == "refund"]
    assert [NOTHING] == bodies
