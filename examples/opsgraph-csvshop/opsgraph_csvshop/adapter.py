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
from core.marketplace.paging import LastToFirst

from opsgraph_csvshop.client import Client
from opsgraph_csvshop.mapping import PERSONAL, map_order

SIZE = 100
"""Orders per page, as the shop cuts them."""


class CsvShopAdapter:
    """Pulls the streams of one shop."""

    def __init__(self, context: ShopContext) -> None:
        self._context = context
        self._client = Client(context)

    async def pull(self, stream: str, window: Window, resume: str | None) -> AsyncIterator[Page]:
        """The pages of a window."""
        span = {"from": _text(window.start), "to": _text(window.end)}
        place = LastToFirst.resumed(resume, SIZE) if resume else LastToFirst(SIZE)
        position: LastToFirst | None = place
        while position is not None:
            file = await self._client.orders({**span, "page": str(position.page)})
            grown = position.grown(file.total)
            if grown is not None:
                position = grown
                continue
            position = position.following(file.total)
            yield Page(
                map_each(
                    _orders(file.rows),
                    map_order,
                    kind="order",
                    id_field="order_id",
                    personal=PERSONAL,
                ),
                position.mark if position is not None else None,
                reported=file.total if position is None and resume is None else None,
            )


def _orders(rows: list[dict[str, str]]) -> list[dict[str, Any]]:
    """A row per line becomes an object per order, as the payload is kept."""
    return [
        {"order_id": number, "lines": list(lines)}
        for number, lines in groupby(rows, key=itemgetter("order_id"))
    ]


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
