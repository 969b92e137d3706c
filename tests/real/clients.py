"""An environment with third parties' clients, and the drivers that run in it."""

import json
import subprocess
import sys
import venv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DRIVERS = Path(__file__).parent / "drivers"
PINNED = (
    "mcp-cn-commerce==0.1.6",
    "doudian==0.6",
    "pyjos==0.1.1",
    "requests==2.32.5",
    "six==1.17.0",
)
SECONDS = 120


class MissingIndexError(Exception):
    """The clients could not be installed."""


@dataclass(frozen=True)
class Clients:
    """A virtual environment that holds the clients and nothing of ours."""

    python: Path

    @classmethod
    def install(cls, folder: Path) -> "Clients":
        """Install them from the configured index. Raises MissingIndexError if that fails."""
        venv.create(folder, symlinks=True)
        made = cls(folder / "bin" / "python")
        pip = (sys.executable, "-m", "pip", "--python", str(made.python), "install", "--quiet")
        done = subprocess.run(
            [*pip, *PINNED], capture_output=True, text=True, timeout=SECONDS, check=False
        )
        if done.returncode:
            raise MissingIndexError(done.stderr[-500:])
        return made

    def run(self, driver: str, job: Mapping[str, Any]) -> Any:
        """What a driver printed; it must succeed. Isolated, so that nothing of ours is seen."""
        done = subprocess.run(
            [str(self.python), "-I", str(DRIVERS / f"{driver}.py")],
            input=json.dumps(job), env={"TZ": "Asia/Shanghai"},
            capture_output=True, text=True, timeout=SECONDS, check=False,
        )  # fmt: skip
        assert 0 == done.returncode, done.stdout + done.stderr
        return json.loads(done.stdout)
