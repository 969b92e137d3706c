"""Composes the schema: core's types and roots, the plugins' namespaces, mutations and extensions.

Strawberry cannot extend a type of another module, so `ComposedSchema.get_fields` adds fields when
the schema is built: relations, which name types by name, and what plugins add. The hook is
undocumented; `tests/graph/test_schema.py` holds it in place.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import strawberry
from graphql import GraphQLError
from strawberry.schema import Schema
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext
from strawberry.types.base import StrawberryObjectDefinition, get_object_definition
from strawberry.types.field import StrawberryField
from strawberry.utils.str_converters import to_camel_case

from core.errors import ConfigurationError
from core.graph.declare import NodeRegistry, NodeSpec
from core.graph.fields import Require, permission_of
from core.graph.mutations import CoreMutation
from core.graph.relations import relation_field
from core.graph.roots import root_fields
from core.graph.scalars import SCALARS
from core.graph.types import CORE_TYPES
from core.plugin import SchemaPart
from core.registry import Registry


class ComposedSchema(Schema):
    """A Strawberry schema whose types have further fields, by GraphQL type name."""

    def __init__(self, *, extra: dict[str, list[StrawberryField]], **options: Any) -> None:
        self._extra = extra
        super().__init__(**options)

    def get_fields(self, type_definition: StrawberryObjectDefinition) -> list[StrawberryField]:
        own = super().get_fields(type_definition)
        return [*own, *self._extra.get(self.config.name_converter.from_type(type_definition), ())]

    def process_errors(
        self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None
    ) -> None:
        """Nothing: Strawberry would log each error's text, which may hold a row's values.

        `core.graph.errors` logs what may be logged, when it formats the answer.
        """


def compose(registry: Registry) -> ComposedSchema:
    """The schema of core and all loaded plugins; ConfigurationError names both sides of a clash."""
    nodes = NodeRegistry()
    for cls in CORE_TYPES:
        nodes.add(cls)
    extra: dict[str, list[StrawberryField]] = defaultdict(list)
    owners: dict[tuple[str, str], str] = {}
    for spec in nodes.specs.values():
        _take_own(spec, owners)
    for spec in nodes.specs.values():
        _add_relations(spec, nodes, extra, owners)
    query = {**root_fields(nodes.specs)}
    mutations = _fields_of(CoreMutation)
    owners |= {("Query", name_of(each)): "core" for each in query.values()}
    owners |= {("Mutation", name_of(each)): "core" for each in mutations}
    for plugin, part in registry.schema_parts.items():
        _add_part(plugin, part, query, mutations, extra, owners)
    schema = ComposedSchema(
        query=_root("Query", "Questions: shared nouns, and one namespace per plugin.", query),
        mutation=_root(
            "Mutation", "Deeds: each is one transaction.", {m.python_name: m for m in mutations}
        ),
        types=[spec.cls for spec in nodes.specs.values()],
        extra=extra,
        config=StrawberryConfig(auto_camel_case=True, scalar_map=SCALARS),
        schema_directives=(),
    )
    for (on, _), owner in owners.items():
        if schema.get_type_by_name(on) is None:
            raise ConfigurationError(f"Plugin {owner!r} extends {on}, no such type.")
    return schema


def name_of(declared: StrawberryField) -> str:
    """A field's name in the schema."""
    return declared.graphql_name or to_camel_case(declared.python_name)


def _take_own(spec: NodeSpec, owners: dict[tuple[str, str], str]) -> None:
    for declared in _fields_of(spec.cls):
        owners[spec.name, name_of(declared)] = "core"


def _add_relations(
    spec: NodeSpec,
    nodes: NodeRegistry,
    extra: dict[str, list[StrawberryField]],
    owners: dict[tuple[str, str], str],
) -> None:
    for name, relation in spec.relations.items():
        target = nodes.specs.get(relation.target)
        if target is None:
            raise ConfigurationError(
                f"{spec.name}.{name} leads to {relation.target}, no such type."
            )
        made = relation_field(spec, target, name, relation)
        extra[spec.name].append(made)
        owners[spec.name, name_of(made)] = "core"


def _add_part(
    plugin: str,
    part: SchemaPart,
    query: dict[str, StrawberryField],
    mutations: list[StrawberryField],
    extra: dict[str, list[StrawberryField]],
    owners: dict[tuple[str, str], str],
) -> None:
    if part.namespace is not None and part.query is not None:
        namespace = _namespace(part)
        _claim(owners, "Query", name_of(namespace), plugin)
        _check_permissions(plugin, _fields_of(part.query))
        query[part.namespace] = namespace
    for declared in _fields_of(part.mutation) if part.mutation is not None else ():
        _claim(owners, "Mutation", name_of(declared), plugin)
        _check_permissions(plugin, [declared])
        mutations.append(declared)
    for extension in part.extends:
        added = _fields_of(extension.fields)
        _check_permissions(plugin, added)
        for declared in added:
            _claim(owners, extension.on, name_of(declared), plugin)
        extra[extension.on] += added


def _claim(owners: dict[tuple[str, str], str], on: str, name: str, plugin: str) -> None:
    other = owners.setdefault((on, name), plugin)
    if other != plugin:
        raise ConfigurationError(
            f"Plugin {plugin!r} adds {on}.{name}, which {other!r} has already."
        )


def _check_permissions(plugin: str, fields: Sequence[StrawberryField]) -> None:
    for declared in fields:
        if permission_of(declared) is None:
            raise ConfigurationError(
                f"Plugin {plugin!r}: the field {declared.python_name!r} declares no permission; "
                "use core.graph.fields.field or mutation."
            )


def _namespace(part: SchemaPart) -> StrawberryField:
    cls: Any = part.query

    async def namespace() -> Any:
        return cls()

    # Nullable: without the permission the namespace alone is null, not the whole answer.
    namespace.__annotations__["return"] = cls | None
    needs = f" Needs the permission `{part.permission}`." if part.permission else ""
    declared: StrawberryField = strawberry.field(
        resolver=namespace,
        description=f"{part.description}{needs}",
        extensions=[Require(part.permission)] if part.permission else [],
    )
    declared.python_name = part.namespace or ""
    return declared


def _fields_of(cls: type) -> list[StrawberryField]:
    definition = get_object_definition(cls, strict=True)
    return list(definition.fields)


def _root(name: str, description: str, fields: dict[str, StrawberryField]) -> type:
    made = type(name, (), dict(fields))
    return strawberry.type(made, name=name, description=description)
