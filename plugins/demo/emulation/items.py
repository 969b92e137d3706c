"""Items and their SKUs, as `taobao.items.seller.list.get` shows them; the stock is synthetic.

An item is a stock code whatever its case, a SKU is a code as it is spelt.
"""

from collections import Counter, defaultdict
from datetime import datetime, timedelta
from random import Random
from typing import Any, NamedTuple

from plugins.demo.emulation.books import Books
from plugins.demo.emulation.feed import Feed
from plugins.demo.emulation.ids import ITEMS, SKUS
from plugins.demo.emulation.wire import clock, yuan

ON_SALE_FOR = timedelta(days=90)
ARTICLE_NUMBER = 13021751
"""Taobao's property 货号: nothing but the code tells the SKUs of an item apart."""


class _Sku(NamedTuple):
    """A product and the rows that date and price it."""

    product: int
    first_row: int
    sold_row: int | None
    priced_row: int | None


class Items(Feed):
    def __init__(self, books: Books) -> None:
        self._books = books
        self._skus: dict[int, list[_Sku]] = defaultdict(list)
        for sku in _list_skus(books):
            self._skus[books.item_by_product[sku.product]].append(sku)
        self._titles = _choose_titles(books)
        self.keys = sorted(
            (clock(max(map(self._modified, skus))), index) for index, skus in self._skus.items()
        )

    def by_id(self, num_iid: int) -> dict[str, Any] | None:
        index = num_iid - ITEMS
        return self.render(index) if index in self._skus else None

    def render(self, index: int) -> dict[str, Any]:
        skus = self._skus[index]
        code = self._books.data.codes[skus[0].product]
        created = clock(min(map(self._created, skus)))
        rendered = [self._render_sku(index, sku) for sku in skus]
        return {
            "num_iid": ITEMS + index,
            "title": self._titles.get(index, code),
            "outer_id": code,
            "price": self._price(skus),
            "num": sum(sku["quantity"] for sku in rendered),
            "approve_status": "onsale" if any(map(self._is_on_sale, skus)) else "instock",
            "created": created,
            "list_time": created,
            "modified": clock(max(map(self._modified, skus))),
            "skus": {"sku": rendered},
        }

    def _render_sku(self, index: int, sku: _Sku) -> dict[str, Any]:
        code = self._books.data.codes[sku.product]
        return {
            "sku_id": SKUS + sku.product,
            "num_iid": ITEMS + index,
            "outer_id": code,
            "price": self._price([sku]),
            "quantity": Random(f"stock:{code}").randint(0, 400),
            "properties_name": f"{ARTICLE_NUMBER}:{sku.product}:货号:{code}",
            "created": clock(self._created(sku)),
            "modified": clock(self._modified(sku)),
        }

    def _price(self, skus: list[_Sku]) -> str:
        """The last one above zero; stock movements and samples carry none."""
        rows = [sku.priced_row for sku in skus if sku.priced_row is not None]
        return yuan(self._books.price(max(rows)) if rows else 0)

    def _created(self, sku: _Sku) -> datetime:
        return self._books.move(self._books.data.time_of(sku.first_row))

    def _modified(self, sku: _Sku) -> datetime:
        row = sku.first_row if sku.sold_row is None else sku.sold_row
        return self._books.move(self._books.data.time_of(row))

    def _is_on_sale(self, sku: _Sku) -> bool:
        data = self._books.data
        return sku.sold_row is not None and (
            data.time_of(sku.sold_row) > self._books.last - ON_SALE_FOR
        )


def _list_skus(books: Books) -> list[_Sku]:
    data = books.data
    rows = range(len(data))
    # A later key overwrites an earlier one: read forwards these keep last rows, backwards first.
    first = dict(zip(reversed(data.product), reversed(rows), strict=True))
    sold = {data.product[row]: row for t in books.trades if t.is_sale for row in t.rows}
    priced = {data.product[row]: row for row in rows if data.price_mils[row] > 0}
    return [
        _Sku(product, first[product], sold.get(product), priced.get(product))
        for product in range(len(data.codes))
    ]


def _choose_titles(books: Books) -> dict[int, str]:
    """By item the description met most often: the others are typing errors and stock notes."""
    data = books.data
    counts: dict[int, Counter[str]] = defaultdict(Counter)
    spellings = Counter(zip(data.product, data.spelling, strict=True))
    for (product, spelling), times in spellings.items():
        description = data.descriptions[product][spelling]
        if description:
            counts[books.item_by_product[product]][description.strip()] += times
    return {item: titles.most_common(1)[0][0] for item, titles in counts.items()}
