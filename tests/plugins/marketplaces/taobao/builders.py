"""TOP objects as a small shop has them, and the adapter that reads them through the sandbox."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from core.marketplace.contract import Adapter, Credentials, Mapped, Page, ShopContext, Window
from core.marketplace.sandbox import Row, SetClock
from plugins.marketplaces.taobao import opsgraph_marketplaces
from tests.scan.markers import ADDRESS, BUYER, PHONE

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)  # 12:00 in China
DAY = Window(NOW - timedelta(days=1), NOW)
CREDENTIALS = {
    "app_key": "23000001",
    "app_secret": "s3cr3t0001",
    "session": "6100-first-session",
    "refresh_token": "6101-first-refresh",
}
BASE_URL = "http://top.test/router/rest"


def line(oid: int = 3_600_000_000_000_000_011, /, **changes: Any) -> Row:
    return {
        "oid": oid,
        "num_iid": 7001,
        "sku_id": "8001",
        "outer_sku_id": "SKU-A",
        "title": "保温杯",
        "price": "128.00",
        "num": 1,
        "divide_order_fee": "118.00",
        "payment": "118.00",
        "status": "WAIT_SELLER_SEND_GOODS",
        "refund_status": "NO_REFUND",
        **changes,
    }


def trade(tid: int = 3_600_000_000_000_000_001, /, *lines: Row, **changes: Any) -> Row:
    return {
        "tid": tid,
        "type": "fixed",
        "status": "WAIT_SELLER_SEND_GOODS",
        "payment": "118.00",
        "post_fee": "0.00",
        "created": "2026-11-22 10:00:00",
        "pay_time": "2026-11-22 10:01:00",
        "modified": "2026-11-22 10:01:00",
        "alipay_no": "2026112200001",
        "buyer_open_uid": "AAF-1",
        "buyer_nick": "t**1",
        "receiver_name": BUYER,
        "receiver_mobile": PHONE,
        "receiver_address": ADDRESS,
        "buyer_message": f"请打 {PHONE}",
        "orders": {"order": list(lines) or [line(tid)]},
        **changes,
    }


def trades(count: int, every: timedelta = timedelta(seconds=60)) -> list[Row]:
    """Trades 1, 2, 3 …, each changed a little later than the one before, all within `DAY`."""
    start = datetime(2026, 11, 21, 13, 0)
    return [trade(number, modified=str(start + number * every)) for number in range(1, count + 1)]


def refund(refund_id: str = "99", /, **changes: Any) -> Row:
    return {
        "refund_id": refund_id,
        "tid": 3_600_000_000_000_000_001,
        "oid": 3_600_000_000_000_000_011,
        "status": "SUCCESS",
        "refund_fee": "20.00",
        "created": "2026-11-22 10:30:00",
        "modified": "2026-11-22 11:00:00",
        "has_good_return": True,
        "num": 1,
        "reason": "其他",
        "refund_phase": "aftersale",
        **changes,
    }


def item(num_iid: int = 7001, /, **changes: Any) -> Row:
    return {
        "num_iid": num_iid,
        "title": "保温杯",
        "outer_id": "CUP",
        "cid": 50_000_671,
        "approve_status": "onsale",
        "price": "128.00",
        "num": 5,
        "list_time": "2026-10-01 08:00:00",
        "modified": "2026-11-20 08:00:00",
        "skus": {
            "sku": [
                {
                    "sku_id": 8001,
                    "outer_id": "SKU-A",
                    "price": "128.00",
                    "quantity": 5,
                    "properties_name": "1627207:28326:颜色:红;20509:28314:尺码:L",
                }
            ]
        },
        **changes,
    }


def rate(oid: int = 11, /, **changes: Any) -> Row:
    return {
        "tid": 1,
        "oid": oid,
        "num_iid": 7001,
        "role": "buyer",
        "nick": "t**1",
        "result": "good",
        "created": "2026-11-22 09:00:00",
        "content": "很好",
        **changes,
    }


@dataclass
class Shop:
    """An adapter under test: how it reaches TOP, and what it saved."""

    transport: httpx.AsyncBaseTransport
    clock: SetClock = field(default_factory=lambda: SetClock(NOW))
    credentials: Mapping[str, str] = field(default_factory=lambda: dict(CREDENTIALS))
    config: Mapping[str, Any] = field(default_factory=dict)
    saved: list[Credentials] = field(default_factory=list)

    def adapter(self) -> Adapter:
        return opsgraph_marketplaces()[0].adapter(self.context())

    def context(self, **config: Any) -> ShopContext:
        """What an adapter is given; `config` is the shop's besides."""

        async def save(credentials: Credentials) -> None:
            self.saved.append(credentials)

        return ShopContext(
            platform_id="1",
            time_zone=ZoneInfo("Asia/Shanghai"),
            currency="CNY",
            credentials=Credentials(self.credentials),
            save_credentials=save,
            config={"base_url": BASE_URL, **self.config, **config},
            http=httpx.AsyncClient(transport=self.transport),
            now=self.clock,
        )


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
    """A TOP that says the same to everything."""
    return httpx.MockTransport(lambda request: httpx.Response(status, content=body))
