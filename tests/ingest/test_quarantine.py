"""What cannot be stored is kept apart with the value that was in the way, and nothing else is."""

import math
from datetime import UTC, datetime
from typing import Any

import pytest

from core.db import Database
from core.ingest import raw
from core.marketplace.contract import Mapped, Payload, Rejected
from core.marketplace.errors import MappingError
from core.marketplace.mapping import MASK
from core.marketplace.records import (
    BehaviorRecord,
    CustomerRecord,
    PaymentRecord,
    Record,
    ShipmentRecord,
    SkuRecord,
)
from core.models import BehaviorEvent, Order, Payment, QuarantineEntry, RawPayload, Shop
from tests.ingest.records import (
    T0,
    after,
    counts,
    ingest,
    line,
    mapped,
    order,
    place,
    product,
    removal,
)
from tests.ingest.stored import column, only, rows


def rejected(platform_id: str = "o1", value: Any = "1,50", **payload: Any) -> Rejected:
    error = MappingError("payment", value, "an amount as decimal text")
    return Rejected("order", platform_id, error, Payload({"tid": platform_id} | payload))


def test_entry(database: Database, shop: Shop) -> None:
    """An entry says where the value stood, what it was and what was expected."""
    outcome = ingest(database, shop, rejected(), order("o2"))

    entry = only(database, shop, QuarantineEntry)
    assert (2, 1, 0, 1) == counts(outcome)
    assert ("order", "o1", "orders") == (entry.kind, entry.platform_id, entry.stream)
    assert ("payment", "'1,50'") == (entry.where, entry.value)
    assert ("an amount as decimal text", {"tid": "o1"}) == (entry.expected, entry.payload)


def test_entry_that_comes_again(database: Database, shop: Shop) -> None:
    """The same record keeps one entry, with the first and the last time it was seen."""
    ingest(database, shop, rejected(), now=T0)

    ingest(database, shop, rejected(value="oops"), now=after(5))

    entry = only(database, shop, QuarantineEntry)
    assert (T0, after(5)) == (entry.first_seen_at, entry.last_seen_at)
    assert "'oops'" == entry.value


def test_resolved_by_a_later_version(database: Database, shop: Shop) -> None:
    """When a version of the record can be stored, its entry is resolved, and no other."""
    ingest(database, shop, rejected("o1"), rejected("o2"))

    ingest(database, shop, order("o1"), now=after(1), stream="orders_again")

    entries = {row.platform_id: row.resolved_at for row in rows(database, shop, QuarantineEntry)}
    assert {"o1": after(1), "o2": None} == entries


def test_rejected_again_after_it_was_resolved(database: Database, shop: Shop) -> None:
    """A record that fails once more is open once more."""
    ingest(database, shop, rejected())
    ingest(database, shop, order())

    ingest(database, shop, rejected())

    assert only(database, shop, QuarantineEntry).resolved_at is None


def test_good_and_bad_version_in_one_page(database: Database, shop: Shop) -> None:
    """Nobody knows which is newer: the good one is stored, and the entry stays open."""
    ingest(database, shop, order(), rejected())

    assert ["o1"] == column(database, shop, Order, "platform_id")
    assert only(database, shop, QuarantineEntry).resolved_at is None


def test_collision_with_a_stored_row(database: Database, shop: Shop) -> None:
    """A row whose hashed id another record has is quarantined, and never merged."""
    ingest(database, shop, order("o1"))
    taken = only(database, shop, Order)
    taken.platform_id = "another"
    database.run_now(shop.merchant_id, lambda session: session.merge(taken))

    outcome = ingest(database, shop, order("o1", at=1, channel="new"), order("o2"))

    entry = only(database, shop, QuarantineEntry)
    assert (2, 1, 0, 1) == counts(outcome)
    assert ("id", "o1") == (entry.where, entry.platform_id)
    assert ["", ""] == column(database, shop, Order, "channel")


def test_collision_within_a_page(database: Database, shop: Shop) -> None:
    """Two new records that want one id are told apart as well: the second is quarantined."""
    payments = [
        PaymentRecord(platform_id=p, method="m", amount=1, paid_at=T0) for p in ("b\x1fc", "c")
    ]
    page = [order("a", payments=payments[:1]), order("a\x1fb", at=1, payments=payments[1:])]

    outcome = ingest(database, shop, *page)

    assert (2, 1, 0, 1) == counts(outcome)
    assert ["b\x1fc"] == column(database, shop, Payment, "platform_id")
    assert ["a"] == column(database, shop, Order, "platform_id")


MISFITS: dict[str, tuple[str, Record]] = {
    "sku_code": ("x" * 129, order(lines=(line("a", sku_code="x" * 129),))),
    "nickname": (MASK, order(customer=CustomerRecord(platform_id="c", nickname="x" * 201))),
    "title": ("a\x00b", order(lines=(line("a", title="a\x00b"),))),
    "carrier": (
        "x" * 65,
        order(shipments=(ShipmentRecord(platform_id="s", carrier="x" * 65),)),
    ),
    "stock": (
        2**63,
        product(skus=(SkuRecord(platform_id="k", price=1, stock=2**63),)),
    ),
    "time": ("", order(ordered_at=datetime(9999, 12, 31, 23, tzinfo=UTC))),
    "order": ("a\x00b", order("a\x00b")),
    "customer": ("c1", CustomerRecord(platform_id="c1")),
    "removal": ("c1", removal("customer", "c1", 0)),
    "visitor": (
        MASK,
        BehaviorRecord(platform_id="b", happened_at=T0, visitor="v" * 129, action="view"),
    ),
}


@pytest.mark.parametrize("where", MISFITS)
def test_what_one_database_would_refuse(database: Database, shop: Shop, where: str) -> None:
    """A record that no table takes is quarantined alone on both databases; the page is stored."""
    value, record = MISFITS[where]

    outcome = ingest(database, shop, record, order("good"))

    entry = only(database, shop, QuarantineEntry)
    assert (2, 1, 0, 1) == counts(outcome)
    assert (where, repr(value)) == (entry.where, entry.value)
    assert ["good"] == column(database, shop, Order, "platform_id")
    assert [] == rows(database, shop, BehaviorEvent)


HOSTILE = {"surrogate": "half an emoji \ud83d", "nul": "a\x00b", "nan": math.nan, "big": 2**80}


@pytest.mark.parametrize("value", HOSTILE.values(), ids=HOSTILE)
def test_hostile_payloads(database: Database, shop: Shop, value: Any) -> None:
    """Whatever a payload holds in fields that nobody maps, record and entry are stored."""
    good = mapped(order("good"), f"memo={value}", memo=value)
    bad = rejected(f"bad {value}" * 50, value, memo=[{"m": value}])

    outcome = ingest(database, shop, good, bad)

    assert (2, 1, 0, 1) == counts(outcome)
    assert "good" == raw.decode(only(database, shop, RawPayload).body)["platform_id"]


def test_mapped_items_have_a_payload(database: Database, shop: Shop) -> None:
    """The raw payload is kept whole, with its hash and the version of the mapping."""
    body = {"tid": 1, "title": "灯笼", "sub": [{"oid": 2}]}

    ingest(database, shop, Mapped(order(), Payload(body)), mapping_version=3, now=after(9))

    kept = only(database, shop, RawPayload)
    assert body == raw.decode(kept.body)
    assert (3, T0, after(9)) == (kept.mapping_version, kept.updated_at, kept.received_at)
    assert raw.digest(raw.encode(body)) == kept.content_hash
    assert ("order", "o1") == (kept.kind, kept.platform_id)
    assert place(shop).shop_id == kept.shop_id
