"""What the fields of a schema stand for, by type and field name, and the SQL of single values."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from graphql import GraphQLField, GraphQLObjectType, GraphQLSchema
from strawberry.types.field import StrawberryField

from core.db.upsert import table_of
from core.graph.declare import NodeSpec
from core.graph.engine.dialects import Dialect, kind_of_column, kind_of_type, quoted
from core.graph.fields import needs_of, permission_of
from core.graph.tables import TableField, TableValue, table_of_field
from core.models import personal_columns

NAMESPACE = "opsgraph_namespace"
"""Metadata key of a plugin's namespace: fields below it are compiled as if they were roots."""
BACKREF = "strawberry-definition"
"""Where Strawberry keeps its own field among the extensions of graphql-core's."""


@dataclass(frozen=True)
class Catalog:
    """The schema as the engine sees it."""

    schema: GraphQLSchema
    specs: Mapping[str, NodeSpec]
    tables: dict[tuple[str, str], TableField] = field(default_factory=dict)
    namespaces: dict[tuple[str, str], str] = field(default_factory=dict)
    needs: dict[tuple[str, str], tuple[str, ...] | None] = field(default_factory=dict)

    @classmethod
    def make(cls, schema: GraphQLSchema, specs: Mapping[str, NodeSpec]) -> "Catalog":
        """Read the marks that `core.graph.tables` and `fields` left on the schema's fields."""
        made = cls(schema, specs)
        for kind in schema.type_map.values():
            if isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__"):
                for name, each in kind.fields.items():
                    made._add(kind.name, name, each)
        return made

    def _add(self, kind: str, name: str, declared: GraphQLField) -> None:
        back: StrawberryField | None = declared.extensions.get(BACKREF)
        table = table_of_field(back)
        if table is None and name == "id" and kind in self.specs:
            table = TableValue(None, "id", None)
        if table is not None:
            self.tables[kind, name] = table
        elif back is not None and NAMESPACE in back.metadata:
            self.namespaces[kind, name] = permission_of(back) or ""
        elif back is not None and kind in self.specs:
            self.needs[kind, name] = needs_of(back)

    def columns_needed(self, spec: NodeSpec, name: str) -> tuple[str, ...]:
        """The columns that an ordinary resolver of a declared type wants to see."""
        needs = self.needs.get((spec.name, name))
        return tuple(c.name for c in table_of(spec.model).columns) if needs is None else needs


def table_name(spec: NodeSpec) -> str:
    """The table of a type, quoted."""
    return quoted(table_of(spec.model).name)


def value_sql(dialect: Dialect, spec: NodeSpec, name: str, alias: str) -> tuple[str, str]:
    """SQL and kind of a field's column or expression."""
    declared = spec.columns[name]
    if declared.sql is not None:
        return dialect.expression(spec, declared.sql, alias), kind_of_type(declared.type)
    column = spec.column_of(name)
    return f"{alias}.{quoted(column)}", kind_of_column(spec, column)


def is_personal(spec: NodeSpec, column: str) -> bool:
    """Whether a column is masked for those who may not see personal data."""
    return column in personal_columns(spec.model)


def is_nullable(spec: NodeSpec, column: str) -> bool:
    """Whether a column may be null."""
    return bool(table_of(spec.model).columns[column].nullable)


def scope(dialect: Dialect, spec: NodeSpec, alias: str) -> str:
    """The rows of a table that exist for a request at all: its merchant's, and not hidden ones."""
    mine = f"{alias}.{quoted('merchant_id')} = {dialect.place(1, 'int')}"
    if spec.only is None:
        return mine
    return f"{mine} AND {dialect.expression(spec, spec.only, alias)}"
