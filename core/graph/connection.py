"""Relay connections: the types, the arguments, and the pages behind them."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

import strawberry

from core.errors import InputError
from core.graph import rows
from core.graph.context import Info
from core.graph.cursor import Key, encode
from core.graph.declare import NodeSpec
from core.graph.rows import Page, Span

T = TypeVar("T")
DEFAULT_SIZE = 50
MAX_SIZE = 1000


@strawberry.type(description="Where a page stands among all rows.")
class PageInfo:
    has_next_page: bool = strawberry.field(description="Whether rows follow this page.")
    has_previous_page: bool = strawberry.field(description="Whether rows precede this page.")
    start_cursor: str | None = strawberry.field(description="Cursor of the first row.")
    end_cursor: str | None = strawberry.field(description="Cursor of the last row.")


@strawberry.type(description="A row and its cursor.")
class Edge(Generic[T]):
    cursor: str = strawberry.field(description="Where to go on: opaque.")
    node: T = strawberry.field(description="The row.")


@dataclass(frozen=True)
class Source:
    """What a connection shows: the type, its order, and how all its rows are counted."""

    spec: NodeSpec
    keys: tuple[Key, ...]
    count: Callable[[], Awaitable[int]]


@strawberry.type(description="A page of rows.")
class Connection(Generic[T]):
    source: strawberry.Private[Source]
    page: strawberry.Private[Page]

    @strawberry.field(description="The rows of this page with their cursors.")
    def edges(self) -> list[Edge[T]]:
        keys, cls = self.source.keys, self.source.spec.cls
        return [Edge(cursor=encode(keys, row), node=cls(row=row)) for row in self.page.rows]

    @strawberry.field(description="The rows of this page.")
    def nodes(self) -> list[T]:
        return [self.source.spec.cls(row=row) for row in self.page.rows]

    @strawberry.field(description="Where this page stands.")
    def page_info(self) -> PageInfo:
        found, keys = self.page.rows, self.source.keys
        return PageInfo(
            has_next_page=self.page.has_next,
            has_previous_page=self.page.has_previous,
            start_cursor=encode(keys, found[0]) if found else None,
            end_cursor=encode(keys, found[-1]) if found else None,
        )

    @strawberry.field(description="How many rows there are in all; counted only when asked for.")
    async def total_count(self) -> int:
        return await self.source.count()

    @strawberry.field(
        description="Up to when the data of all shops is complete: the time of the shop that is "
        "furthest behind. Null before the first sync has finished."
    )
    async def as_of(self, info: Info) -> datetime | None:
        return await rows.as_of(info.context, self.source.spec.stream)


def span_of(
    keys: Sequence[Key],
    first: int | None,
    after: str | None,
    last: int | None,
    before: str | None,
) -> Span:
    """The part of all rows that a client asks for; InputError when that is contradictory."""
    if last is not None and (first is not None or after is not None):
        raise InputError("Page forward with first and after, or backward with last and before.")
    if first is not None and before is not None:
        raise InputError("Page forward with first and after, or backward with last and before.")
    size, name = (last, "last") if last is not None else (first, "first")
    size = DEFAULT_SIZE if size is None else size
    if not 0 <= size <= MAX_SIZE:
        raise InputError(f"{name} must be between 0 and {MAX_SIZE}.", path=[name])
    backward = last is not None or before is not None
    cursor = before if backward else after
    return Span.make(keys, size, cursor, backward=backward)


def rows_as_nodes(spec: NodeSpec, found: Sequence[Mapping[str, Any] | None]) -> list[Any]:
    """Rows as objects of their type."""
    return [None if row is None else spec.cls(row=row) for row in found]
