"""Reads one Pinduoduo shop: which methods make up a stream, and how their pages are walked.

Every listing is read from its last page to its first, as PDD demands; `core.marketplace.paging`
says why. Ad reports have no pages.
"""

from collections import deque
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import partial
from typing import Any

from core.marketplace.contract import Mapped, Page, Rejected, ShopContext, Window
from core.marketplace.errors import PermanentError, TransientError
from core.marketplace.mapping import map_each
from core.marketplace.paging import LastToFirst
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


@dataclass(frozen=True)
class Part:
    """What is still to be read of a listing. seen: ids met; None once that can't be told."""

    listing: Listing
    position: LastToFirst = field(default_factory=lambda: LastToFirst(SIZE))
    seen: set[str] | None = field(default_factory=set)

    @property
    def mark(self) -> str:
        return f"{self.listing.name}|{self.position.mark}"

    def at(self, position: LastToFirst) -> "Part":
        return replace(self, position=position)

    def again(self) -> "Part":
        """From its start, once: whether the second reading was complete is not asked."""
        return Part(self.listing, seen=None)


@dataclass(frozen=True)
class Answer:
    """One page as PDD gave it."""

    rows: list[Any]
    total: int


class PinduoduoAdapter:
    """Pulls the streams of one shop."""

    def __init__(self, context: ShopContext) -> None:
        self._context = context
        self._client = Client(context)

    def pull(self, stream: str, window: Window, resume: str | None) -> AsyncIterator[Page]:
        """The pages of a window; of each listing the one with the newest changes comes last."""
        if stream == "ad_spend":
            return self._read_reports(window)
        return self._read(SOURCES[stream], window, resume)

    async def _read(
        self, source: Source, window: Window, resume: str | None
    ) -> AsyncIterator[Page]:
        parts = deque(_remaining(source, resume))
        is_whole = len(parts) == len(source.listings)
        requests, counted = 0, 0
        while parts:
            part = parts.popleft()
            answer = await self._ask(part, window)
            requests += 1
            position = part.position.grown(answer.total)
            if position:
                parts.appendleft(part.at(position))
                continue
            rest = _following(part, answer, source.id_field)
            parts.extendleft(rest)
            counted += 0 if rest else answer.total
            if parts and not answer.rows:
                continue  # most statuses of a refund window are empty: no page for each
            items, more_requests = await self._map(source, answer.rows)
            # Told with the last page: rows that left for a later window are no longer counted then.
            yield Page(
                items,
                parts[0].mark if parts else None,
                reported=None if parts or not is_whole else counted,
                requests=requests + more_requests,
            )
            requests = 0

    async def _ask(self, part: Part, window: Window) -> Answer:
        listing = part.listing
        params = {**listing.params, "page": part.position.page, "page_size": SIZE}
        if listing.between:
            params |= _seconds(window)
        content = await self._client.call(listing.method, params)
        rows = _rows(listing.method, content, listing.rows)
        total = content.get("total_count", None if rows else 0)
        if type(total) is not int:
            raise TransientError(f"{listing.method}: total_count is no number")
        return Answer(rows, total)

    async def _map(
        self, source: Source, rows: list[Any]
    ) -> tuple[tuple[Mapped | Rejected, ...], int]:
        requests = 0
        if source.has_details:
            known = [row for row in rows if isinstance(row, dict) and "goods_id" in row]
            for row in known:
                row["detail"] = await self._details(row["goods_id"])
            requests = len(known)
        items = map_each(
            rows,
            partial(source.map_one, self._mapper()),
            kind=source.kind,
            id_field=source.id_field,
            personal=PERSONAL,
        )
        return items, requests

    def _mapper(self) -> Mapper:
        return Mapper(self._context.currency, now=self._context.now())

    async def _details(self, goods_id: Any) -> Mapping[str, Any] | None:
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


def _seconds(window: Window) -> dict[str, int]:
    """A window in whole seconds, as PDD counts; at least one, so that it is no empty one."""
    start, end = int(window.start.timestamp()), int(window.end.timestamp())
    return {"start_updated_at": start, "end_updated_at": max(end, start + 1)}


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


def _remaining(source: Source, resume: str | None) -> list[Part]:
    """What is to be read after a mark; everything, if it isn't one of ours: that is never wrong."""
    plan = [Part(listing) for listing in source.listings]
    try:
        name, page = (resume or "").split("|")
        at = [listing.name for listing in source.listings].index(name)
        position = LastToFirst.resumed(page, SIZE)
    except ValueError:
        return plan
    seen: set[str] | None = None if position.is_begun else set()
    return [Part(source.listings[at], position, seen), *plan[at + 1 :]]


def _following(part: Part, answer: Answer, id_field: str) -> list[Part]:
    """The rest of a part after an answer.

    A row that changes but stays in the window moves to the front, and pushes others past us
    without a change of the total. Fewer different rows than the total says give that away.
    """
    if part.seen is not None:
        part.seen.update(_identity(row, id_field) for row in answer.rows)
    position = part.position.following(answer.total)
    if position:
        return [part.at(position)]
    if part.seen is not None and len(part.seen) < answer.total:
        return [part.again()]
    return []


def _identity(row: Any, id_field: str) -> str:
    return str(row.get(id_field)) if isinstance(row, dict) else repr(row)
