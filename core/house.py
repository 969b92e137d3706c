"""An installation without its HTTP surface: what the command line and the worker need of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from core.db import Database
from core.db.migrate import Chain, chains
from core.graph.schema import compose
from core.registry import Registry, load_plugins
from core.security.envelope import KeyRing, load_keys
from core.settings import Settings


@dataclass(frozen=True)
class House:
    """Settings, plugins and database of this process."""

    settings: Settings
    registry: Registry
    db: Database
    chains: list[Chain]

    @cached_property
    def keys(self) -> KeyRing:
        """The keys that seal credentials; a key file is made when they are first needed."""
        return load_keys(self.settings)


def build_house(settings: Settings, built_in: Sequence[str]) -> House:
    """Load the plugins and open the database; ConfigurationError when built-ins do not fit."""
    registry = load_plugins(built_in, settings.plugins, check=_check)
    return House(settings, registry, Database(settings), _chains(registry))


def _check(registry: Registry) -> None:
    """Whether everything fits together: names in the schema, and the order of migrations."""
    compose(registry)
    _chains(registry)


def _chains(registry: Registry) -> list[Chain]:
    return chains(list(registry.components.values()))
