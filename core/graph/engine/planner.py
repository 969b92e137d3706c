"""Turns a selection of declared types into a tree of SELECTs and the source of a row builder.

One walk over the selection does both: every value that is selected gets a place in its row, and an
expression that reads it from there. What cannot be compiled (an ordinary resolver, a field that
the actor may not read) is left out; the objects around it become `Partial`, which `executor` walks.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import GraphQLField, GraphQLObjectType, OperationDefinitionNode
from graphql.execution.collect_fields import (
    FieldDetails,
    FragmentDetails,
    collect_subfields,
)
from graphql.execution.values import VariableValues, get_argument_values

from core.errors import OpsgraphError
from core.graph.declare import ColumnField, Computed, NodeSpec
from core.graph.engine.asking import Asked, Asking
from core.graph.engine.build import Source
from core.graph.engine.catalog import (
    Catalog,
    is_nullable,
    is_personal,
    value_sql,
)
from core.graph.engine.dialects import Dialect, kind_of_column, quoted
from core.graph.engine.plan import Ask, Plan
from core.graph.engine.sql import Select, Total, Writer, join, related
from core.graph.outputs import currency_of
from core.graph.tables import TableGroups, TableOne, TablePage, TableValue
from core.security.permissions import PERSONAL, Actor

Details = list[FieldDetails]
NO_VARIABLES = VariableValues({}, {})


@dataclass(frozen=True)
class Scene:
    """What stays the same while one operation is planned for one actor.

    variables: those that directives read; all of them when `careful`, which compiles for this
    request alone and leaves to graphql-core whatever could fail.
    """

    catalog: Catalog
    dialect: Dialect
    asking: Asking
    actor: Actor
    operation: OperationDefinitionNode
    fragments: dict[str, FragmentDetails]
    variables: VariableValues
    careful: bool = False

    def selected(self, kind: GraphQLObjectType, details: Details) -> dict[str, Details]:
        """The fields below a field, by response key, as graphql-core collects them."""
        found = collect_subfields(
            self.catalog.schema,
            self.fragments,
            self.variables,
            self.operation,
            kind,
            details,
            True,
        )
        return found.grouped_field_set

    def object_type(self, name: str) -> GraphQLObjectType:
        kind = self.catalog.schema.type_map[name]
        assert isinstance(kind, GraphQLObjectType)
        return kind


@dataclass(frozen=True)
class Place:
    """Where the fields of an object are read: a SELECT, the alias of its table in it."""

    select: Select
    alias: str
    spec: NodeSpec


@dataclass
class Planner:
    """Plans one table-shaped field."""

    scene: Scene
    asks: list[Ask] = field(default_factory=list)
    source: Source = field(default_factory=Source)
    holes: bool = False

    def page(self, table: TablePage, definition: GraphQLField, details: Details) -> Plan:
        """A connection at the root or in a namespace."""
        select = self._root(table, definition, details, "page")
        kind = _object_of(definition)
        wanted = self._connection_parts(kind, details)
        body, walked = self._connection(select, kind, details)
        self.source.function("answer", ("rows", "a", "total", "as_of"), select, body)
        sidecar = [part for part in ("total", "as_of") if part in wanted]
        return self._plan(select, walked, sidecar)

    def groups(self, table: TableGroups, definition: GraphQLField, details: Details) -> Plan:
        """Aggregates at the root or in a namespace."""
        select = self._root(table, definition, details, "groups")
        body = self._group_rows(select, _object_of(definition), details)
        self.source.function("answer", ("rows", "a", "total", "as_of"), select, body)
        return self._plan(select, False, [])

    def by_key(self, spec: NodeSpec, details: Details) -> Plan:
        """Rows of a type by their keys: `node`, `nodes`, and what resolvers refer to."""
        self.asks.append(Ask(lambda variables, actor: Asked(("key",), [])))
        select = Select(spec, "t0", 0, "keys", wants_rows=True)
        place = Place(select, "t0", spec)
        key = self._id(place)
        shown, walked = self._object(place, details)
        pairs = f"{{{key}: {shown} for r in rows}}"
        self.source.function("answer", ("rows", "a", "total", "as_of"), select, [f"return {pairs}"])
        return self._plan(select, walked, [])

    def _root(
        self, table: TablePage | TableGroups, definition: GraphQLField, details: Details, kind: str
    ) -> Select:
        spec = self.scene.catalog.specs[table.target]
        read = self.scene.asking.page if kind == "page" else self.scene.asking.groups
        self.asks.append(self._ask(read, spec, definition, details))
        only = table.listing.only if table.listing is not None else None
        return Select(spec, "t0", 0, kind, only=only)

    def _plan(self, select: Select, walked: bool, sidecar: Sequence[str]) -> Plan:
        scene = self.scene
        return Plan(
            select=select,
            asks=self.asks,
            source=self.source,
            sidecar=tuple(sidecar),
            partial=walked,
            writer=lambda asked: Writer(scene.dialect, scene.catalog.specs, asked),
            uses=self._uses(select),
        )

    def _uses(self, root: Select) -> list[str]:
        """Of each Ask, what stands in the statement of the rows."""
        uses = [""] * len(self.asks)
        uses[root.asked] = "rows"
        stack: list[Select] = [root]
        while stack:
            for item in stack.pop().items:
                if isinstance(item, Select):
                    uses[item.asked] = "rows"
                    stack.append(item)
                elif isinstance(item, Total):
                    uses[item.select.asked] = uses[item.select.asked] or "filter"
        return uses

    def _ask(
        self,
        read: Callable[..., Asked],
        spec: NodeSpec,
        definition: GraphQLField,
        details: Details,
    ) -> Ask:
        """How a field's arguments are read: once, if they hold no variable."""
        node, actor = details[0].node, self.scene.actor
        ask = Ask(
            lambda variables, actor: read(
                spec, get_argument_values(definition, node, variables, None, True), actor
            )
        )
        if not _has_variables(node):
            try:
                ask.constant = ask.read(NO_VARIABLES, actor)
            except OpsgraphError:
                pass  # it is read, and fails, when the field is executed
        return ask

    # Objects

    def _object(self, place: Place, details: Details) -> tuple[str, bool]:
        """The expression of an object, and whether it has to be walked."""
        spec = place.spec
        kind = self.scene.object_type(spec.name)
        items, holes, walked = [], [], False
        for key, fields in self.scene.selected(kind, details).items():
            name = fields[0].node.name.value
            shown, deep = self._field(place, kind, name, fields)
            if shown is None:
                holes.append(name)
            else:
                items.append(f"{key!r}: {shown}")
            walked = walked or deep
        done = "{" + ", ".join(items) + "}"
        if not holes and not walked:
            return done, False
        return f"_Partial({done}, {spec.name!r}, {self._node(place, holes)})", True

    def _field(
        self, place: Place, kind: GraphQLObjectType, name: str, fields: Details
    ) -> tuple[str | None, bool]:
        """The expression of a field (None: it is a hole), and whether it has to be walked."""
        if name == "__typename":
            return repr(kind.name), False
        table = self.scene.catalog.tables.get((kind.name, name))
        definition = kind.fields[name]
        match table:
            case TableValue():
                return self._value(place, table, definition, fields), False
            case TableOne() if self.scene.actor.may(table.permission):
                return self._one(place, table, fields)
            case TablePage() if self.scene.actor.may(table.permission):
                return self._many(place, table, definition, fields)
            case TableGroups() if self.scene.actor.may(table.permission):
                return self._many_groups(place, table, definition, fields), False
        return None, True

    def _node(self, place: Place, holes: Sequence[str]) -> str:
        """What the resolvers of holes get as `self`: an object with the columns they need."""
        if not holes:
            return "None"
        catalog, spec = self.scene.catalog, place.spec
        needed: dict[str, None] = {}
        for name in holes:
            table = catalog.tables.get((spec.name, name))
            if table is None:
                needed |= dict.fromkeys(catalog.columns_needed(spec, name))
            elif isinstance(table, TableValue) and isinstance(table.declared, Computed):
                needed |= dict.fromkeys(table.declared.needs)
        row = ", ".join(f"{name!r}: {self._column(place, name, real=True)}" for name in needed)
        return f"{self.source.constant(spec.cls)}(row={{{row}}})"

    # Values

    def _slot(self, place: Place, sql: str, kind: str) -> int:
        shown = self.scene.dialect.nested(kind, sql) if place.select.nested else sql
        return place.select.slot(shown)

    def _column(self, place: Place, column: str, *, real: bool = False) -> str:
        """A column's value: as JSON shows it, or as Python code wants it."""
        kind = kind_of_column(place.spec, column)
        slot = self._slot(place, self._visible(place, column), kind)
        dialect = self.scene.dialect
        reader = dialect.row_reader(kind) if real else dialect.reader(kind)
        return reader.format(f"r[{slot}]")

    def _visible(self, place: Place, column: str) -> str:
        """The SQL of a column, masked when it is personal and the actor may not see it."""
        sql = f"{place.alias}.{quoted(column)}"
        if is_personal(place.spec, column) and not self.scene.actor.may(PERSONAL):
            return f"CASE WHEN {sql} = '' THEN '' WHEN {sql} IS NOT NULL THEN '***' END"
        return sql

    def _id(self, place: Place) -> str:
        spec = place.spec
        columns = spec.key_columns
        if [kind_of_column(spec, name) for name in columns] == ["int"]:
            return f"{self.source.id_of(spec.name)}({self._column(place, columns[0])})"
        keys = ", ".join(self._column(place, name, real=True) for name in columns)
        return f"_make_id({spec.name!r}, {keys})"

    def _value(
        self, place: Place, table: TableValue, definition: GraphQLField, fields: Details
    ) -> str | None:
        declared = table.declared
        if declared is None:
            return self._id(place)
        if table.permission is not None and not self.scene.actor.may(table.permission):
            return None
        if isinstance(declared, Computed):
            return self._computed(place, declared, definition)
        if declared.currency is not None:
            return self._money(place, table.name, declared, fields)
        if declared.sql is None:
            column = place.spec.column_of(table.name)
            if declared.refers_to is None:
                return self._column(place, column)
            shown = f"{self.source.id_of(declared.refers_to)}({self._column(place, column)})"
            return self._unless_null(place, column, shown)
        sql, kind = value_sql(self.scene.dialect, place.spec, table.name, place.alias)
        slot = self._slot(place, sql, kind)
        return self.scene.dialect.reader(kind).format(f"r[{slot}]")

    def _unless_null(self, place: Place, column: str, shown: str) -> str:
        if not is_nullable(place.spec, column):
            return shown
        slot = self._slot(place, f"{place.alias}.{quoted(column)}", "int")
        return f"(None if r[{slot}] is None else {shown})"

    def _computed(self, place: Place, declared: Computed, definition: GraphQLField) -> str | None:
        if self.scene.careful:
            return None
        values = ", ".join(self._column(place, name, real=True) for name in declared.needs)
        called = f"{self.source.constant(declared.compute)}({values})"
        return f"{self.source.leaf(definition.type)}({called})"

    def _money(self, place: Place, name: str, declared: ColumnField, fields: Details) -> str:
        column, currency = place.spec.column_of(name), declared.currency or ""
        minor, unit = self._column(place, column), self._column(place, currency)
        shown = self._amount(fields, f"_amount({minor}, {unit})", unit)
        return self._unless_null(place, column, shown)

    def _amount(self, fields: Details, amount: str, currency: str) -> str:
        """A `Money` object."""
        parts = {"amount": amount, "currency": currency, "__typename": "'Money'"}
        return self._plain(self.scene.object_type("Money"), fields, parts)

    def _plain(self, kind: GraphQLObjectType, fields: Details, parts: dict[str, str]) -> str:
        """An object whose fields are these expressions."""
        shown = self.scene.selected(kind, fields).items()
        return "{" + ", ".join(f"{k!r}: {parts[f[0].node.name.value]}" for k, f in shown) + "}"

    # Relations

    def _one(self, place: Place, table: TableOne, fields: Details) -> tuple[str, bool]:
        scene, spec = self.scene, place.spec
        target = scene.catalog.specs[table.target]
        name = next(n for n, each in spec.relations.items() if each is table.relation)
        alias = self.source.alias()
        place.select.joins.append(
            join(scene.dialect, scene.catalog.specs, spec, name, place.alias, alias)
        )
        there = Place(place.select, alias, target)
        slot = self._slot(there, f"{alias}.{quoted(table.relation.on)}", "int")
        shown, walked = self._object(there, fields)
        return f"(None if r[{slot}] is None else {shown})", walked

    def _many(
        self, place: Place, table: TablePage, definition: GraphQLField, fields: Details
    ) -> tuple[str | None, bool]:
        select = self._below(place, table, definition, fields, "page")
        if select is None:
            return None, True
        kind = _object_of(definition)
        wanted = self._connection_parts(kind, fields)
        body, walked = self._connection(select, kind, fields)
        name = f"page{select.asked}"
        self.source.function(name, ("rows", "a", "total", "as_of"), select, body)
        rows = self._rows(place, select) if select.wants_rows else "()"
        total = f"r[{place.select.slot(Total(select))}]" if "total" in wanted else "0"
        as_of = self._as_of(place, select) if "as_of" in wanted else "None"
        return f"{name}({rows}, a, {total}, {as_of})", walked

    def _as_of(self, place: Place, select: Select) -> str:
        if select.spec.stream is None:
            return "None"
        writer = Writer(self.scene.dialect, self.scene.catalog.specs, ())
        slot = self._slot(place, writer.as_of(select.spec), "time")
        return self.scene.dialect.reader("time").format(f"r[{slot}]")

    def _many_groups(
        self, place: Place, table: TableGroups, definition: GraphQLField, fields: Details
    ) -> str | None:
        select = self._below(place, table, definition, fields, "groups")
        if select is None:
            return None
        name = f"groups{select.asked}"
        body = self._group_rows(select, _object_of(definition), fields)
        self.source.function(name, ("rows", "a"), select, body)
        return f"{name}({self._rows(place, select)}, a)"

    def _rows(self, place: Place, select: Select) -> str:
        """The rows of a nested SELECT, read from the row around it."""
        around = place.select
        return self.source.nested_rows(self.scene.dialect, around, around.slot(select), select)

    def _below(
        self,
        place: Place,
        table: TablePage | TableGroups,
        definition: GraphQLField,
        fields: Details,
        kind: str,
    ) -> Select | None:
        """The SELECT of a relation to many rows; None when its arguments are wrong."""
        assert table.relation is not None
        spec = self.scene.catalog.specs[table.target]
        read = self.scene.asking.page if kind == "page" else self.scene.asking.groups
        ask = self._ask(read, spec, definition, fields)
        if ask.constant is None and (self.scene.careful or not _has_variables(fields[0].node)):
            try:
                ask.constant = ask.read(self.scene.variables, self.scene.actor)
            except OpsgraphError:
                return None
        self.asks.append(ask)
        alias = self.source.alias()
        name = next(n for n, each in place.spec.relations.items() if each is table.relation)
        link = related(place.spec, name, place.alias, alias)
        return Select(spec, alias, len(self.asks) - 1, kind, nested=True, link=link)

    # Connections

    def _connection_parts(self, kind: GraphQLObjectType, details: Details) -> set[str]:
        """Which of total and as_of are selected."""
        names = {"totalCount": "total", "asOf": "as_of"}
        chosen = (f[0].node.name.value for f in self.scene.selected(kind, details).values())
        return {names[name] for name in chosen if name in names}

    def _connection(
        self, select: Select, kind: GraphQLObjectType, details: Details
    ) -> tuple[list[str], bool]:
        """The body of the function that makes a connection of rows."""
        items, walked = [], False
        for key, fields in self.scene.selected(kind, details).items():
            name = fields[0].node.name.value
            shown, deep = self._part(select, kind, name, fields)
            items.append(f"{key!r}: {shown}")
            walked = walked or deep
        shown = "{" + ", ".join(items) + "}"
        body = []
        if select.wants_rows:
            body = [
                f"q = a[{select.asked}]",
                "more = len(rows) > q.size",
                "if more: rows = rows[:q.size]",
                "if q.backward: rows = rows[::-1]",
            ]
        return [
            *body,
            f"return _Partial({shown}, {kind.name!r}, None)" if walked else f"return {shown}",
        ], walked

    def _part(
        self, select: Select, kind: GraphQLObjectType, name: str, fields: Details
    ) -> tuple[str, bool]:
        """A field of a connection."""
        match name:
            case "__typename":
                return repr(kind.name), False
            case "totalCount":
                return "total", False
            case "asOf":
                return "as_of", False
            case "pageInfo":
                return self._page_info(select, fields), False
        select.wants_rows = True
        place = Place(select, select.alias, select.spec)
        if name == "nodes":
            shown, walked = self._object(place, fields)
        else:
            shown, walked = self._edge(place, _object_of(kind.fields["edges"]), fields)
        listed = f"[{shown} for r in rows]"
        return (f"_Items({listed})" if walked else listed), walked

    def _edge(self, place: Place, kind: GraphQLObjectType, details: Details) -> tuple[str, bool]:
        items, walked = [], False
        for key, fields in self.scene.selected(kind, details).items():
            name = fields[0].node.name.value
            if name == "node":
                shown, deep = self._object(place, fields)
                walked = walked or deep
            elif name == "cursor":
                shown = self._cursor(place.select, "r")
            else:
                shown = repr(kind.name)
            items.append(f"{key!r}: {shown}")
        done = "{" + ", ".join(items) + "}"
        return (f"_Partial({done}, {kind.name!r}, None)" if walked else done), walked

    def _cursor(self, select: Select, row: str) -> str:
        select.wants_cursors = True
        return f"_cursor(q, {row}, {self.source.width(select)})"

    def _page_info(self, select: Select, fields: Details) -> str:
        select.wants_rows = True
        first, last = self._cursor(select, "rows[0]"), self._cursor(select, "rows[-1]")
        parts = {
            "hasNextPage": "(q.from_cursor if q.backward else more)",
            "hasPreviousPage": "(more if q.backward else q.from_cursor)",
            "startCursor": f"({first} if rows else None)",
            "endCursor": f"({last} if rows else None)",
            "__typename": "'PageInfo'",
        }
        return self._plain(self.scene.object_type("PageInfo"), fields, parts)

    # Aggregates

    def _group_rows(self, select: Select, kind: GraphQLObjectType, details: Details) -> list[str]:
        """The body of the function that makes aggregates of rows."""
        select.wants_rows = True
        place = Place(select, select.alias, select.spec)
        items = [
            f"{key!r}: {self._group_part(place, kind, fields)}"
            for key, fields in self.scene.selected(kind, details).items()
        ]
        shown = "{" + ", ".join(items) + "}"
        return [
            f"g = a[{select.asked}].groups",
            f"unit = {self.source.width(select)} + g.get('currency', len(g))",
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
                return self._group_key(place, _object_of(below), fields)
        items = [
            f"{key!r}: {self._figure(place, name, _object_of(below), each)}"
            for key, each in self.scene.selected(_object_of(below), fields).items()
        ]
        return "{" + ", ".join(items) + "}"

    def _group_key(self, place: Place, kind: GraphQLObjectType, details: Details) -> str:
        items = []
        for key, fields in self.scene.selected(kind, details).items():
            name = fields[0].node.name.value
            items.append(f"{key!r}: {self._group_value(place, kind, name)}")
        return "{" + ", ".join(items) + "}"

    def _group_value(self, place: Place, kind: GraphQLObjectType, name: str) -> str:
        if name == "__typename":
            return repr(kind.name)
        if name == "currency" and currency_of(place.spec) is not None:
            return "r[unit]"
        python_name, declared = self.scene.asking.facts(place.spec).filters[name]
        value = f"r[{self.source.width(place.select)} + g[{python_name!r}]]"
        if declared.refers_to is not None:
            value = f"_id_or_none({self.source.id_of(declared.refers_to)}, {value})"
        else:
            column = place.spec.column_of(python_name)
            value = self.scene.dialect.reader(kind_of_column(place.spec, column)).format(value)
        return f"({value} if {python_name!r} in g else None)"

    def _figure(self, place: Place, figure: str, kind: GraphQLObjectType, fields: Details) -> str:
        """A sum, smallest or largest value, or mean."""
        name = fields[0].node.name.value
        if name == "__typename":
            return repr(kind.name)
        table = self.scene.catalog.tables[place.spec.name, name]
        assert isinstance(table, TableValue)
        assert isinstance(table.declared, ColumnField)
        column = f"{place.alias}.{quoted(place.spec.column_of(table.name))}"
        select, dialect = place.select, self.scene.dialect
        money = table.declared.currency is not None
        currency = "r[unit]"
        if figure in ("min", "max"):
            value = f"r[{select.slot(f'{figure}({column})')}]"
        else:
            value = f"_sum(r[{select.slot(dialect.sum(column))}])"
        test = select.slot(f"count({column})")
        if figure == "avg" and money:
            shown = self._amount(
                fields, f"_mean_of_money({value}, r[{test}], {currency})", currency
            )
        elif figure == "avg":
            shown = f"_mean({value}, r[{test}])"
        elif money:
            shown = self._amount(fields, f"_amount({value}, {currency})", currency)
        else:
            shown = value
        return f"({shown} if r[{test}] else None)"


def _object_of(definition: Any) -> GraphQLObjectType:
    """The object type inside a field's lists and non-nulls."""
    kind = definition.type
    while hasattr(kind, "of_type"):
        kind = kind.of_type
    assert isinstance(kind, GraphQLObjectType)
    return kind


def _has_variables(node: Any) -> bool:
    """Whether the arguments of a field hold a variable."""
    stack = [argument.value for argument in node.arguments or ()]
    while stack:
        value = stack.pop()
        if value.kind == "variable":
            return True
        stack += getattr(value, "values", None) or ()
        stack += [each.value for each in getattr(value, "fields", None) or ()]
    return False
