"""The plugin that is checked: what it offers, and what it adds to the schema."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import import_module
from pathlib import Path

from graphql import (
    GraphQLField,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    is_specified_scalar_type,
)
from sqlmodel import SQLModel

from core.errors import InputError
from core.graph.schema import ComposedSchema, compose
from core.kit.making import Names
from core.registry import Offer, PluginState, Registry, load_plugins
from core.testing.stand import Stand

Fields = dict[tuple[str, str], GraphQLField]
"""Fields by the names of their type and their own."""


@dataclass
class Subject:
    """A plugin in use, together with the built-in ones only. folder: where checks may write."""

    name: str
    registry: Registry
    composed: ComposedSchema
    folder: Path

    @property
    def offer(self) -> Offer:
        """What it contributes."""
        return self.registry.offers[self.name]

    @property
    def prefix(self) -> str:
        """What its tables, permissions and jobs begin with."""
        return self.offer.prefix

    @cached_property
    def names(self) -> Names:
        """The spellings of its name."""
        return Names(self.name)

    @cached_property
    def stand(self) -> Stand:
        """The plugin on a migrated SQLite file."""
        folder = self.folder / "stand"
        folder.mkdir()
        return Stand.of(folder, self.registry, self.composed)

    @cached_property
    def schema(self) -> GraphQLSchema:
        """The schema with the plugin."""
        return self.composed._schema

    @cached_property
    def types(self) -> dict[str, GraphQLNamedType]:
        """The GraphQL types that are there because of it."""
        before = _built_in_schema().type_map
        return {
            name: each
            for name, each in self.schema.type_map.items()
            if name not in before and not is_specified_scalar_type(each)
        }

    @cached_property
    def fields(self) -> Fields:
        """The fields that are there because of it, on its types and on those of others."""
        return dict(self._fields())

    @property
    def tables(self) -> list[type[SQLModel]]:
        """The classes of its tables."""
        mapped = [mapper.class_ for mapper in SQLModel._sa_registry.mappers]
        module = f"{self.offer.module}."
        return [each for each in mapped if f"{each.__module__}.".startswith(module)]

    def _fields(self) -> Iterator[tuple[tuple[str, str], GraphQLField]]:
        for name, kind in self.schema.type_map.items():
            if not isinstance(kind, GraphQLObjectType) or name.startswith("__"):
                continue
            before = _built_in_schema().type_map.get(name)
            known = before.fields if isinstance(before, GraphQLObjectType) else {}
            yield from (((name, each), f) for each, f in kind.fields.items() if each not in known)


@dataclass(frozen=True)
class Loaded:
    """An installed plugin, with the built-in ones. schema: None when it is put aside."""

    registry: Registry
    state: PluginState
    schema: ComposedSchema | None

    def subject(self, folder: Path) -> Subject:
        """What is checked."""
        assert self.schema is not None, self.state.reason
        return Subject(self.state.name, self.registry, self.schema, folder)


def load(name: str) -> Loaded:
    """Load this plugin; InputError when no installed distribution has one of this name."""
    made: list[tuple[Registry, ComposedSchema]] = []
    registry = load_plugins(
        _built_in(), allowed=name, check=lambda each: made.append((each, compose(each)))
    )
    for state in registry.plugins:
        if state.name == name and not state.built_in:
            schema = next((schema for each, schema in made if each is registry), None)
            return Loaded(registry, state, schema if state.active else None)
    raise InputError(
        f"No installed distribution has a plugin {name!r} (entry point group 'opsgraph'): "
        "pip install -e . in its folder."
    )


@cache
def _built_in_schema() -> GraphQLSchema:
    """The schema without any third party's plugin."""
    return compose(load_plugins(_built_in(), third_parties=False))._schema


def _built_in() -> tuple[str, ...]:
    """Modules of the built-in plugins; core knows none of them, the gateway names them."""
    found: tuple[str, ...] = import_module("gateway").BUILT_IN
    return found
