"""Composes the schema: core's types and roots, the plugins' namespaces, mutations and extensions.

Strawberry cannot extend a type of another module, so `ComposedSchema.get_fields` adds fields when
the schema is built: relations, which name types by name, and what plugins add. The hook is
undocumented; `tests/graph/test_schema.py` holds it in place.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import strawberry
from strawberry.schema import Schema
from strawberry.schema.config import StrawberryConfig
from strawberry.types.base import StrawberryObjectDefinition, get_object_definition
from strawberry.types.field import StrawberryField
from strawberry.utils.str_converters import to_camel_case

from core.errors import ConfigurationError, PluginError
from core.graph.declare import (
    ColumnField,
    Computed,
    NodeRegistry,
    NodeSpec,
    changes_in,
    declared_in,
    listings_in,
    spec_of,
)
from core.graph.engine.catalog import NAMESPACE, Catalog
from core.graph.engine.executor import install
from core.graph.fields import Require, permission_of
from core.graph.guard import guard
from core.graph.importing import ImportMutation
from core.graph.mutations import CoreMutation
from core.graph.roots import root_fields
from core.graph.scalars import SCALARS
from core.graph.subscriptions import CoreSubscription
from core.graph.tables import Fields, table_of_field
from core.graph.types import CORE_TYPES
from core.plugin import FieldExtension, SchemaPart
from core.registry import Registry


class ComposedSchema(Schema):
    """A Strawberry schema whose types have further fields, by GraphQL type name.

    specs: the declared types, with what plugins add to them.
    """

    def __init__(
        self,
        *,
        extra: Mapping[str, list[StrawberryField]],
        specs: Mapping[str, NodeSpec],
        **options: Any,
    ) -> None:
        self._extra = extra
        self.specs = specs
        super().__init__(**options)

    def get_fields(self, type_definition: StrawberryObjectDefinition) -> list[StrawberryField]:
        own = super().get_fields(type_definition)
        return [*own, *self._extra.get(self.config.name_converter.from_type(type_definition), ())]

    @cached_property
    def catalog(self) -> Catalog:
        """What the fields stand for; the engine's view of this schema."""
        made = Catalog.make(self._schema, self.specs)
        install(made)
        return made


@dataclass
class _Parts:
    """What a schema is put together from. owners: who claimed each field, by type and name;
    types: whose a plugin's type is.
    """

    nodes: NodeRegistry = field(default_factory=NodeRegistry)
    query: dict[str, StrawberryField] = field(default_factory=dict)
    mutations: list[StrawberryField] = field(default_factory=list)
    subscriptions: list[StrawberryField] = field(default_factory=list)
    extra: dict[str, list[StrawberryField]] = field(default_factory=lambda: defaultdict(list))
    owners: dict[tuple[str, str], str] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)

    def claim(self, on: str, declared: StrawberryField, plugin: str) -> None:
        """Note whose a field is; ConfigurationError when somebody else has it."""
        name = name_of(declared)
        other = self.owners.setdefault((on, name), plugin)
        if other != plugin:
            raise PluginError(
                plugin, f"Plugin {plugin!r} adds {on}.{name}, which {other!r} has already."
            )


@contextmanager
def _blaming(plugin: str) -> Iterator[None]:
    """Whatever goes wrong in here is this plugin's doing."""
    try:
        yield
    except PluginError:
        raise
    except ConfigurationError as error:
        raise PluginError(plugin, f"Plugin {plugin!r}: {error}") from error
    except Exception as error:
        raise PluginError(plugin, f"Plugin {plugin!r}: {type(error).__name__}: {error}") from error


def compose(registry: Registry) -> ComposedSchema:
    """The schema of core and all loaded plugins; PluginError names both sides of a clash."""
    parts = _Parts()
    for cls in CORE_TYPES:
        parts.nodes.add(cls)
    added = _declared_by_plugins(registry, parts)
    fields = Fields.make(parts.nodes.specs)
    for spec in parts.nodes.specs.values():
        _add_type(spec, fields, added, parts)
    parts.query |= root_fields(fields)
    parts.mutations += _mutations_of(CoreMutation, fields)
    parts.mutations += _mutations_of(ImportMutation, fields)
    for each in parts.query.values():
        parts.claim("Query", each, "core")
    for each in parts.mutations:
        parts.claim("Mutation", each, "core")
    parts.subscriptions += _fields_of(CoreSubscription)
    for each in parts.subscriptions:
        parts.claim("Subscription", each, "core")
    for plugin, part in registry.schema_parts.items():
        with _blaming(plugin):
            _check_permissions(plugin, part, registry)
            _add_part(plugin, part, fields, parts)
            if registry.is_third_party(plugin):
                _check_mutations(plugin, part)
    schema = ComposedSchema(
        query=_root("Query", "Questions: shared nouns, and one namespace per plugin.", parts.query),
        mutation=_root(
            "Mutation",
            "Deeds: each is one transaction.",
            {m.python_name: m for m in parts.mutations},
        ),
        subscription=_root(
            "Subscription",
            "What happens, as it happens: sent as server-sent events.",
            {s.python_name: s for s in parts.subscriptions},
        ),
        types=[spec.cls for spec in parts.nodes.specs.values()],
        extra=parts.extra | fields.inputs.extra,
        specs=parts.nodes.specs,
        config=StrawberryConfig(auto_camel_case=True, scalar_map=SCALARS),
        schema_directives=(),
    )
    for (on, _), owner in parts.owners.items():
        if schema.get_type_by_name(on) is None:
            raise PluginError(owner, f"Plugin {owner!r} extends {on}, no such type.")
    guard(schema._schema, registry, parts.owners)
    return schema


def _declared_by_plugins(registry: Registry, parts: _Parts) -> dict[tuple[str, str], str]:
    """Take the plugins' types, and the table-shaped fields they add to types of others."""
    for plugin, part in registry.schema_parts.items():
        for cls in part.types:
            with _blaming(plugin):
                parts.nodes.add(cls)
                parts.types[spec_of(cls).name] = plugin
    owners: dict[tuple[str, str], str] = {}
    for plugin, part in registry.schema_parts.items():
        for extension in part.extends:
            with _blaming(plugin):
                _extend(plugin, part, extension, parts, owners)
    return owners


def _extend(
    plugin: str,
    part: SchemaPart,
    extension: FieldExtension,
    parts: _Parts,
    owners: dict[tuple[str, str], str],
) -> None:
    """Take the table-shaped fields that a plugin adds to a type, and note whose they are.

    Values ask for the permission of the part, unless they have one: relations have their target's.
    """
    declared = {
        name: replace(each, permission=part.permission)
        if isinstance(each, (ColumnField, Computed)) and part.permission and not each.permission
        else each
        for name, each in declared_in(extension.fields).items()
    }
    spec = parts.nodes.specs.get(extension.on)
    if spec is None:
        if not declared:
            return  # a type that is not over a table, or none at all: told when all are there
        raise PluginError(plugin, f"Plugin {plugin!r} extends {extension.on}, no such type.")
    for name in declared:
        other = owners.get((extension.on, name), parts.types.get(extension.on, "core"))
        if name in spec.declared:
            raise PluginError(
                plugin,
                f"Plugin {plugin!r} adds {extension.on}.{to_camel_case(name)}, "
                f"which {other!r} has already.",
            )
        owners[extension.on, name] = plugin
    parts.nodes.extend(extension.on, declared)


def _add_type(
    spec: NodeSpec, fields: Fields, added: Mapping[tuple[str, str], str], parts: _Parts
) -> None:
    """A declared type: its resolvers, and the fields made of its declarations."""
    owner = parts.types.get(spec.name, "core")
    for each in _fields_of(spec.cls):
        parts.claim(spec.name, each, owner)
    for each in fields.of_type(spec):
        name = each.python_name.removesuffix("_aggregate")
        parts.claim(spec.name, each, added.get((spec.name, name), owner))
        parts.extra[spec.name].append(each)


def name_of(declared: StrawberryField) -> str:
    """A field's name in the schema."""
    return declared.graphql_name or to_camel_case(declared.python_name)


def _add_part(plugin: str, part: SchemaPart, fields: Fields, parts: _Parts) -> None:
    if part.namespace is not None and part.query is not None:
        namespace = _namespace(part)
        parts.claim("Query", namespace, plugin)
        parts.query[part.namespace] = namespace
        name = get_object_definition(part.query, strict=True).name
        for field_name, listing in listings_in(part.query).items():
            parts.extra[name] += fields.listing(field_name, listing)
    for declared in _mutations_of(part.mutation, fields) if part.mutation is not None else ():
        parts.claim("Mutation", declared, plugin)
        parts.mutations.append(declared)
    for declared in _fields_of(part.subscription) if part.subscription is not None else ():
        parts.claim("Subscription", declared, plugin)
        parts.subscriptions.append(declared)
    for extension in part.extends:
        resolved = _fields_of(extension.fields)
        for declared in resolved:
            parts.claim(extension.on, declared, plugin)
        parts.extra[extension.on] += resolved


def _check_permissions(plugin: str, part: SchemaPart, registry: Registry) -> None:
    """Every resolver asks for a permission, and a third party's things for its own ones.

    A merchant switches a plugin off by taking its permissions from everybody.
    """
    asked: list[tuple[str, str | None]] = [
        (declared.python_name, permission_of(declared))
        for cls in (
            part.query,
            part.mutation,
            part.subscription,
            *(each.fields for each in part.extends),
        )
        if cls is not None
        for declared in _fields_of(cls)
        if table_of_field(declared) is None
    ]
    for name, permission in asked:
        if permission is None:
            raise ConfigurationError(
                f"the field {name!r} declares no permission; "
                "use core.graph.fields.field or mutation."
            )
    if not registry.is_third_party(plugin):
        return
    asked += [(spec_of(cls).name, spec_of(cls).permission) for cls in part.types]
    for extension in part.extends:
        for name, declared in declared_in(extension.fields).items():
            if isinstance(declared, (ColumnField, Computed)):
                asked.append((name, declared.permission or part.permission))
    changes = changes_in(part.mutation) if part.mutation is not None else {}
    asked += [(name, each.permission) for name, each in changes.items()]
    if part.namespace is not None:
        asked.append((part.namespace, part.permission))
    own = registry.permissions_of(plugin)
    for name, permission in asked:
        if permission not in own:
            raise ConfigurationError(
                f"{name!r} asks for the permission {permission!r}, which is not one of its own "
                "(opsgraph_permissions): a merchant could not switch it off."
            )


def _check_mutations(plugin: str, part: SchemaPart) -> None:
    """A third party's mutations and subscriptions say whose they are: `updateSupplierOffer`."""
    pascal = "".join(word.capitalize() for word in re.split(r"[-_]", plugin))
    own = re.compile(rf"([a-z]+{pascal}|{pascal[0].lower()}{pascal[1:]})([A-Z0-9].*)?")
    for what, cls in (("mutation", part.mutation), ("subscription", part.subscription)):
        if cls is None:
            continue
        names = [name_of(each) for each in _fields_of(cls)]
        for name in [*names, *map(to_camel_case, changes_in(cls))]:
            if not own.fullmatch(name):
                raise ConfigurationError(
                    f"the {what} {name!r} must carry the plugin's name, as in 'update{pascal}…'."
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
        metadata={NAMESPACE: True},
    )
    declared.python_name = part.namespace or ""
    return declared


def _mutations_of(cls: type, fields: Fields) -> list[StrawberryField]:
    """Mutations with a resolver, and those that are declared."""
    declared = [fields.change(name, each) for name, each in changes_in(cls).items()]
    return [*_fields_of(cls), *declared]


def _fields_of(cls: type) -> list[StrawberryField]:
    """The fields of a Strawberry type; a class of declarations alone has none."""
    definition = get_object_definition(cls)
    return [] if definition is None else list(definition.fields)


def _root(name: str, description: str, fields: dict[str, StrawberryField]) -> type:
    made = type(name, (), dict(fields))
    return strawberry.type(made, name=name, description=description)
