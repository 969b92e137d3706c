"""An installation without its HTTP surface: what the command line and the worker need of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from core.db import Database
from core.db.migrate import Chain, chains, status
from core.graph.schema import ComposedSchema, compose
from core.registry import Guards, Limits, Registry, load_plugins
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

    def migrated(self) -> "House":
        """This house without the third parties whose tables are not up to date."""
        reasons = {}
        for each in status(self.db.read_engine, self.chains):
            owner = self.registry.owners.get(("component", each.component))
            if not each.is_current and owner in self.registry.third_parties:
                reasons[owner] = (
                    f"its tables are at {each.current}, it needs {each.head}: opsgraph db upgrade"
                )
        if not reasons:
            return self
        registry = self.registry.without(reasons)
        return replace(self, registry=registry, chains=_chains(registry), composed=None)


def build_house(settings: Settings, built_in: Sequence[str]) -> House:
    """Load the plugins and open the database; ConfigurationError when built-ins do not fit."""
    limits = Limits(
        failures=settings.plugin_failures,
        pause=settings.plugin_pause_seconds,
        seconds=settings.plugin_seconds,
    )
    checked: list[tuple[Registry, ComposedSchema]] = []

    def check(registry: Registry) -> None:
        _chains(registry)
        checked.append((registry, compose(registry)))

    registry = load_plugins(
        built_in,
        settings.plugins,
        settings.third_parties,
        check,
        Guards(limits),
        left_out=settings.without,
    )
    composed = next((schema for found, schema in checked if found is registry), None)
    return House(settings, registry, Database(settings), _chains(registry), composed)


def _chains(registry: Registry) -> list[Chain]:
    return chains(list(registry.components.values()))
