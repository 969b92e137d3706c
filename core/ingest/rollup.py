"""Rollups: small tables declared once, kept up to date by changes, rebuilt from raw rows.

A declaration names the target table, and per source table: how key columns are derived, which
rows count, and the measures. The same declaration gives the Python deltas that ingest applies
and the SQL that rebuilds everything, so the two cannot drift apart.

Sums and counts are kept by deltas (new minus old). Minima, maxima and distinct counts cannot be
taken back by subtraction: for touched keys they are computed anew from the raw rows.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from sqlalchemy import Table, and_, bindparam, delete, distinct, func, select, update
from sqlalchemy.orm import Session
from sqlmodel import SQLModel

from core.db.functions import month_start
from core.db.session import CORE
from core.db.upsert import Row, insert_for, run_many, table_of
from core.ingest.changes import Change

SOURCE_ROWS = "source_rows"


@dataclass(frozen=True)
class Month:
    """A key column: the first day of the month of a date column."""

    column: str


@dataclass(frozen=True)
class Count:
    """Measure: how many rows."""


@dataclass(frozen=True)
class Sum:
    """Measure: the sum of a column."""

    column: str


@dataclass(frozen=True)
class Min:
    """Measure: the smallest value of a column."""

    column: str


@dataclass(frozen=True)
class Max:
    """Measure: the largest value of a column."""

    column: str


@dataclass(frozen=True)
class Distinct:
    """Measure: how many different values a column has, nulls apart."""

    column: str


Additive = Count | Sum
Measure = Additive | Min | Max | Distinct


@dataclass(frozen=True)
class Source:
    """One raw table of a rollup.

    key: target column → source column, or `Month` of one. `merchant_id` goes without saying.
    present: columns that must not be null for a row to count.
    """

    table: type[SQLModel]
    key: Mapping[str, str | Month]
    measures: Mapping[str, Measure]
    present: tuple[str, ...]

    @cached_property
    def additive(self) -> dict[str, Additive]:
        return {k: m for k, m in self.measures.items() if isinstance(m, (Count, Sum))}

    @cached_property
    def recomputed(self) -> dict[str, Min | Max | Distinct]:
        return {k: m for k, m in self.measures.items() if isinstance(m, (Min, Max, Distinct))}


@dataclass(frozen=True)
class Rollup:
    """A table that is a pure function of raw rows."""

    table: type[SQLModel]
    sources: tuple[Source, ...]

    @cached_property
    def key_columns(self) -> tuple[str, ...]:
        """Primary key of the target without the merchant."""
        return tuple(c.name for c in table_of(self.table).primary_key if c.name != "merchant_id")


def apply_changes(
    session: Session, rollups: Sequence[Rollup], merchant_id: int, changes: Sequence[Change]
) -> None:
    """Bring all rollups up to date with the changes of one transaction."""
    by_table: dict[type[SQLModel], list[Change]] = defaultdict(list)
    for change in changes:
        by_table[change.table].append(change)
    for rollup in rollups:
        _apply(session, rollup, merchant_id, by_table)


def rebuild(session: Session, rollups: Sequence[Rollup], merchant_id: int) -> None:
    """Make all rollups of a merchant anew from its raw rows."""
    for rollup in rollups:
        target = table_of(rollup.table)
        _run(session, delete(target).where(target.c.merchant_id == merchant_id))
        for source in rollup.sources:
            _run(session, _rebuild_statement(session, rollup, source, merchant_id))


# --- by changes ------------------------------------------------------------------------------

Key = tuple[Any, ...]


def _apply(
    session: Session,
    rollup: Rollup,
    merchant_id: int,
    by_table: Mapping[type[SQLModel], Sequence[Change]],
) -> None:
    deltas: dict[Key, dict[str, int]] = {}
    touched: list[tuple[Source, list[Key]]] = []
    for source in rollup.sources:
        keys = _add_deltas(rollup, source, by_table.get(source.table, ()), deltas)
        touched.append((source, keys))
    if not deltas:
        return
    _store_deltas(session, rollup, merchant_id, deltas)
    for source, keys in touched:
        _recompute(session, rollup, source, merchant_id, keys)
    _drop_empty(session, rollup, merchant_id, [k for k, d in deltas.items() if d[SOURCE_ROWS] < 0])


def _add_deltas(
    rollup: Rollup, source: Source, changes: Iterable[Change], deltas: dict[Key, dict[str, int]]
) -> list[Key]:
    touched: dict[Key, None] = {}
    columns = rollup.key_columns
    for change in changes:
        for row, sign in ((change.before, -1), (change.after, 1)):
            if row is None or any(row[name] is None for name in source.present):
                continue
            key = tuple(_key_value(source.key[name], row) for name in columns)
            touched[key] = None
            _add(deltas.setdefault(key, defaultdict(int)), source, row, sign)
    return list(touched)


def _add(delta: dict[str, int], source: Source, row: Row, sign: int) -> None:
    delta[SOURCE_ROWS] += sign
    for name, measure in source.additive.items():
        delta[name] += sign * (1 if isinstance(measure, Count) else row[measure.column] or 0)


def _key_value(key: str | Month, row: Row) -> Any:
    if isinstance(key, str):
        return row[key]
    day: date = row[key.column]
    return day.replace(day=1)


def _store_deltas(
    session: Session, rollup: Rollup, merchant_id: int, deltas: Mapping[Key, Mapping[str, int]]
) -> None:
    names = _additive_names(rollup)
    fresh = {"merchant_id": merchant_id} | dict.fromkeys(_count_names(rollup), 0)
    rows = [
        fresh
        | dict(zip(rollup.key_columns, key, strict=True))
        | {name: delta.get(name, 0) for name in names}
        for key, delta in sorted(deltas.items(), key=lambda item: str(item[0]))
        if any(delta.values())
    ]
    if not rows:
        return
    target = table_of(rollup.table)
    statement = insert_for(session.get_bind().dialect.name, target)
    added = {name: target.c[name] + statement.excluded[name] for name in names}
    keys = [column.name for column in target.primary_key]
    upsert = statement.on_conflict_do_update(index_elements=keys, set_=added)
    run_many(session, upsert, target, rows)


def _additive_names(rollup: Rollup) -> list[str]:
    names = {name: None for source in rollup.sources for name in source.additive}
    return [*names, SOURCE_ROWS]


def _recompute(
    session: Session, rollup: Rollup, source: Source, merchant_id: int, keys: Sequence[Key]
) -> None:
    if not source.recomputed or not keys:
        return
    target, raw = table_of(rollup.table), table_of(source.table)
    same_key = and_(
        raw.c.merchant_id == target.c.merchant_id,
        *(_key_expression(raw, source.key[name]) == target.c[name] for name in rollup.key_columns),
        # What equals a key is not null anyway, and saying so misleads SQLite's planner.
        *(raw.c[n].is_not(None) for n in source.present if n not in source.key.values()),
    )
    # One correlated statement, run per touched key: an index look-up each on both databases.
    values = {
        name: select(_aggregate(raw, measure)).where(same_key).scalar_subquery()
        for name, measure in source.recomputed.items()
    }
    _for_keys(session, update(target).values(values), rollup, merchant_id, keys)


def _drop_empty(session: Session, rollup: Rollup, merchant_id: int, keys: Sequence[Key]) -> None:
    target = table_of(rollup.table)
    empty = delete(target).where(target.c[SOURCE_ROWS] == 0)
    _for_keys(session, empty, rollup, merchant_id, keys)


def _for_keys(
    session: Session, statement: Any, rollup: Rollup, merchant_id: int, keys: Sequence[Key]
) -> None:
    """Run an UPDATE or DELETE of the target once per key."""
    if not keys:
        return
    target = table_of(rollup.table)
    statement = statement.where(target.c.merchant_id == merchant_id)
    for position, name in enumerate(rollup.key_columns):
        column = target.c[name]
        statement = statement.where(column == bindparam(f"k{position}", type_=column.type))
    rows = [{f"k{i}": value for i, value in enumerate(key)} for key in keys]
    session.connection().execute(statement, rows)


# --- by rebuilding ---------------------------------------------------------------------------


def _rebuild_statement(session: Session, rollup: Rollup, source: Source, merchant_id: int) -> Any:
    target, raw = table_of(rollup.table), table_of(source.table)
    keys = [_key_expression(raw, source.key[name]) for name in rollup.key_columns]
    measures = {SOURCE_ROWS: func.count()} | {
        name: _aggregate(raw, measure) for name, measure in source.measures.items()
    }
    # Columns that another source fills start at zero, as they do when deltas insert a row.
    for name in _additive_names(rollup) + _count_names(rollup):
        measures.setdefault(name, func.sum(0))
    rows = (
        select(raw.c.merchant_id, *keys, *measures.values())
        .where(raw.c.merchant_id == merchant_id, *(raw.c[n].is_not(None) for n in source.present))
        .group_by(raw.c.merchant_id, *keys)
    )
    statement = insert_for(session.get_bind().dialect.name, target)
    merged = {
        name: statement.excluded[name]
        if name in source.recomputed
        else target.c[name] + statement.excluded[name]
        for name in measures
    }
    filled = statement.from_select(["merchant_id", *rollup.key_columns, *measures], rows)
    return filled.on_conflict_do_update(
        index_elements=[column.name for column in target.primary_key], set_=merged
    )


def _count_names(rollup: Rollup) -> list[str]:
    """Distinct counts: they are never null."""
    return [
        name
        for source in rollup.sources
        for name, measure in source.recomputed.items()
        if isinstance(measure, Distinct)
    ]


def _key_expression(raw: Table, key: str | Month) -> Any:
    return raw.c[key] if isinstance(key, str) else month_start(raw.c[key.column])


def _aggregate(raw: Table, measure: Measure) -> Any:
    match measure:
        case Count():
            return func.count()
        case Sum(column):
            return func.coalesce(func.sum(raw.c[column]), 0)
        case Min(column):
            return func.min(raw.c[column])
        case Max(column):
            return func.max(raw.c[column])
        case Distinct(column):
            return func.count(distinct(raw.c[column]))


def _run(session: Session, statement: Any) -> None:
    session.execute(statement, execution_options={CORE: True})
