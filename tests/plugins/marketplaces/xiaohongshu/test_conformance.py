"""Xiaohongshu passes the kit that every marketplace must pass."""

from datetime import datetime, timedelta
from typing import Any

from core.marketplace.conformance import MarketplaceConformance, Subject
from core.marketplace.sandbox import MemoryFeed, SetClock
from plugins.marketplaces.xiaohongshu import opsgraph_marketplaces
from plugins.marketplaces.xiaohongshu.sandbox import ArkSandbox, ArkShop
from tests.plugins.marketplaces.feeds import Shelf, whole
from tests.plugins.marketplaces.xiaohongshu.builders import (
    BASE_URL,
    CREDENTIALS,
    NOW,
    item,
    ms,
    order,
)
from tests.plugins.marketplaces.xiaohongshu.unread import UNREAD
from tests.scan.markers import ADDRESS, BUYER, PHONE

ORDER, REFUND = whole("xiaohongshu", "order"), whole("xiaohongshu", "refund")
LINE: dict[str, Any] = ORDER["skuList"][0]
(PART,) = LINE["skuDetailList"]
LATER = {**LINE, "skuDetailList": [{**PART, "depositAmountPerSku": 1_000}]}
BUNDLE = {**LINE, "skuDetailList": [PART, PART], "kolId": "kol1"}
ORDERS: tuple[dict[str, Any], ...] = (
    {"totalPayAmount": 11_800},
    {"totalPayAmount": 13_800, "totalDepositAmount": 2_000, "unpack": True, "deliveryTime": 0},
    {"totalPayAmount": 24_600, "skuList": [LATER, {**LINE, "skuId": "k2"}]},
    {"totalPayAmount": 11_900, "skuList": [{**BUNDLE, "totalTaxAmount": 100}]},
)
"""A plain order; one with a deposit, in parcels; one of two lines with a deposit for one of them; a
bundle that is taxed, from a host."""


class TestXiaohongshu(MarketplaceConformance):
    """The kit on the sandbox of Xiaohongshu."""

    def subject(self) -> Subject:
        """A shop whose token can be renewed."""
        shelf = Shelf(
            orders=(MemoryFeed([], "updateTime", "orderId"), _order),
            refunds=(MemoryFeed([], "updatedAt", "returnsId"), _refund),
            products=(MemoryFeed([], "createTime", "id"), _item),
        )
        shop = ArkShop(
            **CREDENTIALS,
            orders=shelf.feed("orders"),
            after_sales=shelf.feed("refunds"),
            items=shelf.feed("products"),
        )
        clock = SetClock(NOW)
        sandbox = ArkSandbox(shop, clock=clock)
        return Subject(
            marketplace=opsgraph_marketplaces()[0],
            sandbox=sandbox,
            app=sandbox.app,
            clock=clock,
            credentials=CREDENTIALS,
            config={"base_url": BASE_URL, "retention_days": 0.1},
            put=shelf.put,
            put_broken=lambda moment: shelf.add(
                "orders", order(5_999, updateTime=ms(moment), totalPayAmount="broken")
            ),
            put_unknown=lambda moment: shelf.add(
                "orders", order(5_998, updateTime=ms(moment), orderStatus=99)
            ),
            row_id=lambda number: f"P{700_001 + number}",
            signed=("timestamp", "sign"),
            authorise=lambda: _authorised(shop, clock()),
            unread=UNREAD,
            also=("products",),
            personal=(BUYER, PHONE, ADDRESS),
            clock_tolerance=timedelta(minutes=10),
        )


def _authorised(shop: ArkShop, now: datetime) -> dict[str, str]:
    shop.renew(now, timedelta(days=7))
    tokens = {"access_token": shop.access_token, "refresh_token": shop.refresh_token}
    return {**CREDENTIALS, **tokens}


def _order(number: int, moment: datetime, version: int) -> dict[str, object]:
    kind = ORDERS[number % 4]
    return {
        **ORDER,
        **kind,
        "orderId": f"P{700_001 + number}",
        "updateTime": ms(moment),
        "orderStatus": (4, 6, 7)[version % 3],
        "totalShippingFree": version,
        "totalPayAmount": kind["totalPayAmount"] + version,
    }


def _refund(number: int, moment: datetime, version: int) -> dict[str, object]:
    """Every fourth is not paid back yet."""
    return {
        **REFUND,
        "returnsId": f"R{800_001 + number}",
        "updatedAt": ms(moment),
        "refundStatus": 1 if number % 4 == 3 else 2,
        "refundAmountYuan": 10.0 + version,
    }


def _item(number: int, moment: datetime, version: int) -> dict[str, object]:
    """As far as ARK documents an item; of a SKU it says only what it is about."""
    told: dict[str, Any] = {
        "brandId": 5,
        "attributes": [{"propertyId": "1", "name": "材质", "value": "不锈钢"}],
        "images": ["//1.jpg"],
        "imageDescriptions": ["//2.jpg"],
        "shippingTemplateId": "s",
    }
    return item(1 + number, updateTime=ms(moment), **told)
