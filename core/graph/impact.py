"""What a change of the schema means for clients: what breaks, what may, what is new."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import unified_diff

from graphql import GraphQLSchema, validate
from graphql.utilities import (
    BreakingChangeType,
    DangerousChangeType,
    SafeChangeType,
    SchemaChange,
    find_schema_changes,
    print_directive,
    print_type,
)

from core.graph.documents import Document


@dataclass(frozen=True)
class Change:
    """One difference. kind: graphql-core's name of it, e.g. "FIELD_REMOVED"."""

    kind: str
    description: str


@dataclass(frozen=True)
class BrokenDocument:
    """A registered document that is valid before and not after. errors: what validation says."""

    id: str
    operations: tuple[str, ...]
    errors: tuple[str, ...]


@dataclass(frozen=True)
class Impact:
    """How two schemas differ, for clients of the first one.

    additions: changes that no client can notice unless it asks for them. diff: of the SDL, of
    changed types only. checked: how many documents were looked at. stale: ids of documents that
    were invalid before; they say nothing about the change.
    """

    breaking: tuple[Change, ...]
    dangerous: tuple[Change, ...]
    additions: tuple[Change, ...]
    diff: str
    checked: int
    broken: tuple[BrokenDocument, ...]
    stale: tuple[str, ...]

    @property
    def breaks(self) -> bool:
        """Whether clients could fail that worked before."""
        return bool(self.breaking or self.broken)


def impact(before: GraphQLSchema, after: GraphQLSchema, documents: Sequence[Document]) -> Impact:
    """What clients of `before` meet when it becomes `after`."""
    changes = find_schema_changes(before, after)
    valid: dict[bool, list[Document]] = {True: [], False: []}
    for each in documents:
        valid[not validate(before, each.node)].append(each)
    return Impact(
        breaking=_of_kind(changes, BreakingChangeType),
        dangerous=_of_kind(changes, DangerousChangeType),
        additions=_of_kind(changes, SafeChangeType),
        diff="\n".join(_differences(before, after)),
        checked=len(documents),
        broken=tuple(_broken(after, valid[True])),
        stale=tuple(each.id for each in valid[False]),
    )


def _of_kind(
    changes: Sequence[SchemaChange],
    kind: type[BreakingChangeType] | type[DangerousChangeType] | type[SafeChangeType],
) -> tuple[Change, ...]:
    return tuple(
        Change(each.type.name, each.description)
        for each in changes
        if isinstance(each.type, kind) and each.type is not SafeChangeType.DESCRIPTION_CHANGED
    )


def _broken(after: GraphQLSchema, documents: Sequence[Document]) -> Iterator[BrokenDocument]:
    for each in documents:
        errors = tuple(dict.fromkeys(error.message for error in validate(after, each.node)))
        if errors:
            yield BrokenDocument(each.id, each.operations, errors)


def _differences(before: GraphQLSchema, after: GraphQLSchema) -> Iterator[str]:
    """Lines of a unified diff, type by type, by name."""
    old, new = _printed(before), _printed(after)
    for name in sorted(old.keys() | new.keys()):
        if old.get(name) != new.get(name):
            lines = old.get(name, "").splitlines(), new.get(name, "").splitlines()
            yield from unified_diff(*lines, f"before/{name}", f"after/{name}", lineterm="")


def _printed(schema: GraphQLSchema) -> dict[str, str]:
    """The SDL of every type and directive by name; introspection's own are in every schema."""
    printed = {
        name: print_type(kind)
        for name, kind in schema.type_map.items()
        if not name.startswith("__")
    }
    return printed | {f"@{each.name}": print_directive(each) for each in schema.directives}
