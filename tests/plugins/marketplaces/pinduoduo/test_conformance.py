"""Pinduoduo passes the kit that every marketplace must pass."""

from datetime import datetime, timedelta

from core.marketplace.conformance import MarketplaceConformance, Subject
from core.marketplace.sandbox import MemoryFeed, SetClock
from plugins.marketplaces.pinduoduo import opsgraph_marketplaces
from plugins.marketplaces.pinduoduo.sandbox import PddSandbox, PddShop
from plugins.marketplaces.pinduoduo.sandbox.protocol import CHINA
from tests.plugins.marketplaces.feeds import Shelf, whole
from tests.plugins.marketplaces.pinduoduo.builders import (
    BASE_URL,
    CREDENTIALS,
    NOW,
    order,
    order_sn,
)
from tests.plugins.marketplaces.pinduoduo.unread import UNREAD
from tests.scan.markers import ADDRESS, BUYER, PHONE

ORDER, REFUND = whole("pinduoduo", "order"), whole("pinduoduo", "refund")
GOODS = whole("pinduoduo", "product")
IN_PARTS = dict.fromkeys(("goods_amount", "discount_amount"))


class TestPinduoduo(MarketplaceConformance):
    """The kit on the sandbox of Pinduoduo."""

    def subject(self) -> Subject:
        """A shop whose token can be renewed."""
        shelf = Shelf(
            orders=(MemoryFeed([], "updated_at", "order_sn"), _order),
            refunds=(MemoryFeed([], "updated_time"), _refund),
            products=(MemoryFeed([], "goods_id", "goods_id"), _goods),
        )
        shop = PddShop(
            **CREDENTIALS,
            orders=shelf.feed("orders"),
            refunds=shelf.feed("refunds"),
            goods=shelf.feed("products"),
        )
        clock = SetClock(NOW)
        sandbox = PddSandbox(shop, clock=clock, limits={})
        return Subject(
            marketplace=opsgraph_marketplaces()[0],
            sandbox=sandbox,
            app=sandbox.app,
            clock=clock,
            credentials=CREDENTIALS,
            config={"base_url": BASE_URL, "retention_days": 0.1},
            put=shelf.put,
            put_broken=lambda moment: shelf.add(
                "orders", order(5_999, updated_at=_text(moment), pay_amount="broken")
            ),
            put_unknown=lambda moment: shelf.add(
                "orders", order(5_998, updated_at=_text(moment), order_status=99)
            ),
            row_id=lambda number: order_sn(700_001 + number),
            signed=("timestamp", "sign"),
            authorise=lambda: _authorised(shop),
            unread=UNREAD,
            also=("products",),
            personal=(BUYER, PHONE, ADDRESS),
            clock_tolerance=timedelta(minutes=10),
        )


def _text(moment: datetime) -> str:
    return moment.astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S")


def _authorised(shop: PddShop) -> dict[str, str]:
    shop.renew(None)
    tokens = {"access_token": shop.access_token, "refresh_token": shop.refresh_token}
    return {**CREDENTIALS, **tokens}


def _order(number: int, moment: datetime, version: int) -> dict[str, object]:
    """Of every four one has a deposit, and one has its sums told in parts alone."""
    kind = number % 4
    return {
        **ORDER,
        **(IN_PARTS if kind == 1 else {}),
        **({"trade_type": 1} if kind == 3 else {"step_order_info": None}),
        "order_sn": order_sn(700_001 + number),
        "updated_at": _text(moment),
        "order_status": (1, 2, 3)[version % 3],
        "postage": float(version),
    }


def _refund(number: int, moment: datetime, version: int) -> dict[str, object]:
    amount = f"{10 + version}.00"
    told = {"id": 800_001 + number, "updated_time": _text(moment), "refund_amount": amount}
    return {**REFUND, **told}


def _goods(number: int, moment: datetime, version: int) -> dict[str, object]:
    return {**GOODS, "goods_id": 7_001 + number}
