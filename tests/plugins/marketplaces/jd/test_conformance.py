"""JD passes the kit that every marketplace must pass."""

from datetime import datetime, timedelta
from functools import partial

from core.marketplace.conformance import MarketplaceConformance, Subject
from core.marketplace.sandbox import MemoryFeed, SetClock
from plugins.marketplaces.jd import opsgraph_marketplaces
from plugins.marketplaces.jd.client import CHINA
from plugins.marketplaces.jd.sandbox import JosSandbox, JosShop
from tests.plugins.marketplaces.feeds import Shelf
from tests.plugins.marketplaces.jd.builders import (
    BASE_URL,
    CREDENTIALS,
    ENDS,
    NOW,
    OAUTH_URL,
    money,
    order,
    service,
)

STATES = ("WAIT_SELLER_STOCK_OUT", "WAIT_GOODS_RECEIVE_CONFIRM", "FINISHED_L")
KEYS = ("app_key", "app_secret", "access_token", "refresh_token")
PERSONAL = ("王小明", "13800138000", "文三路90号")
"""A name, a phone number and an address, as the platform shows them in rows."""


class TestJd(MarketplaceConformance):
    """The kit on the sandbox of JD."""

    def subject(self) -> Subject:
        """A shop whose token JD renews only in its last day, not once it has ended."""
        shelf = Shelf(
            orders=(MemoryFeed([], "modified", "orderId"), _order),
            refunds=(MemoryFeed([], "_applied"), partial(_refund, {})),
        )
        shop = JosShop(
            *(CREDENTIALS[name] for name in KEYS),
            orders=shelf.feed("orders"),
            services=shelf.feed("refunds"),
            expires_at=ENDS,
        )
        shop.refunds = MemoryFeed([money(800_001 + n) for n in range(99)], "_at", "_service")
        clock = SetClock(NOW)
        sandbox = JosSandbox(shop, clock=clock)
        return Subject(
            marketplace=opsgraph_marketplaces()[0],
            sandbox=sandbox,
            app=sandbox.app,
            clock=clock,
            credentials=CREDENTIALS,
            config={"base_url": BASE_URL, "oauth_url": OAUTH_URL, "retention_days": 0.1},
            put=shelf.put,
            put_broken=lambda moment: shelf.add(
                "orders", order(5_999, modified=_text(moment), freightPrice="broken")
            ),
            put_unknown=lambda moment: shelf.add(
                "orders", order(5_998, modified=_text(moment), orderState="UNHEARD_OF")
            ),
            row_id=lambda number: str(700_001 + number),
            signed=("timestamp", "sign"),
            renews=False,
            authorise=lambda: _authorised(shop),
            personal=PERSONAL,
            clock_tolerance=timedelta(minutes=6),
        )


def _text(moment: datetime) -> str:
    return moment.astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S")


def _authorised(shop: JosShop) -> dict[str, str]:
    shop.renew(ENDS)
    tokens = {"access_token": shop.access_token, "refresh_token": shop.refresh_token}
    return {**CREDENTIALS, **tokens}


def _order(number: int, moment: datetime, version: int) -> dict[str, object]:
    state, price = STATES[version % 3], f"{version}.00"
    name, phone, address = PERSONAL
    return order(
        700_001 + number,
        modified=_text(moment),
        orderState=state,
        freightPrice=price,
        consigneeInfo={"fullname": name, "telephone": phone, "fullAddress": address},
        orderRemark=f"{name} {phone}",
    )


def _refund(
    applied: dict[int, str], number: int, moment: datetime, version: int
) -> dict[str, object]:
    name, phone, address = PERSONAL
    return service(
        800_001 + number,
        applied=applied.setdefault(number, _text(moment)),
        refoundAmount=1000 + version,
        bill={"customerName": name, "customerTel": phone, "questionDesc": address},
    )
