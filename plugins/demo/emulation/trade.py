"""A trade of the emulated merchant and its lines, as places in the data set."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from plugins.demo.dataset import Dataset, Invoice, LineClass
from plugins.demo.emulation.ids import ADJUSTMENTS, SALES, make_id


class Trade(NamedTuple):
    """The order lines of an invoice, or its adjustment lines: 53 invoices make one of each."""

    invoice: Invoice
    rows: Sequence[int]
    is_sale: bool

    @property
    def number(self) -> int:
        return make_id(SALES if self.is_sale else ADJUSTMENTS, self.invoice.number)

    def lines(self) -> "Iterator[TradeLine]":
        return (TradeLine(self, ordinal) for ordinal in range(1, len(self.rows) + 1))


class TradeLine(NamedTuple):
    trade: Trade
    ordinal: int
    """Counted from 1: the same product can stand twice in an invoice."""

    @property
    def row(self) -> int:
        return self.trade.rows[self.ordinal - 1]

    @property
    def number(self) -> int:
        """The only line of a trade has the trade's own number, as on Taobao."""
        return self.trade.number + (self.ordinal if len(self.trade.rows) > 1 else 0)


def cut_into_trades(data: Dataset, invoice: Invoice) -> Iterator[Trade]:
    """A cancellation yields none: its lines are refunds."""
    for line_class in (LineClass.ORDER, LineClass.ADJUSTMENT):
        rows = [row for row in invoice.rows if data.classify(invoice, row) == line_class]
        if len(rows) == len(invoice.rows):
            yield Trade(invoice, invoice.rows, line_class == LineClass.ORDER)
        elif rows:
            yield Trade(invoice, tuple(rows), line_class == LineClass.ORDER)
