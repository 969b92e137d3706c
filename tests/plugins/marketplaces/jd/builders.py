"""JD's objects as a small shop has them, and the adapter that reads them through the sandbox."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from core.marketplace.contract import Adapter, Credentials, Mapped, Page, ShopContext, Window
from core.marketplace.sandbox import Row, SetClock
from plugins.marketplaces.jd import opsgraph_marketplaces
from tests.scan.markers import ADDRESS, BUYER, PHONE

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)  # 12:00 in China
DAY = Window(NOW - timedelta(days=1), NOW)
ENDS = NOW + timedelta(days=300)
CREDENTIALS = {
    "app_key": "ABCDEF0123456789",
    "app_secret": "jdsecret001",
    "access_token": "first-access-token",
    "refresh_token": "first-refresh-token",
    "expires_at": f"{ENDS.timestamp():.0f}",
}
BASE_URL = "http://jd.test/routerjson"
OAUTH_URL = "http://jd.test/oauth2/refresh_token"


def line(sku: str = "1001", /, **changes: Any) -> Row:
    return {
        "skuId": sku,
        "wareId": "2001",
        "outerSkuId": "SKU-A",
        "skuName": "保温杯 红色",
        "jdPrice": "128.00",
        "itemTotal": "1",
        **changes,
    }


def order(number: int = 290_000_000_001, /, *lines: Row, **changes: Any) -> Row:
    return {
        "orderId": str(number),
        "venderId": "10001",
        "orderType": "22",
        "payType": "4",
        "orderTotalPrice": "128.00",
        "orderSellerPrice": "118.00",
        "actualPay": "118.00",
        "orderPayment": "118.00",
        "freightPrice": "0.00",
        "sellerDiscount": "10.00",
        "balanceUsed": "0.00",
        "orderState": "WAIT_SELLER_STOCK_OUT",
        "orderStartTime": "2026-11-22 10:00:00",
        "paymentConfirmTime": "2026-11-22 10:01:00",
        "orderEndTime": "0001-01-01 00:00:00",
        "modified": "2026-11-22 10:01:00",
        "open_id_buyer": "oX1",
        "parentOrderId": "0",
        "directParentOrderId": "0",
        "returnOrder": "0",
        "orderSource": "移动端订单",
        "orderRemark": f"请打 {PHONE}",
        "consigneeInfo": {"fullname": BUYER, "mobile": PHONE, "fullAddress": ADDRESS},
        "itemInfoList": list(lines) or [line()],
        **changes,
    }


def orders(count: int, every: timedelta = timedelta(seconds=60)) -> list[Row]:
    """Orders 1, 2, 3 …, each changed a little later than the one before, all within `DAY`."""
    start = datetime(2026, 11, 21, 13, 0)
    return [order(number, modified=str(start + number * every)) for number in range(1, count + 1)]


def service(number: int = 501, /, **changes: Any) -> Row:
    """A service bill with its refund, as the after-sale listing shows it."""
    applied = changes.pop("applied", "2026-11-22 09:00:00")
    bill = {
        "serviceId": number,
        "afsApplyId": 9000 + number,
        "orderId": 290_000_000_001,
        "wareId": 1001,
        "wareName": "保温杯",
        "afsApplyTime": applied,
        "approveDate": "2026-11-22 09:30:00",
        "applyReason": "商品与描述不符",
        **changes.pop("bill", {}),
    }
    return {
        "_applied": applied,
        "_approved": bill["approveDate"],
        "afsRefundId": 70_000 + number,
        "refoundAmount": 2000,
        "completeTime": "2026-11-22 11:00:00",
        "status": 13,
        "sameOrderServiceBill": bill,
        **changes,
    }


def money(number: int = 501, amount: Any = "20.00") -> Row:
    """What was refunded for a service, as the method for it tells."""
    return {
        "_at": "",
        "_service": number,
        "orderId": 290_000_000_001,
        "afsActualRefundDetail": {"actualRefundAmount": amount},
    }


def estimate(number: int = 501, amount: Any = "20.00") -> Row:
    return {
        "_at": "",
        "_service": number,
        "orderId": 290_000_000_001,
        "afsEstimateRefundDetail": {"maxRefundAmount": amount},
    }


def cancellation(number: int = 801, /, **changes: Any) -> Row:
    return {
        "id": number,
        "orderId": 290_000_000_001,
        "buyerId": "jd_buyer",
        "buyerName": "王小明",
        "applyRefundSum": 11_800,
        "status": 3,
        "applyTime": "2026-11-22 09:00:00",
        "checkTime": "2026-11-22 09:30:00",
        "modified": "2026-11-22 09:40:00",
        **changes,
    }


def ware(number: int = 2001, /, *skus: Row, **changes: Any) -> Row:
    return {
        "wareId": number,
        "_modified": "2026-11-20 08:00:00",
        "title": "保温杯",
        "categoryId": 9719,
        "wareStatus": 8,
        "outerId": "CUP",
        "itemNum": "C-1",
        "jdPrice": 128.0,
        "stockNum": 5,
        "modified": 1_795_132_800_000,  # 2026-11-20 08:00:00 in China
        "onlineTime": 1_790_812_800_000,
        "skus": list(skus) or [sku(number * 10)],
        **changes,
    }


def sku(number: int = 20_010, /, **changes: Any) -> Row:
    return {
        "skuId": number,
        "status": 1,
        "outerId": "SKU-A",
        "skuName": "保温杯 红色 L",
        "saleAttrs": [
            {"attrId": "1", "attrValueAlias": ["红"], "index": 1},
            {"attrId": "2", "attrValueAlias": ["L"], "index": 2},
        ],
        "jdPrice": 128.0,
        "stockNum": 5,
        **changes,
    }


def ad_day(day: str = "2026-11-21", campaign: int = 31, /, **changes: Any) -> Row:
    figures = {
        "date": day.replace("-", ""),
        "CampaignId": str(campaign),
        "CampaignName": "双十一",
        "Impressions": "1000",
        "Clicks": "50",
        "Cost": "75.30",
        "TotalOrderCnt": "4",
        "TotalOrderSum": "512.00",
        **changes,
    }
    return {
        "_day": day,
        "id": campaign,
        "pin": "jd_seller",
        "date": figures["date"],
        "figureData": figures,
    }


@dataclass
class Shop:
    """An adapter under test: how it reaches JD, and what it saved."""

    transport: httpx.AsyncBaseTransport
    clock: SetClock = field(default_factory=lambda: SetClock(NOW))
    credentials: Mapping[str, str] = field(default_factory=lambda: dict(CREDENTIALS))
    config: Mapping[str, Any] = field(default_factory=dict)
    saved: list[Credentials] = field(default_factory=list)

    def adapter(self) -> Adapter:
        async def save(credentials: Credentials) -> None:
            self.saved.append(credentials)

        context = ShopContext(
            platform_id="1",
            time_zone=ZoneInfo("Asia/Shanghai"),
            currency="CNY",
            credentials=Credentials(self.credentials),
            save_credentials=save,
            config={"base_url": BASE_URL, "oauth_url": OAUTH_URL, **self.config},
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
    """A JD that says the same to everything."""
    return httpx.MockTransport(lambda request: httpx.Response(status, content=body))
