"""Reads all products: every status's list from its last page to its first, with their SKUs.

The list has no order that one could ask for, so a row that leaves moves others forward; read from
behind, none is missed. A list longer than the platform shows is read in spans of `update_time`.
"""

from collections import deque
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from core.marketplace.contract import Mapped, Page, Rejected, ShopContext, Window
from core.marketplace.errors import PermanentError, TransientError
from core.marketplace.mapping import map_each
from core.marketplace.paging import LastToFirst, halves
from plugins.marketplaces.douyin.client import Client, RefusedObjectError
from plugins.marketplaces.douyin.products import map_product
from plugins.marketplaces.douyin.sources import PRODUCTS, SHELVES, SKUS, Shelf
from plugins.marketplaces.douyin.words import PERSONAL

FOUNDED = datetime(2016, 9, 20, tzinfo=UTC)  # Douyin went online: no product is older
TOMORROW = timedelta(days=1)


@dataclass(frozen=True)
class Part:
    """What is still to be read of a shelf. span: the times to ask for; None asks for all."""

    shelf: Shelf
    span: Window | None
    position: LastToFirst

    @property
    def mark(self) -> str:
        """What `remaining` needs to go on from here."""
        span = self.span and f"{self.span.start.timestamp():.0f}-{self.span.end.timestamp():.0f}"
        return f"{self.shelf.name}|{span or ''}|{self.position.mark}"


class Shelves:
    """The products of one shop."""

    def __init__(self, context: ShopContext, client: Client) -> None:
        self._context = context
        self._client = client

    async def read(self, resume: str | None) -> AsyncIterator[Page]:
        """All products, whatever changed."""
        whole = Window(FOUNDED, self._context.now().replace(microsecond=0))
        parts = deque(_remaining(resume, whole))
        requests, counted = 0, 0
        while parts:
            part = parts.popleft()
            rows, total = await self._ask(part)
            requests += 1
            if earlier := _reconsidered(part, whole, total):
                parts.extendleft(reversed(earlier))
                continue
            rest = part.position.following(total)
            if rest:
                parts.appendleft(replace(part, position=rest))
            counted += 0 if rest else total
            rows, more = await self._with_skus(part.shelf, rows)
            yield Page(
                self._map(rows),
                parts[0].mark if parts else None,
                reported=None if parts or resume else counted,
                requests=requests + more,
            )
            requests = 0

    async def _ask(self, part: Part) -> tuple[list[Any], int]:
        asked: dict[str, Any] = {
            "status": part.shelf.status,
            "page": part.position.page,
            "size": part.shelf.size,
        }
        if part.span:
            # Both bounds are exclusive: the one second more includes the start.
            asked["update_start_time"] = int(part.span.start.timestamp()) - 1
            asked["update_end_time"] = int(part.span.end.timestamp())
        data = await self._client.call(PRODUCTS, asked)
        content = data if isinstance(data, dict) else {}
        total = content.get("total")
        rows = content.get("data") or []
        if not isinstance(rows, list) or type(total) is not int:
            raise TransientError(f"{PRODUCTS}: the answer is no page of products")
        return rows, total

    async def _with_skus(self, shelf: Shelf, rows: list[Any]) -> tuple[list[Any], int]:
        detailed, requests = [], 0
        for row in rows:
            if isinstance(row, dict) and row.get("product_id"):
                row = {**row, "skus": await self._skus(shelf, row)}
                requests += 1
            detailed.append(row)
        return detailed, requests

    async def _skus(self, shelf: Shelf, product: Mapping[str, Any]) -> Any:
        """A product's SKUs. A refusal in their place fails this product alone.

        A deleted one may have none any more.
        """
        try:
            return await self._client.call(SKUS, {"product_id": product["product_id"]})
        except RefusedObjectError as refusal:
            return [] if shelf.name == "deleted" else refusal.platform_code

    def _map(self, rows: list[Any]) -> tuple[Mapped | Rejected, ...]:
        context = self._context
        return map_each(
            rows,
            partial(map_product, currency=context.currency, latest=context.now() + TOMORROW),
            kind="product",
            id_field="product_id",
            personal=PERSONAL,
        )


def _remaining(resume: str | None, whole: Window) -> list[Part]:
    """What is to be read after a mark; everything, if it isn't one of ours: that is never wrong."""
    plan = [Part(shelf, None, LastToFirst(shelf.size)) for shelf in SHELVES]
    try:
        name, span_text, page = (resume or "").split("|")
        at = [shelf.name for shelf in SHELVES].index(name)
        shelf = SHELVES[at]
        span = _span(span_text, whole) if span_text else None
        part = Part(shelf, span, LastToFirst.resumed(page, shelf.size))
    except ValueError:
        return plan
    rest = plan[at + 1 :]
    if span and span.end < whole.end:
        rest.insert(0, Part(shelf, Window(span.end, whole.end), LastToFirst(shelf.size)))
    return [part, *rest]


def _span(text: str, whole: Window) -> Window:
    start, end = (datetime.fromtimestamp(int(second), UTC) for second in text.split("-"))
    if not whole.start <= start < end <= whole.end:
        raise ValueError("a span outside the products' time")
    return Window(start, end)


def _reconsidered(part: Part, whole: Window, total: int) -> list[Part]:
    """What to read instead when an answer shows that rows would be missed, else nothing."""
    shelf = part.shelf
    if total > shelf.last_row:
        shorter = halves(part.span or whole)
        if shorter is None:
            raise PermanentError(f"{PRODUCTS}: {total} rows within a second, some not shown")
        return [Part(shelf, span, LastToFirst(shelf.size)) for span in shorter]
    longer = part.position.grown(total)
    return [replace(part, position=longer)] if longer else []
