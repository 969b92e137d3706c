"""The merchant's books: the data set cut into trades and refunds, and moved up to the anchor."""

from datetime import datetime, timedelta
from typing import NamedTuple

from plugins.demo.dataset import Dataset, Invoice
from plugins.demo.emulation.ids import EARLIER, ITEMS, REFUNDS, SKUS, make_id
from plugins.demo.emulation.matching import match_refunds
from plugins.demo.emulation.trade import TradeLine, cut_into_trades

WEEK = timedelta(weeks=1)
REFUNDED_AFTER = timedelta(seconds=60)


def measure_offset(last: datetime, anchor: datetime) -> timedelta:
    """Whole weeks keep weekdays and the time of day, and with them every segment and cohort."""
    return (anchor - last) // WEEK * WEEK


def round_to_cents(mils: int) -> int:
    """Platforms have two decimals: four lines at 0.001 become 0.00, all other prices are exact."""
    return (mils + 5) // 10


class Entry(NamedTuple):
    """One line of a cancellation invoice, and the order line it undoes if that was found."""

    invoice: Invoice
    ordinal: int
    order_line: TradeLine | None

    @property
    def row(self) -> int:
        return self.invoice.rows[self.ordinal - 1]

    @property
    def number(self) -> int:
        return make_id(REFUNDS, self.invoice.number, self.ordinal)

    @property
    def earlier(self) -> int:
        return make_id(EARLIER, self.invoice.number)


class Books:
    """Trades and refunds in the order of the source, and what a row looks like on a platform."""

    def __init__(self, data: Dataset, anchor: datetime) -> None:
        self.data = data
        self.anchor = anchor.replace(microsecond=0)
        self.last = data.runs[-1].at
        self.offset = measure_offset(self.last, self.anchor)
        self.invoices = data.invoices()
        self.trades = [t for invoice in self.invoices for t in cut_into_trades(data, invoice)]
        self.refunds = self._list_refunds()
        folded = [code.casefold() for code in data.codes]
        item_places = {code: place for place, code in enumerate(sorted(set(folded)))}
        self.item_by_product = [item_places[code] for code in folded]

    def _list_refunds(self) -> list[Entry]:
        cancellations = [invoice for invoice in self.invoices if invoice.number.startswith("C")]
        matches = match_refunds(self.data, self.trades, cancellations)
        return [
            Entry(invoice, ordinal, matches.get(row))
            for invoice in cancellations
            for ordinal, row in enumerate(invoice.rows, start=1)
        ]

    def move(self, at: datetime, later: timedelta = timedelta()) -> datetime:
        """The shop's time for one of the source, never beyond the anchor: that is the present."""
        return min(at + self.offset + later, self.anchor)

    def refunded_at(self, refund: Entry) -> datetime:
        return self.move(refund.invoice.at, REFUNDED_AFTER)

    def item(self, row: int) -> int:
        return ITEMS + self.item_by_product[self.data.product[row]]

    def sku(self, row: int) -> int:
        return SKUS + self.data.product[row]

    def stock_code(self, row: int) -> str:
        return self.data.codes[self.data.product[row]]

    def title(self, row: int) -> str:
        return (self.data.description(row) or "").strip() or self.stock_code(row)

    def price(self, row: int) -> int:
        return round_to_cents(self.data.price_mils[row])

    def fee(self, row: int) -> int:
        """Cents, with the sign of the quantity."""
        return self.price(row) * self.data.quantity[row]
