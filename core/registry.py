"""Finds, checks and loads plugins; quarantines the broken ones; names both sides of a clash.

Built-ins come first, in a fixed order, and must work: an error among them stops the boot. A
third party's plugin (entry point group `opsgraph`) that fails to import, or clashes with somebody
who came before it, is put aside with its reason, and the rest starts.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from copy import copy
from dataclasses import dataclass, field, fields
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import pluggy

from core import hookspecs
from core.errors import ConfigurationError
from core.ingest.rollup import Rollup
from core.ingest.standard import CORE_ROLLUPS
from core.marketplace.contract import Marketplace
from core.plugin import (
    Changes,
    Command,
    Component,
    Example,
    Metric,
    Permission,
    SchemaPart,
)
from core.security.permissions import CORE_PERMISSIONS

GROUP = "opsgraph"
_CORE_NAMES = {("permission", each.name): "core" for each in CORE_PERMISSIONS}
log = logging.getLogger("opsgraph.plugins")


@dataclass(frozen=True)
class PluginState:
    """A plugin as `opsgraph plugins` and `query { plugins }` show it."""

    name: str
    version: str
    built_in: bool
    active: bool
    summary: str
    reason: str | None = None


@dataclass
class Registry:
    """Everything the loaded plugins contribute, each thing with the plugin that brought it."""

    plugins: list[PluginState] = field(default_factory=list)
    schema_parts: dict[str, SchemaPart] = field(default_factory=dict)
    components: dict[str, Component] = field(default_factory=dict)
    marketplaces: dict[str, Marketplace] = field(default_factory=dict)
    metrics: dict[str, Metric] = field(default_factory=dict)
    permissions: dict[str, Permission] = field(default_factory=dict)
    commands: dict[str, Command] = field(default_factory=dict)
    examples: list[Example] = field(default_factory=list)
    plugin_rollups: list[Rollup] = field(default_factory=list)
    listeners: dict[str, Callable[[Changes], None]] = field(default_factory=dict)
    owners: dict[tuple[str, str], str] = field(default_factory=lambda: dict(_CORE_NAMES))

    def copied(self) -> "Registry":
        """A registry with the same content, to try something with."""
        return Registry(**{each.name: copy(getattr(self, each.name)) for each in fields(self)})

    @property
    def rollups(self) -> tuple[Rollup, ...]:
        """Core's rollups and the plugins'."""
        return (*CORE_ROLLUPS, *self.plugin_rollups)

    def add(self, name: str, plugin: Any) -> None:
        """Take everything a plugin offers, or nothing: ConfigurationError names a clash."""
        offer = _Offer(name, plugin)
        for kind, key in offer.names():
            if offer.names().count((kind, key)) > 1:
                raise ConfigurationError(f"Plugin {name!r} offers the {kind} {key!r} twice.")
            if owner := self.owners.get((kind, key)):
                raise ConfigurationError(
                    f"Plugin {name!r} offers the {kind} {key!r}, which {owner!r} has already."
                )
        self.owners |= dict.fromkeys(offer.names(), name)
        if offer.schema is not None:
            self.schema_parts[name] = offer.schema
        if offer.component is not None:
            self.components[offer.component.name] = offer.component
        self.marketplaces |= {each.name: each for each in offer.marketplaces}
        self.metrics |= {each.key: each for each in offer.metrics}
        self.permissions |= {each.name: each for each in offer.permissions}
        self.commands |= {each.name: each for each in offer.commands}
        self.examples += offer.examples
        self.plugin_rollups += offer.rollups
        if offer.listener is not None:
            self.listeners[name] = offer.listener


class _Offer:
    """The results of one plugin's hooks."""

    def __init__(self, name: str, plugin: Any) -> None:
        manager = pluggy.PluginManager("opsgraph")
        manager.add_hookspecs(hookspecs)
        manager.register(plugin, name)
        manager.check_pending()  # a misspelt hook is an error, not a silence
        hook = manager.hook
        self.schema: SchemaPart | None = _one(hook.opsgraph_schema())
        self.component: Component | None = _one(hook.opsgraph_component())
        self.marketplaces: list[Marketplace] = _all(hook.opsgraph_marketplaces())
        self.metrics: list[Metric] = _all(hook.opsgraph_metrics())
        self.permissions: list[Permission] = _all(hook.opsgraph_permissions())
        self.commands: list[Command] = _all(hook.opsgraph_commands())
        self.examples: list[Example] = _all(hook.opsgraph_examples())
        self.rollups: list[Rollup] = _all(hook.opsgraph_rollups())
        listens = hook.opsgraph_changes.get_hookimpls()
        self.listener: Callable[[Changes], None] | None = (
            (lambda changes: hook.opsgraph_changes(changes=changes)) if listens else None
        )
        self._check(name)

    def _check(self, name: str) -> None:
        if self.component is None:
            return
        wrong = [t for t in self.component.tables if not t.startswith(f"{self.component.name}_")]
        if wrong:
            raise ConfigurationError(
                f"Plugin {name!r} has tables without its prefix {self.component.name!r}_: "
                f"{', '.join(sorted(wrong))}."
            )

    def names(self) -> list[tuple[str, str]]:
        """Every name that must be unique among all plugins, with its kind."""
        names = [("marketplace", each.name) for each in self.marketplaces]
        names += [("metric", each.key) for each in self.metrics]
        names += [("permission", each.name) for each in self.permissions]
        names += [("command", each.name) for each in self.commands]
        if self.component is not None:
            names.append(("component", self.component.name))
        if self.schema is not None and self.schema.namespace is not None:
            names.append(("query namespace", self.schema.namespace))
        return names


def _one(results: Sequence[Any]) -> Any:
    return results[0] if results else None


def _all(results: Iterable[Iterable[Any]]) -> list[Any]:
    return [each for result in results for each in result]


def load_plugins(
    built_in: Sequence[str],
    allowed: str | None = None,
    third_parties: bool = True,
    check: Callable[[Registry], object] = lambda registry: None,
) -> Registry:
    """Load the built-ins by module name, then every third party's entry point that may load.

    check: raises when what is loaded does not fit together; a third party's plugin after which
    it does is put aside.
    """
    registry = Registry()
    for module_name in built_in:
        module = import_module(module_name)
        name = module_name.rpartition(".")[2]
        registry.add(name, module)
        registry.plugins.append(PluginState(name, "built-in", True, True, _summary(module)))
    if third_parties:
        for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
            registry, state = _load(registry, entry, allowed, check)
            registry.plugins.append(state)
    return registry


def _load(
    registry: Registry,
    entry: EntryPoint,
    allowed: str | None,
    check: Callable[[Registry], object],
) -> tuple[Registry, PluginState]:
    """The registry with the plugin, or as it was, and what became of the plugin."""
    version = entry.dist.version if entry.dist is not None else "unknown"
    if allowed is not None and entry.name not in {name.strip() for name in allowed.split(",")}:
        reason = "not named in OPSGRAPH_PLUGINS"
        return registry, PluginState(entry.name, version, False, False, "", reason)
    try:
        plugin = entry.load()
        with_it = registry.copied()
        with_it.add(entry.name, plugin)
        check(with_it)
    # Whatever a third party's code raises must not stop the rest; scripts exit when imported.
    except (Exception, SystemExit) as error:
        log.warning("Plugin %s %s is put aside: %s", entry.name, version, error)
        reason = f"{type(error).__name__}: {error}"
        return registry, PluginState(entry.name, version, False, False, "", reason)
    return with_it, PluginState(entry.name, version, False, True, _summary(plugin))


def _summary(plugin: Any) -> str:
    return (getattr(plugin, "__doc__", None) or "").strip().partition("\n")[0]
