"""Filter and order inputs of connections, made from the declared columns of a type."""

import enum
from collections.abc import Callable
from datetime import date, datetime
from functools import cache
from typing import Any

import strawberry
from sqlalchemy import ColumnElement
from strawberry import UNSET

from core.db.upsert import table_of
from core.errors import InputError
from core.graph.declare import NodeSpec
from core.graph.scalars import BigInt, Money, parse_id

MAX_LIST = 200
"""Longest list a filter takes."""

_IS_NULL = "True: only rows without a value; false: only rows with one."


@strawberry.input(description="Filter on text: all given conditions must hold.")
class StringFilter:
    eq: str | None = UNSET
    in_: list[str] | None = strawberry.field(name="in", default=UNSET)
    is_null: bool | None = strawberry.field(default=UNSET, description=_IS_NULL)


@strawberry.input(description="Filter by global id.")
class IDFilter:
    eq: strawberry.ID | None = UNSET
    in_: list[strawberry.ID] | None = strawberry.field(name="in", default=UNSET)
    is_null: bool | None = strawberry.field(default=UNSET, description=_IS_NULL)


@strawberry.input(description="Filter on yes or no.")
class BooleanFilter:
    eq: bool | None = UNSET
    is_null: bool | None = strawberry.field(default=UNSET, description=_IS_NULL)


@strawberry.input(description="Filter on a whole number.")
class IntFilter:
    eq: BigInt | None = UNSET
    lt: BigInt | None = UNSET
    lte: BigInt | None = UNSET
    gt: BigInt | None = UNSET
    gte: BigInt | None = UNSET
    is_null: bool | None = strawberry.field(default=UNSET, description=_IS_NULL)


@strawberry.input(description="Filter on a business date.")
class DateFilter:
    eq: date | None = UNSET
    lt: date | None = UNSET
    lte: date | None = UNSET
    gt: date | None = UNSET
    gte: date | None = UNSET
    is_null: bool | None = strawberry.field(default=UNSET, description=_IS_NULL)


@strawberry.input(description="Filter on a moment.")
class TimeFilter:
    eq: datetime | None = UNSET
    lt: datetime | None = UNSET
    lte: datetime | None = UNSET
    gt: datetime | None = UNSET
    gte: datetime | None = UNSET
    is_null: bool | None = strawberry.field(default=UNSET, description=_IS_NULL)


@strawberry.enum(description="Which way an order runs; rows without a value come last either way.")
class Direction(enum.Enum):
    ASC = "asc"
    DESC = "desc"


_OPERATORS: dict[str, Callable[[Any, Any], ColumnElement[bool]]] = {
    "eq": lambda column, value: column == value,
    "in_": lambda column, value: column.in_(value),
    "lt": lambda column, value: column < value,
    "lte": lambda column, value: column <= value,
    "gt": lambda column, value: column > value,
    "gte": lambda column, value: column >= value,
    "is_null": lambda column, value: column.is_(None) if value else column.is_not(None),
}


@cache
def filter_input(spec_name: str, cls: type) -> type:
    """`OrderFilter` and the like: one optional filter per column that offers it."""
    spec: NodeSpec = cls.__node__  # type: ignore[attr-defined]
    body: dict[str, Any] = {"__annotations__": {}}
    for field_name, declared in spec.columns.items():
        if declared.filter:
            body["__annotations__"][field_name] = (
                _filter_type(declared.type, declared.refers_to) | None
            )
            body[field_name] = strawberry.field(default=UNSET, description=declared.description)
    made = type(f"{spec_name}Filter", (), body)
    description = f"Which {spec_name} rows: all given conditions must hold."
    return strawberry.input(made, name=f"{spec_name}Filter", description=description)


@cache
def order_input(spec_name: str, cls: type) -> type:
    """`OrderOrder` and the like: a column that offers it, and a direction."""
    spec: NodeSpec = cls.__node__  # type: ignore[attr-defined]
    names = [name for name, declared in spec.columns.items() if declared.order]
    members = {name.upper(): name for name in names} or {"ID": "id"}
    values = enum.Enum(f"{spec_name}OrderField", members)  # type: ignore[misc]
    description = f"What {spec_name} rows can be ordered by."
    fields = strawberry.enum(values, name=f"{spec_name}OrderField", description=description)
    body = {
        "__annotations__": {"field": fields, "direction": Direction},
        "direction": Direction.ASC,
    }
    made = type(f"{spec_name}Order", (), body)
    return strawberry.input(made, name=f"{spec_name}Order", description="A column and a direction.")


def conditions(spec: NodeSpec, given: Any) -> list[ColumnElement[bool]]:
    """The SQL of a filter input; values are bound, names come from the declaration."""
    found: list[ColumnElement[bool]] = []
    if not given:
        return found
    for field_name, declared in spec.columns.items():
        wanted = getattr(given, field_name, None) if declared.filter else None
        if not wanted:
            continue
        column = getattr(spec.model, spec.column_of(field_name))
        for operator, apply in _OPERATORS.items():
            value = getattr(wanted, operator, None)
            if value is not None and value is not UNSET:
                found.append(apply(column, _value(value, operator, declared.refers_to, field_name)))
    return found


def _value(value: Any, operator: str, refers_to: str | None, field_name: str) -> Any:
    if operator == "in_" and len(value) > MAX_LIST:
        raise InputError(
            f"The list of {field_name} has {len(value)} values; {MAX_LIST} are the most.",
            path=["filter", field_name],
        )
    if refers_to is not None and operator in ("eq", "in_"):
        ids = [parse_id(each, refers_to) for each in ([value] if operator == "eq" else value)]
        return ids[0] if operator == "eq" else ids
    if isinstance(value, datetime) and value.tzinfo is None:
        raise InputError(
            f"The time in {field_name} needs a zone, e.g. 2026-11-22T08:00:00+08:00.",
            path=["filter", field_name],
        )
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise InputError(
            f"The number in {field_name} is out of range.", path=["filter", field_name]
        )
    return value


def _filter_type(kind: Any, refers_to: str | None) -> Any:
    if refers_to is not None:
        return IDFilter
    types = {str: StringFilter, bool: BooleanFilter, date: DateFilter, datetime: TimeFilter}
    if kind is Money:
        raise TypeError("Money cannot be filtered by: currencies differ")
    return types.get(kind, IntFilter)


def default_keys(spec: NodeSpec) -> list[tuple[str, bool]]:
    """The order of a connection when the client asks for none: (column, descending)."""
    return list(spec.default_order)


def order_keys(spec: NodeSpec, given: Any) -> list[tuple[str, bool]]:
    """Columns and directions of an order, the primary key last as the tie-breaker."""
    if given and len(given) > 3:
        raise InputError("An order takes three columns at the most.", path=["orderBy"])
    chosen = [
        (
            spec.column_of(each.field.value)
            if each.field.value in spec.columns
            else each.field.value,
            each.direction is Direction.DESC,
        )
        for each in given or ()
    ] or default_keys(spec)
    descending = chosen[-1][1]
    known = {name for name, _ in chosen}
    return chosen + [(name, descending) for name in spec.key_columns if name not in known]


def is_text(spec: NodeSpec, column: str) -> bool:
    """Whether a column holds text, which both databases must sort by its bytes."""
    return table_of(spec.model).columns[column].type.python_type is str
