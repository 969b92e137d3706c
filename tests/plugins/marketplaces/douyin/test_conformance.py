"""Douyin passes the kit that every marketplace must pass."""

from datetime import datetime, timedelta
from typing import Any

from core.marketplace.conformance import MarketplaceConformance, Subject
from core.marketplace.sandbox import MemoryFeed, SetClock
from plugins.marketplaces.douyin import opsgraph_marketplaces
from plugins.marketplaces.douyin.sandbox import DoudianSandbox, DoudianShop
from tests.plugins.marketplaces.douyin.builders import (
    ADS_URL,
    BASE_URL,
    CREDENTIALS,
    NOW,
    SHOP_ID,
    order,
    stored,
)
from tests.plugins.marketplaces.douyin.unread import UNREAD
from tests.plugins.marketplaces.feeds import Shelf, whole
from tests.scan.markers import ADDRESS, BUYER, PHONE

ORDER, REFUND = whole("douyin", "order"), whole("douyin", "refund")
DETAIL, PRODUCT = whole("douyin", "refund_detail"), whole("douyin", "product")
LINES: tuple[dict[str, Any], ...] = (
    {},
    {"room_id_str": "", "product_id_str": "", "code": ""},
    {"room_id_str": "", "room_id": 0, "video_id": "v1"},
    {"room_id_str": "", "room_id": 0, "trade_type": None},
)
"""A line sold in a live room, one of which the numbers are not told as text, one sold in a video,
and one of a host's own list."""
SKUS: tuple[dict[str, Any], ...] = (
    {"sku_type": 0},
    {"sku_type": 1, "code": ""},
    {"sku_type": 10, "sell_properties": []},
)
"""A SKU with plain stock; one with a stock per warehouse and a number of its own; one with stock in
steps and its properties in the old fields."""


class TestDouyin(MarketplaceConformance):
    """The kit on the sandbox of Douyin."""

    def subject(self) -> Subject:
        """A shop whose token can be renewed."""
        shelf = Shelf(
            orders=(MemoryFeed([], "update_time", "order_id"), _order),
            refunds=(MemoryFeed([], "update_time", "aftersale_id"), _refund),
            products=(MemoryFeed([], "update_time", "product_id"), _product),
        )
        shop = DoudianShop(
            **CREDENTIALS,
            shop_id=SHOP_ID,
            orders=shelf.feed("orders"),
            after_sales=shelf.feed("refunds"),
            products=shelf.feed("products"),
            expires_at=NOW + timedelta(days=3),
        )
        clock = SetClock(NOW)
        sandbox = DoudianSandbox(shop, clock=clock)
        return Subject(
            marketplace=opsgraph_marketplaces()[0],
            sandbox=sandbox,
            app=sandbox.app,
            clock=clock,
            credentials=CREDENTIALS,
            config={"base_url": BASE_URL, "ads_base_url": ADS_URL, "retention_days": 0.1},
            platform_id=SHOP_ID,
            put=shelf.put,
            put_broken=lambda moment: shelf.add(
                "orders", order("5999", update_time=int(moment.timestamp()), pay_amount="broken")
            ),
            put_unknown=lambda moment: shelf.add(
                "orders", order("5998", update_time=int(moment.timestamp()), order_status=99)
            ),
            row_id=lambda number: str(700_001 + number),
            signed=("timestamp", "sign"),
            authorise=lambda: _authorised(shop),
            unread=UNREAD,
            also=("products",),
            personal=(BUYER, PHONE, ADDRESS),
            clock_tolerance=timedelta(minutes=10),
        )


def _authorised(shop: DoudianShop) -> dict[str, str]:
    shop.renew(None)
    tokens = {"access_token": shop.access_token, "refresh_token": shop.refresh_token}
    return {**CREDENTIALS, **tokens}


def _order(number: int, moment: datetime, version: int) -> dict[str, object]:
    """Of every four one was paid in two phases, and one has its address unmasked alone."""
    kind, own = number % 4, str(700_001 + number)
    at = int(moment.timestamp())
    line = {**ORDER["sku_order_list"][0], **LINES[kind], "order_id": own, "parent_order_id": own}
    (parcel,) = ORDER["logistics_info"]
    inside = [{**each, "sku_order_id": own} for each in parcel["product_info"]]
    carrier = {"company_name": ""} if kind == 2 else {}
    return {
        **ORDER,
        **({} if kind == 3 else {"order_phase_list": []}),
        **({"mask_post_addr": None} if kind == 1 else {}),
        "order_id": own,
        "update_time": at,
        "create_time": int(NOW.timestamp()) - 7200 if number < 40 else at,
        "order_status": (2, 3, 5)[version % 3],
        "post_amount": version,
        "sku_order_list": [line],
        "logistics_info": [{**parcel, **carrier, "product_info": inside}],
    }


def _refund(number: int, moment: datetime, version: int) -> dict[str, object]:
    """Every fourth is not paid back yet, and tells its line in a field of its own."""
    is_open = number % 4 == 3
    info = {
        **REFUND["aftersale_info"],
        "aftersale_id": str(800_001 + number),
        "update_time": int(moment.timestamp()),
        "refund_amount": 2_000 + version,
        "refund_status": 1 if is_open else 3,
    }
    order = {**REFUND["order_info"], **({"related_order_info": []} if is_open else {})}
    return stored({**REFUND, "aftersale_info": info, "order_info": order}, detail=DETAIL)


def _product(number: int, moment: datetime, version: int) -> dict[str, object]:
    """Every fourth was deleted, and its SKUs with it."""
    (sku,) = PRODUCT["skus"]
    gone = {"status": 2, "skus": []} if number % 4 == 3 else {}
    skus = [{**sku, **SKUS[number % 3], "id": 80_001 + number}]
    at = int(moment.timestamp())
    return {**PRODUCT, "skus": skus, **gone, "product_id": 7_001 + number, "update_time": at}
