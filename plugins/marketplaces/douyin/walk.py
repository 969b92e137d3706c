"""How to walk a listing in the order of change that other rows keep leaving, as plain values.

A row that changes again leaves its place for the end. Who counts pages then misses the rows that
move up over a page's edge. So no pages are counted: each request asks, from the first page, for
what changed since the last row that was read. Only a second that fills a page is read in pages,
the last one first, because rows only leave a second that is past.

The last rows' times are not taken at their word: a platform that sorts by an index and fills in
the rows from elsewhere may show a row's newer time in its older place.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Self

from core.marketplace.contract import Window
from core.marketplace.paging import LastToFirst

DOUBTED = 10
"""So many of a page's last rows have to agree on how far the reading is."""


@dataclass(frozen=True)
class Seconds:
    """A span of unix seconds, [start, end)."""

    start: int
    end: int

    @classmethod
    def of(cls, window: Window) -> Self:
        """The window in whole seconds, at least one."""
        start = int(window.start.timestamp())
        end = int((window.end + timedelta(microseconds=999_999)).timestamp())
        return cls(start, max(end, start + 1))

    @property
    def asked(self) -> tuple[int, int]:
        """The bounds to send. Platforms that mean the start exclusively get a second more."""
        return self.start - 1, self.end


@dataclass(frozen=True)
class Position:
    """All rows before `first` are read. within: pages of the second `first`, if it is so full."""

    first: int
    within: LastToFirst | None = None

    @property
    def mark(self) -> str:
        """What `resumed` needs to go on from here."""
        return f"{self.first}|{self.within.mark}" if self.within else str(self.first)

    @property
    def page(self) -> int:
        """The page to ask for, counted from 1."""
        return self.within.page if self.within else 1

    def span(self, whole: Seconds) -> Seconds:
        """The seconds to ask for."""
        return Seconds(self.first, self.first + 1 if self.within else whole.end)

    def grown(self, total: int) -> "Position | None":
        """Where to go back to if a full second turns out to be longer: drop that answer then."""
        longer = self.within and self.within.grown(total)
        return replace(self, within=longer) if longer else None

    def following(self, times: Sequence[int], total: int, size: int, end: int) -> "Position | None":
        """What to ask for after an answer with rows of these times; None when all is read."""
        if self.within is not None:
            rest = self.within.following(total)
            return replace(self, within=rest) if rest else _unless_over(self.first + 1, end)
        last = min(times[-DOUBTED:], default=self.first)
        if last > self.first:
            return _unless_over(last, end)
        return Position(self.first, LastToFirst(size))

    @classmethod
    def resumed(cls, mark: str | None, whole: Seconds, size: int) -> "Position":
        """The position behind a mark; the start, if it is none of ours: that is never wrong."""
        first, _, within = (mark or "").partition("|")
        try:
            position = cls(int(first), LastToFirst.resumed(within, size) if within else None)
        except ValueError:
            return cls(whole.start)
        return position if whole.start <= position.first < whole.end else cls(whole.start)


def _unless_over(first: int, end: int) -> Position | None:
    return Position(first) if first < end else None
