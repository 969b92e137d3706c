"""Everything the loaded plugins contribute, each thing with the plugin that brought it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from time import perf_counter
from typing import Any

from core.errors import ConfigurationError, NotFoundError
from core.ingest.rollup import Rollup
from core.ingest.standard import CORE_ROLLUPS
from core.marketplace.contract import Marketplace
from core.plugin import (
    Command,
    Component,
    Doors,
    Example,
    HttpRoute,
    Job,
    Metric,
    Permission,
    PersonalDataStore,
    PluginContext,
    PluginSettings,
    SchemaPart,
)
from core.registry.breaker import Guards
from core.registry.offer import Listener, Offer
from core.security.permissions import CORE_PERMISSIONS

_CORE_NAMES = {("permission", each.name): "core" for each in CORE_PERMISSIONS}


@dataclass(frozen=True)
class PluginState:
    """A plugin as `opsgraph plugins` and `query { plugins }` show it.

    reason: why it is not active. is_off: whether somebody wants it so. api: the range of the
    plugin API that it declares. milliseconds: what its import and hooks took. notes: what it uses
    of the plugin API that goes away.
    """

    name: str
    version: str
    built_in: bool
    active: bool
    summary: str = ""
    reason: str | None = None
    is_off: bool = False
    api: str = ""
    contributes: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    milliseconds: float = field(default=0.0, compare=False)

    @property
    def word(self) -> str:
        """active, off, or put aside."""
        return "active" if self.active else "off" if self.is_off else "put aside"

    def timed(self, began: float) -> "PluginState":
        """The same plugin, which has been loading since then (`perf_counter`)."""
        return replace(self, milliseconds=(perf_counter() - began) * 1e3)

    def put_aside(self, reason: str, *, is_off: bool = False) -> "PluginState":
        """The same plugin, not in use."""
        return replace(self, active=False, reason=reason, is_off=is_off, contributes=(), tables=())


@dataclass
class Registry:
    """Everything the loaded plugins contribute; `guards` watches how they fare."""

    plugins: list[PluginState] = field(default_factory=list)
    offers: dict[str, Offer] = field(default_factory=dict)
    schema_parts: dict[str, SchemaPart] = field(default_factory=dict)
    components: dict[str, Component] = field(default_factory=dict)
    marketplaces: dict[str, Marketplace] = field(default_factory=dict)
    metrics: dict[str, Metric] = field(default_factory=dict)
    permissions: dict[str, Permission] = field(default_factory=dict)
    jobs: dict[str, Job] = field(default_factory=dict)
    routes: list[tuple[str, HttpRoute]] = field(default_factory=list)
    personal_data: list[PersonalDataStore] = field(default_factory=list)
    settings: dict[str, PluginSettings] = field(default_factory=dict)
    commands: dict[str, Command] = field(default_factory=dict)
    examples: list[Example] = field(default_factory=list)
    plugin_rollups: list[Rollup] = field(default_factory=list)
    listeners: dict[str, Listener] = field(default_factory=dict)
    owners: dict[tuple[str, str], str] = field(default_factory=lambda: dict(_CORE_NAMES))
    guards: Guards = field(default_factory=Guards)

    @property
    def rollups(self) -> tuple[Rollup, ...]:
        """Core's rollups and the plugins'."""
        return (*CORE_ROLLUPS, *self.plugin_rollups)

    @property
    def third_parties(self) -> list[str]:
        """Names of the plugins in use that do not come with opsgraph."""
        return [each.name for each in self.plugins if each.active and not each.built_in]

    @property
    def idle(self) -> list[str]:
        """Names of the plugins that are installed and not in use: nobody can ask them anything."""
        return [each.name for each in self.plugins if not each.active]

    def is_third_party(self, name: str) -> bool:
        """Whether a plugin in use does not come with opsgraph."""
        return name in self.third_parties

    @property
    def permission_owners(self) -> dict[str, str]:
        """The plugin that brought each permission; core's are not among them."""
        return {name: self.owners["permission", name] for name in self.permissions}

    def permissions_of(self, plugin: str) -> frozenset[str]:
        """Names of the permissions that a plugin brought."""
        return frozenset(n for n, owner in self.permission_owners.items() if owner == plugin)

    def require(self, plugin: str) -> None:
        """NotFoundError unless a plugin of this name is in use."""
        if plugin not in self.offers:
            raise NotFoundError(
                f"There is no plugin {plugin!r} in use; there are: {', '.join(self.offers)}.",
                path=["input", "name"],
            )

    def plugin_of(self, module: str) -> str | None:
        """The plugin whose code a module is; None for core's and strangers'."""
        found = [o for o in self.offers.values() if f"{module}.".startswith(f"{o.module}.")]
        return max(found, key=lambda offer: len(offer.module)).name if found else None

    def context(self, plugin: str, merchant_id: int, now: datetime, doors: Doors) -> PluginContext:
        """What a plugin's code is given that works for one merchant."""
        return PluginContext(merchant_id, now, self.settings.get(plugin), doors)

    def add_built_in(self, name: str, plugin: Any, began: float | None = None) -> None:
        """Take a plugin that comes with opsgraph; ConfigurationError if it does not fit.

        began: when its import began (`perf_counter`); default: now.
        """
        began = perf_counter() if began is None else began
        offer = Offer(name, plugin)
        state = PluginState(name, "built-in", True, True, offer.summary, api=offer.about.api)
        self.take(state.timed(began), offer)

    def take(self, state: PluginState, offer: Offer) -> None:
        """Take everything a plugin offers, or nothing: ConfigurationError names a clash."""
        name, names = offer.name, offer.names()
        for kind, key in names:
            if names.count((kind, key)) > 1:
                raise ConfigurationError(f"Plugin {name!r} offers the {kind} {key!r} twice.")
            if owner := self.owners.get((kind, key)):
                raise ConfigurationError(
                    f"Plugin {name!r} offers the {kind} {key!r}, which {owner!r} has already."
                )
        self.owners |= dict.fromkeys(names, name)
        self._add(offer)
        self.offers[name] = offer
        tables = sorted(offer.component.tables) if offer.component is not None else ()
        self.plugins.append(
            replace(state, contributes=offer.contributes(), tables=tuple(tables), active=True)
        )

    def _add(self, offer: Offer) -> None:
        name = offer.name
        if offer.schema is not None:
            self.schema_parts[name] = offer.schema
        if offer.component is not None:
            self.components[offer.component.name] = offer.component
        if offer.settings is not None:
            self.settings[name] = offer.settings
        self.marketplaces |= {each.name: each for each in offer.marketplaces}
        self.metrics |= {each.key: each for each in offer.metrics}
        self.permissions |= {each.name: each for each in offer.permissions}
        self.jobs |= {each.name: each for each in offer.jobs}
        self.routes += [(name, each) for each in offer.routes]
        self.personal_data += offer.personal_data
        self.commands |= {each.name: each for each in offer.commands}
        self.examples += offer.examples
        self.plugin_rollups += offer.rollups
        if offer.listener is not None:
            self.listeners[name] = offer.listener

    def without(self, reasons: Mapping[str, str]) -> "Registry":
        """A registry in which these plugins are put aside, each for its reason."""
        made = Registry(guards=self.guards)
        for state in self.plugins:
            if state.name in reasons:
                made.plugins.append(state.put_aside(reasons[state.name]))
            elif state.name in self.offers:
                made.take(state, self.offers[state.name])
            else:
                made.plugins.append(state)
        return made
