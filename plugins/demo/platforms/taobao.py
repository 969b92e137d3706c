"""The emulated shop in TOP's words.

Trades read as `taobao.trades.sold.increment.get` shows them, refunds as
`taobao.refunds.receive.get` does, items as `taobao.items.seller.list.get`, reviews as
`taobao.traderates.get`.
"""

from typing import Any

from core.marketplace.sandbox import Clock, Row, real_clock
from plugins.demo.emulation import EmulatedShop
from plugins.demo.emulation.feed import Shown
from plugins.demo.emulation.nouns import Line, Order, Product, Refund, Review, Stage, Variant
from plugins.demo.platforms.stand import KEPT, Stand
from plugins.demo.platforms.wire import clock, identify_buyer, yuan
from plugins.marketplaces.taobao.sandbox import TopSandbox, TopShop

STATUS = {
    Stage.PAID: "WAIT_SELLER_SEND_GOODS",
    Stage.SHIPPED: "WAIT_BUYER_CONFIRM_GOODS",
    Stage.FINISHED: "TRADE_FINISHED",
}
ARTICLE_NUMBER = 13021751
"""Taobao's property 货号: nothing but the code tells the SKUs of an item apart."""
CREDENTIALS: dict[str, Any] = {
    "app_key": "demo",
    "app_secret": "demo-secret",
    "session": "demo-session",
    "refresh_token": "demo-refresh",
}


def make_shop(shop: EmulatedShop) -> TopShop:
    """The shop as the sandbox wants it."""
    return TopShop(
        **CREDENTIALS,
        trades=Shown(shop.orders, show_trade, clock),
        refunds=Shown(shop.refunds, show_refund, clock),
        items=Shown(shop.goods, show_item, clock),
        rates=Shown(shop.reviews, show_rate, clock),
    )


def make_sandbox(shop: EmulatedShop, now: Clock = real_clock) -> TopSandbox:
    """A TOP with the shop in it."""
    return TopSandbox(make_shop(shop), clock=now, retention=KEPT)


STAND = Stand("Taobao", CREDENTIALS, make_sandbox)


def show_trade(order: Order) -> Row:
    """Order trades have the type `fixed`; adjustments are `nopaid`, with no money in them."""
    payment = yuan(_payment(order))
    times = {"pay_time": order.paid, "consign_time": order.shipped, "end_time": order.ended}
    return {
        "tid": order.number,
        "type": "fixed" if order.is_sale else "nopaid",
        "status": STATUS[order.stage],
        "created": clock(order.created),
        **{name: clock(at) for name, at in times.items() if at},
        "modified": clock(order.changed),
        **identify_buyer("buyer_open_uid", order.customer),
        "receiver_country": order.country,
        "payment": payment,
        "total_fee": yuan(order.total),
        "post_fee": "0.00",
        "discount_fee": "0.00",
        "alipay_no": order.invoice,
        "orders": {"order": _lines(order, payment)},
    }


def _payment(order: Order) -> int:
    """A documented trap of TOP: a refund shrinks the trade's payment, not its line's share."""
    return max(0, order.total - order.refunded) if order.is_sale else 0


def _lines(order: Order, payment: str) -> list[Row]:
    lines = [_line(order, line) for line in order.lines]
    if len(lines) == 1:
        # TOP: the only line's payment is the trade's, so it shrinks with a refund too.
        lines[0]["payment"] = payment
    return lines


def _line(order: Order, line: Line) -> Row:
    fee = yuan(line.amount)
    paid = fee if order.is_sale else "0.00"
    return {
        "oid": line.number,
        "num_iid": line.item,
        "sku_id": str(line.sku),
        "outer_sku_id": line.code,
        "title": line.title,
        "price": yuan(line.price),
        "num": line.quantity,
        "total_fee": fee,
        "divide_order_fee": paid,
        "payment": paid,
        "part_mjz_discount": "0.00",
        "discount_fee": "0.00",
        "status": STATUS[order.stage],
        "refund_status": "SUCCESS" if line.is_refunded else "NO_REFUND",
    }


def show_refund(refund: Refund) -> Row:
    """One that was paid back; TOP also knows refunds without a trade."""
    fee = yuan(refund.amount)
    return {
        "refund_id": str(refund.number),
        **({"tid": refund.order, "oid": refund.line} if refund.order else {}),
        **identify_buyer("buyer_open_uid", refund.customer),
        "status": "SUCCESS",
        "good_status": "BUYER_RETURNED_GOODS",
        "has_good_return": True,
        "refund_phase": "aftersale",
        "order_status": "TRADE_FINISHED",
        "created": clock(refund.applied),
        "modified": clock(refund.paid_back),
        "refund_fee": fee,
        "total_fee": fee,
        "payment": "0.00",
        "num": refund.quantity,
        "title": refund.title,
        "outer_id": refund.code,
        "reason": "其他",
        "desc": f"Invoice {refund.invoice}",
    }


def show_item(product: Product) -> Row:
    """A listing with its SKUs."""
    return {
        "num_iid": product.number,
        "title": product.title,
        "outer_id": product.code,
        "price": yuan(product.price),
        "num": product.stock,
        "approve_status": "onsale" if product.is_on_sale else "instock",
        "created": clock(product.created),
        "list_time": clock(product.created),
        "modified": clock(product.changed),
        "skus": {"sku": [_sku(product, variant) for variant in product.variants]},
    }


def _sku(product: Product, variant: Variant) -> dict[str, Any]:
    return {
        "sku_id": variant.number,
        "num_iid": product.number,
        "outer_id": variant.code,
        "price": yuan(variant.price),
        "quantity": variant.stock,
        "properties_name": f"{ARTICLE_NUMBER}:{variant.number}:货号:{variant.code}",
        "created": clock(variant.created),
        "modified": clock(variant.changed),
    }


def show_rate(review: Review) -> Row:
    """A buyer's rate."""
    return {
        "tid": review.order,
        "oid": review.line,
        "num_iid": review.item,
        "role": "buyer",
        "nick": review.nick,
        "result": review.result,
        "created": clock(review.created),
        "content": review.content,
        "item_title": review.title,
        "item_price": yuan(review.price),
    }
