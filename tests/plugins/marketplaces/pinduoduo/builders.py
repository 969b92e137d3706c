"""PDD objects as a small mall has them, and the adapter that reads them through the sandbox."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from core.marketplace.contract import Adapter, Credentials, Mapped, Page, ShopContext, Window
from core.marketplace.sandbox import Row, SetClock
from plugins.marketplaces.pinduoduo import opsgraph_marketplaces
from tests.scan.markers import ADDRESS, BUYER, PHONE

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)  # 12:00 in China
HALF_HOUR = Window(NOW - timedelta(minutes=40), NOW - timedelta(minutes=10))  # from 11:20
CREDENTIALS = {
    "client_id": "c1d0001",
    "client_secret": "s3cr3t0001",
    "access_token": "first-access-token",
    "refresh_token": "first-refresh-token",
}
BASE_URL = "http://pdd.test/api/router"


def item(**changes: Any) -> Row:
    return {
        "goods_id": 7001,
        "sku_id": 8001,
        "goods_name": "保温杯",
        "goods_spec": "红,L",
        "goods_price": 128.0,
        "goods_count": 1,
        "outer_id": "SKU-A",
        **changes,
    }


def order_sn(number: int) -> str:
    return f"261122-{number:015d}"


def order(number: int = 1, /, *items: Row, **changes: Any) -> Row:
    return {
        "order_sn": order_sn(number),
        "order_status": 1,
        "refund_status": 1,
        "after_sales_status": 0,
        "confirm_status": 1,
        "group_status": 1,
        "trade_type": 0,
        "is_lucky_flag": 1,
        "goods_amount": 128.0,
        "discount_amount": 10.0,
        "platform_discount": 4.0,
        "seller_discount": 6.0,
        "capital_free_discount": 0.0,
        "order_change_amount": 0.0,
        "postage": 0.0,
        "pay_amount": 118.0,
        "pay_type": "WEIXIN",
        "pay_no": "XP2026112200001",
        "created_time": "2026-11-22 10:00:00",
        "pay_time": "2026-11-22 10:01:00",
        "confirm_time": "2026-11-22 10:05:00",
        "receive_time": "",
        "shipping_time": "",
        "updated_at": "2026-11-22 11:30:00",
        "step_order_info": None,
        "receiver_name": BUYER,
        "receiver_phone": PHONE,
        "receiver_address": ADDRESS,
        "buyer_memo": f"请打 {PHONE}",
        "item_list": list(items) or [item()],
        **changes,
    }


def orders(count: int, every: timedelta = timedelta(seconds=5)) -> list[Row]:
    """Orders 1, 2, 3 …, each changed a little later than the one before, all in `HALF_HOUR`."""
    start = datetime(2026, 11, 22, 11, 20)
    return [order(number, updated_at=str(start + number * every)) for number in range(1, count + 1)]


def refund(number: int = 99, /, **changes: Any) -> Row:
    return {
        "id": number,
        "order_sn": order_sn(1),
        "after_sales_status": 10,
        "after_sales_type": 3,
        "after_sale_reason": "不喜欢",
        "refund_amount": "20.00",
        "order_amount": "118.00",
        "goods_id": 7001,
        "sku_id": "8001",
        "goods_number": "1",
        "created_time": "2026-11-22 11:00:00",
        "updated_time": "2026-11-22 11:30:00",
        "confirm_time": "2026-11-22 10:05:00",
        **changes,
    }


def goods(goods_id: int = 7001, /, *, sku: Row | None = None, **details: Any) -> Row:
    """Goods as the list shows them, with their details, of which `details` are changed."""
    variant = {
        "sku_id": 8001,
        "out_sku_sn": "SKU-A",
        "multi_price": 11_800,
        "price": 12_800,
        "quantity": 5,
        "reserve_quantity": 1,
        "is_onsale": 1,
        "spec": [
            {"parent_name": "颜色", "spec_name": "红"},
            {"parent_name": "尺码", "spec_name": "L"},
        ],
    }
    return {
        "goods_id": goods_id,
        "goods_name": "保温杯",
        "goods_quantity": 5,
        "is_onsale": 1,
        "sku_list": [{"sku_id": 8001, "sku_quantity": 5, "outer_id": "SKU-A"}],
        "detail": {
            "goods_name": "保温杯",
            "outer_goods_id": "CUP",
            "cat_id": 50_000_671,
            "status": 1,
            "market_price": 19_900,
            "sku_list": [{**variant, **(sku or {})}],
            **details,
        },
    }


def report(day: str = "2026-11-21", scene: int = 0, /, **changes: Any) -> Row:
    return {
        "scenesType": scene,
        "date": day,
        "impression": 1000,
        "click": 50,
        "spend": 45_670,
        "orderNum": 3,
        "gmv": 354_000,
        "ctr": "0.05",
        **changes,
    }


@dataclass
class Shop:
    """An adapter under test: how it reaches PDD, and what it saved."""

    transport: httpx.AsyncBaseTransport
    clock: SetClock = field(default_factory=lambda: SetClock(NOW))
    credentials: Mapping[str, str] = field(default_factory=lambda: dict(CREDENTIALS))
    saved: list[Credentials] = field(default_factory=list)

    def adapter(self) -> Adapter:
        return opsgraph_marketplaces()[0].adapter(self.context())

    def context(self, **config: Any) -> ShopContext:
        async def save(credentials: Credentials) -> None:
            self.saved.append(credentials)

        return ShopContext(
            platform_id="1",
            time_zone=ZoneInfo("Asia/Shanghai"),
            currency="CNY",
            credentials=Credentials(self.credentials),
            save_credentials=save,
            config={"base_url": BASE_URL, **config},
            http=httpx.AsyncClient(transport=self.transport),
            now=self.clock,
        )


async def pull(
    adapter: Adapter, stream: str = "orders", window: Window = HALF_HOUR, resume: str | None = None
) -> list[Page]:
    return [page async for page in adapter.pull(stream, window, resume)]


def records(pages: list[Page]) -> list[Any]:
    """The records of all pages, in the order they came; rejected ones are left out."""
    return [each.record for page in pages for each in page.items if isinstance(each, Mapped)]


def ids(pages: list[Page]) -> list[str]:
    return [record.platform_id for record in records(pages)]


def numbers(pages: list[Page]) -> list[int]:
    """The numbers that orders were built with."""
    return [int(each.rpartition("-")[2]) for each in ids(pages)]


def answering(body: str | bytes, status: int = 200) -> httpx.MockTransport:
    """A PDD that says the same to everything."""
    return httpx.MockTransport(lambda request: httpx.Response(status, content=body))
