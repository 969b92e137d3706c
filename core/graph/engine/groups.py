"""Aggregates of a SELECT: the body of the function that shows its groups."""

from dataclasses import dataclass

from graphql import GraphQLObjectType

from core.graph.declare import ColumnField
from core.graph.engine.catalog import is_nullable
from core.graph.engine.cells import Cells
from core.graph.engine.dialects import kind_of_column, quoted
from core.graph.engine.scene import Details, Place, object_of
from core.graph.engine.sql import Select
from core.graph.outputs import currency_of
from core.graph.tables import TableValue


@dataclass(frozen=True)
class Groups:
    """Writes what groups show."""

    cells: Cells

    def body(self, select: Select, kind: GraphQLObjectType, details: Details) -> list[str]:
        """The body of the function that makes aggregates of rows."""
        select.wants_rows = True
        place = Place(select, select.alias, select.spec)
        select.slot("count(*)")  # without an aggregate, each row would be a group of its own
        items = [
            f"{key!r}: {self._group_part(place, kind, fields)}"
            for key, fields in self.cells.scene.selected(kind, details).items()
        ]
        shown = "{" + ", ".join(items) + "}"
        return [
            f"g = a[{select.asked}].groups",
            f"unit = {self.cells.source.width(select)} + g.get('currency', len(g))",
            f"return [{shown} for r in rows]",
        ]

    def _group_part(self, place: Place, kind: GraphQLObjectType, fields: Details) -> str:
        name = fields[0].node.name.value
        below = kind.fields.get(name)
        match name:
            case "__typename":
                return repr(kind.name)
            case "count":
                return f"r[{place.select.slot('count(*)')}]"
            case "key":
                return self._group_key(place, object_of(below), fields)
        items = [
            f"{key!r}: {self._figure(place, name, object_of(below), each)}"
            for key, each in self.cells.scene.selected(object_of(below), fields).items()
        ]
        return "{" + ", ".join(items) + "}"

    def _group_key(self, place: Place, kind: GraphQLObjectType, details: Details) -> str:
        items = []
        for key, fields in self.cells.scene.selected(kind, details).items():
            name = fields[0].node.name.value
            items.append(f"{key!r}: {self._group_value(place, kind, name)}")
        return "{" + ", ".join(items) + "}"

    def _group_value(self, place: Place, kind: GraphQLObjectType, name: str) -> str:
        if name == "__typename":
            return repr(kind.name)
        if name == "currency" and currency_of(place.spec) is not None:
            return "r[unit]"
        python_name, declared = self.cells.scene.asking.facts(place.spec).filters[name]
        value = f"r[{self.cells.source.width(place.select)} + g[{python_name!r}]]"
        if declared.refers_to is not None:
            value = f"_id_or_none({self.cells.source.id_of(declared.refers_to)}, {value})"
        else:
            column = place.spec.column_of(python_name)
            value = self.cells.scene.dialect.reader(kind_of_column(place.spec, column)).format(
                value
            )
        return f"({value} if {python_name!r} in g else None)"

    def _figure(self, place: Place, figure: str, kind: GraphQLObjectType, fields: Details) -> str:
        """A sum, smallest or largest value, or mean."""
        name = fields[0].node.name.value
        if name == "__typename":
            return repr(kind.name)
        table = self.cells.scene.catalog.tables[place.spec.name, name]
        assert isinstance(table, TableValue)
        assert isinstance(table.declared, ColumnField)
        name = place.spec.column_of(table.name)
        column = f"{place.alias}.{quoted(name)}"
        money = table.declared.currency is not None
        currency = "r[unit]"
        value = self._of_column(place, figure, column, kind_of_column(place.spec, name))
        nullable = is_nullable(place.spec, name)
        test = place.select.slot(f"count({column})" if nullable else "count(*)")
        if figure == "avg" and money:
            shown = self.cells.amount(
                fields, f"_mean_of_money({value}, r[{test}], {currency})", currency
            )
        elif figure == "avg":
            shown = f"_mean({value}, r[{test}])"
        elif money:
            shown = self.cells.amount(fields, f"_amount({value}, {currency})", currency)
        else:
            shown = value
        return f"({shown} if r[{test}] else None)"

    def _of_column(self, place: Place, figure: str, column: str, kind: str) -> str:
        """The expression that reads a figure of a column; a mean is made of the sum."""
        dialect = self.cells.scene.dialect
        if figure in ("min", "max"):
            slot = self.cells.slot(place, f"{figure}({column})", kind)
            return dialect.reader(kind).format(f"r[{slot}]")
        slot = self.cells.slot(place, dialect.sum(column, kind), kind)
        return dialect.sum_reader(kind).format(f"r[{slot}]")
