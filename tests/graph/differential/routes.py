"""The schema as a map: all coordinates a question may reach, the way to each, and who was there.

A coordinate is `Type.field`, `Type.field(argument)`, `Input.field` or `Enum.VALUE`.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from graphql import (
    FieldNode,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    get_named_type,
    is_input_object_type,
    is_list_type,
    parse,
    type_from_ast,
    visit,
)

from tests.graph.differential.declared import is_table_shaped
from tests.graph.differential.plain import Asked

Members = dict[str, str]


def members(schema: GraphQLSchema, kind: Any) -> Members:
    """What a type has that a question may use, and the type each leads to."""
    match kind:
        case GraphQLInterfaceType():
            return {each.name: each.name for each in schema.get_possible_types(kind)}
        case GraphQLObjectType():
            return dict(_of_object(kind))
        case GraphQLInputObjectType():
            return {name: get_named_type(each.type).name for name, each in kind.fields.items()}
        case GraphQLEnumType():
            return dict.fromkeys(kind.values, "")
    return {}


def _of_object(kind: GraphQLObjectType) -> Iterator[tuple[str, str]]:
    for name, field in kind.fields.items():
        gives = get_named_type(field.type).name
        if is_table_shaped(kind.name, name, gives):
            yield name, gives
            for argument, each in field.args.items():
                yield f"{name}({argument})", get_named_type(each.type).name


def coordinates(schema: GraphQLSchema) -> list[str]:
    """All coordinates of the part of a schema that is read from tables."""
    found: dict[str, Members] = {}
    left = ["Query"]
    while left:
        name = left.pop()
        if name and name not in found:
            found[name] = members(schema, schema.type_map[name])
            left += found[name].values()
    return sorted(f"{on}.{each}" for on, those in found.items() if on != "Node" for each in those)


class Routes:
    """From each type, the members that lead to a coordinate by the shortest way."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._members = {name: members(schema, kind) for name, kind in schema.type_map.items()}
        self._known: dict[str, dict[str, set[str]]] = {}

    def to(self, coordinate: str) -> Mapping[str, set[str]]:
        """By type name, what to choose there."""
        if coordinate not in self._known:
            self._known[coordinate] = self._found(coordinate)
        return self._known[coordinate]

    def _found(self, coordinate: str) -> dict[str, set[str]]:
        owner, _, member = coordinate.rpartition(".")
        far = self._distances(owner)
        found = {
            name: {m for m, to in those.items() if far.get(to, 99) < far[name]}
            for name, those in self._members.items()
            if far.get(name, 0)
        }
        found[owner] = {member}
        return {on: those | {m.partition("(")[0] for m in those} for on, those in found.items()}

    def _distances(self, owner: str) -> dict[str, int]:
        sources = defaultdict(set)
        for name, those in self._members.items():
            for to in those.values():
                sources[to].add(name)
        far, edge = {owner: 0}, [owner]
        while edge:
            nearer, edge = edge, []
            for name in (n for to in nearer for n in sources[to]):
                if name not in far:
                    far[name] = far[nearer[0]] + 1
                    edge.append(name)
        return far


def reached(schema: GraphQLSchema, asked: Asked) -> set[str]:
    """The coordinates that a request uses."""
    document = parse(asked.document)
    info = TypeInfo(schema)
    finder = _Finder(schema, info, asked.variables)
    visit(document, TypeInfoVisitor(info, finder))
    return finder.found


class _Finder(Visitor):
    def __init__(self, schema: GraphQLSchema, info: TypeInfo, values: Mapping[str, Any]) -> None:
        super().__init__()
        self.found: set[str] = set()
        self._schema, self._info, self._values = schema, info, values

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        on: Any = self._info.get_parent_type()
        self.found.add(f"{on.name}.{node.name.value}")
        self.found |= {
            f"{on.name}.{node.name.value}({each.name.value})" for each in node.arguments or ()
        }

    def enter_object_value(self, node: Any, *_: Any) -> None:
        kind: Any = get_named_type(self._info.get_input_type())
        self.found |= {f"{kind.name}.{each.name.value}" for each in node.fields or ()}

    def enter_enum_value(self, node: Any, *_: Any) -> None:
        kind: Any = get_named_type(self._info.get_input_type())
        self.found.add(f"{kind.name}.{node.value}")

    def enter_variable_definition(self, node: Any, *_: Any) -> None:
        name = node.variable.name.value
        if name in self._values:
            self._value(type_from_ast(self._schema, node.type), self._values[name])

    def _value(self, kind: Any, value: Any) -> None:
        kind = getattr(kind, "of_type", kind) if not is_list_type(kind) else kind
        if value is None:
            return
        if is_list_type(kind):
            for each in value if isinstance(value, list) else [value]:
                self._value(kind.of_type, each)
        elif is_input_object_type(kind):
            for name, each in value.items():
                self.found.add(f"{kind.name}.{name}")
                self._value(kind.fields[name].type, each)
        elif isinstance(kind, GraphQLEnumType):
            self.found.add(f"{kind.name}.{value}")
