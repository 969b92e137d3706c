"""Find the order lines that cancellation invoices undo: the source itself doesn't say.

A cancellation goes to the customer's most recent earlier sale that covers all of its lines: each
finds a line of the same product with enough quantity not refunded yet, at the same price if there
is one. It has to be one line, because a TOP refund names one oid. Cancellations are taken in time
order, and nothing is refunded twice.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from plugins.demo.dataset import Dataset, Invoice
from plugins.demo.emulation.trade import Trade, TradeLine


class _Sale:
    """A trade as cancellations see it: its lines by product, and what of each can be refunded."""

    def __init__(self, data: Dataset, trade: Trade) -> None:
        self.first_row = trade.rows[0]
        self._data = data
        self._left = {row: data.quantity[row] for row in trade.rows}
        self._lines: dict[int, list[TradeLine]] = defaultdict(list)
        for line in trade.lines():
            self._lines[data.product[line.row]].append(line)

    def cover(self, rows: Sequence[int]) -> dict[int, TradeLine]:
        """A line for every row, booked as refunded; or none at all."""
        left = self._left.copy()
        covered: dict[int, TradeLine] = {}
        # The largest quantity chooses first (they are negative): it fits the fewest lines.
        for row in sorted(rows, key=self._data.quantity.__getitem__):
            line = self._choose_line(row, left)
            if line is None:
                return {}
            left[line.row] += self._data.quantity[row]
            covered[row] = line
        self._left = left
        return covered

    def _choose_line(self, row: int, left: dict[int, int]) -> TradeLine | None:
        wanted, price = -self._data.quantity[row], self._data.price_mils[row]
        lines = self._lines.get(self._data.product[row], ())
        return min(
            (line for line in lines if left[line.row] >= wanted),
            key=lambda line: (self._data.price_mils[line.row] != price, left[line.row]),
            default=None,
        )


def match_refunds(
    data: Dataset, trades: Iterable[Trade], cancellations: Iterable[Invoice]
) -> dict[int, TradeLine]:
    """The order line by the row of the refund line. A guest's earlier sales are not known."""
    invoices: dict[int, list[Invoice]] = defaultdict(list)
    for invoice in cancellations:
        if invoice.customer is not None:
            invoices[invoice.customer].append(invoice)
    sold: dict[int, list[Trade]] = {customer: [] for customer in invoices}
    for trade in trades:
        if trade.is_sale and trade.invoice.customer in sold:
            sold[trade.invoice.customer].append(trade)
    matches: dict[int, TradeLine] = {}
    for customer in invoices:
        matches |= _match_customer(data, sold[customer], invoices[customer])
    return matches


def _match_customer(
    data: Dataset, trades: list[Trade], cancellations: list[Invoice]
) -> dict[int, TradeLine]:
    sales = [_Sale(data, trade) for trade in reversed(trades)]
    matches: dict[int, TradeLine] = {}
    for invoice in cancellations:
        earlier = (sale for sale in sales if sale.first_row < invoice.rows[0])
        attempts = (sale.cover(invoice.rows) for sale in earlier)
        matches |= next(filter(None, attempts), {})
    return matches
