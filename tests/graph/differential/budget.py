"""How many statements a document may cost, told from its text alone."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    get_named_type,
    parse,
    visit,
)

from tests.graph.differential.declared import is_table_shaped, namespaces, specs

Fragments = Mapping[str, FragmentDefinitionNode]
SIDE = {"totalCount", "asOf"}
"""What a connection at the root may spend a second statement on."""


def budget(schema: GraphQLSchema, document: str) -> int:
    """One per table-shaped entry field, one more for a connection that counts, one per type of
    `nodes` (here of all types, because the text does not tell)."""
    parsed = parse(document)
    fragments = {
        d.name.value: d for d in parsed.definitions if isinstance(d, FragmentDefinitionNode)
    }
    operations = (d for d in parsed.definitions if isinstance(d, OperationDefinitionNode))
    return sum(_costs(schema, "Query", [each], fragments) for each in operations)


def _costs(schema: GraphQLSchema, on: str, parents: Sequence[Any], fragments: Fragments) -> int:
    """What is selected of a root or a namespace; fields of one response key are one field."""
    fields: dict[str, list[FieldNode]] = defaultdict(list)
    for field in _fields(parents, fragments):
        fields[field.alias.value if field.alias else field.name.value].append(field)
    return sum(_cost(schema, on, each, fragments) for each in fields.values())


def _cost(schema: GraphQLSchema, on: str, fields: Sequence[FieldNode], fragments: Fragments) -> int:
    parent: Any = schema.type_map[on]
    name = fields[0].name.value
    declared = parent.fields.get(name)
    gives = get_named_type(declared.type).name if declared else ""
    if not declared or not is_table_shaped(on, name, gives):
        return 0
    if gives in namespaces():
        return _costs(schema, gives, fields, fragments)
    if name == "nodes":
        return len(specs())
    selected = {each.name.value for each in _fields(fields, fragments)}
    return 1 + bool(gives.endswith("Connection") and SIDE & selected)


def _fields(parents: Sequence[Any], fragments: Fragments) -> Iterator[FieldNode]:
    """The fields selected by these nodes, those of fragments included."""
    for parent in parents:
        for each in parent.selection_set.selections if parent.selection_set else ():
            if isinstance(each, FieldNode):
                yield each
            elif isinstance(each, InlineFragmentNode):
                yield from _fields([each], fragments)
            elif isinstance(each, FragmentSpreadNode):
                yield from _fields([fragments[each.name.value]], fragments)


def is_all_tables(schema: GraphQLSchema, document: str) -> bool:
    """Whether no ordinary resolver takes part."""
    info = TypeInfo(schema)
    finder = _Ordinary(info)
    visit(parse(document), TypeInfoVisitor(info, finder))
    return not finder.found


class _Ordinary(Visitor):
    def __init__(self, info: TypeInfo) -> None:
        super().__init__()
        self.found = False
        self._info = info

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        on, gives = self._info.get_parent_type(), get_named_type(self._info.get_type())
        name = node.name.value
        if on is not None and gives is not None and not name.startswith("__"):
            self.found |= not is_table_shaped(on.name, name, gives.name)
