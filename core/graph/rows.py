"""Reads rows for declared types: pages, pages per parent in one statement, rows by key, counts.

Everything goes through `Database.read`, whose session is kept to the request's merchant.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, collate, func, select
from sqlmodel import col
from sqlmodel import select as select_typed

from core.db import MerchantSession
from core.db.upsert import CHUNK, table_of
from core.graph.context import Context
from core.graph.cursor import Key, beyond, decode
from core.graph.declare import NodeSpec
from core.graph.filters import is_text
from core.models import SyncState

Row = Mapping[str, Any]
PARENTS = 10_000
"""Parents per statement; both databases take some more values than that, but not any number."""


@dataclass(frozen=True)
class Span:
    """How many rows, from where, which way."""

    size: int
    values: tuple[Any, ...] | None
    backward: bool

    @classmethod
    def make(cls, keys: Sequence[Key], size: int, cursor: str | None, *, backward: bool) -> "Span":
        values = None if cursor is None else tuple(decode(keys, cursor))
        return cls(size, values, backward)


@dataclass(frozen=True)
class Page:
    """Rows in the order asked for, and whether there are more on either side."""

    rows: Sequence[Row]
    has_next: bool
    has_previous: bool


def sort_keys(
    context: Context, spec: NodeSpec, order: Sequence[tuple[str, bool]]
) -> tuple[Key, ...]:
    """The keys of an order; text sorts by its bytes on both databases."""
    binary = context.db.dialect == "postgresql"
    keys = []
    for name, descending in order:
        column = getattr(spec.model, name)
        if binary and is_text(spec, name):
            column = collate(column, "C")
        keys.append(Key(name, column, descending))
    return tuple(keys)


async def page(
    context: Context, spec: NodeSpec, keys: Sequence[Key], where: Sequence[Any], span: Span
) -> Page:
    """One page of all rows that meet the conditions."""
    query = select(*_columns(spec)).where(*where, *_from_cursor(keys, span))
    query = query.order_by(*_order(keys, span.backward)).limit(span.size + 1)
    found = await context.db.read(context.merchant_id, lambda session: _rows(session, query))
    return _page(found, span)


async def pages_by_parent(
    context: Context,
    spec: NodeSpec,
    keys: Sequence[Key],
    where: Sequence[Any],
    span: Span,
    by: str,
    parents: Sequence[Any],
) -> list[Page]:
    """The same page of each parent's rows, in one statement (per `PARENTS` of them)."""
    parent = getattr(spec.model, by)
    position = func.row_number().over(partition_by=parent, order_by=_order(keys, span.backward))
    groups: dict[Any, list[Row]] = defaultdict(list)
    for start in range(0, len(parents), PARENTS):
        inner = (
            select(*_columns(spec), position.label("position_in_parent"))
            .where(parent.in_(parents[start : start + PARENTS]), *where, *_from_cursor(keys, span))
            .subquery()
        )
        query = (
            select(inner)
            .where(inner.c.position_in_parent <= span.size + 1)
            .order_by(inner.c.position_in_parent)
        )
        for row in await context.db.read(context.merchant_id, partial(_rows, query=query)):
            groups[row[by]].append(row)
    return [_page(groups[key], span) for key in parents]


async def by_column(
    context: Context, spec: NodeSpec, column: str, values: Sequence[Any]
) -> list[Row | None]:
    """For each value the row that has it in this column, or None."""
    attribute = getattr(spec.model, column)
    found: dict[Any, Row] = {}
    for start in range(0, len(values), CHUNK):
        query = select(*_columns(spec)).where(attribute.in_(values[start : start + CHUNK]))
        chunk = await context.db.read(context.merchant_id, partial(_rows, query=query))
        found |= {row[column]: row for row in chunk}
    return [found.get(value) for value in values]


async def matching(context: Context, spec: NodeSpec, where: Sequence[Any]) -> Row | None:
    """The one row that meets the conditions, or None."""
    query = select(*_columns(spec)).where(*where).limit(1)
    found = await context.db.read(context.merchant_id, lambda session: _rows(session, query))
    return found[0] if found else None


async def count(context: Context, spec: NodeSpec, where: Sequence[Any]) -> int:
    """How many rows meet the conditions."""
    key = getattr(spec.model, spec.key_columns[0])
    query = select(func.count(key)).where(*where)
    return await context.db.read(context.merchant_id, lambda session: session.scalar(query) or 0)


async def counts_by_parent(
    context: Context, spec: NodeSpec, where: Sequence[Any], by: str, parents: Sequence[Any]
) -> list[int]:
    """How many rows of each parent meet the conditions."""
    parent = getattr(spec.model, by)
    found: dict[Any, int] = {}
    for start in range(0, len(parents), PARENTS):
        chosen = parent.in_(parents[start : start + PARENTS])
        query = select(parent, func.count()).where(chosen, *where).group_by(parent)
        found |= await context.db.read(context.merchant_id, partial(_counts, query=query))
    return [found.get(key, 0) for key in parents]


async def as_of(context: Context, stream: str | None) -> datetime | None:
    """Up to when every shop's data of a stream is complete."""
    if stream is None:
        return None

    async def load(streams: Sequence[str]) -> list[datetime | None]:
        query = select_typed(SyncState.stream, SyncState.synced_through).where(
            col(SyncState.stream).in_(streams)
        )
        found = await context.db.read(
            context.merchant_id, lambda session: session.execute(query).all()
        )
        times: dict[str, list[datetime | None]] = defaultdict(list)
        for name, through in found:
            times[name].append(through)
        return [_earliest(times[name]) for name in streams]

    through: datetime | None = await context.batch("as_of", load).load(stream)
    return through


def _earliest(times: Sequence[datetime | None]) -> datetime | None:
    known = [time for time in times if time is not None]
    return min(known) if known and len(known) == len(times) else None


def _columns(spec: NodeSpec) -> list[Any]:
    return [getattr(spec.model, column.name) for column in table_of(spec.model).columns]


def _order(keys: Sequence[Key], backward: bool) -> list[ColumnElement[Any]]:
    """ORDER BY with nulls last, or its exact reverse."""
    terms = []
    for key in keys:
        term = key.column.desc() if key.descending != backward else key.column.asc()
        terms.append(term.nulls_first() if backward else term.nulls_last())
    return terms


def _from_cursor(keys: Sequence[Key], span: Span) -> list[ColumnElement[bool]]:
    return [] if span.values is None else [beyond(keys, span.values, backward=span.backward)]


def _rows(session: MerchantSession, query: Any) -> list[Row]:
    return [dict(row) for row in session.execute(query).mappings()]


def _counts(session: MerchantSession, query: Any) -> dict[Any, int]:
    return {row[0]: row[1] for row in session.execute(query)}


def _page(found: Sequence[Row], span: Span) -> Page:
    more = len(found) > span.size
    kept = list(found[: span.size])
    if span.backward:
        return Page(kept[::-1], has_next=span.values is not None, has_previous=more)
    return Page(kept, has_next=more, has_previous=span.values is not None)
