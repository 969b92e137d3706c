"""The emulated shop in Doudian's words.

Orders read as `/order/searchList` shows them, after-sales as `/afterSale/List` and
`/afterSale/Detail` do, products as `/product/listV2` and `/sku/list`.
"""

from dataclasses import dataclass
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from core.marketplace.faults import Faults
from core.marketplace.sandbox import Clock, Row, real_clock
from plugins.demo.emulation import EmulatedShop
from plugins.demo.emulation.feed import Kept, Shown
from plugins.demo.emulation.nouns import Line, Order, Product, Refund, Stage, Variant
from plugins.demo.platforms.stand import Stand
from plugins.demo.platforms.wire import identify_buyer, seconds
from plugins.marketplaces.douyin.sandbox import DoudianSandbox, DoudianShop
from plugins.marketplaces.douyin.sandbox.ads import AdsSandbox, Advertiser

STATUS = {Stage.PAID: 2, Stage.SHIPPED: 3, Stage.FINISHED: 5}
SHOP_ID = "1"
ADVERTISER = 1
AGREED, PAID_BACK = 12, 3
ONLINE, OFFLINE = 0, 1
CREDENTIALS: dict[str, Any] = {
    "app_key": "demo",
    "app_secret": "demo-secret",
    "access_token": "demo-access",
    "refresh_token": "demo-refresh",
    "ads_access_token": "demo-ads",
    "ads_advertiser_ids": str(ADVERTISER),
}


@dataclass(frozen=True)
class Douyin:
    """A Doudian, and the host of its ad reports at the same address: it has no ads to report."""

    doudian: DoudianSandbox
    ads: AdsSandbox

    @property
    def faults(self) -> Faults:
        """What goes wrong on request."""
        return self.doudian.faults

    @property
    def app(self) -> ASGIApp:
        """Whoever is meant answers."""

        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            meant = self.ads if scope["path"].startswith("/open_api/") else self.doudian
            await meant.app(scope, receive, send)

        return answer


def make_sandbox(shop: EmulatedShop, now: Clock = real_clock) -> Douyin:
    """A Doudian with the shop in it."""
    doudian = DoudianShop(
        **{name: value for name, value in CREDENTIALS.items() if not name.startswith("ads_")},
        shop_id=SHOP_ID,
        orders=Shown(shop.orders, show_order, seconds),
        after_sales=Shown(shop.refunds, show_after_sale, seconds),
        products=Kept(shop.goods, show_product, seconds),
    )
    ads = AdsSandbox(Advertiser(ADVERTISER, CREDENTIALS["ads_access_token"]))
    return Douyin(DoudianSandbox(doudian, clock=now, retention=None), ads)


def _config(address: str) -> dict[str, Any]:
    return {"base_url": address, "ads_base_url": address, "ads_reports": ["qianchuan"]}


STAND = Stand("Douyin", CREDENTIALS, make_sandbox, _config)


def show_order(order: Order) -> Row:
    """A sale of the shop itself, in no live room and no video."""
    status = STATUS[order.stage]
    return {
        "order_id": str(order.number),
        "shop_id": int(SHOP_ID),
        "order_type": 0,
        "order_status": status,
        "main_status": status,
        "order_amount": order.total,
        "pay_amount": order.total,
        "promotion_amount": 0,
        "promotion_pay_amount": 0,
        "post_amount": 0,
        "pay_type": 1,
        "create_time": seconds(order.created),
        "pay_time": seconds(order.paid),
        "ship_time": seconds(order.shipped),
        "finish_time": seconds(order.ended),
        "update_time": seconds(order.changed),
        "channel_payment_no": order.invoice,
        **identify_buyer("doudian_open_id", order.customer),
        "logistics_info": [],
        "order_phase_list": [],
        "sku_order_list": [_line(order, line, status) for line in order.lines],
    }


def _line(order: Order, line: Line, status: int) -> Row:
    return {
        "order_id": str(line.number),
        "parent_order_id": str(order.number),
        "product_id": line.item,
        "product_id_str": str(line.item),
        "sku_id": line.sku,
        "item_num": line.quantity,
        "origin_amount": line.price,
        "order_amount": line.amount,
        "pay_amount": line.amount,
        "promotion_pay_amount": 0,
        "post_amount": 0,
        "code": line.code,
        "product_name": line.title,
        "order_status": status,
        "trade_type": 0,
        "c_biz": 8,
        "after_sale_info": _after_sale_of(line),
    }


def _after_sale_of(line: Line) -> Row:
    if not line.is_refunded:
        return {"after_sale_status": 0, "after_sale_type": 0, "refund_status": 0}
    return {"after_sale_status": AGREED, "after_sale_type": 0, "refund_status": PAID_BACK}


def show_after_sale(refund: Refund) -> Row:
    """A row of the sandbox's feed; Doudian knows no after-sale without an order."""
    related = [{"sku_order_id": str(refund.line)}] if refund.line else []
    return {
        "aftersale_id": str(refund.number),
        "update_time": seconds(refund.paid_back),
        "item": {
            "aftersale_info": {
                "aftersale_id": str(refund.number),
                "aftersale_order_type": 1,
                "aftersale_type": 0,
                "aftersale_status": AGREED,
                "refund_status": PAID_BACK,
                "aftersale_refund_type": 0,
                "refund_amount": refund.amount,
                "aftersale_num": refund.quantity,
                "apply_time": seconds(refund.applied),
                "update_time": seconds(refund.paid_back),
            },
            "order_info": {
                "shop_order_id": str(refund.order or refund.earlier),
                "related_order_info": related,
            },
            "text_part": {"reason_text": "其他"},
        },
        "detail": {
            "real_refund_amount": refund.amount,
            "refund_time": seconds(refund.paid_back),
        },
    }


def show_product(product: Product) -> Row:
    """A product with its SKUs."""
    return {
        "product_id": product.number,
        "status": ONLINE if product.is_on_sale else OFFLINE,
        "check_status": 3,
        "name": product.title,
        "outer_product_id": product.code,
        "create_time": seconds(product.created),
        "update_time": seconds(product.changed),
        "skus": list(map(_sku, product.variants)),
    }


def _sku(variant: Variant) -> Row:
    return {
        "id": variant.number,
        "code": variant.code,
        "out_sku_id": 0,
        "price": variant.price,
        "sku_type": 0,
        "stock_num": variant.stock,
        "sell_properties": [{"value_name": variant.code}],
    }
