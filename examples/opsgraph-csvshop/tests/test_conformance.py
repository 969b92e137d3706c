"""The CSV shop passes the kit that every marketplace must pass."""

from datetime import datetime

from core.marketplace.conformance import MarketplaceConformance, Subject
from core.marketplace.sandbox import SetClock

from opsgraph_csvshop import opsgraph_marketplaces
from opsgraph_csvshop.sandbox import CsvShop

NOON = datetime.fromisoformat("2026-11-20T12:00:00+00:00")
KEY = "k-1-secret"


class TestCsvShop(MarketplaceConformance):
    """The kit on the shop that is made for tests."""

    def subject(self) -> Subject:
        """A shop whose key nobody renews: when it ends, the owner makes a new one."""
        clock = SetClock(NOON)
        shop = CsvShop(KEY, clock)

        def put(stream: str, number: int, moment: datetime, version: int) -> None:
            status = ("paid", "sent", "done")[version % 3]
            shop.put(f"o{number:04}", _text(moment), version % 3 + 1, status=status)

        return Subject(
            marketplace=opsgraph_marketplaces()[0],
            sandbox=shop,
            app=shop.app,
            clock=clock,
            credentials={"api_key": KEY},
            config={"base_url": "http://csvshop.test", "retention_days": 0.2},
            streams=("orders",),
            put=put,
            put_broken=lambda moment: shop.put("bad", _text(moment), paid="ten"),
            put_unknown=lambda moment: shop.put("odd", _text(moment), status="in the post"),
            row_id=lambda number: f"o{number:04}",
            authorise=lambda: {"api_key": shop.new_key()},
            unread={
                "orders": {
                    "the order itself has it": "lines[].order_id",
                    "a name is no id to keep": "lines[].buyer",
                }
            },
            personal=("buyer of o0001",),
            renews=False,
        )


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
