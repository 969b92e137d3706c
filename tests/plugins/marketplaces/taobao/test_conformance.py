"""Taobao passes the kit that every marketplace must pass."""

from datetime import datetime, timedelta

from core.marketplace.conformance import MarketplaceConformance, Subject
from core.marketplace.sandbox import MemoryFeed, SetClock
from plugins.marketplaces.taobao import opsgraph_marketplaces
from plugins.marketplaces.taobao.client import CHINA
from plugins.marketplaces.taobao.sandbox import TopSandbox, TopShop
from tests.plugins.marketplaces.feeds import Shelf
from tests.plugins.marketplaces.taobao.builders import BASE_URL, CREDENTIALS, NOW, refund, trade

STATES = ("WAIT_SELLER_SEND_GOODS", "WAIT_BUYER_CONFIRM_GOODS", "TRADE_FINISHED")
PERSONAL = ("王小明", "13800138000", "文三路90号")
"""A name, a phone number and an address, as the platform shows them in rows."""


def _text(moment: datetime) -> str:
    return moment.astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S")


class TestTaobao(MarketplaceConformance):
    """The kit on TOP's sandbox."""

    def subject(self) -> Subject:
        """A shop whose session can be renewed."""
        shelf = Shelf(
            orders=(MemoryFeed([], "modified", "tid"), _trade),
            refunds=(MemoryFeed([], "modified", "refund_id"), _refund),
        )
        shop = TopShop(**CREDENTIALS, trades=shelf.feed("orders"), refunds=shelf.feed("refunds"))
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
            personal=PERSONAL,
            clock_tolerance=timedelta(minutes=10),
        )


def _authorised(shop: TopShop) -> dict[str, str]:
    shop.renew(None)
    return {**CREDENTIALS, "session": shop.session, "refresh_token": shop.refresh_token}


def _trade(number: int, moment: datetime, version: int) -> dict[str, object]:
    state = STATES[version % 3]
    name, phone, address = PERSONAL
    return trade(
        700_001 + number,
        modified=_text(moment),
        status=state,
        post_fee=f"{version}.00",
        receiver_name=name,
        receiver_mobile=phone,
        receiver_address=address,
        buyer_message=name,
    )


def _refund(number: int, moment: datetime, version: int) -> dict[str, object]:
    fee = f"{10 + version}.00"
    return refund(str(800_001 + number), modified=_text(moment), refund_fee=fee)
