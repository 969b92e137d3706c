"""Any built-in plugin can be left out: the rest starts, migrates, and passes its tests."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import gateway
from tests.graphql import WITHOUT

ROOT = Path(__file__).parents[2]
DOMAINS = ROOT / "tests" / "plugins"
NAMES = [module.rpartition(".")[2] for module in gateway.BUILT_IN]


def run(folder: Path, without: str, *command: str) -> str:
    """What a command prints, with a plugin left out; it must succeed."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=ROOT,
        env=environment | {WITHOUT: without, "OPSGRAPH_DATA_DIR": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert 0 == done.returncode, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("name", NAMES)
def test_without(tmp_path: Path, name: str) -> None:
    """Without this plugin the database migrates, the rest serves, and the others' tests pass."""
    chosen = [str(DOMAINS / "test_examples.py")]
    chosen += [str(each) for each in sorted(DOMAINS.iterdir())
               if each.name in NAMES and each.name not in (name, "demo")]  # fmt: skip

    migrated = run(tmp_path, name, "core", "db", "upgrade")
    listed = run(tmp_path, name, "core", "plugins", name)
    schema = run(tmp_path, name, "core", "schema")
    tested = run(tmp_path, name, "pytest", "-q", "-p", "no:xdist", "-k", "not postgresql", *chosen)

    assert "up to date" in migrated
    assert "off" in listed
    assert "type Query" in schema
    assert "passed" in tested or "100%" in tested
