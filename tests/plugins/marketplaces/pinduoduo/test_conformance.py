"""Pinduoduo passes the kit that every marketplace must pass."""

from datetime import datetime

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


class TestPinduoduo(MarketplaceConformance):
    """The kit on the sandbox of Pinduoduo."""

    rows = 10  # a page of refunds takes many calls, and one that fails takes it along
    share = 0.05  # so at a fifth it hardly ever gets through

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
            row_id=lambda number: order_sn(700_001 + number),
            signed=("timestamp", "sign"),
            renewals=lambda: shop.renewals,
        )


def _text(moment: datetime) -> str:
    return moment.astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S")


def _order(number: int, moment: datetime, version: int) -> dict[str, object]:
    status = (1, 2, 3)[version % 3]
    sn = 700_001 + number
    return order(sn, updated_at=_text(moment), order_status=status, postage=float(version))


def _refund(number: int, moment: datetime, version: int) -> dict[str, object]:
    amount = f"{10 + version}.00"
    return refund(800_001 + number, updated_time=_text(moment), refund_amount=amount)
