"""Reads one Taobao shop: which TOP methods make up a stream, and how their pages are walked.

Every listing is read from its last page to its first, as TOP asks for; `core.marketplace.paging`
says why. A listing with more rows than TOP shows for one condition is read in shorter spans.
"""

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

from core.marketplace.contract import Mapped, Page, Rejected, ShopContext, Window
from core.marketplace.details import Details
from core.marketplace.errors import TransientError
from core.marketplace.mapping import TOMORROW, map_each
from core.marketplace.paging import Part, Shown, Walk, page_size, whole_seconds
from plugins.marketplaces.taobao.ads import AdReports
from plugins.marketplaces.taobao.client import Client, wall_clock
from plugins.marketplaces.taobao.mapping import Mapper
from plugins.marketplaces.taobao.sources import ITEM_DETAILS, SOURCES, Listing, Source
from plugins.marketplaces.taobao.words import PERSONAL

FOUNDED = datetime(2003, 5, 10, tzinfo=UTC)  # Taobao went online: no item was changed before
ITEMS_PER_CALL = 20
UNTOLD: Mapping[str, Any] = {"skus": {"sku": []}}


class TaobaoAdapter:
    """Pulls the streams of one shop."""

    def __init__(self, context: ShopContext) -> None:
        self._context = context
        self._client = Client(context)
        self._walks = {name: Walk(source.identity) for name, source in SOURCES.items()}
        self._details = Details[tuple[str, ...], dict[str, Mapping[str, Any]]](self._ask_details)

    def pull(self, stream: str, window: Window, resume: str | None) -> AsyncIterator[Page]:
        """The pages of a window; the one with the newest changes comes last."""
        if stream == "ad_spend":
            return AdReports(self._context, self._client).read(window, resume)
        return self._read(SOURCES[stream], self._walks[stream], window, resume)

    async def _read(
        self, source: Source, walk: Walk, window: Window, resume: str | None
    ) -> AsyncIterator[Page]:
        listings = {listing.name: listing for listing in source.listings}
        walk.begin(self._plan(source, window), resume, self._context.now())
        requests = 0
        while part := walk.part:
            shown = await self._ask(listings[part.name], part)
            requests += 1
            if step := walk.take(shown):
                items, more = await self._map(source, step.rows)
                yield Page(items, step.resume, step.reported, requests + more)
                requests = 0

    def _plan(self, source: Source, window: Window) -> list[Part]:
        span = None if source.is_full_scan else whole_seconds(window)
        whole = span or whole_seconds(Window(FOUNDED, self._context.now()))
        return [
            Part.new(each.name, page_size(each.size, self._context.config), span, whole)
            for each in source.listings
        ]

    async def _ask(self, listing: Listing, part: Part) -> Shown:
        params = {
            **listing.params,
            "page_no": str(part.position.page),
            "page_size": str(part.position.size),
        }
        if part.span:
            after, before = listing.between
            params |= {after: wall_clock(part.span.start), before: wall_clock(part.span.end)}
        content = await self._client.call(listing.method, params)
        rows = _rows(listing.method, content, *listing.rows)
        total = content.get("total_results", None if rows else 0)
        if type(total) is not int:
            raise TransientError(f"{listing.method}: total_results is no number")
        return Shown(rows, total, listing.cut_at is not None and total >= listing.cut_at)

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
        """The listed items with their SKUs. The listing wins: in details `list_time` is wrong.

        TOP leaves `skus` out of the details of an item without variants, and items that are gone
        meanwhile out of all details: of these the SKUs are unknown, so none.
        """
        ids = [str(row["num_iid"]) for row in rows if isinstance(row, dict) and "num_iid" in row]
        batches = [ids[at : at + ITEMS_PER_CALL] for at in range(0, len(ids), ITEMS_PER_CALL)]
        found = await self._details.of({tuple(batch): batch for batch in batches})
        details: dict[str, Mapping[str, Any]] = {}
        for each in found.values():
            details |= each
        merged = [
            {**details.get(str(row.get("num_iid")), UNTOLD), **row}
            if isinstance(row, dict)
            else row
            for row in rows
        ]
        return merged, len(batches)

    async def _ask_details(self, batch: list[str]) -> dict[str, Mapping[str, Any]]:
        params = {**ITEM_DETAILS.params, "num_iids": ",".join(batch)}
        content = await self._client.call(ITEM_DETAILS.method, params)
        found = _rows(ITEM_DETAILS.method, content, *ITEM_DETAILS.rows)
        return {str(item.get("num_iid")): item for item in found if isinstance(item, dict)}


def _rows(method: str, content: Mapping[str, Any], outer: str, inner: str) -> list[Any]:
    """TOP wraps lists twice, and leaves out empty ones."""
    wrapper = content.get(outer, {})
    rows = wrapper.get(inner, []) if isinstance(wrapper, dict) else None
    if not isinstance(rows, list):
        raise TransientError(f"{method}: {outer}.{inner} is no list")
    return rows
