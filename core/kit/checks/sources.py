"""What a plugin's source relies on: versions of the API, and names that opsgraph publishes."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

from packaging.specifiers import SpecifierSet

from core.kit.subject import Subject
from core.published import PUBLISHED

_OURS = ("core", "plugins", "migrations", "gateway")
_FAR = "9999"


def api_range(subject: Subject) -> Iterator[str]:
    """The range ends somewhere: nobody can promise to work with every later version."""
    given = subject.offer.about.api
    if SpecifierSet(given).contains(_FAR):
        yield f"The range {given!r} of opsgraph_about has no upper bound: e.g. '>=1.0,<2'."


def imports(subject: Subject) -> Iterator[str]:
    """Only what is published; anything else may move or go in any version."""
    for path in source_files(subject.offer.module):
        for node in ast.walk(ast.parse(path.read_text("utf-8"), str(path))):
            for wrong in _unpublished(node):
                yield f"{path.name}:{wrong} is not published: see docs/plugins.md, What to import."


def source_files(module: str) -> list[Path]:
    """The Python files of a plugin: its module, or the package with everything below it."""
    loaded = sys.modules[module]
    assert loaded.__file__ is not None
    file = Path(loaded.__file__)
    return sorted(file.parent.rglob("*.py")) if hasattr(loaded, "__path__") else [file]


def _unpublished(node: ast.AST) -> Iterator[str]:
    """Line and name of each import of ours that is not on the list."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            if _is_ours(alias.name) and alias.name not in PUBLISHED:
                yield f"{node.lineno}: {alias.name}"
    elif isinstance(node, ast.ImportFrom) and node.level == 0 and _is_ours(node.module or ""):
        module = node.module or ""
        for alias in node.names:
            is_module = f"{module}.{alias.name}" in PUBLISHED
            if not is_module and alias.name not in PUBLISHED.get(module, ()):
                yield f"{node.lineno}: {module}.{alias.name}"


def _is_ours(module: str) -> bool:
    return module.partition(".")[0] in _OURS
