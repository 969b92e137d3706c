"""What is still to be read of a window: spans and pages, as plain values that marks can hold."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from core.marketplace.contract import Window
from core.marketplace.errors import PermanentError
from core.marketplace.paging import LastToFirst, halves
from plugins.marketplaces.xiaohongshu.sources import Listing


@dataclass(frozen=True)
class Part:
    """A span of a listing and the page to ask for next.

    span: the times to ask for; None asks for all.
    seen: ids met in this part; None once that can't be told any more.
    """

    listing: Listing
    span: Window | None
    position: LastToFirst
    seen: set[str] | None = field(default_factory=set)

    @classmethod
    def whole(cls, listing: Listing, span: Window | None) -> "Part":
        return cls(listing, span, LastToFirst(listing.size))

    @property
    def mark(self) -> str:
        span = self.span and f"{self.span.start.timestamp():.0f}-{self.span.end.timestamp():.0f}"
        return f"{span or ''}|{self.position.mark}"

    def reconsidered(self, total: int, last_page: int | None) -> list["Part"]:
        """What to read instead when an answer shows that rows would be missed, else nothing.

        last_page: the last one ARK says there is, in case it shows fewer rows than it counts.
        """
        if self._is_cut(total, last_page):
            return self._shorter(total)
        position = self.position.grown(total)
        return [replace(self, position=position)] if position else []

    def _is_cut(self, total: int, last_page: int | None) -> bool:
        shown = [pages for pages in (self.listing.last_page, last_page) if pages is not None]
        return bool(shown) and total > min(shown) * self.listing.size

    def _shorter(self, total: int) -> list["Part"]:
        shorter = self.span and halves(self.span)
        if not shorter:
            method = self.listing.method
            raise PermanentError(f"{method}: {total} rows within a second, some not shown")
        return [Part.whole(self.listing, span) for span in shorter]

    def following(self, ids: list[str], total: int) -> list["Part"]:
        """The rest of a part after an answer with these ids.

        A row that changes but stays in the window moves to the front, and pushes others past us
        without a change of the total. Fewer different rows than the total says give that away:
        the part is read once more, and whether that was complete is not asked.
        """
        if self.seen is not None:
            self.seen.update(ids)
        position = self.position.following(total)
        if position:
            return [replace(self, position=position)]
        if self.seen is not None and len(self.seen) < total:
            return [replace(self, position=LastToFirst(self.listing.size), seen=None)]
        return []


def remaining(listing: Listing, whole: Window | None, resume: str | None) -> list[Part]:
    """What is to be read after a mark; everything, if it isn't one of ours: that is never wrong."""
    try:
        span_text, page = (resume or "").split("|")
        span = _span(span_text, whole) if whole else None
        position = LastToFirst.resumed(page, listing.size)
    except ValueError:
        return [Part.whole(listing, whole)]
    part = Part(listing, span, position, seen=None if position.is_begun else set())
    if whole and span and span.end < whole.end:
        return [part, Part.whole(listing, Window(span.end, whole.end))]
    return [part]


def _span(text: str, whole: Window) -> Window:
    start, end = (datetime.fromtimestamp(int(second), UTC) for second in text.split("-"))
    if not whole.start <= start < end <= whole.end:
        raise ValueError("a span outside the window")
    return Window(start, end)
