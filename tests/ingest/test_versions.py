"""Which of several versions of a record is stored."""

from core.db import Database
from core.marketplace.contract import Mapped, Payload
from core.marketplace.records import OrderStatus
from core.models import Order, OrderLine, RawPayload, Refund, Shop
from core.testing.statements import Statements
from tests.ingest.records import (
    after,
    counts,
    ingest,
    line,
    order,
    refund,
    removal,
)
from tests.ingest.stored import column, only, rows


def test_insert(database: Database, shop: Shop) -> None:
    """A new order is stored with its line, and its days are the shop's business dates."""
    late = order(ordered_at=after(11), paid_at=after(13))  # 23:00 and 01:00 in Shanghai

    outcome = ingest(database, shop, late)

    stored = only(database, shop, Order)
    assert (1, 1, 0, 0) == counts(outcome)
    assert ("2026-11-10", "2026-11-11") == (str(stored.order_day), str(stored.sale_day))
    assert stored.sale_day == only(database, shop, OrderLine).sale_day


def test_update(database: Database, shop: Shop) -> None:
    """A newer version replaces the order; lines it no longer has are gone."""
    ingest(database, shop, order(lines=(line("a"), line("b"))))

    outcome = ingest(
        database, shop, order(at=1, status=OrderStatus.SHIPPED, lines=(line("b"), line("c")))
    )

    assert (1, 1, 0, 0) == counts(outcome)
    assert "shipped" == only(database, shop, Order).status
    assert ["b", "c"] == column(database, shop, OrderLine, "platform_id")


def test_equal_version_changes_nothing(
    database: Database, shop: Shop, statements: Statements
) -> None:
    """The same page again is recognised by its hashes, and nothing is written."""
    page = [order(f"o{n}") for n in range(5)]
    ingest(database, shop, *page)
    statements.clear()

    outcome = ingest(database, shop, *page)

    assert (5, 0, 5, 0) == counts(outcome)
    assert [] == [s for s in statements.texts if not s.startswith("SELECT")]


def test_stale_version_is_ignored(database: Database, shop: Shop) -> None:
    """An older version that arrives late does not undo a newer one."""
    ingest(database, shop, order(at=2, status=OrderStatus.COMPLETED))

    outcome = ingest(database, shop, order(at=1, status=OrderStatus.SHIPPED))

    assert (1, 0, 1, 0) == counts(outcome)
    assert "completed" == only(database, shop, Order).status


def test_same_second_other_content_wins(database: Database, shop: Shop) -> None:
    """Platforms stamp whole seconds: of the same second, what arrives later is the newer."""
    ingest(database, shop, order(status=OrderStatus.PAID))

    ingest(database, shop, order(status=OrderStatus.SHIPPED))

    assert "shipped" == only(database, shop, Order).status


def test_newest_of_duplicates_in_a_page(database: Database, shop: Shop) -> None:
    """A page may hold a record several times: the newest counts, wherever it stands."""
    page = [
        order(at=1, status=OrderStatus.SHIPPED),
        order(at=2, status=OrderStatus.COMPLETED),
        order(at=0, status=OrderStatus.PAID),
    ]

    outcome = ingest(database, shop, *page)

    assert (3, 1, 2, 0) == counts(outcome)
    assert "completed" == only(database, shop, Order).status


def test_removal(database: Database, shop: Shop) -> None:
    """What the platform removed goes, with all that belongs to it, and may come back."""
    ingest(database, shop, order(), order("o2"))

    ingest(database, shop, removal("order", "o1", at=1))
    gone = column(database, shop, Order, "platform_id"), column(database, shop, OrderLine, "id")
    ingest(database, shop, order(at=0))
    ingest(database, shop, order(at=2))

    assert (["o2"], 1) == (gone[0], len(gone[1]))
    assert ["o1", "o2"] == column(database, shop, Order, "platform_id")


def test_removed_stays_removed(database: Database, shop: Shop) -> None:
    """A version from before the removal does not bring the record back."""
    ingest(database, shop, order(), removal("order", "o1", at=1))

    outcome = ingest(database, shop, order(at=0.5))

    assert (1, 0, 1, 0) == counts(outcome)
    assert [] == rows(database, shop, Order)


def test_line_moves_between_orders(database: Database, shop: Shop) -> None:
    """When a platform splits an order, a line changes its parent and is not lost."""
    ingest(database, shop, order("o1", lines=(line("a"), line("b"))))

    ingest(database, shop, order("o2", at=1, lines=(line("b"),)), order("o1", at=1, lines=()))

    moved = only(database, shop, OrderLine)
    [order_id] = [o.id for o in rows(database, shop, Order) if o.platform_id == "o2"]
    assert ("b", order_id) == (moved.platform_id, moved.order_id)


def test_line_survives_its_former_order(database: Database, shop: Shop) -> None:
    """A line that moved stays when the order it came from is removed in the same page."""
    ingest(database, shop, order("o1", lines=(line("b"),)))

    ingest(database, shop, removal("order", "o1", at=1), order("o2", at=1, lines=(line("b"),)))

    assert ["b"] == column(database, shop, OrderLine, "platform_id")


def test_late_refund(database: Database, shop: Shop) -> None:
    """A refund may come before its order, or without it; its reference waits."""
    ingest(database, shop, refund(), stream="refunds")
    waiting = only(database, shop, Refund).order_id

    ingest(database, shop, order())

    assert waiting == only(database, shop, Order).id


def test_raised_mapping_version_maps_again(database: Database, shop: Shop) -> None:
    """After a mapping was mended, the same payload is stored anew; after that it is known."""
    payload = Payload({"tid": "o1"})
    wrong, right = (Mapped(order(channel=name), payload) for name in ("wrong", "right"))
    ingest(database, shop, wrong)

    first = ingest(database, shop, right, mapping_version=2)
    second = ingest(database, shop, right, mapping_version=2)

    assert [(1, 1, 0, 0), (1, 0, 1, 0)] == [counts(first), counts(second)]
    assert "right" == only(database, shop, Order).channel
    assert 2 == only(database, shop, RawPayload).mapping_version
