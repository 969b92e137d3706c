"""`opsgraph plugin new` makes a plugin that passes everything it brings, whatever its name."""

import tomllib
from pathlib import Path

import pytest

from core.errors import InputError
from core.kit.making import make_plugin
from tests.kit.made import make_installed
from tests.test_wheel import ROOT


@pytest.mark.parametrize("name", ["x", "supplier_rating", "a-name-as-long-as-may-be"])
def test_lint(name: str, tmp_path: Path) -> None:
    """The new plugin is linted and formatted, however long its name is."""
    made = make_installed(name, tmp_path)

    lint = made.run("ruff", "check", ".")
    layout = made.run("ruff", "format", "--check", ".")

    assert 0 == lint.returncode, lint.stdout
    assert 0 == layout.returncode, layout.stdout


def test_its_tests(tmp_path: Path) -> None:
    """The new plugin's own tests pass, also where a name is spelled differently in each place."""
    made = make_installed("supplier-rating", tmp_path)

    tests = made.run("pytest")

    assert 0 == tests.returncode, tests.stdout


def test_types(tmp_path: Path) -> None:
    """The new plugin's types pass mypy's strict mode."""
    made = make_installed("supplier", tmp_path)

    types = made.run("mypy")

    assert (0, "") == (types.returncode, types.stderr), types.stdout


def test_what_it_says(tmp_path: Path) -> None:
    """Nothing of the template's own name is left, and the entry point is the plugin's."""
    folder = make_plugin("supplier-rating", tmp_path)

    texts = [path.read_text() for path in folder.rglob("*") if path.is_file()]
    project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]

    assert not [text for text in texts if "plugin_name" in text or "pluginName" in text]
    assert {"supplier-rating": "opsgraph_supplier_rating"} == project["entry-points"]["opsgraph"]
    assert (folder / ".github/workflows/ci.yml").is_file()


@pytest.mark.parametrize("name", ["", "Supplier", "2nd", "a b", "a--b", "../x", "x" * 25])
def test_a_name_that_does_not_do(name: str, tmp_path: Path) -> None:
    """A name that opsgraph would not load is refused before anything is written."""
    with pytest.raises(InputError, match="does not do as a plugin's name"):
        make_plugin(name, tmp_path)

    assert [] == list(tmp_path.iterdir())


def test_a_folder_that_is_there(tmp_path: Path) -> None:
    """Nothing is written over."""
    make_plugin("supplier", tmp_path)

    with pytest.raises(InputError, match="is there already"):
        make_plugin("supplier", tmp_path)


def test_the_same_python_as_ours() -> None:
    """The template asks for the Python and the line length that opsgraph itself has."""
    ours = tomllib.loads((ROOT / "pyproject.toml").read_text())
    template = tomllib.loads((ROOT / "core/kit/template/pyproject.toml").read_text())

    assert ours["project"]["requires-python"] == template["project"]["requires-python"]
    assert ours["tool"]["ruff"]["line-length"] == template["tool"]["ruff"]["line-length"]
