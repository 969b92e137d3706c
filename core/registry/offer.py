"""What one plugin offers: the results of its hooks, checked as far as one plugin alone can be."""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import pluggy
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from pydantic import ValidationError
from sqlmodel import SQLModel

from core import hookspecs
from core.errors import ConfigurationError
from core.ingest.rollup import Rollup
from core.marketplace.contract import Marketplace
from core.plugin import (
    API_VERSION,
    About,
    Changes,
    Command,
    Component,
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

Listener = Callable[[Changes, PluginContext], None]
_NAME = re.compile(r"[a-z][a-z0-9]*([_-][a-z0-9]+)*")


class Offer:
    """The results of one plugin's hooks; ConfigurationError says what is wrong with them.

    name: the plugin's. module: where its code lives, e.g. "opsgraph_supplier". specs: the hooks.
    draft: it is only looked at, so settings that are not right yet are noted in `unset`.
    """

    def __init__(
        self, name: str, plugin: Any, specs: Any = hookspecs, *, draft: bool = False
    ) -> None:
        self.name = name
        self.unset: str | None = None
        self.module: str = getattr(plugin, "__name__", None) or type(plugin).__module__
        self.summary = (getattr(plugin, "__doc__", None) or "").strip().partition("\n")[0]
        if not is_plugin_name(name):
            raise ConfigurationError(f"The plugin name {name!r} is not lower case, digits and - _.")
        manager = pluggy.PluginManager("opsgraph")
        manager.add_hookspecs(specs)
        manager.register(plugin, name)
        manager.check_pending()  # a misspelt hook is an error, not a silence
        hook = manager.hook
        self.about = _compatible(name, _one(hook.opsgraph_about()))
        self.settings = self._read_settings(_one(hook.opsgraph_settings()), draft)
        self.schema: SchemaPart | None = _one(hook.opsgraph_schema())
        self.component: Component | None = _one(hook.opsgraph_component())
        self.marketplaces: list[Marketplace] = _all(hook.opsgraph_marketplaces())
        self.metrics: list[Metric] = _all(hook.opsgraph_metrics())
        self.permissions: list[Permission] = _all(hook.opsgraph_permissions())
        self.jobs: list[Job] = _all(hook.opsgraph_jobs())
        self.routes: list[HttpRoute] = _all(hook.opsgraph_routes())
        self.personal_data: list[PersonalDataStore] = _all(hook.opsgraph_personal_data())
        self.commands: list[Command] = _all(hook.opsgraph_commands())
        self.examples: list[Example] = _all(hook.opsgraph_examples())
        self.rollups: list[Rollup] = _all(hook.opsgraph_rollups())
        self.listener: Listener | None = _listener(hook.opsgraph_changes)
        self._check_tables()
        self._check_names()

    def _read_settings(
        self, declared: type[PluginSettings] | None, draft: bool
    ) -> PluginSettings | None:
        try:
            return _settings(self.name, declared)
        except ConfigurationError as error:
            if not draft or declared is None:
                raise
            self.unset = str(error)
            return declared.model_construct()

    @property
    def prefix(self) -> str:
        """What the plugin's jobs and permissions begin with, and its tables too."""
        return self.name.replace("-", "_")

    def names(self) -> list[tuple[str, str]]:
        """Every name that must be unique among all plugins, with its kind."""
        names = [("marketplace", each.name) for each in self.marketplaces]
        names += [("metric", each.key) for each in self.metrics]
        names += [("permission", each.name) for each in self.permissions]
        names += [("job", each.name) for each in self.jobs]
        names += [("command", each.name) for each in self.commands]
        if self.component is not None:
            names.append(("component", self.component.name))
        if self.schema is not None and self.schema.namespace is not None:
            names.append(("query namespace", self.schema.namespace))
        return names

    def contributes(self) -> tuple[str, ...]:
        """Everything it brings, a line each, for people."""
        lines = [f"{kind} {name}" for kind, name in self.names()]
        lines += [f"route {' '.join(r.methods)} /plugins/{self.name}{r.path}" for r in self.routes]
        lines += [f"personal data in {each.table}" for each in self.personal_data]
        if self.schema is not None:
            lines += [f"fields on {each.on}" for each in self.schema.extends]
        if self.listener is not None:
            lines.append("listener of changes")
        return tuple(lines)

    def _check_tables(self) -> None:
        declared = self.component.tables if self.component is not None else frozenset()
        if self.component is not None:
            wrong = [t for t in declared if not t.startswith(f"{self.component.name}_")]
            if wrong:
                raise ConfigurationError(
                    f"Plugin {self.name!r} has tables without its prefix "
                    f"{self.component.name!r}_: {', '.join(sorted(wrong))}."
                )
        missing = _tables_of(self.module) - declared
        if missing:
            raise ConfigurationError(
                f"Plugin {self.name!r} has tables that its component does not name: "
                f"{', '.join(sorted(missing))}."
            )

    def _check_names(self) -> None:
        for job in self.jobs:
            if not job.name.startswith(f"{self.prefix}."):
                raise ConfigurationError(
                    f"Plugin {self.name!r}: the job {job.name!r} must be called "
                    f"{self.prefix}.{job.name!r}, with the plugin's name first."
                )
        for route in self.routes:
            if not route.path.startswith("/"):
                raise ConfigurationError(
                    f"Plugin {self.name!r}: the route {route.path!r} does not begin with a slash."
                )


def is_plugin_name(name: str) -> bool:
    """Whether a plugin may be called so."""
    return _NAME.fullmatch(name) is not None


def _tables_of(module: str) -> frozenset[str]:
    """The tables that are declared in a module or below it."""
    return frozenset(
        mapper.class_.__tablename__
        for mapper in SQLModel._sa_registry.mappers
        if f"{mapper.class_.__module__}.".startswith(f"{module}.")
    )


def _compatible(name: str, about: About | None) -> About:
    if about is None:
        raise ConfigurationError(
            f"Plugin {name!r} does not say which versions of the plugin API it works with: "
            f"implement opsgraph_about (this is {API_VERSION})."
        )
    try:
        fits = SpecifierSet(about.api).contains(API_VERSION)
    except InvalidSpecifier:
        raise ConfigurationError(
            f"Plugin {name!r}: {about.api!r} is no range of versions, such as '>=1.0,<2'."
        ) from None
    if not fits:
        raise ConfigurationError(
            f"Plugin {name!r} works with the plugin API {about.api}, and this is {API_VERSION}: "
            "install a version of it, or of opsgraph, that fits."
        )
    return about


def _settings(name: str, declared: type[PluginSettings] | None) -> PluginSettings | None:
    """The plugin's settings with their values; an error names variables, never values."""
    if declared is None:
        return None
    prefix = settings_prefix(name)
    try:
        return declared(_env_prefix=prefix, _env_file=".env")
    except ValidationError as error:
        wrong = "; ".join(
            f"{prefix}{'_'.join(str(part) for part in each['loc']).upper()}: {each['msg']}"
            for each in error.errors(include_input=False, include_url=False, include_context=False)
        )
        raise ConfigurationError(f"Plugin {name!r} is not set up: {wrong}") from None


def settings_prefix(name: str) -> str:
    """What the environment variables of a plugin's settings begin with."""
    return f"OPSGRAPH_PLUGIN_{name.replace('-', '_').upper()}_"


def _listener(hook: pluggy.HookCaller) -> Listener | None:
    if not hook.get_hookimpls():
        return None

    def listen(changes: Changes, context: PluginContext) -> None:
        hook(changes=changes, context=context)

    return listen


def _one(results: Sequence[Any]) -> Any:
    return results[0] if results else None


def _all(results: Iterable[Iterable[Any]]) -> list[Any]:
    return [each for result in results for each in result]
