"""JD passes the kit that every marketplace must pass."""

from datetime import datetime, timedelta
from functools import partial
from typing import Any

from core.marketplace.conformance import MarketplaceConformance, Subject
from core.marketplace.sandbox import MemoryFeed, SetClock
from plugins.marketplaces.jd import opsgraph_marketplaces
from plugins.marketplaces.jd.client import CHINA
from plugins.marketplaces.jd.sandbox import JosSandbox, JosShop
from tests.plugins.marketplaces.feeds import Shelf, whole
from tests.plugins.marketplaces.jd.builders import (
    BASE_URL,
    CREDENTIALS,
    ENDS,
    NOW,
    OAUTH_URL,
    cancellation,
    estimate,
    money,
    order,
    service,
    sku,
    ware,
)
from tests.plugins.marketplaces.jd.unread import UNREAD
from tests.scan.markers import ADDRESS, BUYER, PHONE

STATES = ("WAIT_SELLER_STOCK_OUT", "WAIT_GOODS_RECEIVE_CONFIRM", "FINISHED_L")
KEYS = ("app_key", "app_secret", "access_token", "refresh_token")
ORDER, REFUND = whole("jd", "order"), whole("jd", "refund")
ORDERS: tuple[dict[str, Any], ...] = (
    {},
    {"actualPay": None},
    {"open_id_buyer": ""},
    {"couponDetailList": [], "waybill": ""},
)
"""An order as JD documents it, one from before `actualPay`, one whose buyer has a pseudonym of the
merchant's alone, and one that the merchant delivers."""


class TestJd(MarketplaceConformance):
    """The kit on the sandbox of JD."""

    def subject(self) -> Subject:
        """A shop whose token JD renews only in its last day, not once it has ended."""
        shelf = Shelf(
            orders=(MemoryFeed([], "modified", "orderId"), _order),
            refunds=(MemoryFeed([], "_applied"), partial(_refund, {})),
            cancellations=(MemoryFeed([], "applyTime"), _cancellation),
            products=(MemoryFeed([], "_modified", "wareId"), _ware),
        )
        shop = JosShop(
            *(CREDENTIALS[name] for name in KEYS),
            orders=shelf.feed("orders"),
            services=shelf.feed("refunds"),
            cancellations=shelf.feed("cancellations"),
            wares=shelf.feed("products"),
            expires_at=ENDS,
        )
        sums = [(estimate if n % 4 == 3 else money)(800_001 + n) for n in range(99)]
        shop.refunds = MemoryFeed(sums, "_at", "_service")
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
            unread=UNREAD,
            also=("cancellations", "products"),
            personal=(BUYER, PHONE, ADDRESS),
            clock_tolerance=timedelta(minutes=6),
        )


def _text(moment: datetime) -> str:
    return moment.astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S")


def _authorised(shop: JosShop) -> dict[str, str]:
    shop.renew(ENDS)
    tokens = {"access_token": shop.access_token, "refresh_token": shop.refresh_token}
    return {**CREDENTIALS, **tokens}


def _order(number: int, moment: datetime, version: int) -> dict[str, object]:
    return {
        **ORDER,
        **ORDERS[number % 4],
        "orderId": str(700_001 + number),
        "modified": _text(moment),
        "orderState": STATES[version % 3],
        "freightPrice": f"{version}.00",
    }


def _refund(
    applied: dict[int, str], number: int, moment: datetime, version: int
) -> dict[str, object]:
    """Every fourth is not paid yet."""
    is_open = number % 4 == 3
    bill = {**REFUND["sameOrderServiceBill"], "serviceId": 800_001 + number}
    changes = {"refoundAmount": 1000 + version, "bill": bill}
    changes |= {"status": None, "completeTime": None} if is_open else {}
    return service(800_001 + number, applied=applied.setdefault(number, _text(moment)), **changes)


def _cancellation(number: int, moment: datetime, version: int) -> dict[str, object]:
    return cancellation(
        801 + number, applyTime=_text(moment), checkUserName=BUYER, open_id_buyer="oX1"
    )


def _ware(number: int, moment: datetime, version: int) -> dict[str, object]:
    """Every fourth has an article number alone, and a SKU without properties."""
    changes = {"outerId": "", "skus": [sku(saleAttrs=[])]} if number % 4 == 3 else {}
    return ware(2_001 + number, created=1_790_812_800_000, **changes)
