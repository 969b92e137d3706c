"""The values of one row: where each stands in it, and the expression that shows it."""

from dataclasses import dataclass

from graphql import GraphQLField, GraphQLObjectType

from core.graph.declare import ColumnField, Computed
from core.graph.engine.build import Source
from core.graph.engine.catalog import is_nullable, is_personal, value_sql
from core.graph.engine.dialects import kind_of_column, quoted
from core.graph.engine.scene import Details, Place, Scene
from core.graph.guard import guarded_compute
from core.graph.tables import TableValue
from core.security.permissions import PERSONAL


@dataclass
class Cells:
    """Gives the values of rows their places and expressions."""

    scene: Scene
    source: Source

    def slot(self, place: Place, sql: str, kind: str) -> int:
        shown = self.scene.dialect.nested(kind, sql) if place.select.nested else sql
        return place.select.slot(shown)

    def column(self, place: Place, column: str, *, real: bool = False) -> str:
        """A column's value: as JSON shows it, or as Python code wants it."""
        kind = kind_of_column(place.spec, column)
        slot = self.slot(place, self._visible(place, column), kind)
        dialect = self.scene.dialect
        reader = dialect.row_reader(kind) if real else dialect.reader(kind)
        return reader.format(f"r[{slot}]")

    def _visible(self, place: Place, column: str) -> str:
        """The SQL of a column, masked when it is personal and the actor may not see it."""
        sql = f"{place.alias}.{quoted(column)}"
        if is_personal(place.spec, column) and not self.scene.actor.may(PERSONAL):
            return f"CASE WHEN {sql} = '' THEN '' WHEN {sql} IS NOT NULL THEN '***' END"
        return sql

    def id(self, place: Place) -> str:
        spec = place.spec
        columns = spec.key_columns
        if [kind_of_column(spec, name) for name in columns] == ["int"]:
            return f"{self.source.id_of(spec.name)}({self.column(place, columns[0])})"
        keys = ", ".join(self.column(place, name, real=True) for name in columns)
        return f"_make_id({spec.name!r}, {keys})"

    def value(
        self, place: Place, table: TableValue, definition: GraphQLField, fields: Details
    ) -> str | None:
        declared = table.declared
        if declared is None:
            return self.id(place)
        if table.permission is not None and not self.scene.actor.may(table.permission):
            return None
        if isinstance(declared, Computed):
            return self._computed(place, declared, definition)
        if declared.currency is not None:
            return self._money(place, table.name, declared, fields)
        if declared.sql is None:
            column = place.spec.column_of(table.name)
            if declared.refers_to is None:
                return self.column(place, column)
            shown = f"{self.source.id_of(declared.refers_to)}({self.column(place, column)})"
            return self._unless_null(place, column, shown)
        sql, kind = value_sql(self.scene.dialect, place.spec, table.name, place.alias)
        slot = self.slot(place, sql, kind)
        return self.scene.dialect.reader(kind).format(f"r[{slot}]")

    def _unless_null(self, place: Place, column: str, shown: str) -> str:
        if not is_nullable(place.spec, column):
            return shown
        slot = self.slot(place, f"{place.alias}.{quoted(column)}", "int")
        return f"(None if r[{slot}] is None else {shown})"

    def _computed(self, place: Place, declared: Computed, definition: GraphQLField) -> str | None:
        if self.scene.careful:
            return None
        values = ", ".join(self.column(place, name, real=True) for name in declared.needs)
        compute = guarded_compute(definition, declared.compute)
        called = f"{self.source.constant(compute)}({values})"
        return f"{self.source.leaf(definition.type)}({called})"

    def _money(self, place: Place, name: str, declared: ColumnField, fields: Details) -> str:
        column, currency = place.spec.column_of(name), declared.currency or ""
        minor, unit = self.column(place, column), self.column(place, currency)
        # Spelt out for nearly all amounts: a call for each would take half as long as the row.
        text = f'f"{{(s := str({minor}))[:-2]}}.{{s[-2:]}}"'
        usual = f"{minor} >= 100 and {unit} not in _odd"
        shown = self.amount(fields, f"({text} if {usual} else _amount({minor}, {unit}))", unit)
        return self._unless_null(place, column, shown)

    def amount(self, fields: Details, amount: str, currency: str) -> str:
        """A `Money` object."""
        parts = {"amount": amount, "currency": currency, "__typename": "'Money'"}
        return self.plain(self.scene.object_type("Money"), fields, parts)

    def plain(self, kind: GraphQLObjectType, fields: Details, parts: dict[str, str]) -> str:
        """An object whose fields are these expressions."""
        shown = self.scene.selected(kind, fields).items()
        return "{" + ", ".join(f"{k!r}: {parts[f[0].node.name.value]}" for k, f in shown) + "}"
