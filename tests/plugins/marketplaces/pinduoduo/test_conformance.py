"""Pinduoduo passes the kit that every marketplace must pass."""

from datetime import datetime, timedelta

from core.marketplace.conformance import MarketplaceConformance, Subject
from core.marketplace.sandbox import MemoryFeed, SetClock
from plugins.marketplaces.pinduoduo import opsgraph_marketplaces
from plugins.marketplaces.pinduoduo.sandbox import PddSandbox, PddShop
from plugins.marketplaces.pinduoduo.sandbox.protocol import CHINA
from tests.plugins.marketplaces.feeds import Shelf
from tests.plugins.marketplaces.pinduoduo.builders import (
    BASE_URL,
    CREDENTIALS,
    NOW,
    order,
    order_sn,
    refund,
)

PERSONAL = ("王小明", "13800138000", "文三路90号")
"""A name, a phone number and an address, as the platform shows them in rows."""


class TestPinduoduo(MarketplaceConformance):
    """The kit on the sandbox of Pinduoduo."""

    def subject(self) -> Subject:
        """A shop whose token can be renewed."""
        shelf = Shelf(
            orders=(MemoryFeed([], "updated_at", "order_sn"), _order),
            refunds=(MemoryFeed([], "updated_time"), _refund),
        )
        shop = PddShop(**CREDENTIALS, orders=shelf.feed("orders"), refunds=shelf.feed("refunds"))
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
            personal=PERSONAL,
            clock_tolerance=timedelta(minutes=10),
        )


def _text(moment: datetime) -> str:
    return moment.astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S")


def _authorised(shop: PddShop) -> dict[str, str]:
    shop.renew(None)
    tokens = {"access_token": shop.access_token, "refresh_token": shop.refresh_token}
    return {**CREDENTIALS, **tokens}


def _order(number: int, moment: datetime, version: int) -> dict[str, object]:
    status = (1, 2, 3)[version % 3]
    sn = 700_001 + number
    name, phone, address = PERSONAL
    return order(
        sn,
        updated_at=_text(moment),
        order_status=status,
        postage=float(version),
        receiver_name=name,
        receiver_phone=phone,
        receiver_address=address,
        buyer_memo=name,
    )


def _refund(number: int, moment: datetime, version: int) -> dict[str, object]:
    amount = f"{10 + version}.00"
    return refund(800_001 + number, updated_time=_text(moment), refund_amount=amount)
