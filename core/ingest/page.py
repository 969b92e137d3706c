"""Stores one page of records: dedupe, skip what is known, upsert, changes, rollups, outbox.

Everything happens in the caller's transaction, so a page is stored whole, with its rollups and
the cursor that the caller moves, or not at all. Storing a page again changes nothing.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlmodel import SQLModel

from core.db.session import MerchantSession
from core.db.upsert import Row, delete_keys, upsert
from core.ingest import raw
from core.ingest.announcement import announce
from core.ingest.changes import Change
from core.ingest.erased import without_erased, without_erased_visitors
from core.ingest.fit import NUL, misfit, storable
from core.ingest.owners import fill_customers, follow_orders
from core.ingest.quarantine import resolve, store_rejected
from core.ingest.rollup import Rollup, apply_changes
from core.ingest.rows import Key, by_key, key_columns, rows_by, stored_rows
from core.ingest.shape import AGGREGATE_OF_KIND, AGGREGATES, FACTS, Aggregate, Place, Rows
from core.ingest.split import without_parents
from core.marketplace.contract import Mapped, Rejected
from core.marketplace.errors import MappingError
from core.marketplace.records import PlatformRecord, Record, RemovalRecord
from core.models import BehaviorEvent, Customer, RawPayload, Refund

_Keyed = dict[type[SQLModel], dict[Key, dict[str, Any]]]


@dataclass(frozen=True)
class Batch:
    """Where a page comes from and what it is stored with."""

    place: Place
    stream: str
    mapping_version: int
    rollups: tuple[Rollup, ...]
    now: datetime


@dataclass
class Outcome:
    """What became of the items of a page: every one is counted exactly once in `seen`."""

    seen: int = 0
    changed: int = 0
    unchanged: int = 0
    quarantined: int = 0
    unknown: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Outcome") -> None:
        """Count another page's outcome in."""
        self.seen += other.seen
        self.changed += other.changed
        self.unchanged += other.unchanged
        self.quarantined += other.quarantined
        self.unknown.update(other.unknown)


@dataclass
class _Version:
    """A record with its encoded payload, on its way into the tables."""

    mapped: Mapped
    body: bytes
    content_hash: bytes
    is_erased: bool = False
    """Whether it is of a customer who was erased; its payload would say who."""

    @property
    def record(self) -> PlatformRecord:
        assert isinstance(self.mapped.record, PlatformRecord)
        return self.mapped.record

    @property
    def identity(self) -> raw.Identity:
        record = self.record
        kind = record.of if isinstance(record, RemovalRecord) else record.kind
        return kind, record.platform_id


def ingest_page(
    session: MerchantSession, batch: Batch, items: Sequence[Mapped | Rejected]
) -> Outcome:
    """Store the items of a page; returns what became of them."""
    outcome = Outcome(seen=len(items))
    rejected = [item for item in items if isinstance(item, Rejected)]
    mapped = [item for item in items if isinstance(item, Mapped)]
    homeless = [item for item in mapped if _is_homeless(item.record)]
    rejected += map(_no_home, homeless)
    mapped = [item for item in mapped if item not in homeless] if homeless else mapped
    mapped = without_parents(session, batch.place, mapped)
    versions = _newest(item for item in mapped if isinstance(item.record, PlatformRecord))
    fresh = _fresh(session, batch, versions)
    changes, refused = _store_aggregates(session, batch, fresh)
    stored = [version for version in fresh if version.identity not in _identities(refused)]
    daily = [item for item in mapped if type(item.record) in FACTS]
    facts, unfit = _store_facts(session, batch, daily)
    changes += facts
    rejected += refused + unfit
    apply_changes(session, batch.rollups, batch.place.merchant_id, changes)
    _store_payloads(session, batch, stored)
    store_rejected(session, batch.place, batch.stream, batch.now, rejected)
    # Of two versions in one page nobody knows which is newer: the rejected one stays in quarantine.
    settled = {v.identity for v in stored} - _identities(rejected)
    resolve(session, batch.place, batch.now, settled)
    announce(session, batch.place.shop_id, batch.stream, batch.now, changes)
    for item in [*(version.mapped for version in stored), *daily]:
        outcome.unknown.update(storable(item.unknown))
    outcome.quarantined = len(rejected)
    outcome.changed = len(stored) + _changed_facts(changes)
    outcome.unchanged = outcome.seen - outcome.changed - outcome.quarantined
    return outcome


# --- which records are news ------------------------------------------------------------------


def _newest(items: Iterable[Mapped]) -> list[_Version]:
    """One version per record: the newest; of equally new ones the later in the page.

    In the order of their times, because rows that records share (customers) take the last word.
    """
    chosen: dict[raw.Identity, _Version] = {}
    for item in items:
        body = raw.encode(item.payload.body)
        version = _Version(item, body, raw.digest(body))
        other = chosen.get(version.identity)
        if other is None or version.record.updated_at >= other.record.updated_at:
            chosen[version.identity] = version
    return sorted(chosen.values(), key=lambda version: version.record.updated_at)


def _is_homeless(record: Record) -> bool:
    """Whether there is no table for a record, or no key that both databases can look up."""
    if isinstance(record, RemovalRecord):
        return record.of not in AGGREGATE_OF_KIND or NUL in record.platform_id
    if isinstance(record, PlatformRecord):
        return type(record) not in AGGREGATES or NUL in record.platform_id
    return type(record) not in FACTS


def _no_home(item: Mapped) -> Rejected:
    platform_id = str(getattr(item.record, "platform_id", ""))
    error = MappingError(item.record.kind, platform_id, "a kind of record that is stored by itself")
    return Rejected(item.record.kind, platform_id, error, item.payload)


def _fresh(session: MerchantSession, batch: Batch, versions: list[_Version]) -> list[_Version]:
    place = batch.place
    known = raw.stored_versions(
        session, place.merchant_id, place.shop_id, [version.identity for version in versions]
    )
    return [v for v in versions if _is_news(v, known.get(v.identity), batch.mapping_version)]


def _is_news(version: _Version, stored: raw.Stored | None, mapping_version: int) -> bool:
    if stored is None:
        return True
    if version.record.updated_at < stored.updated_at:
        return False
    same = version.content_hash == stored.content_hash
    return not (same and mapping_version == stored.mapping_version)


# --- aggregates ------------------------------------------------------------------------------


def _store_aggregates(
    session: MerchantSession, batch: Batch, versions: Sequence[_Version]
) -> tuple[list[Change], list[Rejected]]:
    by_kind: dict[str, list[_Version]] = defaultdict(list)
    for version in versions:
        by_kind[version.identity[0]].append(version)
    changes: list[Change] = []
    refused: list[Rejected] = []
    # As declared: orders before the refunds that belong to whom their order belongs to.
    for kind, aggregate in AGGREGATE_OF_KIND.items():
        if kind in by_kind:
            made, unfit = _store_group(session, batch, aggregate, by_kind[kind])
            changes += made
            refused += unfit
    changes += follow_orders(session, changes)
    return changes, refused


def _store_group(
    session: MerchantSession, batch: Batch, aggregate: Aggregate, versions: Sequence[_Version]
) -> tuple[list[Change], list[Rejected]]:
    shaped, refused = _shape_all(batch, aggregate, versions)
    owners = {batch.place.id(*version.identity) for version, _ in shaped}
    owned = {aggregate.table: "id", **aggregate.children}
    old = {table: rows_by(session, table, column, list(owners)) for table, column in owned.items()}
    for table, new in _keyed(rows for _, rows in shaped).items():
        known = old.setdefault(table, {})
        known |= stored_rows(session, table, [key for key in new if key not in known])
    good, collided = _apart(shaped, old)
    owners -= {batch.place.id(*version.identity) for version in collided}
    stored = _keyed(good)
    theirs = without_erased(session, stored, batch.now)
    for version, _ in shaped if theirs else ():
        version.is_erased = batch.place.id(*version.identity) in theirs
    fill_customers(session, stored.get(Refund, {}).values())
    changes: list[Change] = []
    # Parents first: their rows must be there before rows that refer to them.
    for table in [*owned, *(other for other in stored if other not in owned)]:
        new = stored.get(table, {})
        column = owned.get(table)
        keep = {
            key: row
            for key, row in old[table].items()
            if key in new or (column is not None and row[column] in owners)
        }
        changes += _replace(session, table, keep, new)
    return changes, refused + [_collision(version) for version in collided]


def _shape_all(
    batch: Batch, aggregate: Aggregate, versions: Sequence[_Version]
) -> tuple[list[tuple[_Version, _Keyed]], list[Rejected]]:
    """The rows of each version, and the versions whose rows do not fit the tables."""
    shaped: list[tuple[_Version, _Keyed]] = []
    refused: list[Rejected] = []
    for version in versions:
        try:
            rows = _shape(batch, aggregate, version)
            wrong = _misfit(rows)
        except OverflowError:
            wrong = MappingError("time", "", "times that exist in the shop's time zone")
        if wrong is None:
            shaped.append((version, rows))
        else:
            refused.append(Rejected(*version.identity, wrong, version.mapped.payload))
    return shaped, refused


def _misfit(rows: _Keyed) -> MappingError | None:
    wrong = (misfit(table, row) for table, made in rows.items() for row in made.values())
    return next((error for error in wrong if error is not None), None)


def _shape(batch: Batch, aggregate: Aggregate, version: _Version) -> _Keyed:
    if isinstance(version.record, RemovalRecord):
        return {}
    rows = aggregate.rows(version.record, batch.place)
    return {table: by_key(table, made) for table, made in rows.items()}


def _keyed(parts: Iterable[_Keyed]) -> _Keyed:
    """The rows of several records together; of a row made twice the later one counts."""
    rows: _Keyed = {}
    for part in parts:
        for table, made in part.items():
            known = rows.setdefault(table, {})
            for key, row in made.items():
                known[key] = _filled(row, known[key], table) if key in known else row
    return rows


def _apart(
    shaped: Sequence[tuple[_Version, _Keyed]], old: Mapping[type[SQLModel], Mapping[Key, Row]]
) -> tuple[list[_Keyed], list[_Version]]:
    """Rows whose hashed ids are free or theirs, and versions with an id of another natural key."""
    taken = _natural_keys(old)
    good: list[_Keyed] = []
    collided: list[_Version] = []
    for version, rows in shaped:
        mine = _natural_keys(rows)
        if any(taken.get(key, natural) != natural for key, natural in mine.items()):
            collided.append(version)
        else:
            taken |= mine
            good.append(rows)
    return good, collided


def _natural_keys(rows: Mapping[type[SQLModel], Mapping[Key, Row]]) -> dict[Key, tuple[int, str]]:
    return {
        (table, *key): (row["shop_id"], row["platform_id"])
        for table, made in rows.items()
        if "platform_id" in table.model_fields
        for key, row in made.items()
    }


def _collision(version: _Version) -> Rejected:
    kind, platform_id = version.identity
    error = MappingError("id", platform_id, "an id whose hash no other record has")
    return Rejected(kind, platform_id, error, version.mapped.payload)


def _identities(rejected: Sequence[Rejected]) -> set[raw.Identity]:
    return {(item.kind, item.platform_id) for item in rejected}


# --- rows ------------------------------------------------------------------------------------


def _replace(
    session: MerchantSession,
    table: type[SQLModel],
    old: dict[Key, Row],
    new: dict[Key, dict[str, Any]],
) -> list[Change]:
    """Make `new` the table's content in place of `old`: insert, update, delete."""
    gone = [key for key in old if key not in new]
    delete_keys(
        session,
        table,
        ("merchant_id", *key_columns(table)),
        [(session.merchant_id, *key) for key in gone],
    )
    changes = [Change(table, old[key], None) for key in gone]
    for key, row in new.items():
        before = old.get(key)
        after = row if before is None else _filled(row, before, table)
        if before != after:
            changes.append(Change(table, before, after))
    upsert(session, table, [change.after for change in changes if change.after is not None])
    return changes


def _filled(row: dict[str, Any], before: Row, table: type[SQLModel]) -> dict[str, Any]:
    """A customer is described by many orders: what one leaves open keeps its old value."""
    if table is not Customer:
        return row
    return {name: before[name] if value is None else value for name, value in row.items()}


# --- facts, payloads -------------------------------------------------------------------------


def _store_facts(
    session: MerchantSession, batch: Batch, items: Sequence[Mapped]
) -> tuple[list[Change], list[Rejected]]:
    rows: Rows = defaultdict(list)
    refused: list[Rejected] = []
    for item in items:
        table, shape = FACTS[type(item.record)]
        row = shape(item.record, batch.place)
        wrong = misfit(table, row)
        if wrong is None:
            rows[table].append(row)
        else:
            name = "/".join(str(row[column]) for column in key_columns(table))
            refused.append(Rejected(item.record.kind, name, wrong, item.payload))
    without_erased_visitors(session, batch.place, rows.get(BehaviorEvent, ()))
    changes: list[Change] = []
    for table, made in rows.items():
        new = by_key(table, made)
        changes += _replace(session, table, stored_rows(session, table, list(new)), new)
    return changes, refused


def _changed_facts(changes: Sequence[Change]) -> int:
    tables = {table for table, _ in FACTS.values()}
    return sum(change.table in tables for change in changes)


def _store_payloads(session: MerchantSession, batch: Batch, versions: Sequence[_Version]) -> None:
    rows = [
        batch.place.row(
            kind=version.identity[0],
            platform_id=version.identity[1],
            content_hash=version.content_hash,
            mapping_version=batch.mapping_version,
            updated_at=version.record.updated_at,
            received_at=batch.now,
            body=raw.NOTHING if version.is_erased else raw.compress(version.body),
        )
        for version in versions
    ]
    upsert(session, RawPayload, rows)
