"""Every example works as an installed package beside the installed product."""

import shutil
from pathlib import Path

import pytest

from tests.examples.conftest import EXAMPLES
from tests.examples.environment import Environment

NAMES = [each.name for each in EXAMPLES]
each_example = pytest.mark.parametrize("example", EXAMPLES, ids=NAMES)


def test_the_checkout_is_out(installed: Environment, tmp_path: Path) -> None:
    """What is tested is the wheel: nothing is imported from this checkout."""
    place = installed.run(tmp_path, "-c", "import core, gateway; print(core.__file__)")

    assert place.startswith(str(installed.site))


@each_example
def test_its_own_tests(installed: Environment, tmp_path: Path, example: Path) -> None:
    """Its tests pass against the wheels, far from its source."""
    shutil.copytree(example / "tests", tmp_path / "tests")
    shutil.copy(example / "pyproject.toml", tmp_path)

    said = installed.run(tmp_path, "-m", "pytest", "-q", "-p", "no:xdist")

    assert "passed" in said or "100%" in said


@each_example
def test_its_types(installed: Environment, tmp_path: Path, example: Path) -> None:
    """It is typed strictly, against the types that the wheel ships."""
    module = example.name.replace("-", "_")
    what = (
        ("-p", module) if (example / module).is_dir() else (str(installed.site / f"{module}.py"),)
    )

    said = installed.run(tmp_path, "-m", "mypy", "--strict", *what)

    assert "Success" in said


@each_example
def test_its_conformance(installed: Environment, tmp_path: Path, example: Path) -> None:
    """The kit's check finds nothing wrong with it."""
    name = example.name.removeprefix("opsgraph-")

    said = installed.run(
        tmp_path, "-m", "core", "plugin", "check", name, OPSGRAPH_DATA_DIR=str(tmp_path)
    )

    assert " 0 failed" in said


def test_all_together(installed: Environment, tmp_path: Path) -> None:
    """Side by side they load, migrate up, down and up, and the schema holds them all."""
    data = {"OPSGRAPH_DATA_DIR": str(tmp_path)}

    listed = installed.run(tmp_path, "-m", "core", "plugins", COLUMNS="200", **data)
    installed.run(tmp_path, "-m", "core", "db", "upgrade", **data)
    installed.run(tmp_path, "-m", "core", "db", "downgrade", "--component", "supplier", "base",
                  **data)  # fmt: skip
    migrated = installed.run(tmp_path, "-m", "core", "db", "upgrade", **data)
    schema = installed.run(tmp_path, "-m", "core", "schema", **data)

    for name in ("supplier", "csvshop", "weekend"):
        [line] = [each for each in listed.splitlines() if f" {name} " in each]
        assert " active " in line
    assert "supplier_0001" in migrated
    assert "type SupplierRating" in schema
    assert "isWeekend: Boolean" in schema
