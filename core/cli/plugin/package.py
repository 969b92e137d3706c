"""A plugin's distribution that is not installed: laid out in a folder, where it can be loaded.

Nothing of it runs here, and nothing in the environment changes.
"""

import shutil
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distributions, version
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

from packaging.requirements import Requirement

from core import __version__
from core.cli.house import Refusal
from core.registry.loading import GROUP

OURS = frozenset({"core", "plugins", "migrations", "gateway", "gateway.py"})
"""What a distribution may not bring: it would take the place of opsgraph's own code."""


@dataclass(frozen=True)
class Package:
    """A distribution: its plugins' names, and what it needs that this environment lacks."""

    name: str
    version: str
    plugins: tuple[str, ...]
    unmet: tuple[str, ...]

    @property
    def needs_other_opsgraph(self) -> bool:
        """Whether it is made for another version of opsgraph than this one."""
        return any(Requirement(each).name == "opsgraph" for each in self.unmet)


def unpack(path: Path, folder: Path) -> Package:
    """Lay a wheel, or the package in a source folder, out in `folder`; Refusal if it is neither."""
    if path.is_dir():
        _copy_source(path, folder)
    elif path.suffix == ".whl" and path.is_file():
        _extract(path, folder)
    else:
        raise Refusal(
            f"There is no plugin {str(path)!r} (opsgraph plugins shows all), and no wheel (.whl) "
            "or source folder of that name either."
        )
    [found] = distributions(path=[str(folder)])
    plugins = tuple(each.name for each in found.entry_points if each.group == GROUP)
    if not plugins:
        raise Refusal(f"{path.name} brings no plugin: it has no entry point {GROUP!r}.")
    return Package(found.name, found.version, plugins, tuple(_unmet(found)))


def _extract(path: Path, folder: Path) -> None:
    try:
        with ZipFile(path) as archive:
            _refuse_ours(path, [name.partition("/")[0] for name in archive.namelist()])
            archive.extractall(folder)
    except BadZipFile:
        raise Refusal(f"{path.name} is not a wheel: it cannot be unpacked.") from None
    if not [*folder.glob("*.dist-info/METADATA")]:
        raise Refusal(f"{path.name} is not a wheel: it has no metadata.")


def _refuse_ours(path: Path, names: Sequence[str]) -> None:
    if wrong := sorted(OURS.intersection(names)):
        raise Refusal(
            f"{path.name} brings {', '.join(wrong)}, which would overwrite opsgraph's own code."
        )


def _copy_source(path: Path, folder: Path) -> None:
    """Copy the modules that the entry points name, with metadata as an installer writes it."""
    try:
        project = tomllib.loads((path / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    except (OSError, KeyError, tomllib.TOMLDecodeError):
        raise Refusal(f"{path} has no pyproject.toml with a table [project].") from None
    points: Mapping[str, str] = project.get("entry-points", {}).get(GROUP, {})
    modules = {value.partition(":")[0].partition(".")[0] for value in points.values()}
    _refuse_ours(path, sorted(modules))
    for module in sorted(modules):
        _copy_module(path, module, folder)
    _write_metadata(project, points, folder)


def _copy_module(path: Path, module: str, folder: Path) -> None:
    for place in (path, path / "src"):
        if (place / module).is_dir():
            shutil.copytree(place / module, folder / module)
            return
        if (place / f"{module}.py").is_file():
            shutil.copy(place / f"{module}.py", folder)
            return
    raise Refusal(f"{path} has no module {module!r}, neither in itself nor in src.")


def _write_metadata(project: Mapping[str, Any], points: Mapping[str, str], folder: Path) -> None:
    name, version = project.get("name", folder.name), project.get("version", "0")
    info = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir()
    lines = ["Metadata-Version: 2.4", f"Name: {name}", f"Version: {version}"]
    lines += [f"Requires-Dist: {each}" for each in project.get("dependencies", ())]
    (info / "METADATA").write_text("\n".join(lines) + "\n", encoding="utf-8")
    entries = [f"[{GROUP}]", *(f"{key} = {value}" for key, value in points.items())]
    (info / "entry_points.txt").write_text("\n".join(entries) + "\n", encoding="utf-8")


def _unmet(found: Distribution) -> list[str]:
    requirements = [Requirement(each) for each in found.requires or ()]
    return [
        str(each)
        for each in requirements
        if (each.marker is None or each.marker.evaluate({"extra": ""})) and not _is_there(each)
    ]


def _is_there(requirement: Requirement) -> bool:
    try:
        # A checkout of opsgraph that nobody installed has a version all the same.
        there = __version__ if requirement.name == "opsgraph" else version(requirement.name)
    except PackageNotFoundError:
        return False
    return requirement.specifier.contains(there, prereleases=True)
