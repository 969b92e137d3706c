"""Reviews, as `taobao.traderates.get` shows them: synthetic, and each of them says so."""

from datetime import datetime, timedelta
from random import Random
from typing import Any, NamedTuple

from plugins.demo.emulation.books import Books
from plugins.demo.emulation.feed import Feed
from plugins.demo.emulation.trade import Trade, TradeLine
from plugins.demo.emulation.wire import clock, yuan

KEPT_FOR = timedelta(days=180)
"""TOP shows no older reviews."""
SHARE = 0.02
RESULTS = {"good": 88, "neutral": 7, "bad": 5}
CONTENTS = {
    "good": ("质量很好，和图片一致。", "包装仔细，到货很快。", "很漂亮，会再来买。"),
    "neutral": ("还可以，颜色和图片略有不同。", "东西一般，价格合适。"),
    "bad": ("收到时有破损。", "少发了一件，等了很久。"),
}


class _Rate(NamedTuple):
    line: TradeLine
    nick: str
    created: datetime
    result: str
    content: str


class Rates(Feed):
    def __init__(self, books: Books) -> None:
        self._books = books
        drafts = (_write_rate(books, trade) for trade in books.trades)
        self._rates = [rate for rate in drafts if rate and rate.created <= books.anchor]
        self.keys = sorted((clock(rate.created), i) for i, rate in enumerate(self._rates))

    def render(self, index: int) -> dict[str, Any]:
        books, rate = self._books, self._rates[index]
        row = rate.line.row
        return {
            "tid": rate.line.trade.tid,
            "oid": rate.line.oid,
            "num_iid": books.num_iid(row),
            "role": "buyer",
            "nick": rate.nick,
            "result": rate.result,
            "created": clock(rate.created),
            "content": f"[synthetic] {rate.content}",
            "item_title": books.title(row),
            "item_price": yuan(books.price(row)),
        }


def _write_rate(books: Books, trade: Trade) -> _Rate | None:
    """One sale of fifty has one of its lines reviewed; guests have no account to write with."""
    customer, ordered = trade.invoice.customer, books.move(trade.invoice.at)
    if not trade.is_sale or customer is None or ordered <= books.anchor - KEPT_FOR:
        return None
    random = Random(f"rate:{trade.tid}")
    if random.random() >= SHARE:
        return None
    result = random.choices(list(RESULTS), list(RESULTS.values()))[0]
    return _Rate(
        line=random.choice(list(trade.lines())),
        nick=f"u**{customer % 10}",
        created=ordered + timedelta(minutes=random.randrange(7 * 24 * 60, 12 * 24 * 60)),
        result=result,
        content=random.choice(CONTENTS[result]),
    )
