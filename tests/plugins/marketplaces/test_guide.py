"""The made-up platform of docs/marketplaces.md works as it stands there."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

GUIDE = Path(__file__).parents[3] / "docs/marketplaces.md"
FILES = {
    "opsgraph_papershop/__init__.py": '"""Paper Shop: ',
    "opsgraph_papershop/adapter.py": '"""Reads one shop: ',
    "opsgraph_papershop/sandbox.py": '"""The platform for tests ',
    "tests/test_adapter.py": '"""The adapter against ',
}
"""The files that the page makes, and how each begins."""
INFO = {
    "METADATA": "Metadata-Version: 2.4\nName: opsgraph-papershop\nVersion: 1.0\n",
    "entry_points.txt": "[opsgraph]\npapershop = opsgraph_papershop\n",
}


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """The package as a reader of the page has it, installed."""
    blocks = re.findall(r"```python\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    files = {
        name: next(block for block in blocks if block.startswith(begins))
        for name, begins in FILES.items()
    }
    info = {f"opsgraph_papershop-1.0.dist-info/{name}": text for name, text in INFO.items()}
    for name, text in (files | info).items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def run(package: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(package), *filter(None, sys.path)])
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=package,
        env=os.environ | {"PYTHONPATH": path, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_its_tests_pass(package: Path) -> None:
    """Adapter and sandbox of the page agree."""
    done = run(package, "pytest", "-q", "-p", "no:cacheprovider", "tests")

    assert 0 == done.returncode, done.stdout
    assert "3 passed" in done.stdout


def test_opsgraph_takes_it(package: Path) -> None:
    """The plugin of the page is in use once it is installed."""
    done = run(package, "core", "plugins")

    [line] = [line for line in done.stdout.splitlines() if "papershop" in line]
    assert "active" in line, done.stderr
