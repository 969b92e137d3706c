"""The products of an emulated shop and their variants; the stock is synthetic.

A product is a stock code whatever its case, a variant is a code as it is spelt.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from random import Random
from typing import NamedTuple

from plugins.demo.emulation.books import Books
from plugins.demo.emulation.ids import ITEMS, SKUS
from plugins.demo.emulation.nouns import Product, Variant

ON_SALE_FOR = timedelta(days=90)


class _Sku(NamedTuple):
    """A product of the source and the rows that date and price it."""

    product: int
    first_row: int
    sold_row: int | None
    priced_row: int | None


class Catalogue:
    """All that the merchant has, by item; shops show parts of it."""

    def __init__(self, books: Books) -> None:
        self.books = books
        self.skus: dict[int, list[_Sku]] = defaultdict(list)
        for sku in _list_skus(books):
            self.skus[books.item_by_product[sku.product]].append(sku)
        self.titles = _choose_titles(books)


class Goods:
    """The products that a shop has sold or taken back, with the variants it has met."""

    def __init__(self, catalogue: Catalogue, products: Collection[int]) -> None:
        self._catalogue = catalogue
        self._books = catalogue.books
        known = {item: _among(skus, products) for item, skus in catalogue.skus.items()}
        self._items = [(item, skus) for item, skus in known.items() if skus]
        self._index = {ITEMS + item: index for index, (item, _) in enumerate(self._items)}

    def __len__(self) -> int:
        return len(self._items)

    def times(self) -> Iterator[datetime]:
        """When each was changed last: with its last sale."""
        return (max(map(self._changed, skus)) for _, skus in self._items)

    def find(self, number: int) -> int | None:
        """The place of the product of that number."""
        return self._index.get(number)

    def make(self, index: int) -> Product:
        """The product at a place."""
        item, skus = self._items[index]
        code = self._books.data.codes[skus[0].product]
        variants = tuple(map(self._variant, skus))
        return Product(
            number=ITEMS + item,
            code=code,
            title=self._catalogue.titles.get(item, code),
            price=self._price(skus),
            is_on_sale=any(map(self._is_on_sale, skus)),
            created=min(variant.created for variant in variants),
            changed=max(variant.changed for variant in variants),
            variants=variants,
        )

    def _variant(self, sku: _Sku) -> Variant:
        code = self._books.data.codes[sku.product]
        return Variant(
            number=SKUS + sku.product,
            code=code,
            price=self._price([sku]),
            stock=Random(f"stock:{code}").randint(0, 400),
            created=self._books.move(self._books.data.time_of(sku.first_row)),
            changed=self._changed(sku),
        )

    def _price(self, skus: list[_Sku]) -> int:
        """The last one above zero; stock movements and samples carry none."""
        rows = [sku.priced_row for sku in skus if sku.priced_row is not None]
        return self._books.price(max(rows)) if rows else 0

    def _changed(self, sku: _Sku) -> datetime:
        row = sku.first_row if sku.sold_row is None else sku.sold_row
        return self._books.move(self._books.data.time_of(row))

    def _is_on_sale(self, sku: _Sku) -> bool:
        data = self._books.data
        return sku.sold_row is not None and (
            data.time_of(sku.sold_row) > self._books.last - ON_SALE_FOR
        )


def _among(skus: list[_Sku], products: Collection[int]) -> list[_Sku]:
    return [sku for sku in skus if sku.product in products]


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
