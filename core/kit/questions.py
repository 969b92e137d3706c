"""Questions that ask for everything a plugin adds to the schema, made from the schema itself."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLObjectType,
    GraphQLUnionType,
    get_named_type,
    is_leaf_type,
    is_required_argument,
)

from core.kit.subject import Subject
from core.plugin import Example

DEPTH = 2
"""How many levels of objects a question selects below the field it is about."""


@dataclass(frozen=True)
class Question:
    """A query; about: the field or the example it is made for."""

    about: str
    query: str
    variables: dict[str, Any] = field(default_factory=dict)


@dataclass
class Asking:
    """Makes the questions; `unreached` are fields that neither they nor an example ask for."""

    subject: Subject
    unreached: list[str] = field(default_factory=list)

    def questions(self) -> Iterator[Question]:
        """One for each field that the plugin adds, wherever it can be reached."""
        paths = self._paths()
        for (on, name), declared in self.subject.fields.items():
            if on == "Mutation" or _is_of_mutation(self.subject, on):
                continue
            if _needs_arguments(declared) or on not in paths:
                if not any(_mentions(each, name) for each in self.subject.offer.examples):
                    self.unreached.append(f"{on}.{name}")
                continue
            words = [*paths[on], name]
            yield Question(f"{on}.{name}", _nested(words, _selection(declared, DEPTH)))

    def _paths(self) -> dict[str, tuple[str, ...]]:
        """The shortest way from the root to every type, over fields that need no arguments."""
        paths: dict[str, tuple[str, ...]] = {"Query": ()}
        root = self.subject.schema.query_type
        assert root is not None
        waiting = deque([root])
        while waiting:
            kind = waiting.popleft()
            for name, declared in kind.fields.items():
                target = get_named_type(declared.type)
                if (
                    isinstance(target, GraphQLObjectType)
                    and target.name not in paths
                    and not _needs_arguments(declared)
                ):
                    paths[target.name] = (*paths[kind.name], name)
                    waiting.append(target)
        return paths


def _is_of_mutation(subject: Subject, on: str) -> bool:
    """Whether a type is the payload of a mutation, which no question gets."""
    root = subject.schema.mutation_type
    assert root is not None
    return on in {get_named_type(each.type).name for each in root.fields.values()}


def _needs_arguments(declared: GraphQLField) -> bool:
    arguments: list[GraphQLArgument] = list(declared.args.values())
    return any(map(is_required_argument, arguments))


def _mentions(example: Example, name: str) -> bool:
    return name in example.query


def _nested(words: list[str], selection: str) -> str:
    text = f"{words[-1]}{selection}"
    for word in reversed(words[:-1]):
        text = f"{word} {{ {text} }}"
    return f"{{ {text} }}"


def _selection(declared: GraphQLField, depth: int) -> str:
    kind = get_named_type(declared.type)
    if is_leaf_type(kind):
        return ""
    if isinstance(kind, GraphQLUnionType):
        parts = [f"... on {each.name} {_of_object(each, depth)}" for each in kind.types]
        return f" {{ {' '.join(parts)} }}"
    if isinstance(kind, GraphQLObjectType):
        return f" {_of_object(kind, depth)}"
    return " { __typename }"


def _of_object(kind: GraphQLObjectType, depth: int) -> str:
    """Its leaves, and the objects in it that are not too deep; edges repeat the nodes."""
    words = ["__typename"]
    for name, declared in kind.fields.items():
        if _needs_arguments(declared) or name == "edges":
            continue
        is_leaf = is_leaf_type(get_named_type(declared.type))
        if is_leaf or depth > 0:
            words.append(name + _selection(declared, depth - 1))
    return f"{{ {' '.join(words)} }}"
