"""Reads one shop: the pages of a window, and the lines of an order put together.

A listing sorts by time of change, the oldest first. An order that changes leaves its place for
the end or for a later window, and those behind it move forward: so pages are read from the last
to the first, where that means meeting one twice instead of missing one.
"""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

from core.marketplace.contract import Page, ShopContext, Window
from core.marketplace.mapping import map_each
from core.marketplace.paging import Part, Shown, Walk, page_size, whole_seconds

from opsgraph_csvshop.client import Client
from opsgraph_csvshop.mapping import PERSONAL, map_order

SIZE = 100
"""Orders per page, at most."""


class CsvShopAdapter:
    """Pulls the streams of one shop."""

    def __init__(self, context: ShopContext) -> None:
        self._context = context
        self._client = Client(context)
        self._walk = Walk(itemgetter("order_id"))

    async def pull(self, stream: str, window: Window, resume: str | None) -> AsyncIterator[Page]:
        """The pages of a window; `Walk` says which is next, and which rows are news."""
        walk, size = self._walk, page_size(SIZE, self._context.config)
        walk.begin([Part.new(stream, size, whole_seconds(window))], resume, self._context.now())
        while part := walk.part:
            if step := walk.take(await self._ask(part)):
                items = map_each(
                    step.rows, map_order, kind="order", id_field="order_id", personal=PERSONAL
                )
                yield Page(items, step.resume, step.reported)

    async def _ask(self, part: Part) -> Shown:
        assert part.span is not None
        file = await self._client.orders({
            "from": _text(part.span.start),
            "to": _text(part.span.end),
            "page": str(part.position.page),
            "size": str(part.position.size),
        })  # fmt: skip
        return Shown(_orders(file.rows), file.total)


def _orders(rows: list[dict[str, str]]) -> list[dict[str, Any]]:
    """A row per line becomes an object per order, as the payload is kept."""
    return [
        {"order_id": number, "lines": list(lines)}
        for number, lines in groupby(rows, key=itemgetter("order_id"))
    ]


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
