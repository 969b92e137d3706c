"""What stays the same while one operation is planned, and how its selections are read."""

from dataclasses import dataclass
from typing import Any

from graphql import GraphQLObjectType, OperationDefinitionNode
from graphql.execution.collect_fields import FieldDetails, FragmentDetails, collect_subfields
from graphql.execution.values import VariableValues

from core.errors import InputError
from core.graph.declare import NodeSpec
from core.graph.engine.asking import Asking
from core.graph.engine.catalog import Catalog
from core.graph.engine.dialects import Dialect
from core.graph.engine.sql import Select
from core.security.permissions import Actor

Details = list[FieldDetails]


MOST_FIELDS = 3_000
"""Fields of one plan, those of fragments counted wherever they are spread."""


class TooComplexError(InputError):
    """The document selects more than anybody can read."""

    code = "TOO_COMPLEX"


@dataclass(frozen=True)
class Scene:
    """What stays the same while one operation is planned for one actor.

    variables: those that directives read; all of them when `careful`, which compiles for this
    request alone and leaves to graphql-core whatever could fail. counted: the fields of one plan:
    a fragment that spreads another one twice, and so on, doubles with every step.
    """

    catalog: Catalog
    dialect: Dialect
    asking: Asking
    actor: Actor
    operation: OperationDefinitionNode
    fragments: dict[str, FragmentDetails]
    variables: VariableValues
    careful: bool = False
    counted: list[int] | None = None

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
        if self.counted is not None:
            self.counted[0] += len(found.grouped_field_set)
            if self.counted[0] > MOST_FIELDS:
                raise TooComplexError(
                    f"More than {MOST_FIELDS} fields are selected: ask for fewer."
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


def object_of(definition: Any) -> GraphQLObjectType:
    """The object type inside a field's lists and non-nulls."""
    kind = definition.type
    while hasattr(kind, "of_type"):
        kind = kind.of_type
    assert isinstance(kind, GraphQLObjectType)
    return kind
