"""Somebody who follows a page: a folder, and a shell that remembers where it is and what is set."""

import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.tutorial.page import Commands, Expected, Step

ADDRESS = "127.0.0.1:8000"
"""Where the page's gateway listens; here it listens on a free port."""
PATIENCE = 180.0
"""Seconds that one command may take."""
# A command runs as it stands, and what follows keeps folder and variables for the next one.
SCRIPT = """. "$READER_STATE"
{command}
code=$?
{{ export -p; printf 'cd %q\\n' "$PWD"; }} > "$READER_STATE"
exit $code
"""


@dataclass
class Reader:
    """Follows steps in an empty folder; this checkout and its libraries are out of reach."""

    home: Path
    variables: dict[str, str]
    printed: str = ""

    @classmethod
    def at(cls, home: Path) -> "Reader":
        """Somebody with this Python as `python3`, and the system's programs."""
        programs = home / "programs"
        programs.mkdir()
        (programs / "python3").symlink_to(Path(sys.executable).resolve())
        (home / "place").mkdir()
        state = home / "state"
        state.write_text(f"cd {home / 'place'}\n", encoding="utf-8")
        foreign = ("PYTEST_", "PYTHON", "OPSGRAPH_", "VIRTUAL_ENV", "MYPYPATH")
        kept = {key: value for key, value in os.environ.items() if not key.startswith(foreign)}
        own = {
            "PATH": f"{programs}:/usr/local/bin:/usr/bin:/bin",
            "READER_STATE": str(state),
            "OPSGRAPH_PORT": str(_free_port()),
            "COLUMNS": "120",
        }
        return cls(home, kept | own)

    @property
    def folder(self) -> Path:
        """Where the reader has got to."""
        [line] = [e for e in self._state.read_text("utf-8").splitlines() if e.startswith("cd ")]
        return Path(line.removeprefix("cd "))

    @property
    def _state(self) -> Path:
        return self.home / "state"

    def follow(self, step: Step) -> None:
        """Do one step; AssertionError when it fails, or does not show what it should."""
        if isinstance(step, Commands):
            self.printed = "".join(self._run(line) for line in step.lines)
        elif isinstance(step, Expected):
            step.require_in(self.printed)
        else:
            print(f"  writes {step.name}")
            step.write(self.folder)

    def leave(self) -> None:
        """Stop the server that a page left running."""
        for file in self.home.rglob("serve.pid"):
            with suppress(ProcessLookupError):
                os.kill(int(file.read_text()), signal.SIGTERM)

    def _run(self, command: str) -> str:
        print(f"$ {command}", flush=True)
        here = command.replace(ADDRESS, f"127.0.0.1:{self.variables['OPSGRAPH_PORT']}")
        done = subprocess.run(
            ["bash", "-c", SCRIPT.format(command=here)],
            env=self.variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, check=False, timeout=PATIENCE,
        )  # fmt: skip
        printed = done.stdout.rstrip("\n") + "\n" if done.stdout else ""
        print(printed, end="", flush=True)
        assert 0 == done.returncode, f"$ {command}\n{printed}"
        return printed


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port
