"""`opsgraph plugin install`: shows what a plugin would change, asks, and lets pip install it.

A package of an index is fetched first, as a wheel: what was shown is what is installed. Which
index that is, pip knows.
"""

import subprocess
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from shlex import join
from tempfile import TemporaryDirectory

from core.cli.house import Refusal, build
from core.cli.plugin.impact import as_text
from core.cli.plugin.weighing import Report, weigh
from core.plugin import Command

PATIENCE = 600.0
"""Seconds that pip may take."""


def install(arguments: Namespace) -> int:
    """Install a plugin, once it is known what it changes."""
    with TemporaryDirectory(prefix="opsgraph-") as folder:
        path = _local(arguments.package, Path(folder))
        report = weigh(str(path))
        print(as_text(report), flush=True)
        _refuse(report, path)
        if not (arguments.yes or _agreed()):
            print("Nothing was installed.")
            return 1
        _pip("install", *_options(report), str(path))
    print("\n".join(("Installed. Next:", *_next(report))))
    return 0


def _local(package: str, folder: Path) -> Path:
    """The wheel or source folder; one of an index is fetched into `folder`."""
    path = Path(package)
    if path.exists() or path.suffix == ".whl":
        return path.absolute()
    if not _has_pip():
        raise Refusal(
            f"There is no pip in this environment to fetch {package!r}, and no such file: fetch "
            "its wheel another way and name that."
        )
    _pip("download", "--no-deps", "--only-binary=:all:", "--dest", str(folder), package)
    [wheel] = folder.glob("*.whl")
    return wheel


def _refuse(report: Report, path: Path) -> None:
    """Refuse what cannot be installed, or cannot work then; what it lacks can be had later."""
    if report.needs_other_opsgraph:
        raise Refusal("It is made for another version of opsgraph; nothing was installed.")
    broken = [each.name for each in report.plugins if each.reason is not None]
    if broken and not report.unmet:
        raise Refusal(f"{', '.join(broken)} would not load; nothing was installed.")
    if not _has_pip():
        command = ["uv", "pip", "install", "--python", sys.executable, *_options(report), str(path)]
        raise Refusal(f"There is no pip in this environment. Run: {join(command)}")


def _has_pip() -> bool:
    return find_spec("pip") is not None


def _agreed() -> bool:
    if not sys.stdin.isatty():
        raise Refusal("Nothing was installed: say --yes, since there is no terminal to ask at.")
    return input("Install it? [y/N] ").strip().lower() in ("y", "yes")


def _options(report: Report) -> list[str]:
    """Leave the rest of the environment alone, unless something is missing there."""
    return [] if report.unmet else ["--no-deps"]


def _pip(*arguments: str) -> None:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments]
    try:
        done = subprocess.run(command, timeout=PATIENCE, check=False)  # noqa: S603
    except subprocess.TimeoutExpired:
        raise Refusal(f"pip took longer than {PATIENCE:g} seconds and was stopped.") from None
    if done.returncode:
        raise Refusal(f"pip failed with exit code {done.returncode}; see above.")


def _next(report: Report) -> Iterator[str]:
    allowed = build().settings.plugins
    for each in report.plugins:
        if allowed is not None and each.name not in {name.strip() for name in allowed.split(",")}:
            yield f"  add {each.name} to OPSGRAPH_PLUGINS"
        yield from (f"  set {s.variable}" for s in each.settings if s.required and each.unset)
    if not build().settings.third_parties:
        yield "  take away OPSGRAPH_THIRD_PARTIES=false"
    if any(each.migrations for each in report.plugins):
        yield "  opsgraph db upgrade"
    yield "  restart the gateway and the workers"


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument("package", help="a wheel, a source folder, or a package of pip's index")
    parser.add_argument("--yes", action="store_true", help="do not ask")


COMMANDS = (
    Command("plugin install", "Install a plugin, with its impact first.", install, _arguments),
)
