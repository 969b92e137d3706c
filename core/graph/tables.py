"""Makes GraphQL fields of declarations: columns, relations, listings, aggregates, `node`, `nodes`.

A field made here has no resolver. Its metadata holds a `Table…` object that tells the engine what
it stands for; `core.graph.engine` does the rest.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_origin

import strawberry
from sqlalchemy import UniqueConstraint
from strawberry import UNSET
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.field import StrawberryField
from strawberry.utils.str_converters import to_camel_case

from core.db.upsert import table_of
from core.errors import ConfigurationError
from core.graph.declare import (
    Change,
    ColumnField,
    Computed,
    Listing,
    Many,
    Node,
    NodeSpec,
    One,
)
from core.graph.fields import UserError
from core.graph.inputs import MAX_ORDER, Inputs, bare
from core.graph.outputs import Aggregates, Connection

DEFAULT_SIZE = 50
MAX_SIZE = 1000
MAX_NODES = 200
"""How many ids `nodes` takes."""
TABLE = "opsgraph_table"
"""Metadata key under which a field tells what of a table it stands for."""

_ARGUMENTS = {
    "filter": "Only rows that meet all of these conditions.",
    "order_by": f"What to sort by, the most important first; {MAX_ORDER} at the most.",
    "first": f"How many rows, {MAX_SIZE} at the most; {DEFAULT_SIZE} if not said.",
    "after": "Only rows that follow this cursor; for paging forward, with `first`.",
    "last": f"How many rows from the end, {MAX_SIZE} at the most.",
    "before": "Only rows that precede this cursor; for paging backward, with `last`.",
    "group_by": "What a group has in common; without it all rows are one group (per currency).",
    "groups": f"How many groups, {MAX_SIZE} at the most and if not said.",
    "id": "The `id` of any node.",
    "input": "What to do, and to what.",
    "ids": f"The `id` of any nodes, {MAX_NODES} at the most.",
}


@dataclass(frozen=True)
class TableValue:
    """A column, an expression, or a computed value; the id when `declared` is None."""

    declared: ColumnField | Computed | None
    name: str
    permission: str | None


@dataclass(frozen=True)
class TableOne:
    """A relation to at most one row."""

    relation: One
    target: str
    permission: str


@dataclass(frozen=True)
class TablePage:
    """A connection: of a relation, or of all rows."""

    relation: Many | None
    target: str
    permission: str
    listing: Listing | None = None


@dataclass(frozen=True)
class TableGroups:
    """Aggregates over the rows of a relation, or over all rows."""

    relation: Many | None
    target: str
    permission: str
    listing: Listing | None = None


@dataclass(frozen=True)
class TableNode:
    """`node` (one) or `nodes` (several)."""

    many: bool


@dataclass(frozen=True)
class TableChange:
    """A mutation that sets columns of one row. entity: the payload's field with the row."""

    change: Change
    target: str
    permission: str
    entity: str


TableField = TableValue | TableOne | TablePage | TableGroups | TableNode | TableChange


@dataclass(frozen=True)
class Fields:
    """Makes the fields of one schema."""

    specs: Mapping[str, NodeSpec]
    inputs: Inputs
    aggregates: Aggregates

    @classmethod
    def make(cls, specs: Mapping[str, NodeSpec]) -> "Fields":
        return cls(specs, Inputs.make(specs), Aggregates.make(specs))

    def of_type(self, spec: NodeSpec) -> list[StrawberryField]:
        """The table-shaped fields of a type."""
        made = [self._column(spec, name, each) for name, each in spec.columns.items()]
        made += [self._computed(name, each) for name, each in spec.computed.items()]
        for name, relation in spec.relations.items():
            if relation.target not in self.specs:
                raise ConfigurationError(
                    f"{spec.name}.{name} leads to {relation.target}, no such type."
                )
            target = self.specs[relation.target]
            _check_target(spec, name, relation, target)
            made += self._relation(target, name, relation)
        return made

    def listing(self, name: str, listing: Listing) -> list[StrawberryField]:
        """A root field (or one of a namespace) over all rows of a type, and its aggregates."""
        if listing.target not in self.specs:
            raise ConfigurationError(f"The field {name!r} lists {listing.target}, no such type.")
        return self._rows(self.specs[listing.target], name, listing.description, None, listing)

    def node(self) -> StrawberryField:
        """`node(id:)`."""
        return _field(
            "node",
            Node | None,
            "Anything by its global id; null when there is no such thing. "
            "Needs the permission of the thing's type.",
            TableNode(many=False),
            {"id": strawberry.ID},
        )

    def nodes(self) -> StrawberryField:
        """`nodes(ids:)`."""
        return _field(
            "nodes",
            list[Node | None] | None,
            "Things by their global ids, in this order; null where there is no such thing. "
            "Needs the permission of each thing's type.",
            TableNode(many=True),
            {"ids": list[strawberry.ID]},
        )

    def change(self, name: str, change: Change) -> StrawberryField:
        """A mutation of a row, with its input and its payload."""
        spec = self.specs.get(change.target)
        if spec is None:
            raise ConfigurationError(f"{name!r} changes {change.target}, no such type.")
        _check_change(name, change, spec)
        kind = to_camel_case(name)
        kind = kind[0].upper() + kind[1:]
        entity = spec.name[0].lower() + spec.name[1:]
        table = TableChange(change, spec.name, change.permission, entity)
        return _field(
            name,
            _payload(f"{kind}Payload", entity, spec),
            _needing(change.description, change.permission),
            table,
            {"input": _change_input(f"{kind}Input", spec, change)},
        )

    def _column(self, spec: NodeSpec, name: str, declared: ColumnField) -> StrawberryField:
        kind = strawberry.ID if declared.refers_to else declared.type
        if declared.sql is None and table_of(spec.model).columns[spec.column_of(name)].nullable:
            kind = kind | None
        return _guarded(name, kind, declared.description, declared, declared.permission)

    def _computed(self, name: str, declared: Computed) -> StrawberryField:
        kind = bare(declared.type)
        if get_origin(kind) is list or strawberry.types.has_object_definition(kind):
            raise ConfigurationError(f"The computed field {name!r} must be a scalar.")
        return _guarded(name, declared.type, declared.description, declared, declared.permission)

    def _relation(self, target: NodeSpec, name: str, relation: One | Many) -> list[StrawberryField]:
        if isinstance(relation, Many):
            return self._rows(target, name, relation.description, relation, None)
        table = TableOne(relation, target.name, target.permission)
        description = _needing(relation.description, target.permission)
        return [_field(name, target.cls | None, description, table)]

    def _rows(
        self,
        target: NodeSpec,
        name: str,
        description: str,
        relation: Many | None,
        listing: Listing | None,
    ) -> list[StrawberryField]:
        """A connection, and aggregates beside it where rows can be grouped."""
        permission = target.permission
        text = _needing(description, permission)
        filters = {"filter": self.inputs.filters[target.name] | None}
        page = filters | {
            "order_by": list[self.inputs.orders[target.name]] | None,  # type: ignore[name-defined]
            "first": int | None,
            "after": str | None,
            "last": int | None,
            "before": str | None,
        }
        # Nullable: without the permission this field alone is null, not all that holds it.
        rows = TablePage(relation, target.name, permission, listing)
        made = [_field(name, Connection[target.cls] | None, text, rows, page)]  # type: ignore[name-defined]
        if target.name in self.aggregates.types:
            groups = TableGroups(relation, target.name, permission, listing)
            kind = list[self.aggregates.types[target.name]] | None  # type: ignore[name-defined]
            by = list[self.inputs.groups[target.name]] | None  # type: ignore[name-defined]
            arguments = filters | {"group_by": by, "groups": int | None}
            made.append(_field(f"{name}_aggregate", kind, f"Aggregates: {text}", groups, arguments))
        return made


def _check_change(name: str, change: Change, spec: NodeSpec) -> None:
    """A client can set plain columns: no money, reference or expression."""
    for each in change.fields:
        declared = spec.columns.get(each)
        if declared is None or declared.currency or declared.refers_to or declared.sql is not None:
            raise ConfigurationError(f"{name!r} cannot set {spec.name}.{each}: no plain column.")


def _change_input(name: str, spec: NodeSpec, change: Change) -> type:
    body: dict[str, Any] = {"__annotations__": {"id": strawberry.ID}}
    body["id"] = strawberry.field(description="Global id of what to change.")
    for each in change.fields:
        declared = spec.columns[each]
        body["__annotations__"][each] = bare(declared.type) | None
        body[each] = strawberry.field(default=UNSET, description=declared.description)
    text = "What to change, and to what; what is absent stays."
    return strawberry.input(type(name, (), body), name=name, description=text)


def _payload(name: str, entity: str, spec: NodeSpec) -> type:
    body: dict[str, Any] = {
        "__annotations__": {entity: spec.cls | None, "user_errors": list[UserError]},
        entity: strawberry.field(description="What was changed; null when nothing was."),
        "user_errors": strawberry.field(description="Why nothing was done; empty when it was."),
    }
    text = f"The changed {spec.name}."
    return strawberry.type(type(name, (), body), name=name, description=text)


def table_of_field(field: StrawberryField | None) -> TableField | None:
    """What of a table a field stands for; None for those with a resolver."""
    return None if field is None else field.metadata.get(TABLE)


def _check_target(spec: NodeSpec, name: str, relation: One | Many, target: NodeSpec) -> None:
    """The target has the column, and one row at most where one is promised."""
    column = relation.on if isinstance(relation, One) else relation.by
    table = table_of(target.model)
    if column not in table.columns:
        raise ConfigurationError(
            f"{spec.name}.{name} leads to {target.name}, which has no column {column!r}."
        )
    unique = [table.primary_key, *(c for c in table.constraints if isinstance(c, UniqueConstraint))]
    keys = [{each.name for each in constraint.columns} for constraint in unique]
    if isinstance(relation, One) and {"merchant_id", column} not in keys:
        raise ConfigurationError(
            f"{spec.name}.{name} leads to one {target.name}, but several may have the same "
            f"{column!r}: declare `many`, or a unique constraint."
        )


def _needing(description: str, permission: str) -> str:
    return f"{description} Needs the permission `{permission}`."


def _guarded(
    name: str, kind: Any, description: str, declared: ColumnField | Computed, permission: str | None
) -> StrawberryField:
    """A value; one with a permission of its own is null to those who lack it."""
    table = TableValue(declared, name, permission)
    if permission is None:
        return _field(name, kind, description, table)
    return _field(name, kind | None, _needing(description, permission), table)


def _field(
    name: str,
    kind: Any,
    description: str,
    table: TableField,
    arguments: Mapping[str, Any] | None = None,
) -> StrawberryField:
    made = StrawberryField(
        python_name=name,
        type_annotation=StrawberryAnnotation(kind),
        description=description,
        metadata={TABLE: table},
    )
    made.arguments = [
        StrawberryArgument(
            python_name=each,
            graphql_name="first" if each == "groups" else None,
            type_annotation=StrawberryAnnotation(argument),
            description=_ARGUMENTS[each],
            default=UNSET,
        )
        for each, argument in (arguments or {}).items()
    ]
    return made
