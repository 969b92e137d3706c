"""How a table becomes a GraphQL type: one line per field, relations by the other type's name.

    @node(Order, permission="orders:read", stream="orders")
    class OrderNode:
        \"\"\"An order of one shop.\"\"\"

        number = column(str, "The platform's order number.", "platform_id", filter=True)
        paid = money("What the buyer paid.", "paid_amount", order=True)
        shop = one("Shop", "The shop it was placed in.", by="shop_id")
        lines = many("OrderLine", "What was ordered.", by="order_id")

Other plugins add fields to such a type with `FieldExtension(on="Order", fields=…)`, relations
included: a relation names its target, so no module imports another's types.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import strawberry
from sqlmodel import SQLModel

from core.db.upsert import table_of
from core.graph.context import Info
from core.graph.scalars import Money, global_id
from core.graph.scalars import money as to_money
from core.models import personal_columns
from core.security.permissions import PERSONAL

MASK = "***"
C = TypeVar("C", bound=type)
N = TypeVar("N")


@dataclass(frozen=True)
class ColumnField:
    """A field that shows one column. `filter` and `order` offer it to connections."""

    type: Any
    description: str
    name: str | None
    filter: bool
    order: bool
    currency: str | None = None
    refers_to: str | None = None


@dataclass(frozen=True)
class One:
    """A relation to at most one row: `by` is our column, `on` the target's."""

    target: str
    description: str
    by: str
    on: str = "id"


@dataclass(frozen=True)
class Many:
    """A relation to many rows: `by` is the target's column, `on` is ours."""

    target: str
    description: str
    by: str
    on: str = "id"


@dataclass(frozen=True)
class NodeSpec:
    """What is known of a declared type."""

    name: str
    cls: type
    model: type[SQLModel]
    permission: str
    stream: str | None
    columns: Mapping[str, ColumnField]
    relations: Mapping[str, One | Many]
    default_order: tuple[tuple[str, bool], ...]

    @property
    def key_columns(self) -> tuple[str, ...]:
        """Primary key without the merchant: the tie-breaker of every order."""
        return tuple(c.name for c in table_of(self.model).primary_key if c.name != "merchant_id")

    def column_of(self, field_name: str) -> str:
        """The table's column behind a field."""
        return self.columns[field_name].name or field_name


def column(
    type: Any,
    description: str,
    name: str | None = None,
    *,
    filter: bool = False,
    order: bool = False,
    refers_to: str | None = None,
) -> Any:
    """A field that shows a column (by default the one of the field's own name).

    refers_to: the type whose global id the column holds; such fields are filtered by id.
    """
    return ColumnField(type, description, name, filter, order, refers_to=refers_to)


def money(
    description: str, name: str | None = None, *, currency: str = "currency", order: bool = False
) -> Any:
    """A field that shows minor units as `Money`, in the currency of another column."""
    return ColumnField(Money, description, name, False, order, currency=currency)


def one(target: str, description: str, *, by: str, on: str = "id") -> Any:
    """A relation to at most one row of another type."""
    return One(target, description, by, on)


def many(target: str, description: str, *, by: str, on: str = "id") -> Any:
    """A relation to many rows of another type: a connection."""
    return Many(target, description, by, on)


@strawberry.interface(name="Node", description="Anything with a global id.")
class Node:
    row: strawberry.Private[Mapping[str, Any]]

    id: strawberry.ID = strawberry.field(
        resolver=lambda self: _id_of(self),
        graphql_type=strawberry.ID,
        description="Global id: opaque, the same for ever.",
    )


def node(
    model: type[SQLModel],
    *,
    permission: str,
    name: str | None = None,
    stream: str | None = None,
    order: str = "",
) -> Callable[[C], C]:
    """Declare a type over a table.

    permission: what one needs to see any of it. stream: the sync stream that fills it, for
    `asOf`. order: the connection's own order, e.g. "ordered_at desc"; default: the key.
    """

    def decorate(cls: C) -> C:
        type_name = name or cls.__name__.removesuffix("Node")
        columns = {k: v for k, v in vars(cls).items() if isinstance(v, ColumnField)}
        relations = {k: v for k, v in vars(cls).items() if isinstance(v, (One, Many))}
        body = {
            "__doc__": cls.__doc__,
            "__module__": cls.__module__,
            **{k: v for k, v in vars(cls).items() if not k.startswith("__")},
        }
        for field_name, declared in columns.items():
            body[field_name] = _field(model, field_name, declared)
        for field_name in relations:
            del body[field_name]
        made = strawberry.type(
            type(cls.__name__, (Node,), body),
            name=type_name,
            description=(cls.__doc__ or "").strip(),
        )
        spec = NodeSpec(
            type_name, made, model, permission, stream, columns, relations, _order(model, order)
        )
        made.__node__ = spec  # type: ignore[attr-defined]
        return made  # type: ignore[return-value]

    return decorate


def of_row(cls: type[N], row: Mapping[str, Any]) -> N:
    """A row as an object of a declared type."""
    make: Any = cls
    made: N = make(row=row)
    return made


def spec_of(cls: type) -> NodeSpec:
    """The declaration behind a node class."""
    found: NodeSpec = cls.__node__  # type: ignore[attr-defined]
    return found


def _id_of(item: Node) -> strawberry.ID:
    spec = spec_of(type(item))
    return global_id(spec.name, *(item.row[name] for name in spec.key_columns))


def _order(model: type[SQLModel], text: str) -> tuple[tuple[str, bool], ...]:
    """`"ordered_at desc"` as ((column, descending),)."""
    parts = [part.split() for part in text.split(",") if part.strip()]
    for words in parts:
        _check_column(model, words[0], "the order")
    return tuple((words[0], words[-1] == "desc") for words in parts)


def _check_column(model: type[SQLModel], name: str, what: str) -> None:
    if name not in table_of(model).columns:
        raise TypeError(f"{model.__name__} has no column {name!r} for {what}")


def _field(model: type[SQLModel], field_name: str, declared: ColumnField) -> Any:
    name = declared.name or field_name
    _check_column(model, name, f"the field {field_name!r}")
    kind = strawberry.ID if declared.refers_to else declared.type
    kind = kind | None if table_of(model).columns[name].nullable else kind
    resolver = _resolver(model, name, declared)
    return strawberry.field(resolver=resolver, graphql_type=kind, description=declared.description)


def _resolver(model: type[SQLModel], name: str, declared: ColumnField) -> Callable[..., Any]:
    if declared.currency is not None:
        currency = declared.currency

        def amount(self: Any) -> Any:
            value = self.row[name]
            return None if value is None else to_money(value, self.row[currency])

        return amount
    if declared.refers_to is not None:
        target = declared.refers_to

        def reference(self: Any) -> Any:
            value = self.row[name]
            return None if value is None else global_id(target, value)

        return reference
    if name in personal_columns(model):

        def masked(self: Any, info: Info) -> Any:
            value = self.row[name]
            return value if not value or info.context.actor.may(PERSONAL) else MASK

        return masked

    def plain(self: Any) -> Any:
        return self.row[name]

    return plain


@dataclass
class NodeRegistry:
    """All declared types of one schema, by GraphQL name."""

    specs: dict[str, NodeSpec] = field(default_factory=dict)

    def add(self, cls: type) -> None:
        """Take a declared type; a name taken already names both."""
        spec = spec_of(cls)
        other = self.specs.get(spec.name)
        if other is not None and other.cls is not cls:
            raise TypeError(
                f"Two types are called {spec.name!r}: {other.cls.__module__} and {cls.__module__}"
            )
        self.specs[spec.name] = spec
