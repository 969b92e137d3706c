"""Pack the Online Retail lines: `python -m plugins.demo.encode PARQUET OUT` (needs pyarrow).

The packed file is one xz stream of twelve sections, each a 4-byte length and that many bytes.
Numbers are little-endian (B, H, i: 1, 2 unsigned bytes, 4 signed ones), texts are UTF-8.

1.  products: a text line per stock code, sorted by code. Fields divided by tabs: the code, its
    prices in mils (divided by blanks), then each of its descriptions; `\\N` stands for none
2.  countries: a text line each

A run is a stretch of neighbouring rows with equal invoice and time. One value per run:

3.  i: the invoice's number, as the difference to the run before
4.  B: the number's prefix, a place in `PREFIXES`
5.  i: minutes since the run before; the first counts from `EPOCH`
6.  H: the customer, 0 for a guest
7.  B: the country, a place in section 2
8.  H: how many rows the run has

One value per row. Section 9 is in the order of the source; the others go product by product and
keep the order of the source within one: neighbours are alike there, so they pack far better.

9.  H: the product, a place in section 1
10. B: the description, a place among its product's
11. H: the price, a place among its product's
12. i: the quantity
"""

import lzma
import struct
import sys
from array import array
from collections.abc import Hashable, Iterable, Iterator, Sequence
from datetime import timedelta
from importlib import import_module
from itertools import groupby, pairwise
from operator import attrgetter
from pathlib import Path
from typing import Any, Literal, TypeVar

from plugins.demo.dataset import EPOCH, NULL, PREFIXES, Line

Value = TypeVar("Value", bound=Hashable)

# Two-byte columns are most of the payload: lp and pb tell lzma to model odd and even bytes apart.
FILTERS = [{"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME, "lp": 1, "pb": 1}]

COLUMNS = (
    "InvoiceNo",
    "StockCode",
    "Description",
    "Quantity",
    "InvoiceDate",
    "UnitPrice",
    "CustomerID",
    "Country",
)


def main() -> None:
    if len(sys.argv) != 3:
        sys.exit("usage: python -m plugins.demo.encode PARQUET OUT")
    source, target = map(Path, sys.argv[1:])
    target.write_bytes(encode(read_parquet(source)))


def read_parquet(source: Path) -> list[Line]:
    table = _import_pyarrow().read_table(source)
    return [
        Line(
            invoice=invoice,
            stock_code=code,
            description=description,
            quantity=quantity,
            at=at,
            price_mils=round(price * 1000),
            customer=None if customer is None else int(customer),
            country=country,
        )
        for invoice, code, description, quantity, at, price, customer, country in zip(
            *(table[column].to_pylist() for column in COLUMNS), strict=True
        )
    ]


def _import_pyarrow() -> Any:
    try:
        return import_module("pyarrow.parquet")
    except ImportError:
        sys.exit("Only this script needs pyarrow, the product does not: pip install pyarrow")


def encode(lines: Sequence[Line]) -> bytes:
    countries = _number(line.country for line in lines)
    products = _number(sorted({line.stock_code for line in lines}))
    sections = [
        "\n".join(_describe_products(lines)).encode(),
        "\n".join(countries).encode(),
        *_pack_runs(lines, countries),
        _pack("H", (products[line.stock_code] for line in lines)),
        *_pack_by_product(lines),
    ]
    framed = b"".join(struct.pack("<I", len(section)) + section for section in sections)
    return lzma.compress(framed, filters=FILTERS)


def _describe_products(lines: Sequence[Line]) -> Iterator[str]:
    for code, group in _group_by_product(lines):
        prices = " ".join(str(mils) for mils in _number(line.price_mils for line in group))
        descriptions = _number(line.description for line in group)
        yield "\t".join([code, prices, *(NULL if text is None else text for text in descriptions)])


def _pack_runs(lines: Sequence[Line], countries: dict[str, int]) -> list[bytes]:
    runs = [list(run) for _, run in groupby(lines, key=attrgetter("invoice", "at"))]
    heads = [run[0] for run in runs]
    numbers = [int(head.invoice.lstrip("".join(PREFIXES))) for head in heads]
    minutes = [(head.at - EPOCH) // timedelta(minutes=1) for head in heads]
    return [
        _pack("i", _difference(numbers)),
        _pack("B", (PREFIXES.index(head.invoice.rstrip("0123456789")) for head in heads)),
        _pack("i", _difference(minutes)),
        _pack("H", (head.customer or 0 for head in heads)),
        _pack("B", (countries[head.country] for head in heads)),
        _pack("H", map(len, runs)),
    ]


def _pack_by_product(lines: Sequence[Line]) -> list[bytes]:
    groups = [group for _, group in _group_by_product(lines)]
    return [
        _pack("B", _rank(groups, attrgetter("description"))),
        _pack("H", _rank(groups, attrgetter("price_mils"))),
        _pack("i", (line.quantity for group in groups for line in group)),
    ]


def _group_by_product(lines: Sequence[Line]) -> Iterator[tuple[str, list[Line]]]:
    by_code = attrgetter("stock_code")
    for code, group in groupby(sorted(lines, key=by_code), key=by_code):
        yield code, list(group)


def _rank(groups: list[list[Line]], field: "attrgetter[Any]") -> Iterator[int]:
    for group in groups:
        ranks = _number(map(field, group))
        yield from (ranks[field(line)] for line in group)


def _number(values: Iterable[Value]) -> dict[Value, int]:
    """Number the distinct values from 0 in order of first appearance."""
    return {value: place for place, value in enumerate(dict.fromkeys(values))}


def _difference(values: list[int]) -> list[int]:
    return [after - before for before, after in pairwise([0, *values])]


def _pack(typecode: Literal["B", "H", "i"], values: Iterable[int]) -> bytes:
    column = array(typecode, values)
    if sys.byteorder == "big":
        column.byteswap()
    return column.tobytes()


if __name__ == "__main__":
    main()
