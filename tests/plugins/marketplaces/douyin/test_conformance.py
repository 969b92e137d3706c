"""Douyin passes the kit that every marketplace must pass."""

from datetime import datetime, timedelta

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
    after_sale,
    line,
    order,
    stored,
)
from tests.plugins.marketplaces.feeds import Shelf


class TestDouyin(MarketplaceConformance):
    """The kit on the sandbox of Douyin."""

    rows = 10  # a page of refunds takes many calls, and one that fails takes it along
    share = 0.05  # so at a fifth it hardly ever gets through

    def subject(self) -> Subject:
        """A shop whose token can be renewed."""
        shelf = Shelf(
            orders=(MemoryFeed([], "update_time", "order_id"), _order),
            refunds=(MemoryFeed([], "update_time", "aftersale_id"), _refund),
        )
        shop = DoudianShop(
            **CREDENTIALS,
            shop_id=SHOP_ID,
            orders=shelf.feed("orders"),
            after_sales=shelf.feed("refunds"),
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
            row_id=lambda number: str(700_001 + number),
            signed=("timestamp", "sign"),
            renewals=lambda: shop.renewals,
        )


def _order(number: int, moment: datetime, version: int) -> dict[str, object]:
    status = (2, 3, 5)[version % 3]
    return order(
        str(700_001 + number),
        line(str(700_001 + number)),
        update_time=int(moment.timestamp()),
        create_time=int(NOW.timestamp()) - 7200 if number < 40 else int(moment.timestamp()),
        order_status=status,
        post_amount=version,
    )


def _refund(number: int, moment: datetime, version: int) -> dict[str, object]:
    at, amount = int(moment.timestamp()), 2_000 + version
    return stored(after_sale(str(800_001 + number), update_time=at, refund_amount=amount))
