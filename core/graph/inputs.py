"""Arguments of connections and aggregates: filter, order and group inputs, made per schema.

They are made from declarations once all types of a schema are known, because a filter leads
through relations: `orders(filter: {customer: {country: {eq: "Japan"}}})`. Nothing here is read
back as an object: `core.graph.engine.asking` reads the coerced values.
"""

import enum
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, get_args

import strawberry
from strawberry import UNSET
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.field import StrawberryField

from core.graph.declare import ColumnField, Many, NodeSpec, One
from core.graph.scalars import BigInt, Money

MAX_LIST = 200
"""Longest list a filter takes."""
MAX_DEPTH = 4
"""How deep filters nest, through relations and `and`, `or`, `not`."""
MAX_ORDER = 3
"""How many terms an order has."""

_DESCRIPTIONS = {
    "eq": "Equal to this.",
    "in_": f"Equal to one of these, {MAX_LIST} at the most.",
    "lt": "Less than this: smaller, or earlier.",
    "lte": "At most this.",
    "gt": "More than this: larger, or later.",
    "gte": "At least this.",
    "is_null": "True: only rows without a value; false: only rows with one.",
}


def _operator(name: str) -> Any:
    """An operator of a filter; absent or null it asks for nothing."""
    return strawberry.field(
        name=name.rstrip("_") if name.endswith("_") else None,
        default=UNSET,
        description=_DESCRIPTIONS[name],
    )


@strawberry.input(description="Filter on text: all given conditions must hold.")
class StringFilter:
    eq: str | None = _operator("eq")
    in_: list[str] | None = _operator("in_")
    is_null: bool | None = _operator("is_null")


@strawberry.input(description="Filter by global id.")
class IDFilter:
    eq: strawberry.ID | None = _operator("eq")
    in_: list[strawberry.ID] | None = _operator("in_")
    is_null: bool | None = _operator("is_null")


@strawberry.input(description="Filter on yes or no.")
class BooleanFilter:
    eq: bool | None = _operator("eq")
    is_null: bool | None = _operator("is_null")


@strawberry.input(description="Filter on a whole number.")
class IntFilter:
    eq: BigInt | None = _operator("eq")
    lt: BigInt | None = _operator("lt")
    lte: BigInt | None = _operator("lte")
    gt: BigInt | None = _operator("gt")
    gte: BigInt | None = _operator("gte")
    is_null: bool | None = _operator("is_null")


@strawberry.input(description="Filter on a business date.")
class DateFilter:
    eq: date | None = _operator("eq")
    lt: date | None = _operator("lt")
    lte: date | None = _operator("lte")
    gt: date | None = _operator("gt")
    gte: date | None = _operator("gte")
    is_null: bool | None = _operator("is_null")


@strawberry.input(description="Filter on a moment.")
class TimeFilter:
    eq: datetime | None = _operator("eq")
    lt: datetime | None = _operator("lt")
    lte: datetime | None = _operator("lte")
    gt: datetime | None = _operator("gt")
    gte: datetime | None = _operator("gte")
    is_null: bool | None = _operator("is_null")


@strawberry.enum(description="Which way an order runs; rows without a value come last either way.")
class Direction(enum.Enum):
    ASC = strawberry.enum_value("asc", description="The smallest or earliest first.")
    DESC = strawberry.enum_value("desc", description="The largest or latest first.")


@strawberry.enum(description="Into what stretches of time a date is gathered.")
class TimeBucket(enum.Enum):
    DAY = strawberry.enum_value("day", description="Each day by itself.")
    WEEK = strawberry.enum_value("week", description="ISO weeks; the value is their Monday.")
    MONTH = strawberry.enum_value("month", description="The value is the month's first day.")
    QUARTER = strawberry.enum_value("quarter", description="The value is the quarter's first day.")
    YEAR = strawberry.enum_value("year", description="The value is 1 January.")


_FILTERS: dict[Any, type] = {
    str: StringFilter,
    bool: BooleanFilter,
    date: DateFilter,
    datetime: TimeFilter,
    int: IntFilter,
    BigInt: IntFilter,
}


def bare(kind: Any) -> Any:
    """A declared type without its `| None`."""
    inner = [each for each in get_args(kind) if each is not type(None)]
    return inner[0] if len(inner) == 1 and len(get_args(kind)) == 2 else kind


def is_groupable(declared: ColumnField) -> bool:
    """Whether aggregates can be divided by a column: words, dates, yes or no, references.

    A column with a permission of its own is not: a group would show its values.
    """
    return (
        declared.filter
        and bare(declared.type) in (str, bool, date)
        and declared.sql is None
        and declared.permission is None
    )


def orderable(spec: NodeSpec, specs: Mapping[str, NodeSpec]) -> Iterator[tuple[str, str, str]]:
    """What a type can be ordered by: enum name, its value and its description.

    A value is a field's name, or `relation.field` through a relation to one row.
    """
    for name, declared in spec.columns.items():
        if declared.order:
            yield name.upper(), name, declared.description
    for relation_name, relation in spec.relations.items():
        target = specs.get(relation.target)
        if isinstance(relation, Many) or target is None:
            continue
        for name, declared in target.columns.items():
            if declared.order:
                value = f"{relation_name}.{name}"
                text = f"{relation.description} {declared.description}"
                yield f"{relation_name}_{name}".upper(), value, text


@dataclass
class Inputs:
    """The input types of one schema. `extra` holds fields that lead from filter to filter."""

    specs: Mapping[str, NodeSpec]
    filters: dict[str, type] = field(default_factory=dict)
    orders: dict[str, type] = field(default_factory=dict)
    groups: dict[str, type] = field(default_factory=dict)
    extra: dict[str, list[StrawberryField]] = field(default_factory=dict)

    @classmethod
    def make(cls, specs: Mapping[str, NodeSpec]) -> "Inputs":
        """The inputs of all types."""
        made = cls(specs)
        for name, spec in specs.items():
            made.filters[name] = _filter(spec)
            made.orders[name] = _order(spec, specs)
            if any(map(is_groupable, spec.columns.values())):
                made.groups[name] = _group(spec)
        lists = {name: made._list_filter(name) for name in _targets_of_many(specs)}
        for name, spec in specs.items():
            made.extra[f"{name}Filter"] = made._leads(spec, lists)
        return made

    def _list_filter(self, name: str) -> type:
        return _input(
            f"{name}ListFilter",
            f"Filter on related {name} rows.",
            {
                "some": (self.filters[name], f"At least one {name} row meets this."),
                "none": (self.filters[name], f"No {name} row meets this."),
            },
        )

    def _leads(self, spec: NodeSpec, lists: Mapping[str, type]) -> list[StrawberryField]:
        own = self.filters[spec.name]
        found = [
            _field("and_", list[own], "All of these hold.", name="and"),  # type: ignore[valid-type]
            _field("or_", list[own], "At least one of these holds.", name="or"),  # type: ignore[valid-type]
            _field("not_", own, "This does not hold.", name="not"),
        ]
        for name, relation in spec.relations.items():
            if relation.target not in self.specs:
                continue
            needs = f" Needs the permission `{self.specs[relation.target].permission}`."
            kinds = self.filters if isinstance(relation, One) else lists
            found.append(_field(name, kinds[relation.target], relation.description + needs))
        return found


def _targets_of_many(specs: Mapping[str, NodeSpec]) -> set[str]:
    return {
        relation.target
        for spec in specs.values()
        for relation in spec.relations.values()
        if isinstance(relation, Many) and relation.target in specs
    }


def _filter(spec: NodeSpec) -> type:
    """`OrderFilter` and the like: one optional filter per column that offers it."""
    fields = {
        name: (_filter_type(declared), declared.description)
        for name, declared in spec.columns.items()
        if declared.filter
    }
    return _input(
        f"{spec.name}Filter", f"Which {spec.name} rows: all given conditions must hold.", fields
    )


def _filter_type(declared: ColumnField) -> type:
    kind = bare(declared.type)
    if declared.refers_to is not None:
        return IDFilter
    if kind is Money:
        raise TypeError("Money cannot be filtered by: currencies differ")
    return _FILTERS[kind]


def _order(spec: NodeSpec, specs: Mapping[str, NodeSpec]) -> type:
    """`OrderOrder` and the like: something that offers it, and a direction."""
    members = {
        name: strawberry.enum_value(value, description=text)
        for name, value, text in orderable(spec, specs)
    } or {"ID": strawberry.enum_value("id", description="The row's id.")}
    description = f"What {spec.name} rows can be ordered by."
    fields = _enum(f"{spec.name}OrderField", description, members)
    body = {
        "__annotations__": {"field": fields, "direction": Direction},
        "field": strawberry.field(description="The column."),
        "direction": strawberry.field(default=Direction.ASC, description="Which way it runs."),
    }
    made = type(f"{spec.name}Order", (), body)
    name = f"{spec.name}Order"
    return strawberry.input(made, name=name, description="A column and a direction.")


def _group(spec: NodeSpec) -> type:
    """`OrderGroupBy` and the like: a column, and for dates a stretch of time."""
    members = {
        name.upper(): strawberry.enum_value(name, description=declared.description)
        for name, declared in spec.columns.items()
        if is_groupable(declared)
    }
    description = f"What {spec.name} rows can be grouped by."
    fields = _enum(f"{spec.name}GroupField", description, members)
    body = {
        "__annotations__": {"field": fields, "bucket": TimeBucket | None},
        "field": strawberry.field(description="The column."),
        "bucket": strawberry.field(
            default=UNSET, description="For dates: the stretch of time; default: each day."
        ),
    }
    made = type(f"{spec.name}GroupBy", (), body)
    text = "A column to group by, dates by stretches of time."
    return strawberry.input(made, name=f"{spec.name}GroupBy", description=text)


def _enum(name: str, description: str, members: Mapping[str, Any]) -> Any:
    made: Any = enum.Enum(name, dict(members))  # type: ignore[misc]
    return strawberry.enum(made, name=name, description=description)


def _input(name: str, description: str, fields: Mapping[str, tuple[type, str]]) -> type:
    body: dict[str, Any] = {"__annotations__": {}}
    for field_name, (kind, text) in fields.items():
        body["__annotations__"][field_name] = kind | None
        body[field_name] = strawberry.field(default=UNSET, description=text)
    return strawberry.input(type(name, (), body), name=name, description=description)


def _field(python_name: str, kind: Any, description: str, name: str | None = None) -> Any:
    return StrawberryField(
        python_name=python_name,
        graphql_name=name,
        type_annotation=StrawberryAnnotation(kind | None),
        default=UNSET,
        description=description,
    )
