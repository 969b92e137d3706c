"""A newcomer who does what docs/tutorial.md says sees what it says, in under five minutes."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.examples.environment import ROOT, build_wheel
from tests.tutorial.page import steps
from tests.tutorial.reader import Reader

LIMIT = 300.0
"""Seconds that the whole page may take, installing included."""


@pytest.fixture(scope="session")
def index(tmp_path_factory: pytest.TempPathFactory) -> None:
    """There is an index to install from. An offline machine skips; CI must not."""
    folder = tmp_path_factory.mktemp("index")
    fetch = ("download", "--quiet", "--no-deps", "--retries=0", "--dest", str(folder), "pluggy")
    done = subprocess.run(
        [sys.executable, "-m", "pip", "--timeout=20", *fetch],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    if done.returncode:
        give_up = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        give_up("the tutorial installs real packages, and no index can be reached")


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    """Somebody who has nothing but the wheel."""
    made = Reader.at(tmp_path)
    build_wheel(ROOT, made.folder)
    yield made
    made.leave()


@pytest.mark.usefixtures("index")
def test_the_tutorial(reader: Reader) -> None:
    """Every command and change of the page works in its order, and the answers are as shown."""
    page = list(steps((ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")))
    start = time.monotonic()

    for step in page:
        reader.follow(step)

    took = time.monotonic() - start
    print(f"The tutorial took {took:.0f} seconds.")
    assert took < LIMIT
