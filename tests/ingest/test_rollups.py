"""Rollups kept by deltas are, row by row, what building them anew gives."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import SQLModel, select

from core.db import Database, MerchantSession
from core.ingest.rollup import rebuild
from core.ingest.standard import CORE_ROLLUPS
from core.marketplace.records import (
    CustomerRecord,
    OrderKind,
    OrderLineRecord,
    OrderRecord,
    OrderStatus,
    Record,
    RefundRecord,
)
from core.models import CustomerStat, ProductMonth, SalesDay, Shop
from tests.builders import make_merchant, make_shop
from tests.databases import on_postgresql, on_sqlite
from tests.ingest.records import T0, ingest, line, order, refund, removal
from tests.ingest.stored import only, rows

TABLES: tuple[type[SQLModel], ...] = (SalesDay, CustomerStat, ProductMonth)

amounts = st.integers(-500, 5000)
currencies = st.sampled_from(["CNY", "CNY", "JPY"])
moments = st.none() | st.integers(-40, 40).map(lambda days: T0 + timedelta(days=days))
customers = st.none() | st.sampled_from(["c1", "c2", "c3"])


@st.composite
def lines(draw: st.DrawFn) -> tuple[OrderLineRecord, ...]:
    """Up to three lines out of few, so that they move between orders."""
    ids = draw(st.lists(st.sampled_from("abcde"), max_size=3, unique=True))
    products = st.none() | st.sampled_from(["p1", "p2"])
    return tuple(
        line(each, draw(amounts), product_id=draw(products), quantity=draw(st.integers(-2, 3)))
        for each in ids
    )


@st.composite
def orders(draw: st.DrawFn) -> OrderRecord:
    """An order out of few, in any state, with any customer, currency and day."""
    customer = draw(customers)
    return order(
        draw(st.sampled_from(["o1", "o2", "o3", "o4"])),
        at=draw(st.integers(0, 50)),
        order_kind=draw(st.sampled_from([OrderKind.SALE, OrderKind.SALE, OrderKind.ADJUSTMENT])),
        status=draw(st.sampled_from(list(OrderStatus))),
        currency=draw(currencies),
        paid_at=draw(moments),
        ended_at=draw(moments),
        paid_amount=draw(amounts),
        discount=draw(amounts),
        customer=None if customer is None else CustomerRecord(platform_id=customer),
        lines=draw(lines()),
    )


@st.composite
def refunds(draw: st.DrawFn) -> RefundRecord:
    """A refund out of few, perhaps of an order that nobody knows."""
    return refund(
        draw(st.sampled_from(["r1", "r2", "r3"])),
        at=draw(st.integers(0, 50)),
        customer_id=draw(customers),
        currency=draw(currencies),
        amount=draw(amounts),
        refunded_at=draw(moments),
    )


removals = st.builds(
    removal,
    st.just("order"),
    st.sampled_from(["o1", "o2", "o3", "o4"]),
    at=st.integers(0, 50),
) | st.builds(removal, st.just("refund"), st.sampled_from(["r1", "r2"]), at=st.integers(0, 50))
pages = st.tuples(
    st.integers(0, 1), st.lists(orders() | orders() | refunds() | removals, min_size=1, max_size=5)
)
histories = st.lists(pages, min_size=1, max_size=7)
History = Sequence[tuple[int, list[Record]]]


def contents(session: MerchantSession) -> dict[str, list[dict[str, Any]]]:
    """Every row of every rollup, in the order of its key."""
    found = {}
    for table in TABLES:
        keys = [column.name for column in table.__table__.primary_key]
        kept = [row.model_dump() for row in session.scalars(select(table))]
        found[table.__name__] = sorted(kept, key=lambda row: [str(row[key]) for key in keys])
    session.expunge_all()
    return found


def assert_deltas_equal_rebuild(database: Database, history: History) -> None:
    """Store a history page by page; then compare the rollups with rebuilt ones."""
    merchant_id = make_merchant(database)
    shops = [make_shop(database, merchant_id) for _ in range(2)]
    for shop_number, page in history:
        ingest(database, shops[shop_number], *page)

    def work(session: MerchantSession) -> tuple[Any, Any]:
        kept = contents(session)
        rebuild(session, CORE_ROLLUPS, merchant_id)
        return contents(session), kept

    expected, actual = database.run_now(merchant_id, work)
    assert expected == actual


QUICK = {"deadline": None, "suppress_health_check": [HealthCheck.function_scoped_fixture]}


@on_sqlite
@settings(max_examples=100, **QUICK)
@given(history=histories)
def test_deltas_equal_a_rebuild(database: Database, history: History) -> None:
    """After any history, what ingest kept up to date is what the raw rows say."""
    assert_deltas_equal_rebuild(database, history)


@on_postgresql
@settings(max_examples=25, **QUICK)
@given(history=histories)
def test_deltas_equal_a_rebuild_on_postgresql(database: Database, history: History) -> None:
    """The same on the other database, with fewer histories."""
    assert_deltas_equal_rebuild(database, history)


def test_sales_day(database: Database, shop: Shop) -> None:
    """A day counts its sales gross; a refund counts on the day the money went back."""
    ingest(database, shop, order("o1"), order("o2", paid_amount=500, freight=100))
    ingest(database, shop, refund(at=24))

    first, second = sorted(rows(database, shop, SalesDay), key=lambda row: row.day)

    assert (2, 1, 2, 1500, 100, 0) == (
        first.orders,
        first.buyers,
        first.lines,
        first.amount,
        first.freight,
        first.refund_amount,
    )
    assert (0, 1, 400) == (second.orders, second.refunds, second.refund_amount)


def test_customer_stat(database: Database, shop: Shop) -> None:
    """A customer has a first and a last day of buying, and what they sent back."""
    ingest(database, shop, order("o1"), order("o2", paid_at=T0 + timedelta(days=9)), refund())

    stat = only(database, shop, CustomerStat)

    assert ("2026-11-10", "2026-11-19") == (str(stat.first_day), str(stat.last_day))
    assert (2, 2000, 1, 400) == (stat.orders, stat.amount, stat.refunds, stat.refund_amount)


def test_product_month(database: Database, shop: Shop) -> None:
    """A product's month adds up its lines, and knows nothing of lines without a product."""
    sold = (line("a", quantity=2), line("b", 300), line("c", product_id=None))

    ingest(database, shop, order(lines=sold))

    month = only(database, shop, ProductMonth)
    assert ("2026-11-01", 2, 3, 1300) == (str(month.month), month.lines, month.units, month.amount)


def test_an_empty_row_goes(database: Database, shop: Shop) -> None:
    """When the last sale of a day is cancelled, the day has no row, rather than zeros."""
    ingest(database, shop, order())

    ingest(database, shop, order(at=1, status=OrderStatus.CANCELLED))

    assert [[], [], []] == [rows(database, shop, table) for table in TABLES]


@pytest.mark.parametrize("currency", ["CNY", "JPY"])
def test_currencies_stay_apart(database: Database, shop: Shop, currency: str) -> None:
    """Amounts of different currencies are never added up."""
    ingest(database, shop, order("o1"), order("o2", currency="JPY", paid_amount=70))

    amounts = {row.currency: row.amount for row in rows(database, shop, SalesDay)}

    assert {"CNY": 1000, "JPY": 70}[currency] == amounts[currency]


def test_rebuild_leaves_other_merchants_alone(database: Database, shop: Shop) -> None:
    """Rebuilding one merchant's rollups touches no other merchant's."""
    other = make_shop(database, make_merchant(database))
    for each in (shop, other):
        ingest(database, each, order())

    database.run_now(
        shop.merchant_id, lambda session: rebuild(session, CORE_ROLLUPS, shop.merchant_id)
    )

    assert [1000, 1000] == [only(database, each, SalesDay).amount for each in (shop, other)]
