"""Sold trades, as `taobao.trades.sold.increment.get` and `taobao.trade.fullinfo.get` show them."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from plugins.demo.emulation.books import Books, Refund
from plugins.demo.emulation.feed import Feed
from plugins.demo.emulation.trade import Trade, TradeLine
from plugins.demo.emulation.wire import clock, identify_buyer, yuan

PAID_AFTER = timedelta(seconds=30)
CONSIGNED_AFTER = timedelta(days=1)
ENDED_AFTER = timedelta(days=7)

STATUS_SINCE = {
    "pay_time": "WAIT_SELLER_SEND_GOODS",
    "consign_time": "WAIT_BUYER_CONFIRM_GOODS",
    "end_time": "TRADE_FINISHED",
}


class Sale(NamedTuple):
    """What a trade brought in when it was paid, before any refund; the amount is in cents."""

    paid: datetime
    customer: int | None
    amount: int


class Trades(Feed):
    """Order trades have the type `fixed`; adjustments are `nopaid`, with no money in them."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._refunds: dict[int, list[Refund]] = defaultdict(list)
        self._refunded_rows: set[int] = set()
        for refund in books.refunds:
            if refund.order_line:
                self._refunds[refund.order_line.trade.tid].append(refund)
                self._refunded_rows.add(refund.order_line.row)
        self._index = {trade.tid: index for index, trade in enumerate(books.trades)}
        self.keys = sorted(
            (clock(self._modified(trade)), index) for index, trade in enumerate(books.trades)
        )

    def by_id(self, tid: int) -> dict[str, Any] | None:
        index = self._index.get(tid)
        return None if index is None else self.render(index)

    def sales(self) -> Iterator[Sale]:
        for trade in self._books.trades:
            if trade.is_sale:
                paid = self._books.move(trade.invoice.at, PAID_AFTER)
                yield Sale(paid, trade.invoice.customer, self._total(trade))

    def render(self, index: int) -> dict[str, Any]:
        trade = self._books.trades[index]
        times = self._times(trade)
        status = STATUS_SINCE[next(reversed(times))]
        payment = yuan(self._payment(trade))
        return {
            "tid": trade.tid,
            "type": "fixed" if trade.is_sale else "nopaid",
            "status": status,
            **{name: clock(at) for name, at in times.items()},
            "modified": clock(self._modified(trade)),
            **identify_buyer(trade.invoice.customer),
            "receiver_country": trade.invoice.country,
            "payment": payment,
            "total_fee": yuan(self._total(trade)),
            "post_fee": "0.00",
            "discount_fee": "0.00",
            "alipay_no": trade.invoice.number,
            "orders": {"order": self._render_lines(trade, status, payment)},
        }

    def _render_lines(self, trade: Trade, status: str, payment: str) -> list[dict[str, Any]]:
        lines = [self._render_line(line, status) for line in trade.lines()]
        if len(lines) == 1:
            # TOP: the only line's payment is the trade's, so it shrinks with a refund too.
            lines[0]["payment"] = payment
        return lines

    def _render_line(self, line: TradeLine, status: str) -> dict[str, Any]:
        books, row = self._books, line.row
        fee = yuan(books.fee(row))
        paid = fee if line.trade.is_sale else "0.00"
        return {
            "oid": line.oid,
            "num_iid": books.num_iid(row),
            "sku_id": str(books.sku_id(row)),
            "outer_sku_id": books.stock_code(row),
            "title": books.title(row),
            "price": yuan(books.price(row)),
            "num": books.data.quantity[row],
            "total_fee": fee,
            "divide_order_fee": paid,
            "payment": paid,
            "part_mjz_discount": "0.00",
            "discount_fee": "0.00",
            "status": status,
            "refund_status": "SUCCESS" if row in self._refunded_rows else "NO_REFUND",
        }

    def _times(self, trade: Trade) -> dict[str, datetime]:
        """The steps the trade has taken by now, in order: the last one gives its status."""
        ordered = trade.invoice.at
        created = self._books.move(ordered)
        if not trade.is_sale:
            return {"created": created, "end_time": created}
        times = {"created": created, "pay_time": self._books.move(ordered, PAID_AFTER)}
        if created + CONSIGNED_AFTER <= self._books.anchor:
            times["consign_time"] = created + CONSIGNED_AFTER
        if created + ENDED_AFTER <= self._books.anchor:
            times["end_time"] = created + ENDED_AFTER
        return times

    def _modified(self, trade: Trade) -> datetime:
        refunds = (self._books.refunded_at(refund) for refund in self._refunds_of(trade))
        return max(*self._times(trade).values(), *refunds)

    def _total(self, trade: Trade) -> int:
        return sum(map(self._books.fee, trade.rows))

    def _payment(self, trade: Trade) -> int:
        """A documented trap of TOP: a refund shrinks the trade's payment, not its line's share."""
        if not trade.is_sale:
            return 0
        refunded = sum(abs(self._books.fee(refund.row)) for refund in self._refunds_of(trade))
        return max(0, self._total(trade) - refunded)

    def _refunds_of(self, trade: Trade) -> list[Refund]:
        return self._refunds.get(trade.tid, [])
