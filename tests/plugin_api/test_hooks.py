"""A hook that is undocumented, unused or untested fails the suite: each has to earn its place."""

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path

import pytest

from core import hookspecs
from core.published import PUBLISHED
from core.published.reference import reference
from core.published.shapes import hook_names

ROOT = Path(__file__).parents[2]
HOOKS = hook_names()
PLACES = ("plugins", "examples", "core/kit/template")
"""Where hooks are implemented for others to see: built-ins, examples, the template."""


@pytest.mark.parametrize("name", HOOKS)
def test_documented(name: str) -> None:
    """Every hook says what it is for and shows an example that can be copied."""
    text = inspect.getdoc(getattr(hookspecs, name)) or ""

    about, _, example = text.partition("Example::")
    tree = ast.parse(inspect.cleandoc(example))

    assert len(about.splitlines()[0]) > 10
    [hook] = [node for node in tree.body if getattr(node, "name", "") == name]
    assert isinstance(hook, ast.FunctionDef)
    assert ["hookimpl"] == [ast.unparse(each) for each in hook.decorator_list]
    assert _signature(getattr(hookspecs, name)) == ast.unparse(hook.args) + str(
        hook.returns and ast.unparse(hook.returns)
    )


def _signature(hook: object) -> str:
    """Parameters and result as the hook's source has them."""
    [made] = ast.parse(inspect.getsource(hook)).body  # type: ignore[arg-type]
    assert isinstance(made, ast.FunctionDef)
    return ast.unparse(made.args) + str(made.returns and ast.unparse(made.returns))


@pytest.mark.parametrize("name", HOOKS)
def test_types_are_published(name: str) -> None:
    """What a hook takes and returns can be imported from published modules."""
    annotations = inspect.get_annotations(getattr(hookspecs, name)).values()

    ours = [kind for each in annotations for kind in _classes(each) if _is_ours(kind)]

    assert [] == [k for k in ours if k.__name__ not in PUBLISHED.get(k.__module__, ())]


def _is_ours(kind: type) -> bool:
    return kind.__module__.partition(".")[0] == "core"


def _classes(annotation: object) -> Iterator[type]:
    for inner in getattr(annotation, "__args__", ()):
        yield from _classes(inner)
    if inspect.isclass(annotation):
        yield annotation


def test_used() -> None:
    """Every hook is implemented where people can see it: a hook that nobody uses is a guess."""
    used = {name for place in PLACES for name in implemented_in(ROOT / place)}

    assert set(HOOKS) == used


def implemented_in(folder: Path) -> set[str]:
    """Names of the hooks that the files of a folder implement, unfinished templates included."""
    files = [path for path in folder.rglob("*.py*") if path.suffix != ".pyc" and path.is_file()]
    lines = [line for path in files for line in path.read_text().splitlines()]
    return {line[4:].partition("(")[0] for line in lines if line.startswith("def opsgraph_")}


@pytest.mark.parametrize("name", HOOKS)
def test_tested(name: str) -> None:
    """Every hook's name stands in a test other than these."""
    texts = {path: path.read_text() for path in (ROOT / "tests").rglob("*.py")}

    naming = [path for path, text in texts.items() if name in text and path != Path(__file__)]

    assert naming


@pytest.mark.parametrize("name", HOOKS)
def test_in_the_reference(name: str) -> None:
    """Every hook has its place in the reference, with its example."""
    page = (ROOT / "docs/reference/hooks.md").read_text()

    assert f"### `{name}`\n" in page
    assert f"\ndef {name}(" in page


def test_the_reference_is_up_to_date() -> None:
    """The committed reference is what the code says."""
    page = (ROOT / "docs/reference/hooks.md").read_text()

    assert reference() == page, "The plugin API's reference is out of date: run make reference."
