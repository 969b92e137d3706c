"""The declarations as plain facts: types by name, their fields by the name they have in GraphQL."""

from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from typing import Any, TypeVar

from sqlmodel.sql.sqltypes import UTCDateTime

from core.graph.declare import Listing, Many, NodeSpec, One, listings_in
from core.models import personal_columns
from core.security.permissions import PERSONAL
from tests.graph.differential.plugin import registry, schema

T = TypeVar("T")
Row = dict[str, Any]


@cache
def specs() -> dict[str, NodeSpec]:
    """All declared types by their GraphQL name."""
    return dict(schema().specs)


@cache
def listings() -> dict[tuple[str, str], Listing]:
    """Listings in the namespaces of plugins, by GraphQL type and field."""
    parts = [part for part in registry().schema_parts.values() if part.query is not None]
    return {
        (part.query.__name__, camel(name)): each
        for part in parts
        for name, each in listings_in(part.query).items()
    }


def namespaces() -> set[str]:
    """Types of the namespaces that hold listings."""
    return {on for on, _ in listings()}


def camel(name: str) -> str:
    """A Python name as GraphQL shows it."""
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def by_graphql_name(declared: Mapping[str, T]) -> dict[str, tuple[str, T]]:
    """Declared fields by their GraphQL name, each with its Python name."""
    return {camel(name): (name, each) for name, each in declared.items()}


def ones(spec: NodeSpec) -> dict[str, One]:
    """Relations to one row, by GraphQL name."""
    return {camel(n): each for n, each in spec.relations.items() if isinstance(each, One)}


def manies(spec: NodeSpec) -> dict[str, Many]:
    """Relations to many rows, by GraphQL name."""
    return {camel(n): each for n, each in spec.relations.items() if isinstance(each, Many)}


def slot(spec: NodeSpec, name: str) -> str:
    """Where `tables.Tables` keeps the value of a column field: its column, or its expression."""
    return f"={name}" if spec.columns[name].sql is not None else spec.column_of(name)


def kind_of(spec: NodeSpec, place: str) -> type:
    """The Python type of a column's values (of an expression's, by what it declares)."""
    if place.startswith("="):
        declared = spec.columns[place[1:]].type
        return next((k for k in (datetime, date, str, bool, float) if k in _options(declared)), int)
    kind = spec.model.__table__.columns[place].type  # type: ignore[attr-defined]
    return datetime if isinstance(kind, UTCDateTime) else kind.python_type


def _options(declared: Any) -> tuple[Any, ...]:
    return (declared, *getattr(declared, "__args__", ()))


@cache
def is_personal(spec_name: str, column: str) -> bool:
    """Whether a column is masked for those who may not see personal data."""
    return column in personal_columns(specs()[spec_name].model)


def is_masked(coordinate: str) -> bool:
    """Whether a coordinate is a field that shows personal data."""
    on, _, name = coordinate.partition(".")
    columns = by_graphql_name(specs()[on].columns) if on in specs() else {}
    return name in columns and is_personal(on, slot(specs()[on], columns[name][0]))


@cache
def permissions_near(coordinate: str) -> tuple[str, ...]:
    """What one needs for the type a coordinate belongs to, its fields and its relations."""
    if is_masked(coordinate):
        return (PERSONAL,)
    owner = coordinate.partition(".")[0]
    ends = ("", "Filter", "OrderField", "GroupField", "Connection", "Edge", "Measures", "Averages")
    spec = next((s for end in ends if (s := specs().get(owner.removesuffix(end)))), None)
    if spec is None:
        return ()
    fields = (*spec.columns.values(), *spec.computed.values())
    needed = {spec.permission, *(each.permission for each in fields)}
    needed |= {specs()[each.target].permission for each in spec.relations.values()}
    return tuple(sorted(needed - {None}))


@cache
def is_table_shaped(on: str, name: str, kind: str) -> bool:
    """Whether a field of the schema is read from tables; `kind` is the name of what it gives."""
    if on in namespaces():
        return True
    if on == "Query":
        is_of_rows = kind == "Node" or kind.endswith(("Connection", "Aggregate"))
        return is_of_rows or kind in namespaces()
    if on not in specs() or name == "id":
        return True
    spec, own = specs()[on], name.removesuffix("Aggregate")
    known = {camel(each) for each in (*spec.columns, *spec.relations, *spec.computed)}
    return name in known or (own in manies(spec) and kind.endswith("Aggregate"))
