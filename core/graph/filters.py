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
from core.graph.scalars import BigInt, Money, moment, parse_id

MAX_LIST = 200
"""Longest list a filter takes."""

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
    members = {
        name.upper(): strawberry.enum_value(name, description=spec.columns[name].description)
        for name in names
    } or {"ID": strawberry.enum_value("id", description="The row's id.")}
    values = enum.Enum(f"{spec_name}OrderField", members)  # type: ignore[misc]
    description = f"What {spec_name} rows can be ordered by."
    fields = strawberry.enum(values, name=f"{spec_name}OrderField", description=description)
    body = {
        "__annotations__": {"field": fields, "direction": Direction},
        "field": strawberry.field(description="The column."),
        "direction": strawberry.field(default=Direction.ASC, description="Which way it runs."),
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
    if isinstance(value, datetime):
        return moment(value, ["filter", field_name])
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
    ] or list(spec.default_order)
    descending = chosen[-1][1] if chosen else False
    known = {name for name, _ in chosen}
    return chosen + [(name, descending) for name in spec.key_columns if name not in known]


def is_text(spec: NodeSpec, column: str) -> bool:
    """Whether a column holds text, which both databases must sort by its bytes."""
    return table_of(spec.model).columns[column].type.python_type is str
