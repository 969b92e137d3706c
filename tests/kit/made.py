"""Plugins that `opsgraph plugin new` made, installed as pip would leave them."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from core.kit.making import Names, make_plugin
from tests.distributions import METADATA

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Made:
    """A plugin in a folder of its own, which is on the path of the programs it runs."""

    names: Names
    folder: Path

    @property
    def package(self) -> Path:
        """Where its code is."""
        return self.folder / f"opsgraph_{self.names.snake}"

    def run(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """`python -m …` in its folder, with opsgraph and the plugin installed."""
        path = os.pathsep.join((str(self.folder), str(ROOT)))
        environment = {
            "PYTHONPATH": path,
            "MYPYPATH": path,
            "OPSGRAPH_DATA_DIR": str(self.folder / ".opsgraph"),
        }
        return subprocess.run(
            [sys.executable, "-m", *arguments],
            cwd=self.folder,
            env=os.environ | environment | variables,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )


def make_installed(name: str, into: Path) -> Made:
    """Make a plugin, with the metadata that an editable install leaves beside it."""
    folder = make_plugin(name, into)
    names = Names(name)
    info = folder / f"opsgraph_{names.snake}-0.1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(METADATA.format(name=folder.name, version="0.1.0"))
    (info / "entry_points.txt").write_text(f"[opsgraph]\n{name} = opsgraph_{names.snake}\n")
    return Made(names, folder)
