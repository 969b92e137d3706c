"""The emulated shop in JD's words.

Orders read as `jingdong.pop.order.search` shows them. What was given back before shipping is a
cancellation (`pop.afs.soa.refundapply.queryPageList`, in fen), what was given back later is an
after-sale service (`asc.serviceAndRefund.view`) whose money another method tells.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from core.marketplace.sandbox import Clock, Row, real_clock
from plugins.demo.emulation import EmulatedShop
from plugins.demo.emulation.feed import Kept, Shown
from plugins.demo.emulation.nouns import Line, Order, Product, Refund, Stage, Variant
from plugins.demo.platforms.stand import KEPT, Stand
from plugins.demo.platforms.wire import clock, clock_if_any, identify_buyer, milliseconds, yuan
from plugins.marketplaces.jd.sandbox import JosSandbox, JosShop

STATES = {
    Stage.PAID: "WAIT_SELLER_STOCK_OUT",
    Stage.SHIPPED: "WAIT_GOODS_RECEIVE_CONFIRM",
    Stage.FINISHED: "FINISHED_L",
}
NEVER = "0001-01-01 00:00:00"
ON_SALE, OFF_SALE = 8, 2
CREDENTIALS: dict[str, Any] = {
    "app_key": "demo",
    "app_secret": "demo-secret",
    "access_token": "demo-access",
    "refresh_token": "demo-refresh",
}


def make_sandbox(shop: EmulatedShop, now: Clock = real_clock) -> JosSandbox:
    """A JOS with the shop in it."""
    services = shop.refunds.where(lambda refund: not refund.is_unshipped)
    cancelled = shop.refunds.where(lambda refund: refund.is_unshipped)
    return JosSandbox(
        JosShop(
            **CREDENTIALS,
            orders=Shown(shop.orders, show_order, clock),
            services=Shown(services, show_service, clock, times=_applied(services)),
            refunds=Shown(services, show_money, clock),
            cancellations=Shown(cancelled, show_cancellation, clock, times=_applied(cancelled)),
            wares=Kept(shop.goods, show_ware, clock),
        ),
        clock=now,
        retention=KEPT,
    )


def _applied(refunds: Iterable[Refund]) -> list[datetime]:
    """JD orders refunds by their application."""
    return [refund.applied for refund in refunds]


def _config(address: str) -> dict[str, str]:
    return {"base_url": f"{address}/routerjson", "oauth_url": f"{address}/oauth2/refresh_token"}


STAND = Stand("JD", CREDENTIALS, make_sandbox, _config)


def show_order(order: Order) -> Row:
    """A sale; JD's figures do not shrink with refunds."""
    total = yuan(order.total)
    return {
        "orderId": str(order.number),
        "venderId": "1",
        "orderType": "22",
        "payType": "4",
        "orderTotalPrice": total,
        "orderSellerPrice": total,
        "actualPay": total,
        "orderPayment": total,
        "freightPrice": "0.00",
        "sellerDiscount": "0.00",
        "balanceUsed": "0.00",
        "orderState": STATES[order.stage],
        "orderStartTime": clock(order.created),
        "paymentConfirmTime": clock_if_any(order.paid, NEVER),
        "orderEndTime": clock_if_any(order.ended, NEVER),
        "modified": clock(order.changed),
        **identify_buyer("open_id_buyer", order.customer),
        "parentOrderId": "0",
        "directParentOrderId": "0",
        "returnOrder": "0",
        "itemInfoList": list(map(_line, order.lines)),
    }


def _line(line: Line) -> Row:
    return {
        "skuId": str(line.sku),
        "wareId": str(line.item),
        "outerSkuId": line.code,
        "skuName": line.title,
        "jdPrice": yuan(line.price),
        "itemTotal": str(line.quantity),
    }


def show_service(refund: Refund) -> Row:
    """A service bill with its refund; `wareId` is the SKU there."""
    return {
        "_applied": clock(refund.applied),
        "_approved": clock(refund.applied),
        "afsRefundId": refund.number,
        "refoundAmount": refund.amount,
        "completeTime": clock(refund.paid_back),
        "status": 13,
        "sameOrderServiceBill": {
            "serviceId": refund.number,
            "afsApplyId": refund.number,
            "orderId": refund.order or refund.earlier,
            "wareId": refund.sku,
            "wareName": refund.title,
            "afsApplyTime": clock(refund.applied),
            "approveDate": clock(refund.applied),
            "applyReason": "其他",
        },
    }


def show_money(refund: Refund) -> Row:
    """What was refunded for a service."""
    return {
        "_at": clock(refund.paid_back),
        "_service": refund.number,
        "orderId": refund.order or refund.earlier,
        "afsActualRefundDetail": {"actualRefundAmount": yuan(refund.amount)},
    }


def show_cancellation(refund: Refund) -> Row:
    """What was given back before the order was shipped."""
    return {
        "id": refund.number,
        "orderId": refund.order or refund.earlier,
        "applyRefundSum": refund.amount,
        "status": 3,
        "applyTime": clock(refund.applied),
        "checkTime": clock(refund.paid_back),
        "modified": clock(refund.paid_back),
    }


def show_ware(product: Product) -> Row:
    """A ware with its SKUs."""
    return {
        "wareId": product.number,
        "_modified": clock(product.changed),
        "title": product.title,
        "wareStatus": ON_SALE if product.is_on_sale else OFF_SALE,
        "outerId": product.code,
        "itemNum": product.code,
        "jdPrice": product.price / 100,
        "stockNum": product.stock,
        "created": milliseconds(product.created),
        "modified": milliseconds(product.changed),
        "onlineTime": milliseconds(product.created),
        "skus": [_sku(product, variant) for variant in product.variants],
    }


def _sku(product: Product, variant: Variant) -> Row:
    return {
        "skuId": variant.number,
        "status": 1,
        "outerId": variant.code,
        "skuName": product.title,
        "saleAttrs": [{"attrId": "1", "attrValueAlias": [variant.code], "index": 1}],
        "jdPrice": variant.price / 100,
        "stockNum": variant.stock,
    }
