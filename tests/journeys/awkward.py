"""A thousand awkward TOP trades among good ones: ten classes of a hundred, each with an outcome."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

Row = dict[str, Any]
EACH = 100
BIG = 2**63 - 1  # the largest id TOP can send as a Number
EMOJI = "圣诞礼盒 🎁👩‍👩‍👧‍👦 1️⃣"
RIGHT_TO_LEFT = "هدية عيد الميلاد — מתנה לחג ‮abc‬"


@dataclass(frozen=True)
class Trades:
    """Awkward rows under their times of change, and what is to become of them."""

    rows: list[tuple[str, Row]]
    quarantined: int
    stored: int


def good_trade(number: int, moment: datetime) -> Row:
    """An ordinary finished trade of two lines."""
    tid = 4_100_000_000_000_000_000 + number * 100
    return {
        "tid": tid,
        "type": "fixed",
        "status": "TRADE_FINISHED",
        "created": text(moment - timedelta(hours=2)),
        "pay_time": text(moment - timedelta(hours=1)),
        "end_time": text(moment),
        "modified": text(moment),
        "buyer_open_uid": f"buyer-{number % 40}",
        "payment": "30.00",
        "total_fee": "30.00",
        "post_fee": "0.00",
        "orders": {"order": [line(tid + 1, "10.00", 1), line(tid + 2, "10.00", 2)]},
    }


def line(oid: int, price: str, num: int) -> Row:
    """One line of a trade."""
    amount = f"{float(price) * num:.2f}"
    return {
        "oid": oid,
        "num_iid": 9001,
        "sku_id": "9101",
        "outer_sku_id": "SKU",
        "title": "Lantern",
        "price": price,
        "num": num,
        "total_fee": amount,
        "divide_order_fee": amount,
        "payment": amount,
        "status": "TRADE_FINISHED",
        "refund_status": "NO_REFUND",
    }


def text(moment: datetime) -> str:
    """A time as TOP writes it."""
    return f"{moment:%Y-%m-%d %H:%M:%S}"


def _variants(*spoil: Callable[[Row], object]) -> Callable[[int, Row], Row]:
    def make(n: int, trade: Row) -> Row:
        spoil[n % len(spoil)](trade)
        return trade

    return make


def _line(trade: Row) -> Row:
    first: Row = trade["orders"]["order"][0]
    return first


WRONG_TYPES = _variants(
    lambda trade: _line(trade).update(price=10.5),
    lambda trade: _line(trade).update(num="two"),
    lambda trade: trade.update(orders="none"),
    lambda trade: trade.update(status=7),
    lambda trade: _line(trade).update(divide_order_fee=[]),
)
MISSING_KEYS = _variants(
    lambda trade: trade.pop("created"),
    lambda trade: _line(trade).pop("num"),
    lambda trade: trade.pop("orders"),
    lambda trade: trade.pop("status"),
    lambda trade: _line(trade).pop("oid"),
)
ABSURD_DATES = _variants(
    lambda trade: trade.update(created="0001-01-01 00:00:00"),
    lambda trade: trade.update(pay_time="2999-12-31 23:59:59"),
    lambda trade: trade.update(created="yesterday"),
    lambda trade: trade.update(end_time="2026-02-30 10:00:00"),
)
NULLS = _variants(
    lambda trade: trade.update(created=None),
    lambda trade: _line(trade).update(price=None),
    lambda trade: _line(trade).update(num=None),
    lambda trade: trade.update(status=None),
)
ABSURD_AMOUNTS = _variants(
    lambda trade: _line(trade).update(price="ten"),
    lambda trade: _line(trade).update(price="10.005"),
    lambda trade: _line(trade).update(price="1e400"),
    lambda trade: _line(trade).update(num=-1),
    lambda trade: _line(trade).update(num=0),
)
UNKNOWN_STATUS = _variants(lambda trade: trade.update(status="TRADE_TELEPORTED"))
EMOJIS = _variants(lambda trade: _line(trade).update(title=EMOJI))
BACKWARDS = _variants(lambda trade: _line(trade).update(title=RIGHT_TO_LEFT))

QUARANTINED = (WRONG_TYPES, MISSING_KEYS, ABSURD_DATES, NULLS, ABSURD_AMOUNTS)
KEPT = (UNKNOWN_STATUS, EMOJIS, BACKWARDS)


def awkward_trades(start: datetime, first_number: int) -> Trades:
    """The thousand: five classes for quarantine, three kept as they are, big ids, duplicates."""
    rows: list[tuple[str, Row]] = []
    number = first_number
    for spoil in (*QUARANTINED, *KEPT, _big_id, _twice):
        for n in range(EACH):
            moment = start + timedelta(minutes=number - first_number)
            made = spoil(n, good_trade(number, moment))
            rows += [(text(moment), row) for row in (made if isinstance(made, list) else [made])]
            number += 1
    stored = EACH * (len(KEPT) + 2)
    return Trades(rows, quarantined=EACH * len(QUARANTINED), stored=stored)


def _big_id(n: int, trade: Row) -> Row:
    trade["tid"] = BIG - n * 10
    for place, each in enumerate(trade["orders"]["order"], 1):
        each["oid"] = trade["tid"] - place
    return trade


def _twice(n: int, trade: Row) -> list[Row]:
    """The same trade in two versions at the same place in the list; the newer one counts."""
    newer = deepcopy(trade)
    moment = datetime.fromisoformat(trade["modified"]) + timedelta(seconds=30)
    newer.update(modified=text(moment), receiver_state="newer")
    return [newer, trade] if n % 2 else [trade, newer]
