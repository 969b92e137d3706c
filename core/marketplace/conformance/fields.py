"""Which fields of a platform's rows a mapping reads, and which it leaves alone.

A field is a dotted path, list items as one: `lines[].title`. It is read when a mapping takes it by
its name (`row["title"]`, `row.get("title")`). Copying a row, asking whether it is a dict and going
through its `items()` are no reading, and copies are not watched.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from core.marketplace.mapping import WATCH

READ = "is read nowhere: map it, or name it in Subject.unread with the reason why not"
NAMED = "is read, or a part of it, although Subject.unread names it: take it out there"
HELD = "is in no row, although Subject.unread names it: put a row that has it, or take it out"


@dataclass
class Fields:
    """What the rows of a stream hold, and what of it was read."""

    held: set[str] = field(default_factory=set)
    read: set[str] = field(default_factory=set)

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Notes what mappings read while a stream is pulled."""
        token = WATCH.set(lambda row: self._watch("", row))
        try:
            yield
        finally:
            WATCH.reset(token)

    def mistakes(self, unread: Mapping[str, str]) -> dict[str, str]:
        """What is wrong by field, if `unread` (the paths by the reason) should be all that is left.

        A path stands for all below it.
        """
        leaves = {path for path in self.held if not self._has_parts(path)}
        taken = leaves & self.read
        named = {path for paths in unread.values() for path in paths.split()}
        left = {path for path in leaves - taken if not named & set(_around(path))}
        return {
            **{_widest(path, taken): READ for path in left},
            **{path: HELD for path in named if not _within(path, leaves)},
            **{path: NAMED for path in named if _within(path, taken)},
        }

    def _has_parts(self, path: str) -> bool:
        """Whether what is empty or null here holds fields in another row."""
        return any(each.startswith((f"{path}.", f"{path}[]")) for each in self.held)

    def _watch(self, path: str, value: Any) -> Any:
        """The value, with every object in it watched."""
        if isinstance(value, dict) and value:
            return _Row({key: self._watch(_at(path, key), value[key]) for key in value}, path, self)
        if isinstance(value, list) and any(isinstance(each, (dict, list)) for each in value):
            return [self._watch(f"{path}[]", each) for each in value]
        self.held.add(path)
        return value


class _Row(dict[str, Any]):
    """An object that notes which of its fields are read."""

    def __init__(self, content: dict[str, Any], path: str, fields: Fields) -> None:
        super().__init__(content)
        self._path = path
        self._fields = fields

    def __getitem__(self, name: str) -> Any:
        self._fields.read.add(_at(self._path, name))
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        self._fields.read.add(_at(self._path, name))
        return super().get(name, default)


def _at(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _around(path: str) -> Iterator[str]:
    """The path and what it is part of, from the widest on."""
    for place, sign in enumerate(path):
        if path.startswith((".", "[]"), place) and sign != "]":
            yield path[:place]
    yield path


def _within(path: str, leaves: set[str]) -> bool:
    return any(path in _around(leaf) for leaf in leaves)


def _widest(path: str, taken: set[str]) -> str:
    """The widest part around a field of which nothing is read: one line is enough for all of it."""
    return next(each for each in _around(path) if not _within(each, taken))
