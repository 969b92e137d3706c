"""Finds, checks and loads plugins; quarantines the broken ones; names both sides of a clash.

Built-ins come first, in a fixed order, and must work: an error among them stops the boot. A
third party's plugin (entry point group `opsgraph`) that fails to import, takes too long over it,
or clashes with somebody who came before it, is put aside with its reason, and the rest starts.
"""

import logging
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from time import perf_counter
from typing import Any, TypeVar

from core.errors import ConfigurationError, PluginError
from core.plugin import PluginApiDeprecationWarning
from core.registry.breaker import Guards
from core.registry.contents import PluginState, Registry
from core.registry.offer import Offer

GROUP = "opsgraph"
LOAD_SECONDS = 10.0
"""How long a third party's import and hooks may take."""
log = logging.getLogger("opsgraph.plugins")
T = TypeVar("T")
Check = Callable[[Registry], object]


def load_plugins(
    built_in: Sequence[str],
    allowed: str | None = None,
    third_parties: bool = True,
    check: Check = lambda registry: None,
    guards: Guards | None = None,
    left_out: str = "",
    read: Callable[[str, Any], Offer] = Offer,
) -> Registry:
    """Load the built-ins by module name, then every third party's entry point that may load.

    left_out: built-ins that are not to load. allowed: third parties that may, None for all.
    check: raises when what is loaded does not fit together. A third party's plugin that is to
    blame (`PluginError`, or found out by trying) is put aside. read: what asks a third party's
    plugin for its offer.
    """
    registry = Registry(guards=guards or Guards())
    for module_name in built_in:
        name = module_name.rpartition(".")[2]
        if name in _names(left_out):
            state = PluginState(name, "built-in", True, False)
            registry.plugins.append(state.put_aside("named in OPSGRAPH_WITHOUT", is_off=True))
            continue
        began = perf_counter()
        registry.add_built_in(name, import_module(module_name), began)
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
        _load(registry, entry, allowed, third_parties, read)
    return fitting(registry, check)


def _load(
    registry: Registry,
    entry: EntryPoint,
    allowed: str | None,
    third_parties: bool,
    read: Callable[[str, Any], Offer],
) -> None:
    """Take a third party's plugin, or note why not."""
    version = entry.dist.version if entry.dist is not None else "unknown"
    state = PluginState(entry.name, version, built_in=False, active=False)
    if not third_parties:
        registry.plugins.append(state.put_aside("OPSGRAPH_THIRD_PARTIES is off", is_off=True))
        return
    if allowed is not None and entry.name not in _names(allowed):
        registry.plugins.append(state.put_aside("not named in OPSGRAPH_PLUGINS", is_off=True))
        return
    began = perf_counter()
    notes: list[str] = []
    try:
        with _noting(entry.name, notes):
            offer = _in_time(lambda: read(entry.name, entry.load()))
        found = replace(state, summary=offer.summary, api=offer.about.api, notes=tuple(notes))
        registry.take(found.timed(began), offer)
    # Whatever a third party's code raises must not stop the rest; scripts exit when imported.
    except (Exception, SystemExit) as error:
        failed = replace(state, notes=tuple(notes)).timed(began)
        registry.plugins.append(failed.put_aside(_reason(state, error)))


@contextmanager
def _noting(plugin: str, notes: list[str]) -> Iterator[None]:
    """Note what a plugin uses that goes away; other warnings stay what they are."""
    caught: list[warnings.WarningMessage] = []
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", PluginApiDeprecationWarning)
            yield
    finally:
        for each in caught:
            if not issubclass(each.category, PluginApiDeprecationWarning):
                warnings.showwarning(each.message, each.category, each.filename, each.lineno)
                continue
            note = f"{each.message} ({Path(each.filename).name}, line {each.lineno})"
            if note not in notes:
                notes.append(note)
                log.warning("Plugin %s: %s", plugin, note)


def _names(text: str) -> frozenset[str]:
    return frozenset(name.strip() for name in text.split(","))


def _reason(state: PluginState, error: BaseException) -> str:
    reason = f"{type(error).__name__}: {error}"
    if isinstance(error, ConfigurationError):
        reason = str(error)
    log.warning("Plugin %s %s is put aside: %s", state.name, state.version, reason)
    return reason


def _in_time(work: Callable[[], T]) -> T:
    """The result of `work`; TimeoutError if it takes too long, and its thread is left behind."""
    results: list[T] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(work())
        except BaseException as error:  # the caller's thread sorts it out
            errors.append(error)

    thread = threading.Thread(target=run, name="opsgraph-load", daemon=True)
    thread.start()
    thread.join(LOAD_SECONDS)
    if errors:
        raise errors[0]
    if not results:
        raise TimeoutError(f"its import and hooks took longer than {LOAD_SECONDS:g} seconds")
    return results[0]


def fitting(registry: Registry, check: Check) -> Registry:
    """The registry, without the third parties that do not fit to the others."""
    while registry.third_parties:
        why = _failure(registry, (), check)
        if why is None:
            return registry
        if isinstance(why, PluginError):
            if not registry.is_third_party(why.plugin):
                raise why
            culprit = why.plugin
        else:
            culprit, why = _culprit(registry, check)
        [state] = [each for each in registry.plugins if each.name == culprit]
        registry = registry.without({culprit: _reason(state, why)})
    return registry


def _culprit(registry: Registry, check: Check) -> tuple[str, Exception]:
    """The first plugin with which the check fails, found by halves, and what it raised then."""
    names = registry.third_parties
    fits, fails = 0, len(names)  # how many of them fit, and how many do not
    while fails - fits > 1:
        middle = (fits + fails) // 2
        if _failure(registry, names[middle:], check) is None:
            fits = middle
        else:
            fails = middle
    why = _failure(registry, names[fails:], check)
    assert why is not None
    return names[fails - 1], why


def _failure(registry: Registry, without: Sequence[str], check: Check) -> Exception | None:
    try:
        check(registry.without(dict.fromkeys(without, "")) if without else registry)
    # A third party's declarations may raise anything when the schema is made of them.
    except Exception as error:
        return error
    return None
