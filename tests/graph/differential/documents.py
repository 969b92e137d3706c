"""Writes documents: selections, aliases, fragments, directives and variables, all of them valid."""

from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLBoolean,
    GraphQLField,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_leaf_type,
    is_required_argument,
)

from core.graph.declare import NodeSpec
from tests.graph.differential.declared import is_table_shaped, specs
from tests.graph.differential.guide import Guide
from tests.graph.differential.plain import Asked
from tests.graph.differential.scopes import Entry, Scope
from tests.graph.differential.values import Values
from tests.graph.differential.variables import Variables, named

FIELDS = 22
"""About so many fields a document has at the most."""
LEVELS = 4
"""So many relations lie within each other at the most."""
LONG = "an_alias_of_more_than_sixty_three_bytes_which_is_where_postgresql_cuts_names"
ALIASES = ("a", "b", "id", "__typename", "_", "nodes", "node", "row", "select", LONG)
FRAGMENTS = ("F", "on_", "Order", "fragment", "_")
DECOY = "query Decoy { orders { nodes { id } } }"
IDS = {"id", "ids"}
PAGING = ("first", "after", "last", "before")


@dataclass(frozen=True)
class Fragment:
    """A named fragment that is complete, and how deep it was written."""

    name: str
    on: str
    scope: Scope
    level: int


class Writer:
    """Writes one document."""

    def __init__(self, schema: GraphQLSchema, guide: Guide) -> None:
        self._schema = schema
        self._guide = guide
        self._dice = guide.dice
        self._values = Values(guide)
        self._variables = Variables(guide.dice)
        self._fragments: list[str] = []
        self._known: list[Fragment] = []
        self._left = FIELDS
        self._numbers = 0
        self._ids_of = ""
        self._mixed = guide.dice.chance(5)

    def request(self) -> Asked:
        """The document, its variables and the operation to run."""
        body = self._selection(self._schema.query_type, Scope(), 0)
        declared = ", ".join(self._variables.declared)
        name = self._dice.weighted((6, ""), (3, "Asked"), (1, "query"), (1, "other"))
        head = f"query {name}({declared})" if declared else f"query {name}" if name else ""
        parts = [f"{head} {body}".strip(), *self._fragments]
        decoyed = bool(name) and self._dice.chance(15)
        parts += [DECOY] if decoyed else []
        parts = parts[::-1] if self._dice.chance(20) else parts
        operation = name if decoyed or self._dice.chance(30) else ""
        return Asked("\n".join(parts), self._variables.values, operation or None)

    def _selection(self, kind: Any, scope: Scope, level: int) -> str:
        """The braces behind a field."""
        known = [f for f in self._known if f.on == kind.name and f.level >= level]
        if known and scope.is_empty and self._dice.chance(25):
            fragment = self._dice.pick(known)
            scope.entries = fragment.scope.entries
            return f"{{ ...{fragment.name} }}"
        return self._parts(kind, scope, level)

    def _parts(self, kind: Any, scope: Scope, level: int) -> str:
        count = self._dice.weighted((4, 1), (4, 2), (4, 3), (2, 5), (1, 0)) or len(kind.fields)
        parts = [self._part(kind, scope, level) for _ in range(min(count, max(1, self._left)))]
        return f"{{ {' '.join(parts)} }}"

    def _part(self, kind: Any, scope: Scope, level: int) -> str:
        self._left -= 1
        manner = self._manner(kind, scope)
        if manner == "typename":
            return self._field(kind, scope, level, "__typename")
        if manner == "field":
            return self._field(kind, scope, level, self._choose(kind, level))
        if manner == "again":
            return self._again(kind, scope, level)
        return self._fragment(manner, kind, scope, level)

    def _manner(self, kind: Any, scope: Scope) -> str:
        if not isinstance(kind, GraphQLObjectType):
            deeper = 8 if self._ids_of else 1
            return self._dice.weighted(
                (3, "field"), (2, "typename"), (deeper, "typed"), (deeper // 3, "named")
            )
        again = 6 if scope.all(kind.name) else 0
        return self._dice.weighted(
            (72, "field"), (8, "typename"), (4, "inline"), (5, "typed"), (5, "named"),
            (again, "again"),
        )  # fmt: skip

    def _choose(self, kind: Any, level: int) -> str:
        """The name of a field; nothing that leads too deep, or needs what we cannot give."""
        names = [n for n, each in kind.fields.items() if self._fits(kind, n, each, level)]
        return self._guide.pick(kind.name, names or ["__typename"])

    def _fits(self, kind: Any, name: str, field: GraphQLField, level: int) -> bool:
        gives = named(field.type)
        if not (self._mixed or is_table_shaped(kind.name, name, gives)):
            return False
        if any(is_required_argument(arg) and a not in IDS for a, arg in field.args.items()):
            return False
        is_deep = gives in specs() or gives == "Node" or gives.endswith("Connection")
        return not is_deep or (level < LEVELS and self._left > 0)

    def _field(self, kind: Any, scope: Scope, level: int, name: str) -> str:
        """A field with arguments, directives and selection, under a key that fits the others."""
        field = kind.fields.get(name)
        gives: Any = get_named_type(field.type) if field else GraphQLBoolean
        given = self._arguments(kind, name, field, level) if field and field.args else {}
        head = name + (self._variables.arguments(field.args, given) if given else "")
        shape = str(field.type) if field else "String!"
        entry = Entry(kind.name, head, shape, is_leaf_type(gives), Scope())
        key, entry = self._place(scope, name, entry)
        return self._written(key, name, entry, gives, level)

    def _written(self, key: str, name: str, entry: Entry, gives: Any, level: int) -> str:
        alias = "" if key == name else f"{key}: "
        text = f"{alias}{entry.head}{self._directives()}"
        if entry.is_leaf:
            return text
        deeper = gives.name in specs() or gives.name == "Node"
        return f"{text} {self._selection(gives, entry.inner, level + deeper)}"

    def _place(self, scope: Scope, name: str, new: Entry) -> tuple[str, Entry]:
        """A response key for a field, and the entry it shares with others of that key."""
        keys = [self._dice.pick(ALIASES)] if self._dice.chance(12) else []
        for key in (*keys, name):
            found = scope.find(key, new)
            if found is not None:
                return key, found
        self._numbers += 1
        key = f"{name.strip('_')}{self._numbers}"
        found = scope.find(key, new)
        assert found is not None
        return key, found

    def _again(self, kind: Any, scope: Scope, level: int) -> str:
        """A field that is there already, under the same key, with another selection."""
        key, entry = self._dice.pick(scope.all(kind.name))
        name = entry.head.partition("(")[0]
        field = kind.fields.get(name)
        gives = get_named_type(field.type) if field else GraphQLBoolean
        return self._written(key, name, entry, gives, level)

    def _fragment(self, manner: str, kind: Any, scope: Scope, level: int) -> str:
        if manner == "inline":
            return f"...{self._directives()} {self._parts(kind, scope, level)}"
        on = self._condition(kind)
        if manner == "typed":
            return f"... on {on.name}{self._directives()} {self._parts(on, scope, level)}"
        place = len(self._fragments)
        name = f"{self._dice.pick(FRAGMENTS)}{place}"
        self._fragments.append("")
        body = self._parts(on, scope, level)
        self._fragments[place] = f"fragment {name} on {on.name} {body}"
        self._known.append(Fragment(name, on.name, scope, level))
        return f"...{name}{self._directives()}"

    def _condition(self, kind: Any) -> Any:
        """The type a fragment is on: the object's own, or Node, or any where Node is."""
        types = self._schema.type_map
        if isinstance(kind, GraphQLObjectType):
            return types["Node"] if kind.interfaces and self._dice.chance(20) else kind
        likely = self._ids_of or "Node"
        return types[self._dice.weighted((8, likely), (1, "Node"), (1, self._any_kind()))]

    def _any_kind(self) -> str:
        return self._guide.pick("Node", list(specs()))

    def _directives(self) -> str:
        text = ""
        for name in ("include", "skip"):
            if self._dice.chance(6):
                shows = (name == "include") != self._dice.chance(30)
                condition = self._variables.write(GraphQLNonNull(GraphQLBoolean), shows)
                text += f" @{name}(if: {condition})"
        return text

    def _arguments(self, kind: Any, name: str, field: GraphQLField, level: int) -> dict[str, Any]:
        gives = named(field.type)
        if IDS & set(field.args):
            return self._ids(field)
        kinds: dict[str, Any] = {a: get_named_type(arg.type) for a, arg in field.args.items()}
        if gives.endswith("Connection"):
            return self._page(kind, name, specs()[gives.removesuffix("Connection")], kinds, level)
        if gives.endswith("Aggregate"):
            return self._groups(kind, name, specs()[gives.removesuffix("Aggregate")], kinds)
        return {}

    def _filter(self, kind: Any, name: str, kinds: dict[str, Any]) -> dict[str, Any]:
        if "filter" in kinds and self._gives(kind, f"{name}(filter)", 40):
            return {"filter": self._values.filter(kinds["filter"])}
        return {}

    def _page(
        self, kind: Any, name: str, spec: NodeSpec, kinds: dict[str, Any], level: int
    ) -> dict[str, Any]:
        given = self._filter(kind, name, kinds)
        if self._gives(kind, f"{name}(orderBy)", 40):
            given["orderBy"] = self._values.order(kinds["orderBy"])
        for each in PAGING:
            if self._guide.leads(kind.name, f"{name}({each})"):
                argument = self._values.page_argument(each, spec, given.get("orderBy"), level)
                return given | {each: argument}
        return given | self._values.paging(spec, given.get("orderBy"), level)

    def _groups(
        self, kind: Any, name: str, spec: NodeSpec, kinds: dict[str, Any]
    ) -> dict[str, Any]:
        given = self._filter(kind, name, kinds)
        if self._gives(kind, f"{name}(groupBy)", 70):
            given["groupBy"] = self._values.groups(kinds["groupBy"], spec)
        if self._gives(kind, f"{name}(first)", 15):
            given["first"] = self._values.size()
        return given

    def _gives(self, kind: Any, argument: str, percent: int) -> bool:
        return self._guide.leads(kind.name, argument) or self._dice.chance(percent)

    def _ids(self, field: GraphQLField) -> dict[str, Any]:
        self._ids_of = self._any_kind()
        if "id" in field.args:
            return {"id": self._values.any_id(self._ids_of)}
        count = self._dice.weighted((50, 2), (20, 1), (20, 4), (9, 0), (1, 201))
        return {"ids": [self._values.any_id(self._ids_of) for _ in range(count)]}
