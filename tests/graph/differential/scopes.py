"""Which response keys are taken at one place of an answer, so that selections can be merged."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Entry:
    """What stands under a response key: the type it was selected on, its text, what it gives."""

    parent: str
    head: str
    gives: str
    is_leaf: bool
    inner: Scope


@dataclass
class Scope:
    """One place of an answer."""

    entries: dict[str, list[Entry]] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        return not self.entries

    def find(self, key: str, new: Entry) -> Entry | None:
        """The entry under a key that a field may use or share; None when it must not."""
        there = self.entries.get(key, [])
        same = [each for each in there if each.parent == new.parent]
        if same:
            return same[0] if same[0].head == new.head else None
        if not all(_fit(each, new) for each in there):
            return None
        self.entries.setdefault(key, []).append(new)
        return new

    def all(self, parent: str) -> list[tuple[str, Entry]]:
        """What was selected on a type, with the keys."""
        return [
            (key, e) for key, there in self.entries.items() for e in there if e.parent == parent
        ]


def _fit(one: Entry, other: Entry) -> bool:
    """Whether fields of different types may share a key."""
    if not (one.is_leaf and other.is_leaf):
        return False
    if "Node" in (one.parent, other.parent):
        return one.head == other.head
    return one.gives == other.gives
