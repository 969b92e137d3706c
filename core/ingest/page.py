"""Stores one page of records: dedupe, skip what is known, upsert, changes, rollups, outbox.

Everything happens in the caller's transaction, so a page is stored whole, with its rollups and
the cursor that the caller moves, or not at all. Storing a page again changes nothing.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import tuple_, update
from sqlmodel import SQLModel, col, select

from core.db.session import CORE, MerchantSession
from core.db.upsert import CHUNK, Row, delete_keys, table_of, upsert
from core.ingest import raw
from core.ingest.changes import Change
from core.ingest.rollup import Rollup, apply_changes
from core.ingest.shape import AGGREGATE_OF_KIND, AGGREGATES, FACTS, Aggregate, Place, Rows
from core.marketplace.contract import Mapped, Rejected
from core.marketplace.errors import MappingError
from core.marketplace.records import PlatformRecord, RemovalRecord
from core.models import (
    Customer,
    OutboxMessage,
    QuarantineEntry,
    RawPayload,
    Tombstone,
    random_id,
)

_Key = tuple[Any, ...]
_Keyed = dict[type[SQLModel], dict[_Key, dict[str, Any]]]


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
    for item in mapped:
        outcome.unknown.update(item.unknown)
    versions = _newest(item for item in mapped if isinstance(item.record, PlatformRecord))
    fresh = _fresh(session, batch, versions)
    changes, collided = _store_aggregates(session, batch, fresh)
    rejected += collided
    stored = [version for version in fresh if version.identity not in _identities(collided)]
    changes += _store_facts(session, batch, [m for m in mapped if type(m.record) in FACTS])
    apply_changes(session, batch.rollups, batch.place.merchant_id, changes)
    _store_payloads(session, batch, stored)
    _store_rejected(session, batch, rejected)
    _resolve(session, batch, stored)
    _announce(session, batch, changes)
    outcome.quarantined = len(rejected)
    outcome.changed = len(stored) + _changed_facts(changes)
    outcome.unchanged = outcome.seen - outcome.changed - outcome.quarantined
    return outcome


# --- which records are news ------------------------------------------------------------------


def _newest(items: Iterable[Mapped]) -> list[_Version]:
    """One version per record: the newest; of equally new ones the later in the page."""
    chosen: dict[raw.Identity, _Version] = {}
    for item in items:
        body = raw.encode(item.payload.body)
        version = _Version(item, body, raw.digest(body))
        other = chosen.get(version.identity)
        if other is None or version.record.updated_at >= other.record.updated_at:
            chosen[version.identity] = version
    return list(chosen.values())


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
    groups: dict[type[SQLModel], list[_Version]] = defaultdict(list)
    aggregates: dict[type[SQLModel], Aggregate] = {}
    for version in versions:
        aggregate = AGGREGATE_OF_KIND[version.identity[0]]
        aggregates[aggregate.table] = aggregate
        groups[aggregate.table].append(version)
    changes: list[Change] = []
    collided: list[Rejected] = []
    for table, group in groups.items():
        made, clashes = _store_group(session, batch, aggregates[table], group)
        changes += made
        collided += clashes
    return changes, collided


def _store_group(
    session: MerchantSession, batch: Batch, aggregate: Aggregate, versions: Sequence[_Version]
) -> tuple[list[Change], list[Rejected]]:
    shaped = [(version, _shape(batch, aggregate, version)) for version in versions]
    owners = {batch.place.id(*version.identity) for version in versions}
    owned = {aggregate.table: "id", **aggregate.children}
    old = {table: _rows_by(session, table, column, list(owners)) for table, column in owned.items()}
    for table, new in _keyed(rows for _, rows in shaped).items():
        known = old.setdefault(table, {})
        known |= _stored(session, table, [key for key in new if key not in known])
    collided = [version for version, rows in shaped if _collides(rows, old)]
    good = [rows for version, rows in shaped if version not in collided]
    owners -= {batch.place.id(*version.identity) for version in collided}
    stored = _without_erased(session, _keyed(good))
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
    return changes, [_collision(version) for version in collided]


def _shape(batch: Batch, aggregate: Aggregate, version: _Version) -> _Keyed:
    if isinstance(version.record, RemovalRecord):
        return {}
    rows = aggregate.rows(version.record, batch.place)
    return {table: _by_key(table, made) for table, made in rows.items()}


def _keyed(parts: Iterable[_Keyed]) -> _Keyed:
    """The rows of several records together; of a row made twice the later one counts."""
    rows: _Keyed = {}
    for part in parts:
        for table, made in part.items():
            rows.setdefault(table, {}).update(made)
    return rows


def _collides(rows: _Keyed, old: Mapping[type[SQLModel], Mapping[_Key, Row]]) -> bool:
    """Whether a row's hashed id is taken by a row of another natural key."""
    return any(
        key in old[table] and _natural(old[table][key]) != _natural(row)
        for table, made in rows.items()
        if "platform_id" in table.model_fields
        for key, row in made.items()
    )


def _natural(row: Row) -> tuple[int, str]:
    return row["shop_id"], row["platform_id"]


def _without_erased(session: MerchantSession, rows: _Keyed) -> _Keyed:
    """Drop customers that were erased, and every reference to them."""
    customers = [key[0] for key in rows.get(Customer, {})]
    if not customers:
        return rows
    wanted = select(Tombstone.identity).where(
        Tombstone.kind == "customer", col(Tombstone.identity).in_(customers)
    )
    erased = set(session.scalars(wanted))
    for customer_id in erased:
        del rows[Customer][customer_id,]
    for made in rows.values() if erased else ():
        for row in made.values():
            if row.get("customer_id") in erased:
                row["customer_id"] = None
    return rows


def _collision(version: _Version) -> Rejected:
    kind, platform_id = version.identity
    error = MappingError("id", platform_id, "an id whose hash no other record has")
    return Rejected(kind, platform_id, error, version.mapped.payload)


def _identities(rejected: Sequence[Rejected]) -> set[raw.Identity]:
    return {(item.kind, item.platform_id) for item in rejected}


# --- rows ------------------------------------------------------------------------------------


@cache
def _key_columns(table: type[SQLModel]) -> tuple[str, ...]:
    return tuple(c.name for c in table_of(table).primary_key if c.name != "merchant_id")


def _rows_by(
    session: MerchantSession, table: type[SQLModel], column: str, values: Sequence[Any]
) -> dict[_Key, Row]:
    """Stored rows with one of these values in a column, by primary key."""
    found: dict[_Key, Row] = {}
    columns = _key_columns(table)
    source = table_of(table)
    for start in range(0, len(values), CHUNK):
        chosen = source.c[column].in_(values[start : start + CHUNK])
        query = source.select().where(source.c.merchant_id == session.merchant_id, chosen)
        for row in session.execute(query, execution_options={CORE: True}).mappings():
            found[tuple(row[name] for name in columns)] = dict(row)
    return found


def _by_key(table: type[SQLModel], rows: Iterable[dict[str, Any]]) -> dict[_Key, dict[str, Any]]:
    columns = _key_columns(table)
    if len(columns) == 1:
        [name] = columns
        return {(row[name],): row for row in rows}
    return {tuple(row[name] for name in columns): row for row in rows}


def _replace(
    session: MerchantSession,
    table: type[SQLModel],
    old: dict[_Key, Row],
    new: dict[_Key, dict[str, Any]],
) -> list[Change]:
    """Make `new` the table's content in place of `old`: insert, update, delete."""
    gone = [key for key in old if key not in new]
    delete_keys(
        session,
        table,
        ("merchant_id", *_key_columns(table)),
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


def _stored(
    session: MerchantSession, table: type[SQLModel], keys: Sequence[_Key]
) -> dict[_Key, Row]:
    """Stored rows with these primary keys."""
    source, columns = table_of(table), _key_columns(table)
    found: dict[_Key, Row] = {}
    for start in range(0, len(keys), CHUNK):
        some = keys[start : start + CHUNK]
        chosen = (
            source.c[columns[0]].in_([key[0] for key in some])
            if len(columns) == 1
            else tuple_(*(source.c[name] for name in columns)).in_(some)
        )
        query = source.select().where(source.c.merchant_id == session.merchant_id, chosen)
        for row in session.execute(query, execution_options={CORE: True}).mappings():
            found[tuple(row[name] for name in columns)] = dict(row)
    return found


# --- facts, payloads, quarantine, outbox -----------------------------------------------------


def _store_facts(session: MerchantSession, batch: Batch, items: Sequence[Mapped]) -> list[Change]:
    rows: Rows = defaultdict(list)
    for item in items:
        table, shape = FACTS[type(item.record)]
        rows[table].append(shape(item.record, batch.place))
    changes: list[Change] = []
    for table, made in rows.items():
        new = _by_key(table, made)
        changes += _replace(session, table, _stored(session, table, list(new)), new)
    return changes


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
            body=raw.compress(version.body),
        )
        for version in versions
    ]
    upsert(session, RawPayload, rows)


def _store_rejected(session: MerchantSession, batch: Batch, items: Sequence[Rejected]) -> None:
    rows = {
        (item.kind, item.platform_id): batch.place.row(
            id=batch.place.id(f"quarantine/{item.kind}", item.platform_id),
            stream=batch.stream,
            kind=item.kind,
            platform_id=item.platform_id,
            where=item.error.where[:200],
            expected=item.error.expected,
            value=repr(item.error.value)[:500],
            payload=dict(item.payload.body),
            first_seen_at=batch.now,
            last_seen_at=batch.now,
            resolved_at=None,
        )
        for item in items
    }
    old = _stored(session, QuarantineEntry, [(row["id"],) for row in rows.values()])
    for row in rows.values():
        if known := old.get((row["id"],)):
            row["first_seen_at"] = known["first_seen_at"]
    upsert(session, QuarantineEntry, list(rows.values()))


def _resolve(session: MerchantSession, batch: Batch, versions: Sequence[_Version]) -> None:
    """A record that could be stored after all is no longer in quarantine."""
    place = batch.place
    waiting = select(QuarantineEntry.id).where(
        QuarantineEntry.shop_id == place.shop_id,
        QuarantineEntry.stream == batch.stream,
        col(QuarantineEntry.resolved_at).is_(None),
    )
    open_ids = set(session.scalars(waiting))
    if not open_ids:
        return
    ids = {place.id(f"quarantine/{v.identity[0]}", v.identity[1]) for v in versions} & open_ids
    if ids:
        session.execute(
            update(QuarantineEntry)
            .where(col(QuarantineEntry.id).in_(ids))
            .values(resolved_at=batch.now)
        )


def _announce(session: MerchantSession, batch: Batch, changes: Sequence[Change]) -> None:
    """Tell plugins, after the commit, which aggregates and facts changed."""
    heard = {aggregate.table for aggregate in AGGREGATES.values()} | {Customer}
    heard |= {table for table, _ in FACTS.values()}
    rows = [
        [table_of(change.table).name, change.key, change.word]
        for change in changes
        if change.table in heard
    ]
    if rows:
        message = batch.place.row(
            id=random_id(),
            topic="changes",
            body={"shop_id": batch.place.shop_id, "stream": batch.stream, "rows": rows},
            created_at=batch.now,
            delivered_at=None,
            attempts=0,
            last_error=None,
        )
        del message["shop_id"]
        upsert(session, OutboxMessage, [message])
