"""Reads one Xiaohongshu shop: lists changed rows page by page, last to first, and completes them.

ARK asks for that order ("from the last page to the first"); `core.marketplace.paging` says why. A
window with more rows than ARK shows for one condition is read in shorter spans.
"""

from collections.abc import AsyncIterator, Sequence
from functools import partial
from typing import Any

from core.marketplace.contract import Mapped, Page, Payload, Rejected, ShopContext, Window
from core.marketplace.errors import MappingError, PermanentError, TransientError
from core.marketplace.mapping import TOMORROW, map_each, masked
from core.marketplace.paging import Part, Shown, Walk, page_size, whole_seconds
from plugins.marketplaces.xiaohongshu.client import Client
from plugins.marketplaces.xiaohongshu.details import Found, RowDetails
from plugins.marketplaces.xiaohongshu.mapping import PERSONAL, Mapper
from plugins.marketplaces.xiaohongshu.sources import SOURCES, Listing, Source

TIME_UNITS = ("s", "ms")
"""What `time_unit` of a shop's config can be: the unit of the bounds of `order.getOrderList`.
The documentation names none, its examples are seconds. All other units are documented."""


class XiaohongshuAdapter:
    """Pulls the streams of one shop."""

    def __init__(self, context: ShopContext) -> None:
        self._context = context
        self._client = Client(context)
        self._time_unit = str(context.config.get("time_unit") or TIME_UNITS[0])
        self._details = {
            name: RowDetails(self._client, source.detail, source.id_field)
            for name, source in SOURCES.items()
        }
        self._walks = {name: Walk(source.identity) for name, source in SOURCES.items()}
        if self._time_unit not in TIME_UNITS:
            offered = ", ".join(TIME_UNITS)
            raise PermanentError(f"time_unit {self._time_unit!r} is none of {offered}")

    def pull(self, stream: str, window: Window, resume: str | None) -> AsyncIterator[Page]:
        """The pages of a window; the one with the newest changes comes last."""
        return self._read(stream, window, resume)

    async def _read(self, stream: str, window: Window, resume: str | None) -> AsyncIterator[Page]:
        source, walk = SOURCES[stream], self._walks[stream]
        listing = source.listing
        span = None if source.is_full_scan else whole_seconds(window)
        size = page_size(listing.size, self._context.config)
        walk.begin([Part.new(listing.method, size, span)], resume, self._context.now())
        while part := walk.part:
            shown = await self._ask(listing, part)
            if step := walk.take(shown):
                items = self._map(source, await self._details[stream].of(step.rows))
                yield Page(items, step.resume, step.reported, self._client.count())

    async def _ask(self, listing: Listing, part: Part) -> Shown:
        size = part.position.size
        params = {**listing.params, "pageNo": part.position.page, "pageSize": size}
        if part.span:
            params |= listing.between(part.span.start, part.span.end, self._time_unit)
        content = await self._client.call(listing.method, params)
        rows, total = content.get(listing.rows) or [], content.get(listing.total)
        if not isinstance(rows, list):
            raise TransientError(f"{listing.method}: {listing.rows} is no list")
        if type(total) is not int:
            raise TransientError(f"{listing.method}: {listing.total} is no number")
        return Shown(rows, total, _is_cut(listing, total, size, content.get("maxPageNo")))

    def _map(self, source: Source, found: Sequence[Found]) -> tuple[Mapped | Rejected, ...]:
        mapper = Mapper(self._context.currency, latest=self._context.now() + TOMORROW)
        items = map_each(
            [each.body for each in found if each.refusal is None],
            partial(source.map_one, mapper),
            kind=source.kind,
            id_field=source.id_field,
            personal=PERSONAL,
        )
        return (*items, *(_rejected(source, each) for each in found if each.refusal))


def _is_cut(listing: Listing, total: int, size: int, told: Any) -> bool:
    """Whether ARK counts more rows than it shows. told: the last page that it says there is.

    An empty listing may have page 0 as its last.
    """
    last_pages = [told] if type(told) is int and told > 0 else []
    last_pages += [] if listing.last_page is None else [listing.last_page]
    return bool(last_pages) and total > min(last_pages) * size


def _rejected(source: Source, found: Found) -> Rejected:
    """A row whose details ARK refuses to tell; kept as the list showed it."""
    number = str(found.body[source.id_field])
    error = MappingError(source.detail.method, str(found.refusal), "the details of the row")
    return Rejected(source.kind, number[:128], error, Payload(masked(dict(found.body), PERSONAL)))
