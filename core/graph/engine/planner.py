"""Turns a selection of declared types into a tree of SELECTs and the source of a row builder.

One walk over the selection does both: every value that is selected gets a place in its row, and an
expression that reads it from there. What cannot be compiled (an ordinary resolver, a field that
the actor may not read) is left out; the objects around it become `Partial`, which `executor` walks.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from graphql import FieldNode, GraphQLError, GraphQLField, GraphQLObjectType

from core.errors import OpsgraphError
from core.graph.declare import Computed, NodeSpec
from core.graph.engine.arguments import NO_VARIABLES, arguments_reader, has_variable
from core.graph.engine.asking import Asked
from core.graph.engine.build import Source
from core.graph.engine.cells import Cells
from core.graph.engine.dialects import quoted
from core.graph.engine.groups import Groups
from core.graph.engine.pages import Pages
from core.graph.engine.plan import Ask, Plan
from core.graph.engine.scene import (
    Details,
    Place,
    Scene,
    TooComplexError,
    object_of,
)
from core.graph.engine.sql import Select, Total, Writer, join, related
from core.graph.tables import TableGroups, TableOne, TablePage, TableValue

MOST_JOINS = 50
"""Relations to one row in one SELECT; SQLite joins 64 tables at the most."""
WRONG_ARGUMENTS = (OpsgraphError, GraphQLError)
"""What reading arguments raises: ours, and graphql-core's for a null where none may be."""


@dataclass
class Planner:
    """Plans one table-shaped field."""

    scene: Scene
    asks: list[Ask] = field(default_factory=list)
    source: Source = field(default_factory=Source)

    def __post_init__(self) -> None:
        self.scene = replace(self.scene, counted=[0])
        self._joined: dict[tuple[str, str], str] = {}
        self.cells = Cells(self.scene, self.source)
        self.pages = Pages(self.cells, self.object)
        self.grouped = Groups(self.cells)

    def page(self, table: TablePage, definition: GraphQLField, details: Details) -> Plan:
        """A connection at the root or in a namespace."""
        select = self._root(table, definition, details, "page")
        kind = object_of(definition)
        wanted = self.pages.sidecar(kind, details)
        body, walked = self.pages.body(select, kind, details)
        self.source.function("answer", ("rows", "a", "total", "as_of"), select, body)
        sidecar = [part for part in ("total", "as_of") if part in wanted]
        return self._plan(select, walked, sidecar)

    def groups(self, table: TableGroups, definition: GraphQLField, details: Details) -> Plan:
        """Aggregates at the root or in a namespace."""
        select = self._root(table, definition, details, "groups")
        body = self.grouped.body(select, object_of(definition), details)
        self.source.function("answer", ("rows", "a", "total", "as_of"), select, body)
        return self._plan(select, False, [])

    def by_key(self, spec: NodeSpec, details: Details) -> Plan:
        """Rows of a type by their keys: `node`, `nodes`, and what resolvers refer to."""
        self.asks.append(Ask(lambda variables, actor: Asked(("key",), [])))
        select = Select(spec, "t0", 0, "keys", wants_rows=True)
        place = Place(select, "t0", spec)
        key = self.cells.id(place)
        shown, walked = self.object(place, details)
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
        arguments = arguments_reader(definition, node)
        ask = Ask(lambda variables, actor: read(spec, arguments(variables), actor))
        if not _is_variable(node):
            with suppress(*WRONG_ARGUMENTS):  # it is read, and fails, when the field is executed
                ask.constant = ask.read(NO_VARIABLES, actor).with_fixed_size()
        return ask

    # Objects

    def object(self, place: Place, details: Details) -> tuple[str, bool]:
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
                return self.cells.value(place, table, definition, fields), False
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
        row = ", ".join(f"{name!r}: {self.cells.column(place, name, real=True)}" for name in needed)
        return f"{self.source.constant(spec.cls)}(row={{{row}}})"

    # Relations

    def _one(self, place: Place, table: TableOne, fields: Details) -> tuple[str, bool]:
        scene, spec = self.scene, place.spec
        target = scene.catalog.specs[table.target]
        name = next(n for n, each in spec.relations.items() if each is table.relation)
        alias = self._join(place, name)
        there = Place(place.select, alias, target)
        slot = self.cells.slot(there, f"{alias}.{quoted(table.relation.on)}", "int")
        shown, walked = self.object(there, fields)
        return f"(None if r[{slot}] is None else {shown})", walked

    def _join(self, place: Place, name: str) -> str:
        """The alias of a relation's table, joined once however often it is selected."""
        key = (place.alias, name)
        if key not in self._joined:
            self._joined[key] = alias = self.source.alias()
            scene, joins = self.scene, place.select.joins
            joins.append(
                join(scene.dialect, scene.catalog.specs, place.spec, name, place.alias, alias)
            )
            if len(joins) > MOST_JOINS:
                raise TooComplexError(f"More than {MOST_JOINS} relations of one row are selected.")
        return self._joined[key]

    def _many(
        self, place: Place, table: TablePage, definition: GraphQLField, fields: Details
    ) -> tuple[str | None, bool]:
        select = self._below(place, table, definition, fields, "page")
        if select is None:
            return None, True
        kind = object_of(definition)
        wanted = self.pages.sidecar(kind, fields)
        body, walked = self.pages.body(select, kind, fields)
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
        slot = self.cells.slot(place, writer.as_of(select.spec), "time")
        return self.scene.dialect.reader("time").format(f"r[{slot}]")

    def _many_groups(
        self, place: Place, table: TableGroups, definition: GraphQLField, fields: Details
    ) -> str | None:
        select = self._below(place, table, definition, fields, "groups")
        if select is None:
            return None
        name = f"groups{select.asked}"
        body = self.grouped.body(select, object_of(definition), fields)
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
        if ask.constant is None and (self.scene.careful or not _is_variable(fields[0].node)):
            try:
                ask.constant = ask.read(self.scene.variables, self.scene.actor)
            except WRONG_ARGUMENTS:
                return None
        self.asks.append(ask)
        alias = self.source.alias()
        name = next(n for n, each in place.spec.relations.items() if each is table.relation)
        link = related(place.spec, name, place.alias, alias)
        depth = place.select.depth + 1
        if depth > self.scene.dialect.deepest:
            raise TooComplexError(f"Lists nest more than {self.scene.dialect.deepest} deep here.")
        return Select(spec, alias, len(self.asks) - 1, kind, nested=True, link=link, depth=depth)


def _is_variable(node: FieldNode) -> bool:
    """Whether the arguments of a field hold a variable."""
    return any(has_variable(each.value) for each in node.arguments or ())
