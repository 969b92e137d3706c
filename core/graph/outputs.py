"""What table-shaped fields return: connections with their pages, and aggregates.

These types only describe: `core.graph.engine` makes the values.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

import strawberry

from core.errors import ConfigurationError
from core.graph.declare import ColumnField, NodeSpec
from core.graph.inputs import bare, is_groupable
from core.graph.scalars import BigInt, Money

T = TypeVar("T")


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


@strawberry.type(description="A page of rows.")
class Connection(Generic[T]):
    edges: list[Edge[T]] = strawberry.field(description="The rows of this page with their cursors.")
    nodes: list[T] = strawberry.field(description="The rows of this page.")
    page_info: PageInfo = strawberry.field(description="Where this page stands.")
    total_count: int = strawberry.field(
        description="How many rows there are in all; counted only when asked for."
    )
    as_of: datetime | None = strawberry.field(
        description="Up to when the data of all shops is complete: the time of the shop that is "
        "furthest behind. Null before the first sync has finished."
    )


@dataclass
class Aggregates:
    """The aggregate types of one schema, by the name of the type they gather."""

    types: dict[str, type] = field(default_factory=dict)

    @classmethod
    def make(cls, specs: Mapping[str, NodeSpec]) -> "Aggregates":
        """Aggregates of every type that can be grouped by something."""
        groupable = (s for s in specs.values() if any(map(is_groupable, s.columns.values())))
        return cls({spec.name: _aggregate(spec) for spec in groupable})


def currency_of(spec: NodeSpec) -> str | None:
    """The column that says what currency a type's measures are in: aggregates never mix two."""
    found = {each.currency for _, each in measures(spec) if each.currency is not None}
    if len(found) > 1:
        raise ConfigurationError(f"{spec.name} has measures in two currencies of one row.")
    return found.pop() if found else None


def measures(spec: NodeSpec) -> Iterator[tuple[str, ColumnField]]:
    """The fields of a type that aggregates add up: none with a permission of its own."""
    return (
        (name, each)
        for name, each in spec.columns.items()
        if each.measure and each.permission is None
    )


def _aggregate(spec: NodeSpec) -> type:
    fields: dict[str, tuple[Any, str]] = {
        "key": (_group(spec), "What the rows of this group have in common."),
        "count": (BigInt, "How many rows."),
    }
    amounts = dict(measures(spec))
    if amounts:
        values = {name: _value(each) for name, each in amounts.items()}
        means = {name: _mean(each) for name, each in amounts.items()}
        of_rows = f"of {spec.name} rows, per group."
        sums = _type(f"{spec.name}Measures", f"Figures {of_rows}", values)
        averages = _type(f"{spec.name}Averages", f"Arithmetic means {of_rows}", means)
        fields |= {
            "sum": (sums, "Sums; null where no row has a value."),
            "min": (sums, "The smallest values."),
            "max": (sums, "The largest values."),
            "avg": (averages, "Means over the rows that have a value; money is rounded half up."),
        }
    text = f"A group of {spec.name} rows. Currencies are never mixed: each has groups of its own."
    return _type(f"{spec.name}Aggregate", text, fields)


def _group(spec: NodeSpec) -> type:
    fields = {
        name: (
            (strawberry.ID if each.refers_to else bare(each.type)) | None,
            f"{each.description} Null unless grouped by it.",
        )
        for name, each in spec.columns.items()
        if is_groupable(each)
    }
    if currency_of(spec) is not None:
        fields["currency"] = (str, "ISO 4217 code of the group's amounts.")
    return _type(f"{spec.name}Group", f"What a group of {spec.name} rows is about.", fields)


def _value(declared: ColumnField) -> tuple[Any, str]:
    whole = float if bare(declared.type) is float else BigInt
    return (Money if declared.currency else whole) | None, declared.description


def _mean(declared: ColumnField) -> tuple[Any, str]:
    return (Money if declared.currency else float) | None, declared.description


def _type(name: str, description: str, fields: Mapping[str, tuple[Any, str]]) -> type:
    body: dict[str, Any] = {"__annotations__": {}}
    for field_name, (kind, text) in fields.items():
        body["__annotations__"][field_name] = kind
        body[field_name] = strawberry.field(description=text)
    return strawberry.type(type(name, (), body), name=name, description=description)
