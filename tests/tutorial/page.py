"""The steps of a page of Markdown: what its fenced blocks ask a reader to do and to see."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_FENCE = re.compile(r"^```(\S+) ?(.*)\n((?:.*\n)*?)^```$", re.MULTILINE)
_CONTINUED = re.compile(r"(?<!\\)\n")


@dataclass(frozen=True)
class Commands:
    """A block `sh`: each line is a command; one that ends with a backslash goes on."""

    lines: tuple[str, ...]


@dataclass(frozen=True)
class Expected:
    """A block `text expected`: what the commands before it print, in this order.

    A line may be a part of a printed one. `…` stands for anything; the width of spaces for none.
    """

    lines: tuple[str, ...]

    def require_in(self, printed: str) -> None:
        """AssertionError names the first line that does not come."""
        rest = _narrow(printed)
        for line in self.lines:
            words = (re.escape(part) for part in _narrow(line).split("…"))
            found = re.search("[^\n]*".join(words), rest)
            assert found is not None, f"expected {line!r}, but there came:\n{rest}"
            rest = rest[found.end() :]


@dataclass(frozen=True)
class File:
    """A block with a file's name: the whole file."""

    name: str
    text: str

    def write(self, folder: Path) -> None:
        """Make the file."""
        (folder / self.name).write_text(self.text, encoding="utf-8")


@dataclass(frozen=True)
class Change:
    """A block `diff` with a file's name: a piece of it before and after, without line numbers."""

    name: str
    before: str
    after: str

    def write(self, folder: Path) -> None:
        """Change the file; AssertionError unless the piece stands there once."""
        path = folder / self.name
        text = path.read_text(encoding="utf-8")
        assert 1 == text.count(self.before), f"{self.name} has not, or twice:\n{self.before}"
        path.write_text(text.replace(self.before, self.after), encoding="utf-8")


Step = Commands | Expected | File | Change


def steps(markdown: str) -> Iterator[Step]:
    """The steps of a page, in order. ValueError for a block that is none."""
    for language, rest, body in _FENCE.findall(markdown):
        if (language, rest) == ("sh", ""):
            yield Commands(tuple(_CONTINUED.split(body.rstrip("\n"))))
        elif (language, rest) == ("text", "expected"):
            yield Expected(tuple(body.splitlines()))
        elif language == "diff" and rest:
            yield Change(rest, _side(body, "-"), _side(body, "+"))
        elif rest:
            yield File(rest, body)
        else:
            raise ValueError(f"A block {language!r} without a file's name is no step: {body!r}")


def _side(diff: str, sign: str) -> str:
    lines = diff.splitlines(keepends=True)
    return "".join(line[1:] for line in lines if line.startswith((" ", sign)))


def _narrow(text: str) -> str:
    return re.sub(r"[^\S\n]+", " ", text)
