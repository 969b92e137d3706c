"""How a table becomes a GraphQL type: one line per field, relations by the other type's name.

    @node(Order, permission="orders:read", stream="orders")
    class OrderNode:
        \"\"\"An order of one shop.\"\"\"

        number = column(str, "The platform's order number.", "platform_id", filter=True)
        paid = money("What the buyer paid.", "paid_amount", order=True)
        open = expression(bool, "Whether it is unpaid.", lambda row: row.paid_at.is_(None))
        share = computed(float | None, "Discount / list price.", ("discount", "list"), divide)
        shop = one("Shop", "The shop it was placed in.", by="shop_id")
        lines = many("OrderLine", "What was ordered.", by="order_id")

`core/graph/engine` compiles what a request selects of such fields into one SQL statement. A method
with `core.graph.fields.field` or `batched` is an ordinary resolver; its `self.row` holds the row's
columns. Other plugins add fields of every kind with `FieldExtension(on="Order", fields=…)`: a
relation names its target, so no module imports another's types.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, TypeVar, cast

import strawberry
from sqlalchemy import Column, ColumnElement
from sqlalchemy.sql import visitors
from sqlmodel import SQLModel

from core.db.upsert import table_of
from core.graph.scalars import Money
from core.models.base import MerchantTable, personal_columns
from core.security.permissions import PERSONAL

MASK = "***"
C = TypeVar("C", bound=type)
T = TypeVar("T")

Sql = Callable[[Any], ColumnElement[Any]]
"""An expression over a table's columns, which its argument has as attributes."""


@dataclass(frozen=True)
class ColumnField:
    """A field that shows one column, or an expression over columns, or minor units as money.

    `filter` and `order` offer it to connections, `measure` to aggregates.
    """

    type: Any
    description: str
    name: str | None
    filter: bool = False
    order: bool = False
    measure: bool = False
    currency: str | None = None
    refers_to: str | None = None
    sql: Sql | None = None
    permission: str | None = None


@dataclass(frozen=True)
class Computed:
    """A field that Python makes of named columns."""

    type: Any
    description: str
    needs: tuple[str, ...]
    compute: Callable[..., Any]
    permission: str | None = None


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
class Listing:
    """All rows of a type, as a field of a root or of a plugin's namespace."""

    target: str
    description: str
    only: Sql | None = None


@dataclass(frozen=True)
class Change:
    """A mutation that sets some fields of one row and writes the audit entry of it."""

    target: str
    description: str
    permission: str
    fields: tuple[str, ...]
    action: str


Declared = ColumnField | Computed | One | Many


@dataclass(frozen=True)
class NodeSpec:
    """What is known of a declared type."""

    name: str
    cls: type
    model: type[MerchantTable]
    permission: str
    stream: str | None
    columns: Mapping[str, ColumnField]
    computed: Mapping[str, Computed]
    relations: Mapping[str, One | Many]
    default_order: tuple[tuple[str, bool], ...]
    only: Sql | None = None

    @cached_property
    def key_columns(self) -> tuple[str, ...]:
        """Primary key without the merchant: the tie-breaker of every order."""
        return tuple(c.name for c in table_of(self.model).primary_key if c.name != "merchant_id")

    @property
    def declared(self) -> dict[str, "Declared"]:
        """All table-shaped fields."""
        return {**self.columns, **self.computed, **self.relations}

    def column_of(self, field_name: str) -> str:
        """The table's column behind a field."""
        return self.columns[field_name].name or field_name

    def extended(self, fields: Mapping[str, Declared]) -> "NodeSpec":
        """The same type with further fields."""
        checked = {name: _checked(self.model, name, each) for name, each in fields.items()}
        return replace(
            self,
            columns={**self.columns, **_of_kind(checked, ColumnField)},
            computed={**self.computed, **_of_kind(checked, Computed)},
            relations={**self.relations, **_of_kind(checked, One, Many)},
        )


def column(
    type: Any,
    description: str,
    name: str | None = None,
    *,
    filter: bool = False,
    order: bool = False,
    measure: bool = False,
    refers_to: str | None = None,
    permission: str | None = None,
) -> Any:
    """A field that shows a column (by default the one of the field's own name).

    measure: aggregates add it up, so it must be additive. refers_to: the type whose global id the
    column holds; such fields are filtered by id. permission: what one needs besides the type's.
    """
    return ColumnField(
        type, description, name, filter, order, measure, None, refers_to, None, permission
    )


def money(
    description: str,
    name: str | None = None,
    *,
    currency: str = "currency",
    order: bool = False,
    measure: bool = True,
    permission: str | None = None,
) -> Any:
    """A field that shows minor units as `Money`, in the currency of another column."""
    return ColumnField(
        Money, description, name, False, order, measure, currency, None, None, permission
    )


def expression(
    type: Any,
    description: str,
    sql: Sql,
    *,
    filter: bool = False,
    order: bool = False,
    permission: str | None = None,
) -> Any:
    """A field that shows an SQL expression over the row's columns.

    type: `T | None` when the expression may be null. sql: gets the table's columns as attributes.
    """
    return ColumnField(type, description, None, filter, order, sql=sql, permission=permission)


def computed(
    type: Any,
    description: str,
    needs: tuple[str, ...],
    compute: Callable[..., Any],
    *,
    permission: str | None = None,
) -> Any:
    """A scalar field that Python makes of columns of its row.

    needs: the columns; compute gets their values in this order. It is called for every row, so it
    must be quick and touch nothing else.
    """
    return Computed(type, description, needs, compute, permission)


def one(target: str, description: str, *, by: str, on: str = "id") -> Any:
    """A relation to at most one row of another type."""
    return One(target, description, by, on)


def many(target: str, description: str, *, by: str, on: str = "id") -> Any:
    """A relation to many rows of another type: a connection, and their aggregates."""
    return Many(target, description, by, on)


def listing(target: str, description: str, *, only: Sql | None = None) -> Any:
    """All rows of a type (that meet a condition), as a field of a plugin's namespace."""
    return Listing(target, description, only)


def change(
    target: str, description: str, *, permission: str, fields: tuple[str, ...], action: str
) -> Any:
    """A mutation that sets columns of one row; its input and payload are made of the declaration.

    fields: the fields of the type that may be set; what the client leaves out stays. action: what
    the audit log calls it, e.g. "shop.update". On PostgreSQL change, audit entry and what is
    selected of the row are one statement.
    """
    return Change(target, description, permission, fields, action)


@strawberry.interface(name="Node", description="Anything with a global id.")
class Node:
    """What a resolver of a declared type has as `self`: the columns of its row that it needs."""

    row: strawberry.Private[Mapping[str, Any]]

    id: strawberry.ID = strawberry.field(
        resolver=lambda self: compiled(self),
        graphql_type=strawberry.ID,
        description="Global id: opaque, the same for ever.",
    )


def compiled(self: Any) -> Any:
    """The resolver of every table-shaped field, which the engine never calls."""
    raise AssertionError("Table-shaped fields are compiled: execute with core.graph.engine.")


def node(
    model: type[MerchantTable],
    *,
    permission: str,
    name: str | None = None,
    stream: str | None = None,
    order: str = "",
    only: Sql | None = None,
) -> Callable[[C], C]:
    """Declare a type over a table of merchants' rows.

    permission: what one needs to see any of it. stream: the sync stream that fills it, for
    `asOf`. order: the connection's own order, e.g. "ordered_at desc"; default: the key.
    only: rows that exist for clients at all, e.g. those that are not deleted.
    """
    if not (isinstance(model, type) and issubclass(model, MerchantTable)):
        raise TypeError(f"{model!r} is no MerchantTable: nothing would keep it to one merchant")

    def decorate(cls: C) -> C:
        type_name = name or cls.__name__.removesuffix("Node")
        own = {k: _checked(model, k, v) for k, v in vars(cls).items() if isinstance(v, Declared)}
        body = {
            "__doc__": cls.__doc__,
            "__module__": cls.__module__,
            **{k: v for k, v in vars(cls).items() if not k.startswith("__") and k not in own},
        }
        made = strawberry.type(
            type(cls.__name__, (Node,), body),
            name=type_name,
            description=(cls.__doc__ or "").strip(),
        )
        spec = NodeSpec(
            name=type_name,
            cls=made,
            model=model,
            permission=permission,
            stream=stream,
            columns=_of_kind(own, ColumnField),
            computed=_of_kind(own, Computed),
            relations=_of_kind(own, One, Many),
            default_order=_order(model, order),
            only=only,
        )
        made.__node__ = spec  # type: ignore[attr-defined]
        return made  # type: ignore[return-value]

    return decorate


@dataclass(frozen=True)
class Ref:
    """A row by its key: a resolver returns it, and what is selected of it is compiled."""

    spec: NodeSpec
    key: tuple[Any, ...]


def ref(cls: type[T], *key: Any) -> T:
    """A row of a declared type by its key (without the merchant), for a resolver to return.

    What the request selects of it is read in one statement, together with its siblings; a row
    that does not exist is null. It needs the permission of its type, too.
    """
    return cast(T, Ref(spec_of(cls), key))


def spec_of(cls: type) -> NodeSpec:
    """The declaration behind a node class."""
    found: NodeSpec = cls.__node__  # type: ignore[attr-defined]
    return found


def declared_in(cls: type) -> dict[str, Declared]:
    """The table-shaped fields that a class of an extension declares."""
    return {name: each for name, each in vars(cls).items() if isinstance(each, Declared)}


def listings_in(cls: type) -> dict[str, Listing]:
    """The listings that a plugin's namespace declares."""
    return {name: each for name, each in vars(cls).items() if isinstance(each, Listing)}


def changes_in(cls: type) -> dict[str, Change]:
    """The changes that a class of mutations declares."""
    return {name: each for name, each in vars(cls).items() if isinstance(each, Change)}


def _of_kind(fields: Mapping[str, Any], *kinds: type) -> dict[str, Any]:
    return {name: each for name, each in fields.items() if isinstance(each, kinds)}


def _order(model: type[SQLModel], text: str) -> tuple[tuple[str, bool], ...]:
    """`"ordered_at desc"` as ((column, descending),)."""
    parts = [part.split() for part in text.split(",") if part.strip()]
    for words in parts:
        _check_column(model, words[0], "the order")
    return tuple((words[0], words[-1] == "desc") for words in parts)


def _checked(model: type[SQLModel], field_name: str, declared: Declared) -> Declared:
    """The declaration, after a look whether the columns it names exist."""
    what = f"the field {field_name!r}"
    match declared:
        case ColumnField(sql=None):
            _check_column(model, declared.name or field_name, what)
            _check_personal(model, {declared.name or field_name}, declared, what)
        case ColumnField():
            _check_personal(model, _columns_in(model, declared), declared, what)
        case Computed():
            for name in declared.needs:
                _check_column(model, name, what)
        case One():
            _check_column(model, declared.by, what)
        case Many():
            _check_column(model, declared.on, what)
    return declared


def _columns_in(model: type[SQLModel], declared: ColumnField) -> set[str]:
    """The columns an expression reads."""
    assert declared.sql is not None
    expression = declared.sql(table_of(model).c)
    return {each.name for each in visitors.iterate(expression) if isinstance(each, Column)}


def _check_personal(
    model: type[SQLModel], columns: set[str], declared: ColumnField, what: str
) -> None:
    """Personal columns are masked where they are shown, so nothing may tell them otherwise."""
    personal = sorted(columns & personal_columns(model))
    if not personal or declared.permission == PERSONAL:
        return
    if declared.sql is not None or declared.filter or declared.order or declared.measure:
        raise TypeError(
            f"{what} would tell the personal column {personal[0]!r}: declare it with "
            f"permission={PERSONAL!r}, or without filter, order and expression"
        )


def _check_column(model: type[SQLModel], name: str, what: str) -> None:
    if name not in table_of(model).columns:
        raise TypeError(f"{model.__name__} has no column {name!r} for {what}")


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

    def extend(self, name: str, fields: Mapping[str, Declared]) -> None:
        """Add fields to a type of somebody else."""
        self.specs[name] = self.specs[name].extended(fields)
