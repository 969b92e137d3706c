"""The parts of a run; each has `run(bench)`, which returns a section of the report in Markdown."""

from importlib import import_module

from tests.benchmarks.bench import Bench

PARTS = {
    "compare": "compare",
    "startup": "startup",
    "sqlite": "sqlite",
    "ingest": "ingest",
    "planning": "planning",
    "third-party": "third_party",
    "plugins": "plugins",
    "growth": "growth",
    "deep": "deep",
}
"""Their modules, in the order in which they run: what fills the large database comes last."""


def run_part(name: str, bench: Bench) -> str:
    """The section of a part, imported only now: one that does not fit the code harms no other."""
    section: str = import_module(f"{__name__}.{PARTS[name]}").run(bench)
    return section
