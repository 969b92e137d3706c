"""Reads one JD shop: which JOS methods make up a stream, and how their pages are walked.

Listings are read from their last page to their first; `core.marketplace.paging` says why. One with
more rows than JD shows for a condition is read in shorter spans.
"""

from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from core.marketplace.contract import Page, ShopContext, Window
from core.marketplace.errors import PermanentError
from core.marketplace.paging import SECOND, Forwards, LastToFirst, halves
from plugins.marketplaces.jd.client import CHINA, Client, wall_clock
from plugins.marketplaces.jd.pages import PageMapper
from plugins.marketplaces.jd.sources import SOURCES, Listing, Source


@dataclass(frozen=True)
class Part:
    """What is still to be read of a window.

    span: the times to ask for; None asks for all.
    seen: ids met in this part; None once that can't be told any more.
    """

    span: Window | None
    position: LastToFirst
    seen: set[str] | None = field(default_factory=set)

    @property
    def mark(self) -> str:
        span = self.span and f"{self.span.start.timestamp():.0f}-{self.span.end.timestamp():.0f}"
        return f"{span or ''}|{self.position.mark}"

    def at(self, position: LastToFirst) -> "Part":
        return replace(self, position=position)

    def again(self) -> "Part":
        """From its start, once: whether the second reading was complete is not asked."""
        return replace(self, position=LastToFirst(self.position.size), seen=None)


@dataclass(frozen=True)
class Answer:
    """One page as JD gave it; total is 0 for listings that tell none."""

    rows: list[Any]
    total: int


class JdAdapter:
    """Pulls the streams of one shop."""

    def __init__(self, context: ShopContext) -> None:
        self._context = context
        self._client = Client(context)

    def pull(self, stream: str, window: Window, resume: str | None) -> AsyncIterator[Page]:
        """The pages of a window; the one with the newest changes comes last."""
        source = SOURCES[stream]
        read = self._read if source.listing.total else self._read_forwards
        return read(source, window, resume)

    async def _read(
        self, source: Source, window: Window, resume: str | None
    ) -> AsyncIterator[Page]:
        whole = _whole_seconds(window)
        parts = deque(_remaining(source.listing, whole, resume))
        pages = PageMapper(source, self._client, self._context)
        requests, counted = 0, 0
        while parts:
            part = parts.popleft()
            answer = await self._ask(source.listing, part.span, part.position.page)
            requests += 1
            earlier = _reconsidered(source.listing, part, whole, answer.total)
            if earlier:
                parts.extendleft(reversed(earlier))
                continue
            rest = _following(source, part, answer)
            parts.extendleft(rest)
            counted += 0 if rest else answer.total
            items, more_requests = await pages.map(answer.rows)
            # Told with the last page: rows that left for a later window are no longer counted then.
            is_total = not parts and (resume is None or part.span == whole)
            yield Page(
                items,
                parts[0].mark if parts else None,
                reported=counted + pages.added if is_total else None,
                requests=requests + more_requests,
            )
            requests = 0

    async def _read_forwards(
        self, source: Source, window: Window, resume: str | None
    ) -> AsyncIterator[Page]:
        """A listing whose rows keep their places, until a page is not full."""
        position: Forwards | None = _resumed(resume)
        pages = PageMapper(source, self._client, self._context)
        while position:
            answer = await self._ask(source.listing, window, position.page)
            position = position.following(len(answer.rows) >= source.listing.size)
            items, requests = await pages.map(answer.rows)
            yield Page(items, str(position.page) if position else None, requests=1 + requests)

    async def _ask(self, listing: Listing, span: Window | None, page: int) -> Answer:
        params = {**listing.params, **listing.position(page), **_bounds(listing, span)}
        result = await self._client.result(listing.method, params, listing.result)
        return Answer(*listing.read(result))


def _whole_seconds(window: Window) -> Window:
    """The span as JD counts; at least a second, because JD refuses none."""
    start = window.start.replace(microsecond=0)
    return Window(start, max(window.end.replace(microsecond=0), start + SECOND))


def _bounds(listing: Listing, span: Window | None) -> dict[str, str]:
    if listing.between is None or span is None:
        return {}
    after, before = listing.between
    if not listing.as_days:
        return {after: wall_clock(span.start), before: wall_clock(span.end)}
    last = span.end.astimezone(CHINA) - timedelta(microseconds=1)
    first = span.start.astimezone(CHINA)
    return {after: f"{first:%Y-%m-%d} 00:00:00", before: f"{last:%Y-%m-%d} 23:59:59"}


def _resumed(resume: str | None) -> Forwards:
    try:
        return Forwards(max(1, int(resume or 1)))
    except ValueError:  # not one of our marks: from the start, that is never wrong
        return Forwards()


def _remaining(listing: Listing, whole: Window, resume: str | None) -> list[Part]:
    """What is to be read after a mark; everything, if it isn't one of ours: that is never wrong."""
    span = whole if listing.between else None
    try:
        text, page = (resume or "").split("|")
        if bool(text) != bool(span):
            raise ValueError("a mark of another kind of listing")
        span = _span(text, whole) if text else None
        position = LastToFirst.resumed(page, listing.size)
    except ValueError:
        return [Part(whole if listing.between else None, LastToFirst(listing.size))]
    parts = [Part(span, position, seen=None if position.is_begun else set())]
    if span and span.end < whole.end:
        parts.append(Part(Window(span.end, whole.end), LastToFirst(listing.size)))
    return parts


def _span(text: str, whole: Window) -> Window:
    start, end = (datetime.fromtimestamp(int(second), UTC) for second in text.split("-"))
    if not whole.start <= start < end <= whole.end:
        raise ValueError("a span outside the window")
    return Window(start, end)


def _reconsidered(listing: Listing, part: Part, whole: Window, total: int) -> list[Part]:
    """What to read instead when an answer shows that rows would be missed, else nothing."""
    if listing.cut_at is not None and total >= listing.cut_at:
        shorter = halves(part.span or whole)
        if shorter is None:
            raise PermanentError(f"{listing.method}: {total} rows within a second, some not shown")
        return [Part(span, LastToFirst(listing.size)) for span in shorter]
    position = part.position.grown(total)
    return [part.at(position)] if position else []


def _following(source: Source, part: Part, answer: Answer) -> list[Part]:
    """The rest of a part after an answer.

    A row that changes but stays in the window moves to the front, and pushes others past us
    without a change of the total. Fewer different rows than the total says give that away.
    """
    if part.seen is not None:
        part.seen.update(map(source.identity, answer.rows))
    position = part.position.following(answer.total)
    if position:
        return [part.at(position)]
    if part.seen is not None and len(part.seen) < answer.total:
        return [part.again()]
    return []
