"""Clients from npm, installed into a folder of their own."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.real.clients import DRIVERS, SECONDS


def install(folder: Path, *packages: str) -> Path:
    """A project with these packages; without npm or a registry tests are skipped, never in CI."""
    npm = shutil.which("npm")
    command = (npm or "npm", "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts")
    done = npm and subprocess.run(
        [*command, "--prefix", str(folder), *packages], capture_output=True, timeout=SECONDS
    )
    if done and done.returncode == 0:
        return folder / "node_modules"
    reason = f"npm cannot install {', '.join(packages)}"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def run(modules: Path, driver: str, job: Any, variables: Mapping[str, str] | None = None) -> Any:
    """What a driver prints about a job; it must succeed."""
    given = {"NODE_PATH": str(modules), "PATH": os.environ["PATH"], **(variables or {})}
    done = subprocess.run(
        ["node", str(DRIVERS / driver)],
        input=json.dumps(job), env=given,
        capture_output=True, text=True, timeout=SECONDS, check=False,
    )  # fmt: skip
    assert 0 == done.returncode, done.stderr
    return json.loads(done.stdout)
