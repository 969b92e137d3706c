"""Decode the Online Retail year kept in `data/` (licence and citation: `data/NOTICE.md`)."""

import lzma
import struct
import sys
from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from itertools import accumulate, chain
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias

FILE = Path(__file__).with_name("data") / "online_retail.xz"
EPOCH = datetime(2010, 12, 1)
PREFIXES = ("", "C", "A")
"""How an invoice number may open: a sale has nothing, a cancellation C, an adjustment A."""
NULL = "\\N"
"""How the packed text spells a missing description."""

Column: TypeAlias = "array[int]"


class Line(NamedTuple):
    """One line of the source, as it stands there; the time is the shop's own wall clock."""

    invoice: str
    stock_code: str
    description: str | None
    quantity: int
    at: datetime
    price_mils: int
    customer: int | None
    country: str


class LineClass(StrEnum):
    ORDER = "order"
    REFUND = "refund"
    ADJUSTMENT = "adjustment"


class Invoice(NamedTuple):
    """An invoice and its rows in the data set; or a run, the stretch of it that has one time."""

    number: str
    at: datetime
    customer: int | None
    country: str
    rows: Sequence[int]


def classify(line: Line) -> LineClass:
    return classify_values(line.invoice, line.quantity, line.price_mils)


def classify_values(invoice: str, quantity: int, price_mils: int) -> LineClass:
    """Per line, not per invoice: 53 order invoices hold adjustment lines too."""
    if invoice.startswith("C"):
        return LineClass.REFUND
    if not invoice.startswith("A") and quantity > 0 and price_mils > 0:
        return LineClass.ORDER
    return LineClass.ADJUSTMENT


@dataclass(frozen=True, slots=True)
class Dataset:
    """The lines in columns, 11 bytes each; a row is a line's place in the source, from 0 on."""

    runs: list[Invoice]
    codes: list[str]
    """The distinct stock codes, sorted; a product is a place in this list."""
    descriptions: list[list[str | None]]
    """By product, the spellings met."""
    product: Column
    spelling: bytes
    """By row, the place among its product's descriptions."""
    quantity: Column
    price_mils: Column

    def __len__(self) -> int:
        return len(self.product)

    def lines(self) -> Iterator[Line]:
        return (self.line(run, row) for run in self.runs for row in run.rows)

    def line(self, run: Invoice, row: int) -> Line:
        return Line(
            invoice=run.number,
            stock_code=self.codes[self.product[row]],
            description=self.description(row),
            quantity=self.quantity[row],
            at=run.at,
            price_mils=self.price_mils[row],
            customer=run.customer,
            country=run.country,
        )

    def description(self, row: int) -> str | None:
        return self.descriptions[self.product[row]][self.spelling[row]]

    def time_of(self, row: int) -> datetime:
        run = bisect_right(self.runs, row, key=lambda run: run.rows[0]) - 1
        return self.runs[run].at

    def classify(self, invoice: Invoice, row: int) -> LineClass:
        return classify_values(invoice.number, self.quantity[row], self.price_mils[row])

    def invoices(self) -> list[Invoice]:
        """Whole invoices in order of appearance; one whose lines carry two times has its first."""
        runs_by_number: dict[str, list[Invoice]] = {}
        for run in self.runs:
            runs_by_number.setdefault(run.number, []).append(run)
        return [_join_runs(runs) for runs in runs_by_number.values()]


@cache
def load() -> Dataset:
    return decode(FILE.read_bytes())


def decode(packed: bytes) -> Dataset:
    """Read what `encode.py` wrote; the format is described there."""
    sections = _split_sections(lzma.decompress(packed))
    products = [product.split("\t") for product in next(sections).decode().split("\n")]
    countries = next(sections).decode().split("\n")
    runs = list(_read_runs(countries, *(next(sections) for _ in range(6))))
    product = _read_column("H", next(sections))
    rows = sorted(range(len(product)), key=product.__getitem__)
    spelling = _spread("B", rows, next(sections))
    rank = _spread("H", rows, next(sections))
    prices = [[int(mils) for mils in price_text.split()] for _, price_text, *_ in products]
    return Dataset(
        runs=runs,
        codes=[code for code, *_ in products],
        descriptions=[[_read_null(text) for text in texts] for _, _, *texts in products],
        product=product,
        spelling=spelling.tobytes(),
        quantity=_spread("i", rows, next(sections)),
        price_mils=array("i", (prices[p][r] for p, r in zip(product, rank, strict=True))),
    )


def _split_sections(payload: bytes) -> Iterator[bytes]:
    start = 0
    while start < len(payload):
        (size,) = struct.unpack_from("<I", payload, start)
        start += 4 + size
        yield payload[start - size : start]


def _read_runs(
    countries: list[str],
    numbers: bytes,
    prefixes: bytes,
    minutes: bytes,
    customers: bytes,
    country_places: bytes,
    lengths: bytes,
) -> Iterator[Invoice]:
    start = 0
    for number, prefix, minute, customer, country, length in zip(
        accumulate(_read_column("i", numbers)),
        prefixes,
        accumulate(_read_column("i", minutes)),
        _read_column("H", customers),
        country_places,
        _read_column("H", lengths),
        strict=True,
    ):
        yield Invoice(
            number=f"{PREFIXES[prefix]}{number}",
            at=EPOCH + timedelta(minutes=minute),
            customer=customer or None,
            country=countries[country],
            rows=range(start, start + length),
        )
        start += length


def _read_column(typecode: Literal["B", "H", "i"], section: bytes) -> Column:
    column = array(typecode, section)
    if sys.byteorder == "big":
        column.byteswap()
    return column


def _spread(typecode: Literal["B", "H", "i"], rows: list[int], section: bytes) -> Column:
    """Put a column that is stored product by product back into the order of the rows."""
    stored = _read_column(typecode, section)
    column = stored[:]
    for row, value in zip(rows, stored, strict=True):
        column[row] = value
    return column


def _read_null(text: str) -> str | None:
    return None if text == NULL else text


def _join_runs(runs: list[Invoice]) -> Invoice:
    if len(runs) == 1:
        return runs[0]
    return runs[0]._replace(rows=tuple(chain.from_iterable(run.rows for run in runs)))
