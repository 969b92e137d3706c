"""The Online Retail year seen as five shops on five platforms, moved in time up to the present."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from plugins.demo.dataset import load
from plugins.demo.emulation.assignment import PLATFORMS, Assignment
from plugins.demo.emulation.books import Books, Entry
from plugins.demo.emulation.goods import Catalogue, Goods
from plugins.demo.emulation.orders import Orders
from plugins.demo.emulation.refunds import Refunds
from plugins.demo.emulation.reviews import Reviews
from plugins.demo.emulation.trade import Trade


@dataclass(frozen=True)
class EmulatedShop:
    """What a shop holds. begins, refunds_begin: before these it has no orders, no refunds."""

    orders: Orders
    refunds: Refunds
    goods: Goods
    reviews: Reviews
    begins: datetime
    refunds_begin: datetime


class Emulation:
    """All that its shops show follows from the anchor: their wall clock at the start.

    Times are moved by whole weeks, as many as keep the last invoice at or before the anchor.
    """

    def __init__(self, anchor: datetime) -> None:
        self._books = Books(load(), anchor)
        self._catalogue = Catalogue(self._books)
        self.offset = self._books.offset

    @cached_property
    def whole(self) -> EmulatedShop:
        """The whole year in one shop, as if nothing were divided."""
        return self._shop(self._books.trades, self._books.refunds)

    @cached_property
    def shops(self) -> dict[str, EmulatedShop]:
        """The year divided, by the platform's name."""
        return self._divided(datetime.min)

    def recent(self, days: int) -> dict[str, EmulatedShop]:
        """The same shops with the invoices of the year's last days alone."""
        return self._divided(self._books.last - timedelta(days=days))

    def _divided(self, since: datetime) -> dict[str, EmulatedShop]:
        assignment = Assignment(self._books)
        trades: dict[str, list[Trade]] = {name: [] for name in PLATFORMS}
        refunds: dict[str, list[Entry]] = {name: [] for name in PLATFORMS}
        for trade in self._books.trades:
            if trade.invoice.at >= since:
                trades[assignment.of_trade(trade)].append(trade)
        for refund in self._books.refunds:
            if refund.invoice.at >= since:
                refunds[assignment.of_refund(refund)].append(refund)
        return {name: self._shop(trades[name], refunds[name], name) for name in PLATFORMS}

    def _shop(
        self, trades: Sequence[Trade], refunds: Sequence[Entry], name: str = "taobao"
    ) -> EmulatedShop:
        books, platform = self._books, PLATFORMS[name]
        rows = [row for trade in trades for row in trade.rows] + [each.row for each in refunds]
        return EmulatedShop(
            orders=Orders(books, trades),
            refunds=Refunds.of(books, refunds),
            goods=Goods(self._catalogue, {books.data.product[row] for row in rows}),
            reviews=Reviews(books, trades),
            begins=self._begin(platform.begins(books.last)),
            refunds_begin=self._begin(platform.begins(books.last, is_refund=True)),
        )

    def _begin(self, at: datetime) -> datetime:
        return self._books.move(max(at, self._books.data.runs[0].at))
