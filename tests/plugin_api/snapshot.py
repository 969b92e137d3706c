"""The published shapes as they are committed, and which version a difference asks for.

`published.txt` is how things stand; `released.txt` how they stood at the last release. Its first
line says the version of the plugin API. Before the first release everything may still change.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.plugin import API_VERSION
from core.published.shapes import REQUIRED, all_lines

FOLDER = Path(__file__).parent
HEADER = "plugin API "
RENEW = "python -m tests.plugin_api"


@dataclass(frozen=True)
class Snapshot:
    """The shapes of one version."""

    version: str
    lines: tuple[str, ...]

    def text(self) -> str:
        return "\n".join([HEADER + self.version, *self.lines, ""])


def current() -> Snapshot:
    """What the code says."""
    return Snapshot(API_VERSION, tuple(all_lines()))


def committed(name: str) -> Snapshot | None:
    """What a file says, if it is there."""
    path = FOLDER / f"{name}.txt"
    if not path.exists():
        return None
    first, *lines = path.read_text().splitlines()
    return Snapshot(first.removeprefix(HEADER), tuple(lines))


def write(name: str, snapshot: Snapshot) -> None:
    """Keep a snapshot."""
    (FOLDER / f"{name}.txt").write_text(snapshot.text())


def breaking(before: Sequence[str], after: Sequence[str]) -> list[str]:
    """The lines because of which a plugin written for `before` may fail with `after`."""
    gone = [line for line in before if line not in set(after)]
    known = set(before)
    asks = [line for line in after if line not in known and _asks_more(line, before)]
    return gone + asks


def _asks_more(line: str, before: Sequence[str]) -> bool:
    """Whether a new line asks something of those who call or implement what was there."""
    owner = line.partition("(")[0] if "(" in line.partition(":")[0] else line.rpartition(".")[0]
    is_required = line.endswith(REQUIRED)
    for known in before:
        if is_required and known.startswith((f"{owner}() ->", f"{owner}: class(")):
            return True
        name, _, bases = known.partition(": class(")
        if "Protocol)" in bases and line.startswith(f"{name}."):
            return True
    return False


def complaint(released: Snapshot | None, now: Snapshot) -> str:
    """Why the version does not fit to what changed since the release; "" if it does."""
    if released is None:
        return ""
    had, has = _numbers(released.version), _numbers(now.version)
    broken = breaking(released.lines, now.lines)
    if broken:
        wanted, word = (had[0] + 1, 0), "major, because plugins may rely on what changed"
        fits = has >= wanted
    elif set(now.lines) != set(released.lines):
        wanted, word = (had[0], had[1] + 1), "minor, because something was added"
        fits = has >= wanted
    else:
        wanted, word, fits = had, "the same, because nothing changed", has == had
    if fits:
        return ""
    listed = "".join(f"\n  {line}" for line in broken[:20])
    return (
        f"API_VERSION in core/plugin.py is {now.version}, released was {released.version}: it must "
        f"be {wanted[0]}.{wanted[1]} ({word}).{listed}"
    )


def _numbers(version: str) -> tuple[int, int]:
    major, minor = version.split(".")
    return int(major), int(minor)
