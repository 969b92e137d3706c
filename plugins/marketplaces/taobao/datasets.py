"""Public data about Taobao and Tmall: what competitors asked on Singles' Day, what visitors did.

Columns as the files on tianchi.aliyun.com have them: the scrape of 22 beauty shops
(cosmetic_double11) and samples of the mobile recommendation data (tianchi_mobile).
"""

from collections.abc import Iterator, Sequence
from hashlib import blake2b

from core.marketplace.errors import MappingError
from core.marketplace.exports.layout import CellKind, Column, Fields, Layout, Setting, Values
from core.marketplace.records import BehaviorRecord, SignalRecord

MEASURES = {
    "price": "competitor_price",
    "sales": "competitor_sales",
    "comments": "competitor_comments",
}
"""Columns of a competitor's listing, and the topic that each is a signal of."""
ACTIONS = {"1": "view", "2": "favourite", "3": "cart", "4": "buy"}


def listing(rows: Sequence[Values], setting: Setting) -> Sequence[Fields]:
    """What a listing showed on a day: a fact for each figure it had."""
    return list(_signals(rows[0]))


def _signals(values: Values) -> Iterator[Fields]:
    for name, topic in MEASURES.items():
        if values.get(name) is not None:
            yield {
                "platform_id": values["listing"],
                "day": values["day"],
                "topic": topic,
                "subject": values["subject"],
                "value": values[name],
                "text": values["text"],
            }


def event(rows: Sequence[Values], setting: Setting) -> Fields:
    """Something a visitor did. Events have no id, and one may be done twice within its hour."""
    values = rows[0]
    action = ACTIONS.get(values["action"])
    if action is None:
        raise MappingError("action", values["action"], f"one of {', '.join(ACTIONS)}")
    names = ("visitor", "product_id", "action", "happened_at", "repeat")
    identity = repr([values[name] for name in names])
    return {
        "platform_id": "file-" + blake2b(identity.encode(), digest_size=12).hexdigest(),
        "happened_at": values["happened_at"],
        "visitor": values["visitor"],
        "action": action,
        "product_id": values["product_id"],
    }


LISTINGS = Layout(
    "taobao.competitor_listings",
    "Competitors' listings by day",
    "signals",
    SignalRecord,
    (
        Column("day", ("update_time",), CellKind.DAY, True),
        Column("listing", ("id",), CellKind.ID, True),
        Column("text", ("title",), required=True),
        Column("price", ("price",), CellKind.NUMBER, True),
        Column("sales", ("sale_count",), CellKind.NUMBER),
        Column("comments", ("comment_count",), CellKind.NUMBER),
        Column("subject", ("店名",), required=True),
    ),
    listing,
)

EVENTS = Layout(
    "taobao.mobile_events",
    "What visitors did in the app",
    "behavior",
    BehaviorRecord,
    (
        Column("visitor", ("user_id",), CellKind.ID, True, True),
        Column("product_id", ("item_id",), CellKind.ID, True),
        Column("action", ("behavior_type",), CellKind.ID, True),
        Column("happened_at", ("time",), CellKind.MOMENT, True),
    ),
    event,
    unused={
        "user_geohash": "personal, and nothing needs it",
        "item_category": "the product has it",
    },
)

DATASETS = (LISTINGS, EVENTS)
