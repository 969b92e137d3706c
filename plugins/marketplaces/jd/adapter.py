"""Reads one JD shop: which JOS methods make up a stream, and how their pages are walked.

Listings are read from their last page to their first; `core.marketplace.paging` says why. One with
more rows than JD shows for a condition is read in shorter spans.
"""

from collections.abc import AsyncIterator
from datetime import timedelta

from core.marketplace.contract import Page, ShopContext, Window
from core.marketplace.paging import Forwards, Part, Shown, Walk, page_size, whole_seconds
from plugins.marketplaces.jd.client import CHINA, Client, wall_clock
from plugins.marketplaces.jd.pages import Completion, PageMapper
from plugins.marketplaces.jd.sources import SOURCES, Listing, Source


class JdAdapter:
    """Pulls the streams of one shop."""

    def __init__(self, context: ShopContext) -> None:
        self._context = context
        self._client = Client(context)
        self._completion = Completion(self._client)
        self._walks = {name: Walk(source.identity) for name, source in SOURCES.items()}

    def pull(self, stream: str, window: Window, resume: str | None) -> AsyncIterator[Page]:
        """The pages of a window; the one with the newest changes comes last."""
        source = SOURCES[stream]
        if source.listing.total:
            return self._read(source, self._walks[stream], window, resume)
        return self._read_forwards(source, window, resume)

    async def _read(
        self, source: Source, walk: Walk, window: Window, resume: str | None
    ) -> AsyncIterator[Page]:
        listing = source.listing
        whole = whole_seconds(window)
        size = page_size(listing.size, self._context.config)
        span = whole if listing.between else None
        walk.begin([Part.new(listing.method, size, span, whole)], resume, self._context.now())
        pages = PageMapper(source, self._completion, self._context)
        requests = 0
        while part := walk.part:
            shown = await self._ask(listing, part.span, part.position.page, size)
            requests += 1
            if step := walk.take(shown):
                items, more = await pages.map(step.rows)
                reported = None if step.reported is None else step.reported + pages.added
                yield Page(items, step.resume, reported, requests + more)
                requests = 0

    async def _read_forwards(
        self, source: Source, window: Window, resume: str | None
    ) -> AsyncIterator[Page]:
        """A listing whose rows keep their places, until a page is not full."""
        listing = source.listing
        position: Forwards | None = _resumed(resume)
        pages = PageMapper(source, self._completion, self._context)
        while position:
            shown = await self._ask(listing, window, position.page, listing.size)
            position = position.following(len(shown.rows) >= listing.size)
            items, requests = await pages.map(list(shown.rows))
            yield Page(items, str(position.page) if position else None, requests=1 + requests)

    async def _ask(self, listing: Listing, span: Window | None, page: int, size: int) -> Shown:
        params = {**listing.params, **listing.position(page, size), **_bounds(listing, span)}
        result = await self._client.result(listing.method, params, listing.result)
        rows, total = listing.read(result)
        return Shown(rows, total, listing.cut_at is not None and total >= listing.cut_at)


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
