"""Walks the composed schema: queries that select everything, and what of it an answer has shown."""

import base64
import binascii
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_leaf_type,
    is_required_argument,
)

MOST_IDS = 100
_OF_CONNECTIONS = {"totalCount", "asOf", "pageInfo", "edges", "nodes"}


FILE = "($file: Upload!)"
"""The variable of a question whose arguments name `$file`."""


@dataclass(frozen=True)
class Question:
    """A query or mutation of one root field."""

    field: str
    text: str


@dataclass(frozen=True)
class Walk:
    """Everything that can be asked of a schema.

    arguments: `Type.field` → texts, for fields that cannot do without: each is asked for.
    nodes: type → global ids to ask `node` for, with all relations of each; so the connections
    of the root need not go further than their own rows.
    """

    schema: GraphQLSchema
    arguments: Mapping[str, Sequence[str]]
    nodes: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def questions(self) -> list[Question]:
        """One query for each root field, and for each node."""
        query = self.schema.query_type
        assert query is not None
        fields = {name: field for name, field in query.fields.items() if name[:4] != "node"}
        asked = self._asked("query", query, fields)
        every = [id for ids in self.nodes.values() for id in ids]
        for start in range(0, len(every), MOST_IDS):
            ids = json.dumps(every[start : start + MOST_IDS])
            asked.append(Question("nodes", f"{{ nodes(ids: {ids}) {{ __typename id }} }}"))
        for name, ids in self.nodes.items():
            chosen = f"{{ ... on {name} {self._selection(self.schema.type_map[name], 2)} }}"
            asked += [
                Question("node", f'query Everything {{ node(id: "{id}") {chosen} }}') for id in ids
            ]
        return asked

    def deeds(self) -> list[Question]:
        """One mutation for each field and each of its arguments."""
        mutation = self.schema.mutation_type
        assert mutation is not None
        return self._asked("mutation", mutation, mutation.fields)

    def _asked(
        self, kind: str, root: GraphQLObjectType, fields: Mapping[str, GraphQLField]
    ) -> list[Question]:
        return [
            Question(name, f"{kind} Everything{FILE if '$file' in text else ''} {{{text} }}")
            for name, field in fields.items()
            for text in self._field(root, name, field, 1)
        ]

    def _field(
        self, on: GraphQLObjectType, name: str, field: GraphQLField, depth: int
    ) -> list[str]:
        selection = self._selection(get_named_type(field.type), depth)
        if selection is None:
            return []
        given = self.arguments.get(f"{on.name}.{name}")
        if "groupBy" in field.args:
            given = list(_groupings(get_named_type(field.args["groupBy"].type)))
        if given is None:
            missing = [a for a, arg in field.args.items() if is_required_argument(arg)]
            assert not missing, f"The walk knows no {missing} for {on.name}.{name}: tell it one."
            return [f" {name}{selection}"]
        return [f" {name}{n}: {name}({text}){selection}" for n, text in enumerate(given)]

    def _selection(self, kind: Any, depth: int) -> str | None:
        """The braces behind a field; None when it lies too deep."""
        if is_leaf_type(kind):
            return ""
        if is_connection(kind):
            return self._connection(kind, depth)
        depth -= is_node(kind)
        return None if depth < 0 else "{" + self._everything(kind, depth) + " }"

    def _connection(self, kind: GraphQLObjectType, depth: int) -> str | None:
        nodes = self._selection(get_named_type(kind.fields["nodes"].type), depth)
        if nodes is None:
            return None
        page = self._selection(get_named_type(kind.fields["pageInfo"].type), depth)
        edges = "{ __typename cursor node { __typename id } }"
        rest = " ".join(name for name in kind.fields if name not in _OF_CONNECTIONS)
        return f"{{ __typename totalCount asOf pageInfo{page} edges{edges} nodes{nodes} {rest} }}"

    def _everything(self, kind: GraphQLObjectType, depth: int) -> str:
        texts = [
            text
            for name, field in kind.fields.items()
            for text in self._field(kind, name, field, depth)
        ]
        return " __typename" + "".join(texts)


def _groupings(kind: Any) -> Iterator[str]:
    """`groupBy` arguments that name every column there is, three at a time."""
    names = list(get_named_type(kind.fields["field"].type).values)
    for start in range(0, len(names), 3):
        chosen = ", ".join(f"{{ field: {name} }}" for name in names[start : start + 3])
        yield f"groupBy: [{chosen}]"


def is_connection(kind: Any) -> bool:
    """Whether a type is a page of rows."""
    return isinstance(kind, GraphQLObjectType) and {"nodes", "edges"} <= set(kind.fields)


def is_node(kind: Any) -> bool:
    """Whether a type stands for a row."""
    return any(each.name == "Node" for each in getattr(kind, "interfaces", ()))


def visited(answer: Any) -> Iterator[str]:
    """`Type.field` of everything that an answer shows; a field that is null counts."""
    if isinstance(answer, list):
        for each in answer:
            yield from visited(each)
    elif isinstance(answer, dict):
        kind = answer.get("__typename")
        for name, value in answer.items():
            if kind is not None and name != "__typename":
                yield f"{kind}.{name.rstrip('0123456789')}"
            yield from visited(value)


def types_in(answer: Any) -> set[str]:
    """Names of all types of which an answer shows an object."""
    return {coordinate.partition(".")[0] for coordinate in visited(answer)}


def everything_in(answer: Any) -> str:
    """An answer as one text, ids and cursors opened."""
    return "\n".join(_texts(answer))


def _texts(answer: Any) -> Iterator[str]:
    if isinstance(answer, dict):
        for value in answer.values():
            yield from _texts(value)
    elif isinstance(answer, list):
        for each in answer:
            yield from _texts(each)
    else:
        yield str(answer)
        yield _opened(str(answer))


def _opened(text: str) -> str:
    try:
        content = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (binascii.Error, ValueError):
        return ""
    return json.dumps(content, ensure_ascii=False)
