"""Plugins of a few lines, to see what the house does with them."""

from types import ModuleType
from typing import Any

from core.graph.schema import compose
from core.plugin import About, FieldExtension, SchemaPart, hookimpl
from core.registry import Registry, load_plugins
from gateway import BUILT_IN
from tests.graphql import Api


def make_plugin(**results: Any) -> ModuleType:
    """A plugin whose hooks `opsgraph_<name>` return these values."""
    module = ModuleType("tiny", "A plugin of a test.")
    results = {"about": About(api=">=1.0,<2"), **results}
    for name, result in results.items():
        setattr(module, f"opsgraph_{name}", hookimpl(_returning(result)))
    return module


def _returning(result: Any) -> Any:
    return lambda: result


def extend(on: str, fields: type) -> SchemaPart:
    """The schema part that adds these fields to a type."""
    return SchemaPart(extends=(FieldExtension(on, fields),))


def house_with(**plugins: ModuleType) -> Registry:
    """The built-in plugins and these, as if they were built in too."""
    registry = load_plugins(BUILT_IN, third_parties=False)
    for name, plugin in plugins.items():
        registry.add_built_in(name, plugin)
    return registry


def api_with(api: Api, **plugins: ModuleType) -> Api:
    """The same gateway with further plugins."""
    registry = house_with(**plugins)
    return Api(api.settings, api.database, registry, compose(registry))
