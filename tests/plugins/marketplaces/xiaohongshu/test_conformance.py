"""Xiaohongshu passes the kit that every marketplace must pass."""

from datetime import datetime

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
            row_id=lambda number: f"P{700_001 + number}",
            signed=("timestamp", "sign"),
            renewals=lambda: shop.renewals,
        )


def _order(number: int, moment: datetime, version: int) -> dict[str, object]:
    status = (4, 6, 7)[version % 3]
    return order(
        700_001 + number,
        updateTime=ms(moment),
        orderStatus=status,
        totalShippingFree=version,
    )


def _refund(number: int, moment: datetime, version: int) -> dict[str, object]:
    paid = 10.0 + version
    return after_sale(800_001 + number, updatedAt=ms(moment), refundAmountYuan=paid)
