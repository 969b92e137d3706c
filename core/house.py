"""An installation without its HTTP surface: what the command line and the worker need of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial

from core.db import Database
from core.db.migrate import Chain, chains, misfit, status
from core.errors import PluginError
from core.graph.schema import ComposedSchema, compose
from core.registry import Guards, Limits, Offer, Registry, fitting, load_plugins
from core.security.envelope import KeyRing, load_keys
from core.settings import Settings


@dataclass(frozen=True)
class House:
    """Settings, plugins and database of this process."""

    settings: Settings
    registry: Registry
    db: Database
    chains: list[Chain]
    composed: ComposedSchema | None = None

    @cached_property
    def keys(self) -> KeyRing:
        """The keys that seal credentials; a key file is made when they are first needed."""
        return load_keys(self.settings)

    @cached_property
    def schema(self) -> ComposedSchema:
        """The GraphQL schema of core and all plugins in use."""
        return self.composed or compose(self.registry)

    @property
    def spared(self) -> frozenset[str]:
        """Components of third parties: if one cannot be migrated, the others go on."""
        owners, third_parties = self.registry.owners, self.registry.third_parties
        return frozenset(
            name for name in self.registry.components if owners["component", name] in third_parties
        )

    def migrated(self) -> "House":
        """This house without the third parties whose tables are not up to date."""
        reasons = {
            self.registry.owners["component", each.component]: (
                f"its tables are at {each.current}, it needs {each.head}: {each.advice}"
            )
            for each in status(self.db.read_engine, self.chains)
            if each.component in self.spared and not each.is_current
        }
        if not reasons:
            return self
        registry, composed = _checked(self.registry.without(reasons))
        return replace(self, registry=registry, chains=_chains(registry), composed=composed)


def build_house(settings: Settings, built_in: Sequence[str], *, draft: bool = False) -> House:
    """Load the plugins and open the database; ConfigurationError when built-ins do not fit.

    draft: the house is only looked at, see `load_plugins`.
    """
    limits = Limits(
        failures=settings.plugin_failures,
        pause=settings.plugin_pause_seconds,
        seconds=settings.plugin_seconds,
    )
    loaded = load_plugins(
        built_in,
        settings.plugins,
        settings.third_parties,
        guards=Guards(limits),
        left_out=settings.without,
        read=partial(Offer, draft=draft),
    )
    registry, composed = _checked(loaded)
    return House(settings, registry, Database(settings), _chains(registry), composed)


def _checked(registry: Registry) -> tuple[Registry, ComposedSchema | None]:
    """What remains once third parties that do not fit to the others are put aside, composed."""
    checked: list[tuple[Registry, ComposedSchema]] = []

    def check(tried: Registry) -> None:
        _chains(tried)
        checked.append((tried, compose(tried)))

    fits = fitting(registry, check)
    return fits, next((schema for tried, schema in checked if tried is fits), None)


def _chains(registry: Registry) -> list[Chain]:
    """The chains of core and the plugins; PluginError names the plugin whose one cannot be run."""
    for component in registry.components.values():
        if reason := misfit(component, registry.components):
            raise PluginError(registry.owners["component", component.name], reason)
    return chains(list(registry.components.values()))
