"""Reads one Xiaohongshu shop: lists changed rows page by page, last to first, and completes them.

ARK asks for that order ("from the last page to the first"); `core.marketplace.paging` says why. A
window with more rows than ARK shows for one condition is read in shorter spans.
"""

from collections import deque
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from core.marketplace.contract import Mapped, Page, Payload, Rejected, ShopContext, Window
from core.marketplace.errors import MappingError, PermanentError, TransientError
from core.marketplace.mapping import map_each, masked
from core.marketplace.paging import SECOND
from plugins.marketplaces.xiaohongshu.client import Client
from plugins.marketplaces.xiaohongshu.details import Details, Found
from plugins.marketplaces.xiaohongshu.mapping import PERSONAL, Mapper
from plugins.marketplaces.xiaohongshu.plan import Part, remaining
from plugins.marketplaces.xiaohongshu.sources import SOURCES, Source

TOMORROW = timedelta(days=1)
TIME_UNITS = ("s", "ms")
"""What `time_unit` of a shop's config can be: the unit of the bounds of `order.getOrderList`.
The documentation names none, its examples are seconds. All other units are documented."""


@dataclass(frozen=True)
class Answer:
    """One page as ARK gave it."""

    rows: list[Any]
    total: int
    last_page: int | None


class XiaohongshuAdapter:
    """Pulls the streams of one shop."""

    def __init__(self, context: ShopContext) -> None:
        self._context = context
        self._client = Client(context)
        self._time_unit = str(context.config.get("time_unit") or TIME_UNITS[0])
        self._details = {
            name: Details(self._client, source.detail, source.id_field)
            for name, source in SOURCES.items()
        }
        if self._time_unit not in TIME_UNITS:
            offered = ", ".join(TIME_UNITS)
            raise PermanentError(f"time_unit {self._time_unit!r} is none of {offered}")

    def pull(self, stream: str, window: Window, resume: str | None) -> AsyncIterator[Page]:
        """The pages of a window; the one with the newest changes comes last."""
        return self._read(SOURCES[stream], self._details[stream], window, resume)

    async def _read(
        self, source: Source, details: Details, window: Window, resume: str | None
    ) -> AsyncIterator[Page]:
        whole = None if source.is_full_scan else _in_seconds(window)
        parts = deque(remaining(source.listing, whole, resume))
        counted = 0
        while parts:
            part = parts.popleft()
            answer = await self._ask(part)
            instead = part.reconsidered(answer.total, answer.last_page)
            if instead:
                parts.extendleft(reversed(instead))
                continue
            items = self._map(source, await details.of(answer.rows))
            rest = part.following([_identity(row, source) for row in answer.rows], answer.total)
            parts.extendleft(rest)
            counted += 0 if rest else answer.total
            # Told with the last page: rows that left for a later window are no longer counted then.
            is_total = not parts and (resume is None or part.span == whole)
            yield Page(
                items,
                parts[0].mark if parts else None,
                reported=counted if is_total else None,
                requests=self._client.count(),
            )

    async def _ask(self, part: Part) -> Answer:
        listing = part.listing
        params = {**listing.params, "pageNo": part.position.page, "pageSize": listing.size}
        if part.span:
            params |= listing.between(part.span.start, part.span.end, self._time_unit)
        content = await self._client.call(listing.method, params)
        rows, total = content.get(listing.rows) or [], content.get(listing.total)
        if not isinstance(rows, list):
            raise TransientError(f"{listing.method}: {listing.rows} is no list")
        if type(total) is not int:
            raise TransientError(f"{listing.method}: {listing.total} is no number")
        last_page = content.get("maxPageNo")
        # An empty listing may have page 0 as its last.
        is_told = type(last_page) is int and last_page > 0
        return Answer(rows, total, last_page if is_told else None)

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


def _in_seconds(window: Window) -> Window:
    """The span in whole seconds, as ARK counts; at least one, because ARK refuses none."""
    start = window.start.replace(microsecond=0)
    return Window(start, max(window.end.replace(microsecond=0), start + SECOND))


def _identity(row: Any, source: Source) -> str:
    return str(row.get(source.id_field)) if isinstance(row, dict) else repr(row)


def _rejected(source: Source, found: Found) -> Rejected:
    """A row whose details ARK refuses to tell; kept as the list showed it."""
    number = str(found.body[source.id_field])
    error = MappingError(source.detail.method, str(found.refusal), "the details of the row")
    return Rejected(source.kind, number[:128], error, Payload(masked(dict(found.body), PERSONAL)))
