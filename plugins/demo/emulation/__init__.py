"""The Online Retail year seen as a Taobao shop: TOP objects, moved in time up to the present."""

from datetime import datetime

from plugins.demo.dataset import load
from plugins.demo.emulation.books import Books
from plugins.demo.emulation.items import Items
from plugins.demo.emulation.rates import Rates
from plugins.demo.emulation.refunds import Refunds
from plugins.demo.emulation.trades import Trades


class Emulation:
    """Four feeds. All that they show follows from the anchor: the shop's wall clock at the start.

    Times are moved by whole weeks, as many as keep the last invoice at or before the anchor.
    """

    def __init__(self, anchor: datetime) -> None:
        books = Books(load(), anchor)
        self.offset = books.offset
        self.trades = Trades(books)
        self.refunds = Refunds(books)
        self.items = Items(books)
        self.rates = Rates(books)
