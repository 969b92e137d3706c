"""Figures of this process as Prometheus reads them, and what ails its plugins."""

from collections.abc import Iterator

from core.graph.engine.operation import Operations
from core.registry import Registry


def figures(operations: Operations, registry: Registry) -> str:
    """The text of `/metrics`."""
    return "\n".join((*_of_operations(operations), *_of_plugins(registry))) + "\n"


def ailing(registry: Registry) -> dict[str, str]:
    """The plugins of third parties that are put aside or partly cut off, with what is wrong.

    The reason of one that is put aside is not here: whoever may see it asks `query { plugins }`.
    """
    found: dict[str, str] = {}
    for state in registry.plugins:
        cut_off = registry.guards.cut_off(state.name)
        if state.word == "put aside":
            found[state.name] = "put aside"
        elif cut_off:
            found[state.name] = f"cut off: {', '.join(cut_off)}"
    return found


def _of_operations(operations: Operations) -> Iterator[str]:
    found = (
        (
            "opsgraph_operation_hits_total",
            "counter",
            "Requests whose document was known already.",
            operations.hits,
        ),
        (
            "opsgraph_operation_misses_total",
            "counter",
            "Requests whose document was parsed, validated and compiled.",
            operations.misses,
        ),
        (
            "opsgraph_operations_remembered",
            "gauge",
            "Documents that are kept compiled.",
            len(operations),
        ),
    )
    for name, kind, text, value in found:
        yield from _head(name, kind, text)
        yield f"{name} {value}"


def _of_plugins(registry: Registry) -> Iterator[str]:
    yield from _head("opsgraph_plugin_active", "gauge", "Whether a plugin is in use.")
    for state in registry.plugins:
        yield f'opsgraph_plugin_active{{plugin="{state.name}"}} {int(state.active)}'
    failures = [each for each in registry.guards if each.total]
    name = "opsgraph_plugin_failures_total"
    yield from _head(name, "counter", "Unexpected failures of a plugin's field, job or route.")
    for each in failures:
        yield f'{name}{{plugin="{each.plugin}",what="{each.what}"}} {each.total}'
    name = "opsgraph_plugin_cut_off"
    yield from _head(name, "gauge", "Whether it is cut off for now.")
    for each in failures:
        yield f'{name}{{plugin="{each.plugin}",what="{each.what}"}} {int(each.is_open)}'


def _head(name: str, kind: str, text: str) -> Iterator[str]:
    yield f"# HELP {name} {text}"
    yield f"# TYPE {name} {kind}"
