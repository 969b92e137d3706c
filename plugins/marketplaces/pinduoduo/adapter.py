"""Reads one Pinduoduo shop: which methods make up a stream, and how their pages are walked.

Every listing is read from its last page to its first, as PDD demands; `core.marketplace.paging`
says why. Ad reports have no pages.
"""

from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import date, timedelta
from functools import partial
from typing import Any

from core.marketplace.contract import Mapped, Page, Rejected, ShopContext, Window
from core.marketplace.details import Details
from core.marketplace.errors import PermanentError, TransientError
from core.marketplace.mapping import map_each
from core.marketplace.paging import Part, Shown, Walk, page_size, whole_seconds
from plugins.marketplaces.pinduoduo.client import BUSINESS, Client
from plugins.marketplaces.pinduoduo.fields import CHINA
from plugins.marketplaces.pinduoduo.mapping import PERSONAL, Mapper
from plugins.marketplaces.pinduoduo.sources import (
    ADVERTISER,
    DETAILS,
    REPORTS,
    SCENES,
    SIZE,
    SOURCES,
    Listing,
    Source,
)

DAY = timedelta(days=1)
INSTANT = timedelta(microseconds=1)
REPORTED = timedelta(days=89)  # PDD shows 90 days of ads, whatever a shop's `retention_days` says


class PinduoduoAdapter:
    """Pulls the streams of one shop."""

    def __init__(self, context: ShopContext) -> None:
        self._context = context
        self._client = Client(context)
        self._size = page_size(SIZE, context.config)
        self._walks = {name: Walk(source.identity) for name, source in SOURCES.items()}
        self._details = Details[str, Mapping[str, Any] | None](self._ask_details)

    def pull(self, stream: str, window: Window, resume: str | None) -> AsyncIterator[Page]:
        """The pages of a window; of each listing the one with the newest changes comes last."""
        if stream == "ad_spend":
            return self._read_reports(window)
        return self._read(SOURCES[stream], self._walks[stream], window, resume)

    async def _read(
        self, source: Source, walk: Walk, window: Window, resume: str | None
    ) -> AsyncIterator[Page]:
        listings = {listing.name: listing for listing in source.listings}
        walk.begin(
            [self._part(listing, window) for listing in source.listings],
            resume,
            self._context.now(),
        )
        requests = 0
        while part := walk.part:
            shown = await self._ask(listings[part.name], part)
            requests += 1
            if step := walk.take(shown):
                items, more = await self._map(source, step.rows)
                yield Page(items, step.resume, step.reported, requests + more)
                requests = 0

    def _part(self, listing: Listing, window: Window) -> Part:
        span = whole_seconds(window) if listing.between else None
        return Part.new(listing.name, self._size, span)

    async def _ask(self, listing: Listing, part: Part) -> Shown:
        params = {**listing.params, "page": part.position.page, "page_size": self._size}
        if part.span:
            start, end = part.span.start.timestamp(), part.span.end.timestamp()
            params |= {"start_updated_at": int(start), "end_updated_at": int(end)}
        content = await self._client.call(listing.method, params)
        rows = _rows(listing.method, content, listing.rows)
        total = content.get("total_count", None if rows else 0)
        if type(total) is not int:
            raise TransientError(f"{listing.method}: total_count is no number")
        return Shown(rows, total)

    async def _map(
        self, source: Source, rows: list[Any]
    ) -> tuple[tuple[Mapped | Rejected, ...], int]:
        requests = 0
        if source.has_details:
            rows, requests = await self._with_details(rows)
        items = map_each(
            rows,
            partial(source.map_one, self._mapper()),
            kind=source.kind,
            id_field=source.id_field,
            personal=PERSONAL,
        )
        return items, requests

    async def _with_details(self, rows: list[Any]) -> tuple[list[Any], int]:
        wanted = {
            repr(row): row["goods_id"]
            for row in rows
            if isinstance(row, dict) and "goods_id" in row
        }
        found = await self._details.of(wanted)
        merged = [
            {**row, "detail": found[repr(row)]} if repr(row) in found else row for row in rows
        ]
        return merged, len(wanted)

    def _mapper(self) -> Mapper:
        return Mapper(self._context.currency, now=self._context.now())

    async def _ask_details(self, goods_id: Any) -> Mapping[str, Any] | None:
        """Prices and status of listed goods; None if they were deleted since they were listed."""
        try:
            return await self._client.call(DETAILS, {"goods_id": goods_id})
        except PermanentError as refusal:
            if refusal.platform_code != BUSINESS:
                raise
            return None

    async def _read_reports(self, window: Window) -> AsyncIterator[Page]:
        """The days of a window, of each scene in turn: one page, because there are few rows."""
        items: list[Mapped | Rejected] = []
        today = self._context.now().astimezone(CHINA).date()
        asked = [(scene, *days) for scene in SCENES for days in _day_spans(window, today)]
        for scene, first, last in asked:
            rows = await self._ask_report(scene, first, last)
            map_one = partial(self._mapper().report, channel=SCENES[scene])
            items += map_each(rows, map_one, kind="ad_spend", id_field="date", personal=PERSONAL)
        yield Page(tuple(items), None, requests=len(asked))

    async def _ask_report(self, scene: int, first: date, last: date) -> list[Any]:
        params = {
            "startDateString": first.isoformat(),
            "endDateString": last.isoformat(),
            "queryDimensionType": ADVERTISER,
            "scenesType": scene,
        }
        content = await self._client.call(REPORTS, params)
        result = content.get("result")
        return _rows(REPORTS, result if isinstance(result, dict) else {}, "dailyReportList")


def _day_spans(window: Window, today: date) -> Iterator[tuple[date, date]]:
    """First and last day of each span of a window: PDD refuses to mix today with earlier days."""
    first = max(window.start.astimezone(CHINA).date(), today - REPORTED)
    last = min((window.end - INSTANT).astimezone(CHINA).date(), today)
    if first <= last and first < today:
        yield first, min(last, today - DAY)
    if last == today:
        yield today, today


def _rows(method: str, content: Mapping[str, Any], name: str) -> list[Any]:
    """An empty list may come as null, or not at all."""
    rows = content.get(name)
    if rows is None:
        return []
    if not isinstance(rows, list):
        raise TransientError(f"{method}: {name} is no list")
    return rows
