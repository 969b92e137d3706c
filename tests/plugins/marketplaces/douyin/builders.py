"""Doudian's objects as a small shop has them, and the adapter that reads them by the sandbox."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from core.marketplace.contract import Adapter, Credentials, Mapped, Page, ShopContext, Window
from core.marketplace.sandbox import Row, SetClock
from plugins.marketplaces.douyin import opsgraph_marketplaces
from tests.scan.markers import ADDRESS, BUYER, PHONE

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)  # 12:00 in China
SECOND = int(NOW.timestamp())
DAY = Window(NOW - timedelta(days=1), NOW)
SHOP_ID = "4463798"
CREDENTIALS = {
    "app_key": "6886000000000000001",
    "app_secret": "s3cr3t-0001",
    "access_token": "first-access",
    "refresh_token": "first-refresh",
}
BASE_URL = "http://doudian.test"
ADS_URL = "http://ads.test"


def line(number: str = "6900000000000000001", /, **changes: Any) -> Row:
    return {
        "order_id": number,
        "parent_order_id": "6900000000000000001",
        "product_id": 3_500_000_000_000_000_001,
        "product_id_str": "3500000000000000001",
        "sku_id": 1_700_000_000_000_001,
        "item_num": 1,
        "origin_amount": 12_800,
        "order_amount": 12_800,
        "pay_amount": 11_800,
        "promotion_pay_amount": 0,
        "post_amount": 0,
        "code": "SKU-A",
        "product_name": "保温杯",
        "order_status": 2,
        "trade_type": 0,
        "c_biz": 8,
        "room_id": 0,
        "video_id": "",
        "after_sale_info": {"after_sale_status": 0, "after_sale_type": 0, "refund_status": 0},
        **changes,
    }


def order(number: str = "6900000000000000001", /, *lines: Row, **changes: Any) -> Row:
    return {
        "order_id": number,
        "shop_id": int(SHOP_ID),
        "order_type": 0,
        "order_status": 2,
        "order_status_desc": "备货中",
        "main_status": 2,
        "order_amount": 12_800,
        "pay_amount": 11_800,
        "promotion_amount": 1_000,
        "promotion_pay_amount": 0,
        "post_amount": 0,
        "pay_type": 2,
        "create_time": SECOND - 7200,
        "pay_time": SECOND - 7140,
        "update_time": SECOND - 7140,
        "finish_time": 0,
        "ship_time": 0,
        "channel_payment_no": "2026112200001",
        "doudian_open_id": "1@#oX",
        "mask_post_addr": {"province": {"name": "浙江省", "id": "33"}, "detail": ADDRESS},
        "post_receiver": BUYER,
        "post_tel": PHONE,
        "buyer_words": f"请打 {PHONE}",
        "logistics_info": [],
        "order_phase_list": [],
        "sku_order_list": list(lines) or [line(number)],
        **changes,
    }


def orders(count: int, every: int = 60) -> list[Row]:
    """Orders 1, 2, 3 …, each changed a little later than the one before, all within `DAY`."""
    start = SECOND - 23 * 3600
    return [
        order(str(number), update_time=start + number * every) for number in range(1, count + 1)
    ]


def after_sale(number: str = "99", /, **changes: Any) -> Row:
    """An item of the list: changes go to `aftersale_info`."""
    info = {
        "aftersale_id": number,
        "aftersale_order_type": 1,
        "aftersale_type": 0,
        "aftersale_status": 12,
        "refund_status": 3,
        "aftersale_refund_type": 0,
        "refund_amount": 2_000,
        "aftersale_num": 1,
        "apply_time": SECOND - 5400,
        "update_time": SECOND - 3600,
        **changes,
    }
    related = {"sku_order_id": "6900000000000000001", "pay_amount": 11_800}
    return {
        "aftersale_info": info,
        "order_info": {
            "shop_order_id": "6900000000000000001",
            "related_order_info": [related],
        },
        "text_part": {"reason_text": "不想要了"},
    }


def detail(**changes: Any) -> Row:
    """The `after_sale_info` of an after-sale's detail."""
    return {"real_refund_amount": 1_900, "refund_time": SECOND - 3700, **changes}


def stored(item: Row, /, **more: Any) -> Row:
    """The row of the sandbox's feed for a list's item."""
    info = item["aftersale_info"]
    keys = {name: info[name] for name in ("aftersale_id", "update_time")}
    return {**keys, "item": item, "detail": detail(), **more}


def sku(number: int = 8001, /, **changes: Any) -> Row:
    return {
        "id": number,
        "code": "SKU-A",
        "out_sku_id": 0,
        "price": 12_800,
        "sku_type": 0,
        "stock_num": 5,
        "sell_properties": [{"value_name": "红"}, {"value_name": "L"}],
        **changes,
    }


def product(number: int = 7001, /, *skus: Row, **changes: Any) -> Row:
    return {
        "product_id": number,
        "status": 0,
        "check_status": 3,
        "name": "保温杯",
        "outer_product_id": "CUP",
        "create_time": SECOND - 40 * 86_400,
        "update_time": SECOND - 2 * 86_400,
        "category_detail": {"first_cid": 1, "second_cid": 12, "third_cid": 123, "fourth_cid": 0},
        "skus": list(skus) or [sku(number * 10)],
        **changes,
    }


@dataclass
class Shop:
    """An adapter under test: how it reaches Doudian, and what it saved."""

    transport: httpx.AsyncBaseTransport
    clock: SetClock = field(default_factory=lambda: SetClock(NOW))
    credentials: Mapping[str, str] = field(default_factory=lambda: dict(CREDENTIALS))
    config: Mapping[str, Any] = field(default_factory=dict)
    saved: list[Credentials] = field(default_factory=list)

    def adapter(self) -> Adapter:
        async def save(credentials: Credentials) -> None:
            self.saved.append(credentials)

        context = ShopContext(
            platform_id=SHOP_ID,
            time_zone=ZoneInfo("Asia/Shanghai"),
            currency="CNY",
            credentials=Credentials(self.credentials),
            save_credentials=save,
            config={"base_url": BASE_URL, "ads_base_url": ADS_URL, **self.config},
            http=httpx.AsyncClient(transport=self.transport),
            now=self.clock,
        )
        return opsgraph_marketplaces()[0].adapter(context)


async def pull(
    adapter: Adapter, stream: str = "orders", window: Window = DAY, resume: str | None = None
) -> list[Page]:
    return [page async for page in adapter.pull(stream, window, resume)]


def records(pages: list[Page]) -> list[Any]:
    """The records of all pages, in the order they came; rejected ones are left out."""
    return [each.record for page in pages for each in page.items if isinstance(each, Mapped)]


def ids(pages: list[Page]) -> list[str]:
    return [record.platform_id for record in records(pages)]


def answering(body: str | bytes, status: int = 200) -> httpx.MockTransport:
    """A Doudian that says the same to everything."""
    return httpx.MockTransport(lambda request: httpx.Response(status, content=body))
