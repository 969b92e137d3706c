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

PERSONAL = ("王小明", "13800138000", "文三路90号")
"""A name, a phone number and an address, as the platform shows them in rows."""


class TestDouyin(MarketplaceConformance):
    """The kit on the sandbox of Douyin."""

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
            put_unknown=lambda moment: shelf.add(
                "orders", order("5998", update_time=int(moment.timestamp()), order_status=99)
            ),
            row_id=lambda number: str(700_001 + number),
            signed=("timestamp", "sign"),
            authorise=lambda: _authorised(shop),
            personal=PERSONAL,
            clock_tolerance=timedelta(minutes=10),
        )


def _authorised(shop: DoudianShop) -> dict[str, str]:
    shop.renew(None)
    tokens = {"access_token": shop.access_token, "refresh_token": shop.refresh_token}
    return {**CREDENTIALS, **tokens}


def _order(number: int, moment: datetime, version: int) -> dict[str, object]:
    status = (2, 3, 5)[version % 3]
    name, phone, address = PERSONAL
    return order(
        str(700_001 + number),
        line(str(700_001 + number)),
        update_time=int(moment.timestamp()),
        create_time=int(NOW.timestamp()) - 7200 if number < 40 else int(moment.timestamp()),
        order_status=status,
        post_amount=version,
        post_receiver=name,
        post_tel=phone,
        post_addr={"province": {"name": "浙江省", "id": "33"}, "detail": address},
        buyer_words=name,
    )


def _refund(number: int, moment: datetime, version: int) -> dict[str, object]:
    at, amount = int(moment.timestamp()), 2_000 + version
    return stored(after_sale(str(800_001 + number), update_time=at, refund_amount=amount))
