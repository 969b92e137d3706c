"""Reads all products: every status's list from its last page to its first, with their SKUs.

The list has no order that one could ask for, so a row that leaves moves others forward; read from
behind, none is missed. A list longer than the platform shows is read in spans of `update_time`.
"""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from functools import partial
from typing import Any

from core.marketplace.contract import Mapped, Page, Rejected, ShopContext, Window
from core.marketplace.details import Details
from core.marketplace.errors import TransientError
from core.marketplace.mapping import TOMORROW, map_each
from core.marketplace.paging import Part, Shown, Walk, page_size
from plugins.marketplaces.douyin.client import Client, RefusedObjectError
from plugins.marketplaces.douyin.products import map_product
from plugins.marketplaces.douyin.sources import PRODUCTS, SHELVES, SKUS, Shelf
from plugins.marketplaces.douyin.words import PERSONAL

FOUNDED = datetime(2016, 9, 20, tzinfo=UTC)  # Douyin went online: no product is older


class Shelves:
    """The products of one shop."""

    def __init__(self, context: ShopContext, client: Client) -> None:
        self._context = context
        self._client = client
        self._walk = Walk(_identity)
        self._details = Details[tuple[str, str], Any](self._skus)

    async def read(self, resume: str | None) -> AsyncIterator[Page]:
        """All products, whatever changed."""
        shelves = {shelf.name: shelf for shelf in SHELVES}
        self._walk.begin([self._part(shelf) for shelf in SHELVES], resume, self._context.now())
        requests = 0
        while part := self._walk.part:
            shelf = shelves[part.name]
            shown = await self._ask(shelf, part)
            requests += 1
            if step := self._walk.take(shown):
                rows, more = await self._with_skus(shelf, step.rows)
                yield Page(self._map(rows), step.resume, step.reported, requests + more)
                requests = 0

    def _part(self, shelf: Shelf) -> Part:
        whole = Window(FOUNDED, self._context.now().replace(microsecond=0))
        return Part.new(shelf.name, page_size(shelf.size, self._context.config), whole=whole)

    async def _ask(self, shelf: Shelf, part: Part) -> Shown:
        asked: dict[str, Any] = {
            "status": shelf.status,
            "page": part.position.page,
            "size": part.position.size,
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
        return Shown(rows, total, is_cut=total > shelf.last_row)

    async def _with_skus(self, shelf: Shelf, rows: list[Any]) -> tuple[list[Any], int]:
        wanted = {
            (shelf.name, repr(row)): (shelf, row["product_id"])
            for row in rows
            if isinstance(row, dict) and row.get("product_id")
        }
        found = await self._details.of(wanted)
        detailed = [
            {**row, "skus": found[key]} if (key := (shelf.name, repr(row))) in found else row
            for row in rows
        ]
        return detailed, len(wanted)

    async def _skus(self, product: tuple[Shelf, Any]) -> Any:
        """A product's SKUs. A refusal in their place fails this product alone.

        A deleted one may have none any more.
        """
        shelf, number = product
        try:
            return await self._client.call(SKUS, {"product_id": number})
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


def _identity(row: Any) -> str:
    return str(row.get("product_id")) if isinstance(row, dict) else repr(row)
