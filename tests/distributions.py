"""Third parties' distributions, as pip would leave them: a module, and metadata that names it."""

import subprocess
import sys
from importlib import invalidate_caches
from pathlib import Path

from sqlmodel import SQLModel

METADATA = "Metadata-Version: 2.4\nName: {name}\nVersion: {version}\n"
PROJECT = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "{name}"
version = "{version}"
requires-python = ">=3.11"
dependencies = [{needs}]

[project.entry-points.opsgraph]
{name} = "{module}"
"""
START = """
from core.plugin import *
from core.plugin import hookimpl

@hookimpl
def opsgraph_about():
    return About(api=">=1.0,<2")

"""


class Distributions:
    """A folder on the import path, into which distributions are installed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def install(self, name: str, source: str, version: str = "1.0", plugin: str = "") -> None:
        """A distribution with one module that registers as the plugin of its own name."""
        module = name.replace("-", "_")
        (self.folder / f"{module}.py").write_text(f'"""The plugin {name}."""\n{START}{source}')
        info = self.folder / f"{module}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(METADATA.format(name=name, version=version))
        (info / "entry_points.txt").write_text(f"[opsgraph]\n{plugin or name} = {module}\n")
        invalidate_caches()

    def forget(self, module: str) -> None:
        """Undo an import, the tables it declared included."""
        registry = SQLModel._sa_registry
        for mapper in tuple(registry.mappers):
            if mapper.class_.__module__ == module:
                SQLModel.metadata.remove(mapper.local_table)  # type: ignore[arg-type]
                registry._dispose_cls(mapper.class_)
        del sys.modules[module]


def build_wheel(
    folder: Path, name: str, source: str, version: str = "1.0", needs: str = ""
) -> Path:
    """A wheel as a third party builds it, of a source folder that stays beside it."""
    project = write_source(folder / f"{name}-source", name, source, version, needs)
    build = f"from hatchling.build import build_wheel; print(build_wheel({str(folder)!r}))"
    done = subprocess.run(
        [sys.executable, "-c", build], cwd=project, capture_output=True, text=True, check=True
    )
    return folder / done.stdout.split()[-1]


def write_source(
    folder: Path, name: str, source: str, version: str = "1.0", needs: str = ""
) -> Path:
    """The source folder of a distribution, with one package that is a plugin."""
    module = name.replace("-", "_")
    (folder / module).mkdir(parents=True, exist_ok=True)
    (folder / module / "__init__.py").write_text(f'"""The plugin {name}."""\n{START}{source}')
    (folder / "pyproject.toml").write_text(
        PROJECT.format(name=name, module=module, version=version, needs=needs)
    )
    return folder
