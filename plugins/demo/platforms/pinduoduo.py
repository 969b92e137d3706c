"""The emulated shop in PDD's words: one goods line an order, and nobody says who bought.

Orders read as `pdd.order.number.list.increment.get` shows them, refunds as
`pdd.refund.list.increment.get` does, goods as `pdd.goods.list.get` and `pdd.goods.detail.get`.
"""

from datetime import datetime
from typing import Any

from core.marketplace.sandbox import Clock, Row, real_clock
from plugins.demo.emulation import EmulatedShop
from plugins.demo.emulation.feed import Shown
from plugins.demo.emulation.nouns import Line, Order, Product, Refund, Stage, Variant
from plugins.demo.platforms.stand import KEPT, Stand
from plugins.demo.platforms.wire import clock, clock_if_any, yuan
from plugins.marketplaces.pinduoduo.sandbox import PddSandbox, PddShop

CODES = {Stage.PAID: 1, Stage.SHIPPED: 2, Stage.FINISHED: 3}
REFUND_SUCCEEDED, RETURN_AND_REFUND = 10, 3
ON_SALE, OFF_SALE = 1, 2
CREDENTIALS: dict[str, Any] = {
    "client_id": "demo",
    "client_secret": "demo-secret",
    "access_token": "demo-access",
    "refresh_token": "demo-refresh",
}


def make_sandbox(shop: EmulatedShop, now: Clock = real_clock) -> PddSandbox:
    """A PDD with the shop in it; it does not count calls."""
    pdd = PddShop(
        **CREDENTIALS,
        orders=Shown(shop.orders, show_order, clock),
        refunds=Shown(shop.refunds, show_refund, clock),
        goods=Shown(shop.goods, show_goods, clock),
    )
    return PddSandbox(pdd, clock=now, retention=KEPT, limits={})


STAND = Stand("Pinduoduo", CREDENTIALS, make_sandbox)


def order_sn(number: int, at: datetime) -> str:
    """PDD's numbers of orders: the day, and 15 digits."""
    return f"{at:%y%m%d}-{number % 10**15:015d}"


def show_order(order: Order) -> Row:
    """A deal that was made when it was paid."""
    total = order.total / 100
    [line] = order.lines
    return {
        "order_sn": order_sn(order.number, order.created),
        "order_status": CODES[order.stage],
        "refund_status": 4 if order.refunded else 1,
        "after_sales_status": REFUND_SUCCEEDED if order.refunded else 0,
        "confirm_status": 1,
        "group_status": 1,
        "trade_type": 0,
        "is_lucky_flag": 1,
        "goods_amount": total,
        "discount_amount": 0.0,
        "platform_discount": 0.0,
        "seller_discount": 0.0,
        "capital_free_discount": 0.0,
        "order_change_amount": 0.0,
        "postage": 0.0,
        "pay_amount": total,
        "pay_type": "WEIXIN",
        "pay_no": order.invoice,
        "created_time": clock(order.created),
        "pay_time": clock_if_any(order.paid),
        "confirm_time": clock_if_any(order.paid),
        "shipping_time": clock_if_any(order.shipped),
        "receive_time": clock_if_any(order.ended),
        "updated_at": clock(order.changed),
        "step_order_info": None,
        "item_list": [_line(line)],
    }


def _line(line: Line) -> Row:
    return {
        "goods_id": line.item,
        "sku_id": line.sku,
        "goods_name": line.title,
        "goods_spec": line.code,
        "goods_price": line.price / 100,
        "goods_count": line.quantity,
        "outer_id": line.code,
    }


def show_refund(refund: Refund) -> Row:
    """A refund with the goods returned; PDD knows none without an order."""
    return {
        "id": refund.number,
        "order_sn": order_sn(refund.order or refund.earlier, refund.ordered),
        "after_sales_status": REFUND_SUCCEEDED,
        "after_sales_type": RETURN_AND_REFUND,
        "after_sale_reason": "其他",
        "refund_amount": yuan(refund.amount),
        "order_amount": yuan(refund.amount),
        "goods_id": refund.item,
        "sku_id": str(refund.sku),
        "goods_number": str(refund.quantity),
        "created_time": clock(refund.applied),
        "updated_time": clock(refund.paid_back),
    }


def show_goods(product: Product) -> Row:
    """Goods as the list shows them, with their details."""
    return {
        "goods_id": product.number,
        "goods_name": product.title,
        "goods_quantity": product.stock,
        "is_onsale": int(product.is_on_sale),
        "sku_list": [
            {"sku_id": each.number, "sku_quantity": each.stock, "outer_id": each.code}
            for each in product.variants
        ],
        "detail": {
            "goods_name": product.title,
            "outer_goods_id": product.code,
            "status": ON_SALE if product.is_on_sale else OFF_SALE,
            "sku_list": list(map(_sku, product.variants)),
        },
    }


def _sku(variant: Variant) -> Row:
    return {
        "sku_id": variant.number,
        "out_sku_sn": variant.code,
        "multi_price": variant.price,
        "price": variant.price,
        "quantity": variant.stock,
        "reserve_quantity": 0,
        "is_onsale": 1,
        "spec": [{"parent_name": "货号", "spec_name": variant.code}],
    }
