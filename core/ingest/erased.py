"""Erased customers stay erased: what a later sync brings of them is left out, or comes in blank.

A tombstone is left for each erased customer, for their orders and lines, by which reviews are
theirs, and for their reviews. It holds the hash that is the row's id, and nothing else.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, MutableMapping
from datetime import datetime
from typing import Any

from sqlmodel import SQLModel, col, select

from core.db.session import MerchantSession
from core.db.upsert import CHUNK, Row, table_of, upsert
from core.ingest.owners import follows_its_order
from core.ingest.rows import Key
from core.ingest.shape import Place
from core.models import (
    BehaviorEvent,
    Customer,
    Order,
    OrderLine,
    Refund,
    Review,
    Shipment,
    Tombstone,
    personal_columns,
)

KINDS: Mapping[type[SQLModel], str] = {
    Customer: "customer",
    Order: "order",
    OrderLine: "order_line",
    Review: "review",
}
"""Tables whose rows leave tombstones, and what those say they were."""

Mark = tuple[str, int]
"""A tombstone's kind and identity."""
_Keyed = MutableMapping[type[SQLModel], dict[Key, dict[str, Any]]]


def leave_tombstones(session: MerchantSession, marks: Iterable[Mark], now: datetime) -> None:
    """Remember what was erased; once is enough."""
    rows = [
        {"merchant_id": session.merchant_id, "kind": kind, "identity": identity, "erased_at": now}
        for kind, identity in sorted(set(marks))
    ]
    upsert(session, Tombstone, rows)


def blank(table: type[SQLModel], row: Row) -> dict[str, Any]:
    """The row without what is personal in it."""
    columns = table_of(table).columns
    empty = {name: None if columns[name].nullable else "" for name in personal_columns(table)}
    return {**row, **empty}


def without_erased(session: MerchantSession, rows: _Keyed, now: datetime) -> set[int]:
    """Drop customers that were erased with every reference to them, and blank what is theirs.

    An order of theirs that nobody has seen before leaves a tombstone too, for its reviews to come.
    Returns the ids of the rows that are theirs, whose payloads may tell who they are.
    """
    marks = _marks_in(rows)
    known = _erased_among(session, marks)
    if not known:
        return set()
    theirs: set[int] = set()
    orders = _orders_of(rows, known)
    found = known | {("order", order_id) for order_id in orders}
    for mark in [mark for mark in known if mark[0] == "customer"]:
        rows.get(Customer, {}).pop((mark[1],), None)
    for made in rows.values():
        for row in made.values():
            if ("customer", row.get("customer_id")) in known:
                row["customer_id"] = None
                theirs.add(row["id"])
    _blank(rows, Shipment, lambda row: ("order", row["order_id"]) in found)
    theirs |= {row["id"] for row in _following(rows) if ("order", row["order_id"]) in found}
    theirs |= _blank(rows, Review, lambda row: not found.isdisjoint(_marks_of_review(row)))
    lines = {
        ("order_line", row["id"])
        for row in rows.get(OrderLine, {}).values()
        if row["order_id"] in orders
    }
    leave_tombstones(session, (found | lines) - known, now)
    return theirs | orders


def without_erased_visitors(
    session: MerchantSession, place: Place, rows: Iterable[dict[str, Any]]
) -> None:
    """Blank the visitors of events that bear an erased customer's name on the platform."""
    by_mark: dict[Mark, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        by_mark["customer", place.id("customer", row["visitor"])].append(row)
    for mark in _erased_among(session, set(by_mark)):
        for row in by_mark[mark]:
            row.update(blank(BehaviorEvent, row))


def _marks_in(rows: _Keyed) -> set[Mark]:
    """Every tombstone that could concern these rows."""
    marks = {("customer", key[0]) for key in rows.get(Customer, {})}
    marks |= {("order", key[0]) for key in rows.get(Order, {})}
    marks |= {("order", row["order_id"]) for row in _following(rows)}
    for row in rows.get(Review, {}).values():
        marks |= _marks_of_review(row)
    return marks


def _following(rows: _Keyed) -> list[Row]:
    """Refunds that are whose their order is."""
    return [row for row in rows.get(Refund, {}).values() if follows_its_order(row)]


def _marks_of_review(row: Row) -> set[Mark]:
    marks = {("review", row["id"]), ("order", row["order_id"]), ("order_line", row["line_id"])}
    return {mark for mark in marks if mark[1] is not None}


def _orders_of(rows: _Keyed, known: set[Mark]) -> set[int]:
    """Ids of the orders that are an erased customer's."""
    return {
        row["id"]
        for row in rows.get(Order, {}).values()
        if ("customer", row["customer_id"]) in known or ("order", row["id"]) in known
    }


def _erased_among(session: MerchantSession, marks: set[Mark]) -> set[Mark]:
    identities = sorted({identity for _, identity in marks})
    kinds = sorted({kind for kind, _ in marks})
    found: set[Mark] = set()
    for start in range(0, len(identities), CHUNK):
        some = identities[start : start + CHUNK]
        wanted = select(Tombstone.kind, Tombstone.identity).where(
            col(Tombstone.kind).in_(kinds), col(Tombstone.identity).in_(some)
        )
        found |= {(kind, identity) for kind, identity in session.execute(wanted)}
    return found & marks


def _blank(rows: _Keyed, table: type[SQLModel], is_theirs: Callable[[Row], bool]) -> set[int]:
    """Blank the rows that are theirs; returns their ids."""
    made = rows.get(table, {})
    chosen = [(key, row) for key, row in made.items() if is_theirs(row)]
    for key, row in chosen:
        made[key] = blank(table, row)
    return {row["id"] for _, row in chosen}
