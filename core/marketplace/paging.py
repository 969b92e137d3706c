"""How to page through a listing that changes meanwhile, as plain values: no network, no platform.

Listings sort by time of change, newest first. A row that changes again leaves its place for the
front or for a later window. Rows behind it then move one place forward: whoever reads from the
first page to the last misses one at a page's edge, whoever reads from the last page to the first
meets one twice. So `LastToFirst` is the way wherever a total is told, and `Forwards` serves
listings whose rows keep their places.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Self

from core.marketplace.contract import Window

SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class LastToFirst:
    """The page to ask for next, and how long the listing was when last seen.

    Begin with `LastToFirst(size)`: it asks for page 1 and expects one page at most. Every answer
    goes to `grown` and then to `following`. All answers of a short listing are used; of a longer
    one, the first answer only tells where the last page is.
    """

    size: int
    page: int = 1
    total: int = -1

    @property
    def is_begun(self) -> bool:
        """Whether an answer has told how long the listing is."""
        return self.total >= 0

    @property
    def expected(self) -> int:
        """Rows the listing is thought to have: one page, until an answer has told."""
        return self.total if self.is_begun else self.size

    def grown(self, total: int) -> Self | None:
        """Where to go back to if the listing is longer than expected: drop that answer then.

        New rows come in at the front and push unread ones onto pages that were already read.
        This ends because a window lies in the past, where few rows still come in.
        """
        added = total - self.expected
        if added <= 0:
            return None
        return replace(self, page=self.page + -(-added // self.size), total=total)

    def following(self, total: int) -> Self | None:
        """The page before this one, or None when page 1 was read.

        A shorter listing moves nothing past us, except that its last pages are gone.
        """
        if self.page == 1:
            return None
        last = max(1, -(-total // self.size))
        return replace(self, page=min(self.page - 1, last), total=total)

    @property
    def mark(self) -> str:
        """What `resumed` needs to go on from here."""
        return f"{self.page}:{self.total}"

    @classmethod
    def resumed(cls, mark: str, size: int) -> Self:
        """The position behind a mark; ValueError if it is none."""
        page, total = map(int, mark.split(":"))
        if page < 1:
            raise ValueError(f"no page {page}")
        return cls(size, page, total)


@dataclass(frozen=True)
class Forwards:
    """The page to ask for next where the platform tells only whether there is another."""

    page: int = 1

    def following(self, has_next: bool) -> Self | None:
        """The next page, or None when the platform says that there is none."""
        return replace(self, page=self.page + 1) if has_next else None


def halves(window: Window) -> tuple[Window, Window] | None:
    """The window cut in two at a whole second, or None when it is too short for that.

    For platforms that show only so many rows per condition. The halves share the cutting second,
    because platforms rarely say whether they mean their bounds inclusively.
    """
    middle = (window.start + (window.end - window.start) / 2).replace(microsecond=0)
    if not window.start + SECOND <= middle <= window.end - SECOND:
        return None
    return Window(window.start, middle), Window(middle, window.end)
