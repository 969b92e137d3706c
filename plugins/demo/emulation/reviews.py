"""Reviews of an emulated shop: synthetic, and each of them says so."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from random import Random

from plugins.demo.emulation.books import Books
from plugins.demo.emulation.nouns import Review
from plugins.demo.emulation.trade import Trade

KEPT_FOR = timedelta(days=180)
"""Taobao, the only one of the five that shows reviews, shows no older ones."""
SHARE = 0.02
RESULTS = {"good": 88, "neutral": 7, "bad": 5}
CONTENTS = {
    "good": ("质量很好，和图片一致。", "包装仔细，到货很快。", "很漂亮，会再来买。"),
    "neutral": ("还可以，颜色和图片略有不同。", "东西一般，价格合适。"),
    "bad": ("收到时有破损。", "少发了一件，等了很久。"),
}


class Reviews:
    """One sale of fifty has one of its lines reviewed."""

    def __init__(self, books: Books, trades: Sequence[Trade]) -> None:
        drafts = (_write(books, trade) for trade in trades)
        self._reviews = [each for each in drafts if each and each.created <= books.anchor]

    def __len__(self) -> int:
        return len(self._reviews)

    def times(self) -> Iterator[datetime]:
        """When each was written."""
        return (review.created for review in self._reviews)

    def make(self, index: int) -> Review:
        """The review at a place."""
        return self._reviews[index]

    def find(self, number: int) -> int | None:
        """Reviews have no numbers."""
        return None


def _write(books: Books, trade: Trade) -> Review | None:
    """Guests have no account to write with."""
    customer, ordered = trade.invoice.customer, books.move(trade.invoice.at)
    if not trade.is_sale or customer is None or ordered <= books.anchor - KEPT_FOR:
        return None
    random = Random(f"rate:{trade.number}")
    if random.random() >= SHARE:
        return None
    result = random.choices(list(RESULTS), list(RESULTS.values()))[0]
    line = random.choice(list(trade.lines()))
    return Review(
        order=trade.number,
        line=line.number,
        item=books.item(line.row),
        title=books.title(line.row),
        price=books.price(line.row),
        nick=f"u**{customer % 10}",
        created=ordered + timedelta(minutes=random.randrange(7 * 24 * 60, 12 * 24 * 60)),
        result=result,
        content=f"[synthetic] {random.choice(CONTENTS[result])}",
    )
