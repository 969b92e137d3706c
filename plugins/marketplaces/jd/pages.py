"""Turns the rows of a page into items: fetches what a listing leaves out, maps, joins splits."""

from collections.abc import Mapping
from itertools import count
from typing import Any

from core.marketplace.contract import Mapped, Rejected, ShopContext
from core.marketplace.details import Details
from core.marketplace.errors import MappingError
from core.marketplace.mapping import TOMORROW, map_each
from core.marketplace.records import Record
from plugins.marketplaces.jd.client import Client, RefusedError
from plugins.marketplaces.jd.fields import Units
from plugins.marketplaces.jd.mapping import DETAIL, PERSONAL, Mapper
from plugins.marketplaces.jd.orders import OrderMapper, parents_of
from plugins.marketplaces.jd.sources import AFTERSALE_MONEY, SKUS, Source

Items = tuple[Mapped | Rejected, ...]


class PageMapper:
    """Maps the pages of one window.

    added: items that no row stands for, because a child told of its parent.
    """

    def __init__(self, source: Source, completion: "Completion", context: ShopContext) -> None:
        self._source = source
        self._completion = completion
        self._context = context
        self._parents: set[str] = set()
        self.added = 0

    async def map(self, rows: list[Any]) -> tuple[Items, int]:
        """The items of a page, and how many calls it took."""
        if self._source.details == "money":
            rows, requests = await self._completion.with_money(self._source, rows)
        elif self._source.details == "skus":
            rows, requests = await self._completion.with_skus(rows)
        else:
            requests = 0
        if self._source.kind == "order":
            rows = self._with_parents(rows)
        return self._mapped(rows), requests

    def _mapped(self, rows: list[Any]) -> Items:
        units = Units(self._context.currency, self._context.now() + TOMORROW)
        mapper, orders = Mapper(units), OrderMapper(units)

        def map_one(row: Mapping[str, Any]) -> tuple[Record, tuple[str, ...]]:
            if self._source.kind == "order" and str(row.get("orderId")) in self._parents:
                return orders.parent(row)
            return self._source.map_one(mapper, row)

        return map_each(
            [_with_id(row, self._source) for row in rows],
            map_one,
            kind=self._source.kind,
            id_field=self._source.id_path[0] if len(self._source.id_path) == 1 else "id",
            personal=PERSONAL,
        )

    def _with_parents(self, rows: list[Any]) -> list[Any]:
        """A split order's children stand for it: whoever is named as a parent is removed.

        A parent may have been pulled before it was split, or be shown beside its children.
        """
        shown = {str(row.get("orderId")) for row in rows if isinstance(row, dict)}
        told: dict[str, str] = {}
        for row in rows:
            for parent in _parents(row):
                told[parent] = max(told.get(parent, ""), row["modified"])
        self._parents |= told.keys()
        absent = [
            {"orderId": parent, "modified": moment, "isSplit": True}
            for parent, moment in sorted(told.items())
            if parent not in shown
        ]
        self.added += len(absent)
        return [*rows, *absent]


class Completion:
    """Asks for what JD's listings leave out: an after-sale's money, a ware's SKUs."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._money = Details[tuple[str, str], Any](self._ask_money)

    async def with_money(self, source: Source, rows: list[Any]) -> tuple[list[Any], int]:
        """After-sales with their money, which JD tells one by one."""
        services = {source.number(row): repr(row) for row in rows}
        known = {
            (number, shown): number for number, shown in services.items() if number.isdecimal()
        }
        found = {number: money for (number, _), money in (await self._money.of(known)).items()}
        merged = [
            {**row, DETAIL: found.get(source.number(row))} if isinstance(row, dict) else row
            for row in rows
        ]
        return merged, len(known)

    async def _ask_money(self, service: str) -> Any:
        """A service without a refund (an exchange, a repair) is refused: it has no money then."""
        try:
            params = {"afsServiceId": int(service)}
            result = await self._client.result(AFTERSALE_MONEY, params, "result")
        except RefusedError:
            return None
        return result.get("data")

    async def with_skus(self, rows: list[Any]) -> tuple[list[Any], int]:
        """Wares with their SKUs, all of a page's in one listing."""
        of_ware: dict[str, list[Any]] = {
            str(row["wareId"]): [] for row in rows if isinstance(row, dict) and "wareId" in row
        }
        skus, requests = await self._skus(list(of_ware)) if of_ware else ({}, 0)
        for sku in skus.values():
            of_ware.get(str(sku.get("wareId")), []).append(sku)
        merged = [
            {**row, "skus": of_ware.get(str(row.get("wareId")), [])}
            if isinstance(row, dict)
            else row
            for row in rows
        ]
        return merged, requests

    async def _skus(self, wares: list[str]) -> tuple[dict[str, dict[str, Any]], int]:
        """The SKUs of some wares by their number, page by page until none is missing."""
        skus: dict[str, dict[str, Any]] = {}
        params = {**SKUS.params, "wareId": ",".join(wares)}
        for page in count(1):
            sent = {**params, **SKUS.position(page, SKUS.size)}
            result = await self._client.result(SKUS.method, sent, SKUS.result)
            rows, total = SKUS.read(result)
            skus |= {str(sku.get("skuId")): sku for sku in rows if isinstance(sku, dict)}
            if not rows or len(skus) >= total:
                return skus, page
        raise AssertionError("count() has no end")


def _parents(row: Any) -> set[str]:
    if not isinstance(row, dict) or not isinstance(row.get("modified"), str):
        return set()
    try:
        return parents_of(row)
    except MappingError:  # the order itself is rejected for it when it is mapped
        return set()


def _with_id(row: Any, source: Source) -> Any:
    """Rows whose id stands deeper get it on top too, so that quarantine can name them."""
    if not isinstance(row, dict) or len(source.id_path) == 1:
        return row
    return {**row, "id": source.number(row)}
