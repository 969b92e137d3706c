"""A virtual environment with the built wheel of opsgraph, and none of this checkout."""

import os
import subprocess
import sys
import sysconfig
import venv
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
BUILD = "import sys; from hatchling.build import build_wheel; print(build_wheel(sys.argv[1]))"


def build_wheel(project: Path, folder: Path) -> Path:
    """The wheel of a project, without its build's network or isolation."""
    # Without npm on the path the wheel is built without GraphiQL.
    environment = os.environ | {"PATH": "/nowhere"}
    done = subprocess.run(
        [sys.executable, "-c", BUILD, str(folder)],
        cwd=project, env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return folder / done.stdout.split()[-1]


@dataclass(frozen=True)
class Environment:
    """A virtual environment. Third parties' libraries are those of the running interpreter."""

    folder: Path

    @classmethod
    def make(cls, folder: Path) -> "Environment":
        """Make it; the libraries are borrowed, opsgraph itself and its checkout are not."""
        venv.create(folder, symlinks=True)
        made = cls(folder)
        borrowed = sysconfig.get_path("purelib")
        # A folder that a .pth names is searched, but its own .pth files are not read: the
        # editable install of this checkout stays out.
        (made.site / "borrowed.pth").write_text(f"{borrowed}\n")
        return made

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    @property
    def site(self) -> Path:
        [found] = self.folder.glob("lib/python*/site-packages")
        return found

    def install(self, *wheels: Path) -> None:
        """Install wheels as pip does, without what they depend on."""
        pip = (sys.executable, "-m", "pip", "--python", str(self.python), "install", "--quiet")
        subprocess.run([*pip, "--no-deps", "--no-index", *map(str, wheels)], check=True)

    def run(self, folder: Path, *arguments: str, **variables: str) -> str:
        """What a Python program prints that runs in a folder; it must succeed."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "OPSGRAPH_"))}
        kept.pop("PYTHONPATH", None)
        done = subprocess.run(
            [str(self.python), *arguments],
            cwd=folder, env=kept | variables, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert 0 == done.returncode, done.stdout + done.stderr
        return done.stdout
