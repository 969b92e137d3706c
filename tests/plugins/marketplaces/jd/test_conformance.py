"""JD passes the kit that every marketplace must pass."""

from datetime import datetime

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
APPLIED: dict[int, str] = {}


class TestJd(MarketplaceConformance):
    """The kit on the sandbox of JD."""

    rows = 10  # refunds take a call each, and one that fails takes its page along

    def subject(self) -> Subject:
        """A shop whose token JD renews only in its last day, not once it has ended."""
        shelf = Shelf(
            orders=(MemoryFeed([], "modified", "orderId"), _order),
            refunds=(MemoryFeed([], "_applied"), _refund),
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
            row_id=lambda number: str(700_001 + number),
            signed=("timestamp", "sign"),
            renews=False,
            renewals=lambda: shop.renewals,
        )


def _text(moment: datetime) -> str:
    return moment.astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S")


def _order(number: int, moment: datetime, version: int) -> dict[str, object]:
    state, price = STATES[version % 3], f"{version}.00"
    return order(700_001 + number, modified=_text(moment), orderState=state, freightPrice=price)


def _refund(number: int, moment: datetime, version: int) -> dict[str, object]:
    if version == 0:
        APPLIED[number] = _text(moment)
    applied = APPLIED.setdefault(number, _text(moment))
    return service(800_001 + number, applied=applied, refoundAmount=1000 + version)
