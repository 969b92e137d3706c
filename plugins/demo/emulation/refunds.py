"""The refunds of an emulated shop: one per line of a cancellation."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from plugins.demo.emulation.books import Books, Entry
from plugins.demo.emulation.nouns import Refund
from plugins.demo.emulation.orders import SHIPPED_AFTER


class Refunds:
    """Refunds in the order of the source."""

    def __init__(self, refunds: Sequence[Refund]) -> None:
        self._refunds = refunds
        self._index = {refund.number: index for index, refund in enumerate(refunds)}

    @classmethod
    def of(cls, books: Books, entries: Sequence[Entry]) -> "Refunds":
        """The refunds behind these entries."""
        return cls([_make(books, entry) for entry in entries])

    def __iter__(self) -> Iterator[Refund]:
        return iter(self._refunds)

    def __len__(self) -> int:
        return len(self._refunds)

    def where(self, keep: Callable[[Refund], bool]) -> "Refunds":
        """Some of them, for platforms that list kinds of refunds apart."""
        return Refunds([refund for refund in self._refunds if keep(refund)])

    def times(self) -> Iterator[datetime]:
        """When each was changed last: when it was paid back."""
        return (refund.paid_back for refund in self._refunds)

    def make(self, index: int) -> Refund:
        """The refund at a place."""
        return self._refunds[index]

    def find(self, number: int) -> int | None:
        """The place of the refund of that number."""
        return self._index.get(number)


def _make(books: Books, entry: Entry) -> Refund:
    row, line, at = entry.row, entry.order_line, entry.invoice.at
    ordered = line.trade.invoice.at if line else at
    return Refund(
        number=entry.number,
        invoice=entry.invoice.number,
        customer=entry.invoice.customer,
        order=line.trade.number if line else None,
        line=line.number if line else None,
        earlier=entry.earlier,
        ordered=books.move(ordered),
        is_unshipped=line is not None and at - ordered < SHIPPED_AFTER,
        applied=books.move(at),
        paid_back=books.refunded_at(entry),
        amount=abs(books.fee(row)),
        quantity=abs(books.data.quantity[row]),
        bought=abs(books.data.quantity[line.row if line else row]),
        item=books.item(row),
        sku=books.sku(row),
        code=books.stock_code(row),
        title=books.title(row),
    )
