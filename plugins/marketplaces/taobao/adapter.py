"""Reads one Taobao shop: which TOP methods make up a stream, and how their pages are walked.

Every listing is read from its last page to its first, as TOP asks for; `core.marketplace.paging`
says why. A listing with more rows than TOP shows for one condition is read in shorter spans.
"""

from collections import deque
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from core.marketplace.contract import Mapped, Page, Rejected, ShopContext, Window
from core.marketplace.errors import PermanentError, TransientError
from core.marketplace.mapping import map_each
from core.marketplace.paging import SECOND, LastToFirst, halves
from plugins.marketplaces.taobao.ads import AdReports
from plugins.marketplaces.taobao.client import Client, wall_clock
from plugins.marketplaces.taobao.mapping import Mapper
from plugins.marketplaces.taobao.sources import ITEM_DETAILS, SOURCES, Listing, Source
from plugins.marketplaces.taobao.words import PERSONAL

FOUNDED = datetime(2003, 5, 10, tzinfo=UTC)  # Taobao went online: no item was changed before
ITEMS_PER_CALL = 20
TOMORROW = timedelta(days=1)


@dataclass(frozen=True)
class Part:
    """What is still to be read of a listing.

    span: the times to ask for; None asks for all.
    seen: ids met in this part; None once that can't be told any more.
    """

    listing: Listing
    span: Window | None
    position: LastToFirst
    seen: set[str] | None = field(default_factory=set)

    @property
    def mark(self) -> str:
        span = self.span and f"{self.span.start.timestamp():.0f}-{self.span.end.timestamp():.0f}"
        return f"{self.listing.name}|{span or ''}|{self.position.mark}"

    def at(self, position: LastToFirst) -> "Part":
        return replace(self, position=position)

    def again(self) -> "Part":
        """From its start, once: whether the second reading was complete is not asked."""
        return replace(self, position=LastToFirst(self.listing.size), seen=None)


@dataclass(frozen=True)
class Answer:
    """One page as TOP gave it."""

    rows: list[Any]
    total: int


class TaobaoAdapter:
    """Pulls the streams of one shop."""

    def __init__(self, context: ShopContext) -> None:
        self._context = context
        self._client = Client(context)

    def pull(self, stream: str, window: Window, resume: str | None) -> AsyncIterator[Page]:
        """The pages of a window; the one with the newest changes comes last."""
        if stream == "ad_spend":
            return AdReports(self._context, self._client).read(window, resume)
        return self._read(SOURCES[stream], window, resume)

    async def _read(
        self, source: Source, window: Window, resume: str | None
    ) -> AsyncIterator[Page]:
        whole = self._whole(source, window)
        parts = deque(_remaining(source, whole, resume))
        requests, counted = 0, 0
        while parts:
            part = parts.popleft()
            answer = await self._ask(part)
            requests += 1
            earlier = _reconsidered(part, whole, answer.total)
            if earlier:
                parts.extendleft(reversed(earlier))
                continue
            rest = _following(part, answer, source.id_field)
            parts.extendleft(rest)
            counted += 0 if rest else answer.total
            items, more_requests = await self._map(source, answer.rows)
            # Told with the last page: rows that left for a later window are no longer counted then.
            is_total = not parts and (resume is None or part.span == whole)
            yield Page(
                items,
                parts[0].mark if parts else None,
                reported=counted if is_total else None,
                requests=requests + more_requests,
            )
            requests = 0

    def _whole(self, source: Source, window: Window) -> Window:
        """The span in whole seconds, as TOP counts; at least one, because TOP refuses none."""
        if source.is_full_scan:
            window = Window(FOUNDED, self._context.now())
        start = window.start.replace(microsecond=0)
        return Window(start, max(window.end.replace(microsecond=0), start + SECOND))

    async def _ask(self, part: Part) -> Answer:
        listing = part.listing
        params = {
            **listing.params,
            "page_no": str(part.position.page),
            "page_size": str(listing.size),
        }
        if part.span:
            after, before = listing.between
            params |= {after: wall_clock(part.span.start), before: wall_clock(part.span.end)}
        content = await self._client.call(listing.method, params)
        rows = _rows(listing.method, content, *listing.rows)
        total = content.get("total_results", None if rows else 0)
        if type(total) is not int:
            raise TransientError(f"{listing.method}: total_results is no number")
        return Answer(rows, total)

    async def _map(
        self, source: Source, rows: list[Any]
    ) -> tuple[tuple[Mapped | Rejected, ...], int]:
        requests = 0
        if source.has_details:
            rows, requests = await self._with_details(rows)
        mapper = Mapper(self._context.currency, latest=self._context.now() + TOMORROW)
        items = map_each(
            rows,
            partial(source.map_one, mapper),
            kind=source.kind,
            id_field=source.id_field,
            personal=PERSONAL,
        )
        return items, requests

    async def _with_details(self, rows: list[Any]) -> tuple[list[Any], int]:
        """The listed items with their SKUs. The listing wins: in details `list_time` is wrong."""
        ids = [str(row["num_iid"]) for row in rows if isinstance(row, dict) and "num_iid" in row]
        details: dict[str, Mapping[str, Any]] = {}
        batches = [ids[at : at + ITEMS_PER_CALL] for at in range(0, len(ids), ITEMS_PER_CALL)]
        for batch in batches:
            params = {**ITEM_DETAILS.params, "num_iids": ",".join(batch)}
            content = await self._client.call(ITEM_DETAILS.method, params)
            found = _rows(ITEM_DETAILS.method, content, *ITEM_DETAILS.rows)
            details |= {str(item.get("num_iid")): item for item in found if isinstance(item, dict)}
        merged = [
            {**details.get(str(row.get("num_iid")), {}), **row} if isinstance(row, dict) else row
            for row in rows
        ]
        return merged, len(batches)


def _rows(method: str, content: Mapping[str, Any], outer: str, inner: str) -> list[Any]:
    """TOP wraps lists twice, and leaves out empty ones."""
    wrapper = content.get(outer, {})
    rows = wrapper.get(inner, []) if isinstance(wrapper, dict) else None
    if not isinstance(rows, list):
        raise TransientError(f"{method}: {outer}.{inner} is no list")
    return rows


def _remaining(source: Source, whole: Window, resume: str | None) -> list[Part]:
    """What is to be read after a mark; everything, if it isn't one of ours: that is never wrong."""
    span = None if source.is_full_scan else whole
    plan = [Part(listing, span, LastToFirst(listing.size)) for listing in source.listings]
    try:
        name, span_text, page = (resume or "").split("|")
        at = [listing.name for listing in source.listings].index(name)
        listing = source.listings[at]
        span = _span(span_text, whole) if span_text else None
        position = LastToFirst.resumed(page, listing.size)
    except ValueError:
        return plan
    part = Part(listing, span, position, seen=None if position.is_begun else set())
    rest = plan[at + 1 :]
    if span and span.end < whole.end:
        rest.insert(0, Part(listing, Window(span.end, whole.end), LastToFirst(listing.size)))
    return [part, *rest]


def _span(text: str, whole: Window) -> Window:
    start, end = (datetime.fromtimestamp(int(second), UTC) for second in text.split("-"))
    if not whole.start <= start < end <= whole.end:
        raise ValueError("a span outside the window")
    return Window(start, end)


def _reconsidered(part: Part, whole: Window, total: int) -> list[Part]:
    """What to read instead when an answer shows that rows would be missed, else nothing."""
    listing = part.listing
    if listing.cut_at is not None and total >= listing.cut_at:
        shorter = halves(part.span or whole)
        if shorter is None:
            raise PermanentError(f"{listing.method}: {total} rows within a second, some not shown")
        return [Part(listing, span, LastToFirst(listing.size)) for span in shorter]
    position = part.position.grown(total)
    return [part.at(position)] if position else []


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
