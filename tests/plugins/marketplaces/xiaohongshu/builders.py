"""ARK objects as a small shop has them, and the adapter that reads them through the sandbox."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from core.marketplace.contract import Adapter, Credentials, Mapped, Page, ShopContext, Window
from core.marketplace.sandbox import Row, SetClock
from plugins.marketplaces.xiaohongshu import opsgraph_marketplaces
from tests.scan.markers import ADDRESS, BUYER, PHONE

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)  # 12:00 in China
HALF_HOUR = Window(NOW - timedelta(minutes=30), NOW)
CREDENTIALS = {
    "app_id": "c5c1e2d3f4a5b6c7",
    "app_secret": "s3cr3t0001",
    "access_token": "token-first-access",
    "refresh_token": "token-first-refresh",
}
BASE_URL = "http://ark.test/ark/open_api/v3/common_controller"


def ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


CREATED = ms(NOW - timedelta(hours=2))
PAID = ms(NOW - timedelta(hours=2) + timedelta(minutes=1))
CHANGED = ms(NOW - timedelta(minutes=10))


def part(sku_id: str = "k1", /, **changes: Any) -> Row:
    return {"skuId": sku_id, "quantity": 1, "rawPricePerSku": 12800, **changes}


def sku(sku_id: str = "k1", /, **changes: Any) -> Row:
    return {
        "skuId": sku_id,
        "skuName": "保温杯",
        "erpcode": "SKU-A",
        "skuQuantity": 1,
        "totalPaidAmount": 11800,
        "totalMerchantDiscount": 1000,
        "totalRedDiscount": 0,
        "totalTaxAmount": 0,
        "skuTag": 0,
        "itemId": "i1",
        "kolId": "",
        "skuAfterSaleStatus": 1,
        "skuDetailList": [part(sku_id)],
        **changes,
    }


def order(number: int = 1, /, *skus: Row, **changes: Any) -> Row:
    return {
        "orderId": f"P{number}",
        "orderType": 1,
        "orderStatus": 4,
        "orderAfterSalesStatus": 1,
        "cancelStatus": 0,
        "createdTime": CREATED,
        "paidTime": PAID,
        "updateTime": CHANGED,
        "deliveryTime": 0,
        "cancelTime": 0,
        "finishTime": 0,
        "receiverCountryName": "中国",
        "receiverProvinceName": "浙江省",
        "receiverName": BUYER,
        "receiverPhone": PHONE,
        "receiverAddress": ADDRESS,
        "customerRemark": f"请打 {PHONE}",
        "totalPayAmount": 11800,
        "totalShippingFree": 0,
        "totalDepositAmount": 0,
        "totalMerchantDiscount": 1000,
        "totalRedDiscount": 0,
        "merchantActualReceiveAmount": 11800,
        "paymentType": 1,
        "outTradeNo": "2026112200001",
        "userId": "u1",
        "shopId": "s1",
        "unpack": False,
        "skuList": list(skus) or [sku()],
        **changes,
    }


def orders(count: int, every: timedelta = timedelta(seconds=10)) -> list[Row]:
    """Orders 1, 2, 3 …, each changed a little later than the one before, all in `HALF_HOUR`."""
    start = NOW - timedelta(minutes=29)
    return [order(n, updateTime=ms(start + n * every)) for n in range(1, count + 1)]


def after_sale(number: int = 1, /, **changes: Any) -> Row:
    return {
        "returnsId": f"R{number}",
        "returnType": 1,
        "reasonId": 17,
        "reasonNameZh": "尺码不合适",
        "status": 4,
        "userId": "u1",
        "orderId": "P1",
        "applyTime": ms(NOW - timedelta(hours=1)),
        "updatedAt": CHANGED,
        "expectedRefundAmountYuan": 20.0,
        "refundAmountYuan": 19.9,
        "refundStatus": 2,
        "refundTime": CHANGED - 1000,
        "skus": [{"skuId": "k1", "appliedCount": 1, "boughtCount": 2}],
        **changes,
    }


def item_sku(sku_id: str = "k1", /, **changes: Any) -> Row:
    return {
        "id": sku_id,
        "itemId": "i1",
        "erpCode": "SKU-A",
        "price": 12800,
        "stock": 5,
        "buyable": True,
        "variants": [{"name": "颜色", "value": "红"}, {"name": "尺码", "value": "L"}],
        "updateTime": ms(NOW - timedelta(days=1)),
        **changes,
    }


def item(number: int = 1, /, *skus: Row, **changes: Any) -> Row:
    created = ms(NOW - timedelta(days=60)) + number
    return {
        "id": f"i{number}",
        "name": "保温杯",
        "articleNo": "CUP",
        "categoryId": "5a31",
        "createTime": created,
        "updateTime": ms(NOW - timedelta(days=2)),
        "skuInfos": list(skus) or [item_sku(f"k{number}", itemId=f"i{number}")],
        **changes,
    }


@dataclass
class Shop:
    """An adapter under test: how it reaches ARK, and what it saved."""

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
            config={"base_url": BASE_URL, **self.config},
            http=httpx.AsyncClient(transport=self.transport),
            now=self.clock,
        )
        return opsgraph_marketplaces()[0].adapter(context)


async def pull(
    adapter: Adapter, stream: str = "orders", window: Window = HALF_HOUR, resume: str | None = None
) -> list[Page]:
    return [page async for page in adapter.pull(stream, window, resume)]


def records(pages: list[Page]) -> list[Any]:
    """The records of all pages, in the order they came; rejected ones are left out."""
    return [each.record for page in pages for each in page.items if isinstance(each, Mapped)]


def ids(pages: list[Page]) -> list[str]:
    return [record.platform_id for record in records(pages)]


def answering(body: str | bytes, status: int = 200) -> httpx.MockTransport:
    """An ARK that says the same to everything."""
    return httpx.MockTransport(lambda request: httpx.Response(status, content=body))
