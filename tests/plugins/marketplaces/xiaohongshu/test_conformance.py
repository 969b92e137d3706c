"""Xiaohongshu passes the kit that every marketplace must pass."""

from datetime import datetime, timedelta

from core.marketplace.conformance import MarketplaceConformance, Subject
from core.marketplace.sandbox import MemoryFeed, SetClock
from plugins.marketplaces.xiaohongshu import opsgraph_marketplaces
from plugins.marketplaces.xiaohongshu.sandbox import ArkSandbox, ArkShop
from tests.plugins.marketplaces.feeds import Shelf
from tests.plugins.marketplaces.xiaohongshu.builders import (
    BASE_URL,
    CREDENTIALS,
    NOW,
    after_sale,
    ms,
    order,
)

PERSONAL = ("王小明", "13800138000", "文三路90号")
"""A name, a phone number and an address, as the platform shows them in rows."""


class TestXiaohongshu(MarketplaceConformance):
    """The kit on the sandbox of Xiaohongshu."""

    def subject(self) -> Subject:
        """A shop whose token can be renewed."""
        shelf = Shelf(
            orders=(MemoryFeed([], "updateTime", "orderId"), _order),
            refunds=(MemoryFeed([], "updatedAt", "returnsId"), _refund),
        )
        shop = ArkShop(
            **CREDENTIALS, orders=shelf.feed("orders"), after_sales=shelf.feed("refunds")
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
            personal=PERSONAL,
            clock_tolerance=timedelta(minutes=10),
        )


def _authorised(shop: ArkShop, now: datetime) -> dict[str, str]:
    shop.renew(now, timedelta(days=7))
    tokens = {"access_token": shop.access_token, "refresh_token": shop.refresh_token}
    return {**CREDENTIALS, **tokens}


def _order(number: int, moment: datetime, version: int) -> dict[str, object]:
    status = (4, 6, 7)[version % 3]
    name, phone, address = PERSONAL
    return order(
        700_001 + number,
        updateTime=ms(moment),
        orderStatus=status,
        totalShippingFree=version,
        receiverName=name,
        receiverPhone=phone,
        receiverAddress=address,
        customerRemark=name,
    )


def _refund(number: int, moment: datetime, version: int) -> dict[str, object]:
    paid = 10.0 + version
    return after_sale(800_001 + number, updatedAt=ms(moment), refundAmountYuan=paid)
