"""The built wheel holds the whole product, and works without the checkout."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel's content in a folder of its own."""
    folder = tmp_path_factory.mktemp("wheel")
    build = f"from hatchling.build import build_wheel; build_wheel({str(folder)!r})"
    # Without npm on the path the wheel is built without GraphiQL, which must not fail it.
    environment = os.environ | {"PATH": "/nowhere"}
    subprocess.run([sys.executable, "-c", build], cwd=ROOT, env=environment, check=True)
    [wheel] = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def run(unpacked: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A Python program that finds the wheel's content before the checkout."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=unpacked.parent,
        env=os.environ | {"PYTHONPATH": str(unpacked), "OPSGRAPH_DATA_DIR": str(unpacked / "data")},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_wheel_holds_what_the_product_reads(unpacked: Path) -> None:
    """Data, migrations, page files and type markers are inside; tests and build sources are not."""
    expected = {
        "core/py.typed",
        "core/http/static/plain.js",
        "core/kit/template/.github/workflows/ci.yml",
        "core/kit/template/opsgraph_plugin_name/py.typed",
        "gateway.py",
        "migrations/env.py",
        "migrations/script.py.mako",
        "migrations/versions/core_0001_shared_schema.py",
        "plugins/demo/data/NOTICE.md",
        "plugins/demo/data/online_retail.xz",
    }

    found = {str(path.relative_to(unpacked)) for path in unpacked.rglob("*") if path.is_file()}

    assert expected <= found
    assert not [name for name in found if name.startswith(("tests/", "core/http/graphiql/"))]


def test_the_wheel_migrates_and_composes(unpacked: Path) -> None:
    """From the wheel alone, a database is migrated and the schema of all plugins is printed."""
    place = run(unpacked, "-c", "import core, gateway; print(core.__file__)")

    upgraded = run(unpacked, "-m", "core", "db", "upgrade")
    schema = run(unpacked, "-m", "core", "schema")

    assert place.stdout.startswith(str(unpacked))
    assert (0, "") == (upgraded.returncode, upgraded.stderr)
    assert "type LifecycleQuery" in schema.stdout


def test_no_other_distribution_ships_our_packages(unpacked: Path) -> None:
    """`core` and `plugins` are ours alone: another `core` would overwrite it silently."""
    program = (
        "from importlib.metadata import packages_distributions as found;"
        "print(sorted({*found().get('core', []), *found().get('plugins', [])}))"
    )

    owners = run(unpacked, "-c", program)

    assert "['opsgraph']" == owners.stdout.strip()
