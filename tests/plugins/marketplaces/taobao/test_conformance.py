"""Taobao passes the kit that every marketplace must pass."""

from datetime import datetime, timedelta
from typing import Any

from core.marketplace.conformance import MarketplaceConformance, Subject
from core.marketplace.sandbox import MemoryFeed, SetClock
from plugins.marketplaces.taobao import opsgraph_marketplaces
from plugins.marketplaces.taobao.client import CHINA
from plugins.marketplaces.taobao.sandbox import TopSandbox, TopShop
from tests.plugins.marketplaces.feeds import Shelf, whole
from tests.plugins.marketplaces.taobao.builders import BASE_URL, CREDENTIALS, NOW, trade
from tests.plugins.marketplaces.taobao.unread import UNREAD
from tests.scan.markers import ADDRESS, BUYER, PHONE

STATES = ("WAIT_SELLER_SEND_GOODS", "WAIT_BUYER_CONFIRM_GOODS", "TRADE_FINISHED")
ORDER, REFUND = whole("taobao", "order"), whole("taobao", "refund")
ITEM, RATE = whole("taobao", "product"), whole("taobao", "review")
LINE: dict[str, Any] = ORDER["orders"]["order"][0]
LINES: tuple[dict[str, Any], ...] = ({}, {"divide_order_fee": "", "outer_sku_id": ""}, {}, {})
TRADES: tuple[dict[str, Any], ...] = (
    {},
    {},
    {"type": "cod"},
    {"type": "step", "step_trade_status": "FRONT_PAID_FINAL_NOPAID"},
)
"""A trade as TOP documents it, one whose line has neither share nor SKU, one paid to the courier,
and a pre-sale whose balance is owed."""


def _text(moment: datetime) -> str:
    return moment.astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S")


class TestTaobao(MarketplaceConformance):
    """The kit on TOP's sandbox."""

    def subject(self) -> Subject:
        """A shop whose session can be renewed."""
        shelf = Shelf(
            orders=(MemoryFeed([], "modified", "tid"), _trade),
            refunds=(MemoryFeed([], "modified", "refund_id"), _refund),
            products=(MemoryFeed([], "modified", "num_iid"), _item),
            reviews=(MemoryFeed([], "created", "oid"), _rate),
        )
        shop = TopShop(
            **CREDENTIALS,
            trades=shelf.feed("orders"),
            refunds=shelf.feed("refunds"),
            items=shelf.feed("products"),
            rates=shelf.feed("reviews"),
        )
        clock = SetClock(NOW)
        sandbox = TopSandbox(shop, clock=clock)
        return Subject(
            marketplace=opsgraph_marketplaces()[0],
            sandbox=sandbox,
            app=sandbox.app,
            clock=clock,
            credentials=CREDENTIALS,
            config={"base_url": BASE_URL, "retention_days": 0.1},
            put=shelf.put,
            put_broken=lambda moment: shelf.add(
                "orders", trade(5_999, modified=_text(moment), payment="broken")
            ),
            put_unknown=lambda moment: shelf.add(
                "orders", trade(5_998, modified=_text(moment), status="TRADE_UNHEARD_OF")
            ),
            row_id=lambda number: str(700_001 + number),
            signed=("timestamp", "sign"),
            authorise=lambda: _authorised(shop),
            unread=UNREAD,
            also=("products", "reviews"),
            personal=(BUYER, PHONE, ADDRESS),
            clock_tolerance=timedelta(minutes=10),
        )


def _authorised(shop: TopShop) -> dict[str, str]:
    shop.renew(None)
    return {**CREDENTIALS, "session": shop.session, "refresh_token": shop.refresh_token}


def _trade(number: int, moment: datetime, version: int) -> dict[str, object]:
    tid = 700_001 + number
    return {
        **ORDER,
        **TRADES[number % 4],
        "tid": tid,
        "modified": _text(moment),
        "status": STATES[version % 3],
        "post_fee": f"{version}.00",
        "orders": {"order": [{**LINE, **LINES[number % 4], "oid": tid}]},
    }


def _refund(number: int, moment: datetime, version: int) -> dict[str, object]:
    fee = f"{10 + version}.00"
    changes = {"refund_id": str(800_001 + number), "modified": _text(moment), "refund_fee": fee}
    return {**REFUND, **changes}


def _item(number: int, moment: datetime, version: int) -> dict[str, object]:
    """Every fourth has no variants."""
    item = {name: ITEM[name] for name in ITEM if name != "skus" or number % 4 != 3}
    return {**item, "num_iid": 7_001 + number, "modified": _text(moment)}


def _rate(number: int, moment: datetime, version: int) -> dict[str, object]:
    return {**RATE, "oid": 11 + number, "created": _text(moment)}
