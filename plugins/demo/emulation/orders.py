"""The orders of an emulated shop: how far each has come by now, and what was given back of it."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from plugins.demo.emulation.books import Books, Entry
from plugins.demo.emulation.nouns import Line, Order, Stage
from plugins.demo.emulation.trade import Trade, TradeLine

PAID_AFTER = timedelta(seconds=30)
SHIPPED_AFTER = timedelta(days=1)
ENDED_AFTER = timedelta(days=7)


class Sale(NamedTuple):
    """What a trade brought in when it was paid, before any refund; the amount is in cents."""

    paid: datetime
    customer: int | None
    amount: int


class _Steps(NamedTuple):
    """When each step was taken; None for those that are still to come."""

    created: datetime
    paid: datetime | None
    shipped: datetime | None
    ended: datetime | None

    @property
    def stage(self) -> Stage:
        if self.ended:
            return Stage.FINISHED
        return Stage.SHIPPED if self.shipped else Stage.PAID


class Orders:
    """Sales, and adjustments, in which no money moves."""

    def __init__(self, books: Books, trades: Sequence[Trade]) -> None:
        self._books = books
        self._trades = trades
        self._refunds: dict[int, list[Entry]] = defaultdict(list)
        self._refunded_rows: set[int] = set()
        self._index = {trade.number: index for index, trade in enumerate(trades)}
        for refund in books.refunds:
            if refund.order_line and refund.order_line.trade.number in self._index:
                self._refunds[refund.order_line.trade.number].append(refund)
                self._refunded_rows.add(refund.order_line.row)

    def __len__(self) -> int:
        return len(self._trades)

    def times(self) -> Iterator[datetime]:
        """When each order was changed last."""
        return (self._changed(trade, self._steps(trade)) for trade in self._trades)

    def find(self, number: int) -> int | None:
        """The place of the order of that number."""
        return self._index.get(number)

    def make(self, index: int) -> Order:
        """The order at a place."""
        trade = self._trades[index]
        steps = self._steps(trade)
        return Order(
            number=trade.number,
            invoice=trade.invoice.number,
            country=trade.invoice.country,
            customer=trade.invoice.customer,
            is_sale=trade.is_sale,
            stage=steps.stage,
            created=steps.created,
            paid=steps.paid,
            shipped=steps.shipped,
            ended=steps.ended,
            changed=self._changed(trade, steps),
            lines=tuple(map(self._line, trade.lines())),
            refunded=sum(abs(self._books.fee(r.row)) for r in self._refunds_of(trade)),
        )

    def sales(self) -> Iterator[Sale]:
        """What each sale brought in."""
        for trade in self._trades:
            if trade.is_sale:
                paid = self._books.move(trade.invoice.at, PAID_AFTER)
                amount = sum(map(self._books.fee, trade.rows))
                yield Sale(paid, trade.invoice.customer, amount)

    def _line(self, line: TradeLine) -> Line:
        books, row = self._books, line.row
        return Line(
            number=line.number,
            ordinal=line.ordinal,
            item=books.item(row),
            sku=books.sku(row),
            code=books.stock_code(row),
            title=books.title(row),
            price=books.price(row),
            quantity=books.data.quantity[row],
            is_refunded=row in self._refunded_rows,
        )

    def _steps(self, trade: Trade) -> _Steps:
        books, ordered = self._books, trade.invoice.at
        created = books.move(ordered)
        if not trade.is_sale:
            return _Steps(created, None, None, created)
        shipped, ended = created + SHIPPED_AFTER, created + ENDED_AFTER
        return _Steps(
            created,
            books.move(ordered, PAID_AFTER),
            shipped if shipped <= books.anchor else None,
            ended if ended <= books.anchor else None,
        )

    def _changed(self, trade: Trade, steps: _Steps) -> datetime:
        refunds = (self._books.refunded_at(refund) for refund in self._refunds_of(trade))
        return max(*filter(None, steps), *refunds)

    def _refunds_of(self, trade: Trade) -> list[Entry]:
        return self._refunds.get(trade.number, [])
