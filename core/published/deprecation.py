"""How authors of plugins are warned of what goes away: hooks, and published names.

A hook: `@hookspec(warn_on_impl=going("The hook opsgraph_old", since="1.3", gone="2.0",
instead="opsgraph_new"))`. Names of a module, written at its end:

    __getattr__ = old_names(__name__, {
        "Old": OldName("core.graph.fields:New", since="1.3", gone="2.0"),
    })

Whoever implements or imports such a thing is warned, and the loader shows it beside the plugin.
"""

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any


class PluginApiDeprecationWarning(DeprecationWarning):
    """A plugin uses something that goes away: what, with which version, and what to use instead."""


@dataclass(frozen=True)
class OldName:
    """A published name that goes away.

    now: what it still stands for, as "module:name"; that is what to use instead, unless `instead`
    says otherwise. since, gone: versions of the plugin API.
    """

    now: str
    since: str
    gone: str
    instead: str = ""


def going(what: str, *, since: str, gone: str, instead: str) -> PluginApiDeprecationWarning:
    """The warning about a thing that goes away; since, gone: versions of the plugin API."""
    return PluginApiDeprecationWarning(
        f"{what} is deprecated since plugin API {since} and goes away with {gone}: use {instead}."
    )


def old_names(module: str, names: Mapping[str, OldName]) -> Callable[[str], Any]:
    """A module's `__getattr__`: old names still work, and warn whoever asks for them."""

    def find(name: str) -> Any:
        old = names.get(name)
        if old is None:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        place, _, now = old.now.partition(":")
        instead = old.instead or f"{place}.{now}"
        warning = going(f"{module}.{name}", since=old.since, gone=old.gone, instead=instead)
        warnings.warn(warning, stacklevel=2)
        return getattr(import_module(place), now)

    return find
