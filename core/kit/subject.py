"""The plugin that is checked: what it offers, and what it adds to the schema."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
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
from core.graph.schema import compose
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
        return Stand.of(folder, self.registry)

    @cached_property
    def schema(self) -> GraphQLSchema:
        """The schema with the plugin."""
        return self.stand.schema._schema

    @cached_property
    def types(self) -> dict[str, GraphQLNamedType]:
        """The GraphQL types that are there because of it."""
        before = self._without.type_map
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

    @cached_property
    def _without(self) -> GraphQLSchema:
        return compose(self.registry.without({self.name: "being checked"}))._schema

    def _fields(self) -> Iterator[tuple[tuple[str, str], GraphQLField]]:
        for name, kind in self.schema.type_map.items():
            if not isinstance(kind, GraphQLObjectType) or name.startswith("__"):
                continue
            before = self._without.type_map.get(name)
            known = before.fields if isinstance(before, GraphQLObjectType) else {}
            yield from (((name, each), f) for each, f in kind.fields.items() if each not in known)


def load(name: str) -> tuple[Registry, PluginState]:
    """The built-in plugins and this installed one, and whether it is in use.

    InputError when no installed distribution has a plugin of this name.
    """
    built_in: tuple[str, ...] = import_module("gateway").BUILT_IN  # core knows no plugin by name
    registry = load_plugins(built_in, allowed=name, check=compose)
    for state in registry.plugins:
        if state.name == name and not state.built_in:
            return registry, state
    raise InputError(
        f"No installed distribution has a plugin {name!r} (entry point group 'opsgraph'): "
        "pip install -e . in its folder."
    )
