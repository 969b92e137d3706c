"""Figures of this process as Prometheus reads them."""

from collections.abc import Iterator

from core.graph.engine.operation import Operations


def figures(operations: Operations) -> str:
    """The text of `/metrics`."""
    return "\n".join(_lines(operations)) + "\n"


def _lines(operations: Operations) -> Iterator[str]:
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
        yield f"# HELP {name} {text}"
        yield f"# TYPE {name} {kind}"
        yield f"{name} {value}"
