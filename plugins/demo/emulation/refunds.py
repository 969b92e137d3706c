"""Refunds received, as `taobao.refunds.receive.get` shows them: one per line of a cancellation."""

from typing import Any

from plugins.demo.emulation.books import Books, Refund
from plugins.demo.emulation.feed import Feed
from plugins.demo.emulation.wire import clock, identify_buyer, yuan


class Refunds(Feed):
    def __init__(self, books: Books) -> None:
        self._books = books
        self.keys = sorted(
            (clock(books.refunded_at(refund)), index) for index, refund in enumerate(books.refunds)
        )

    def render(self, index: int) -> dict[str, Any]:
        books, refund = self._books, self._books.refunds[index]
        fee = yuan(abs(books.fee(refund.row)))
        return {
            "refund_id": refund.refund_id,
            **_identify_order(refund),
            **identify_buyer(refund.invoice.customer),
            "status": "SUCCESS",
            "good_status": "BUYER_RETURNED_GOODS",
            "has_good_return": True,
            "refund_phase": "aftersale",
            "order_status": "TRADE_FINISHED",
            "created": clock(books.move(refund.invoice.at)),
            "modified": clock(books.refunded_at(refund)),
            "refund_fee": fee,
            "total_fee": fee,
            "payment": "0.00",
            "num": abs(books.data.quantity[refund.row]),
            "title": books.title(refund.row),
            "outer_id": books.stock_code(refund.row),
            "reason": "其他",
            "desc": f"Invoice {refund.invoice.number}",
        }


def _identify_order(refund: Refund) -> dict[str, int]:
    line = refund.order_line
    return {"tid": line.trade.tid, "oid": line.oid} if line else {}
