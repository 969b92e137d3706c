"""What counts as turnover: ours beside the platform's own, and a split order once."""

from collections.abc import Sequence
from datetime import date
from itertools import permutations

import pytest

from core.db import Database
from core.ingest.rollup import rebuild
from core.ingest.standard import CORE_ROLLUPS
from core.marketplace.records import OrderKind, OrderStatus, Record, RemovalRecord
from core.models import Order, SalesDay, Shop
from tests.builders import make_shop
from tests.ingest.records import T0, after, ingest, order
from tests.ingest.stored import column, only, rows

FIRST, SECOND = date(2026, 11, 10), date(2026, 11, 11)
PARENT = order("o0", paid_amount=3000, reported_amount=3000)
CHILDREN = (
    order("o1", 1, parent_id="o0", paid_amount=1000, reported_amount=1000),
    order("o2", 2, parent_id="o0", paid_amount=2000, reported_amount=2000),
)


def turnover(database: Database, shop: Shop) -> dict[date, tuple[int, int, int, int]]:
    """Per day: orders and amount by our rule, and by the platform's."""
    return {
        row.day: (row.orders, row.amount, row.reported_orders, row.reported_amount)
        for row in rows(database, shop, SalesDay)
    }


def test_the_platforms_turnover_stands_beside_ours(database: Database, shop: Shop) -> None:
    """Ours counts an order on the day of its payment, the platform's on that of `reported_at`."""
    later = order(paid_at=after(24), paid_amount=900, reported_amount=1000, reported_at=T0)

    ingest(database, shop, later)

    assert {FIRST: (0, 0, 1, 1000), SECOND: (1, 900, 0, 0)} == turnover(database, shop)


def test_without_a_rule_of_its_own_the_platform_counts_as_we_do(
    database: Database, shop: Shop
) -> None:
    """No `reported_at` means: on the day of the sale, at the platform's figure."""
    ingest(database, shop, order(paid_amount=900, reported_amount=1000))

    assert {FIRST: (1, 900, 1, 1000)} == turnover(database, shop)


def test_unpaid_cash_on_delivery_counts_for_the_platform_alone(
    database: Database, shop: Shop
) -> None:
    """JD counts it when it is placed; for us it is no sale before it is delivered."""
    placed = order(status=OrderStatus.PENDING, paid_at=None, reported_amount=1000, reported_at=T0)
    delivered = order(
        at=30,
        status=OrderStatus.COMPLETED,
        paid_at=None,
        ended_at=after(24),
        reported_amount=1000,
        reported_at=T0,
    )

    ingest(database, shop, placed)
    before = turnover(database, shop)
    ingest(database, shop, delivered)

    assert {FIRST: (0, 0, 1, 1000)} == before
    assert {FIRST: (0, 0, 1, 1000), SECOND: (1, 1000, 0, 0)} == turnover(database, shop)


@pytest.mark.parametrize(
    "changes", [{"reported_amount": None}, {"order_kind": OrderKind.ADJUSTMENT}]
)
def test_what_no_platform_counts_is_not_guessed(
    database: Database, shop: Shop, changes: dict[str, object]
) -> None:
    """Without a figure of the platform, or without a sale, there is no turnover of its own."""
    ingest(database, shop, order(**{"reported_amount": 1000, "reported_at": T0, **changes}))

    assert None is only(database, shop, Order).reported_day
    assert [] == [each for each in turnover(database, shop).values() if each[2:] != (0, 0)]


def test_both_turnovers_can_be_built_anew(database: Database, shop: Shop) -> None:
    """A rebuild gives what changes had made."""
    ingest(database, shop, order(paid_at=after(24), reported_amount=1000, reported_at=T0))
    kept = turnover(database, shop)

    database.run_now(
        shop.merchant_id, lambda session: rebuild(session, CORE_ROLLUPS, shop.merchant_id)
    )

    assert kept == turnover(database, shop)


GONE = RemovalRecord(of="order", platform_id="o0", updated_at=after(2))
"""What an adapter sends when a child tells of a parent that was stored before."""


@pytest.mark.parametrize("schedule", list(permutations([PARENT, *CHILDREN])))
def test_a_split_order_counts_once(
    database: Database, shop: Shop, schedule: Sequence[Record]
) -> None:
    """In whatever order parent and children come, page by page, only the children are sold."""
    for record in schedule:
        ingest(database, shop, record)
        if record is CHILDREN[1]:
            ingest(database, shop, GONE)

    assert ["o1", "o2"] == column(database, shop, Order, "platform_id")
    assert {FIRST: (2, 3000, 2, 3000)} == turnover(database, shop)


def test_parent_and_child_on_one_page(database: Database, shop: Shop) -> None:
    """The page is counted whole: the parent is news that stores nothing."""
    outcome = ingest(database, shop, PARENT, *CHILDREN)

    assert ["o1", "o2"] == column(database, shop, Order, "platform_id")
    assert (3, 0) == (outcome.seen, outcome.quarantined)


def test_a_parent_that_changes_again_stays_away(database: Database, shop: Shop) -> None:
    """A later change of the parent alone brings nothing back."""
    ingest(database, shop, PARENT)
    ingest(database, shop, *CHILDREN, GONE)

    ingest(database, shop, order("o0", 9, status=OrderStatus.SHIPPED, paid_amount=3000))

    assert ["o1", "o2"] == column(database, shop, Order, "platform_id")


def test_another_shops_order_is_no_parent(database: Database, shop: Shop) -> None:
    """Numbers are a shop's own: the same number elsewhere is another order."""
    other = make_shop(database, shop.merchant_id)
    ingest(database, shop, *CHILDREN)

    ingest(database, other, PARENT)

    assert ["o0", "o1", "o2"] == column(database, other, Order, "platform_id")
