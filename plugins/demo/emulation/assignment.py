"""Which shop an invoice belongs to: chosen by its customer, or by itself where that is a guest.

The source is one shop's year; that it was sold on five platforms is made up. A customer stays on
one platform, so that customers, orders and segments of all shops add up to those of the source.
Platforms that could not show what a customer did are no choice: Pinduoduo tells no buyers and
sells one thing at a time, Xiaohongshu shows one line per SKU, only Taobao books without a sale.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b

from plugins.demo.dataset import Dataset, Invoice
from plugins.demo.emulation.books import Books, Entry
from plugins.demo.emulation.trade import Trade


@dataclass
class Needs:
    """What a platform has to be able to show of a customer, or of a guest's invoice."""

    since: datetime
    is_known: bool
    has_adjustments: bool = False
    has_repeats: bool = False
    has_unmatched: bool = False
    lines: int = 0

    def add_trade(self, data: Dataset, trade: Trade) -> None:
        self.since = min(self.since, trade.invoice.at)
        self.lines = max(self.lines, len(trade.rows))
        self.has_adjustments |= not trade.is_sale
        self.has_repeats |= len({data.product[row] for row in trade.rows}) < len(trade.rows)

    def add_refund(self, refund: Entry) -> None:
        self.since = min(self.since, refund.invoice.at)
        self.has_unmatched |= refund.order_line is None


@dataclass(frozen=True)
class Platform:
    """What a platform can show, and how much of what it can show it is given.

    weight: its part among the platforms that can. tells_buyers, tells_refunders: whether its
    orders, and its refunds without an order of ours, name who bought. tells_repeats: whether an
    SKU can stand twice in an order. books_adjustments: whether it shows lines without a sale.
    most_lines: of an order. open_for, refunds_for: how long before the end of the year its
    orders, and its refunds, begin; None for all of it. Short ones keep down the calls that the
    platform's half-hour windows cost.
    """

    weight: int
    tells_buyers: bool = True
    tells_refunders: bool = False
    tells_repeats: bool = False
    books_adjustments: bool = False
    most_lines: int | None = None
    open_for: timedelta | None = None
    refunds_for: timedelta | None = None

    def can_show(self, needs: Needs, last: datetime) -> bool:
        """Whether all of it can be shown."""
        return (
            (self.tells_buyers or not needs.is_known)
            and (self.tells_refunders or not (needs.is_known and needs.has_unmatched))
            and (self.tells_repeats or not needs.has_repeats)
            and (self.books_adjustments or not needs.has_adjustments)
            and (self.most_lines is None or needs.lines <= self.most_lines)
            and needs.since >= self.begins(last, needs.lines == 0)
        )

    def begins(self, last: datetime, is_refund: bool = False) -> datetime:
        """When its orders begin, or its refunds."""
        span = (self.refunds_for if is_refund else None) or self.open_for
        return datetime.min if span is None else last - span


PLATFORMS = {
    "taobao": Platform(30, tells_refunders=True, tells_repeats=True, books_adjustments=True),
    "jd": Platform(35),
    "pinduoduo": Platform(
        1000,  # it can show so little that it gets nearly all of that
        tells_buyers=False,
        most_lines=1,
        open_for=timedelta(days=45),
        refunds_for=timedelta(hours=98),
    ),
    "douyin": Platform(30, tells_repeats=True),
    "xiaohongshu": Platform(70, tells_refunders=True, most_lines=60, open_for=timedelta(days=60)),
}


class Assignment:
    """The platform of every trade and refund; the same one in whatever week the demo runs."""

    def __init__(self, books: Books) -> None:
        self._data = books.data
        self._last = books.last
        self._of_customer = {
            customer: self._choose(needs, f"customer:{customer}")
            for customer, needs in self._customers(books).items()
        }

    def of_trade(self, trade: Trade) -> str:
        """The platform that a trade is shown on."""
        invoice = trade.invoice
        if invoice.customer is not None:
            return self._of_customer[invoice.customer]
        needs = _begin(invoice)
        needs.add_trade(self._data, trade)
        return self._choose(needs, f"invoice:{invoice.number}")

    def of_refund(self, refund: Entry) -> str:
        """The platform that a refund is shown on."""
        invoice = refund.invoice
        if invoice.customer is not None:
            return self._of_customer[invoice.customer]
        return self._choose(_begin(invoice), f"invoice:{invoice.number}")

    def _customers(self, books: Books) -> dict[int, Needs]:
        found: dict[int, Needs] = {}
        for trade in books.trades:
            if trade.invoice.customer is not None:
                _of(found, trade.invoice).add_trade(books.data, trade)
        for refund in books.refunds:
            if refund.invoice.customer is not None:
                _of(found, refund.invoice).add_refund(refund)
        return found

    def _choose(self, needs: Needs, key: str) -> str:
        able = {
            name: platform.weight
            for name, platform in PLATFORMS.items()
            if platform.can_show(needs, self._last)
        }
        return _draw(able.items(), key)


def _begin(invoice: Invoice) -> Needs:
    return Needs(invoice.at, is_known=invoice.customer is not None)


def _of(found: dict[int, Needs], invoice: Invoice) -> Needs:
    assert invoice.customer is not None
    return found.setdefault(invoice.customer, _begin(invoice))


def _draw(weights: Iterable[tuple[str, int]], key: str) -> str:
    """One of them by its weight; the same one for the same key, always."""
    drawn = list(weights)
    place = int.from_bytes(blake2b(key.encode(), digest_size=8).digest(), "big")
    place %= sum(weight for _, weight in drawn)
    for name, weight in drawn:
        if place < weight:
            return name
        place -= weight
    raise AssertionError("a place within the sum of the weights")
