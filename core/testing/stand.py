"""An installation for tests: the built-in plugins, those under test, and a migrated database.

Loading and migrating take a second or two, so a stand is made once; every test works on a copy of
its database file.
"""

import shutil
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from types import ModuleType

from core.db.database import engine_for_owner
from core.db.migrate import Chain, chains, upgrade
from core.errors import ConfigurationError
from core.graph.schema import ComposedSchema, compose
from core.plugin import PluginApiDeprecationWarning
from core.registry import Offer, PluginState, Registry, load_plugins
from core.settings import Settings


@dataclass
class Stand:
    """What all tests of a session share."""

    folder: Path
    registry: Registry
    schema: ComposedSchema
    chains: list[Chain] = field(default_factory=list)

    @classmethod
    def make(cls, folder: Path, plugins: Mapping[str, ModuleType] | None = None) -> "Stand":
        """Load the built-in plugins, the installed ones and these modules, and migrate a file.

        plugins: modules that are not installed, by plugin name. ConfigurationError says why a
        plugin under test cannot be used: a test must not pass without it.
        """
        return cls.of(folder, load_registry(plugins or {}))

    @classmethod
    def of(cls, folder: Path, registry: Registry, schema: ComposedSchema | None = None) -> "Stand":
        """Migrate a file for these plugins. schema: theirs, if it is composed already."""
        made = cls(
            folder,
            registry,
            schema or compose(registry),
            chains(list(registry.components.values())),
        )
        engine = engine_for_owner(settings_in(made._template))
        upgrade(engine, made.chains)
        engine.dispose()
        return made

    @property
    def _template(self) -> Path:
        return self.folder / "template"

    def copy(self, folder: Path) -> Settings:
        """Settings of a migrated, empty database that nobody else uses."""
        shutil.copytree(self._template, folder)
        return settings_in(folder)


def settings_in(folder: Path) -> Settings:
    """Settings of a database file in a folder, whatever the environment or a `.env` file says."""
    return Settings(
        _env_file=None,
        data_dir=folder,
        database_url=None,
        system_database_url=None,
        owner_database_url=None,
        replica_database_url=None,
    )


def load_registry(plugins: Mapping[str, ModuleType]) -> Registry:
    """The built-in plugins, every installed one, and these modules, all of them in use."""
    built_in: tuple[str, ...] = import_module("gateway").BUILT_IN  # core knows no plugin by name
    registry = load_plugins(built_in)
    for state in registry.plugins:
        if not state.active and state.name not in plugins:
            raise ConfigurationError(f"The plugin {state.name!r} is put aside: {state.reason}")
        for note in state.notes:
            warnings.warn(PluginApiDeprecationWarning(f"{state.name}: {note}"), stacklevel=2)
    for name, module in plugins.items():
        add_third_party(registry, name, module)
    return registry


def add_third_party(registry: Registry, name: str, module: ModuleType) -> None:
    """Take a module as a third party's plugin, as if it were installed under this name."""
    if name in registry.offers:
        raise ConfigurationError(f"The plugin {name!r} is installed already: do not name it again.")
    offer = Offer(name, module)
    state = PluginState(name, "under test", False, True, offer.summary, api=offer.about.api)
    registry.take(state, offer)
