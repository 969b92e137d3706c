"""The emulated shop in ARK's words: orders in fen, after-sales in yuan, one line per SKU.

Orders read as `order.getOrderDetail` tells them, after-sales as `afterSale.getAfterSaleInfo`
does, items as `product.getItemInfo`; the lists show parts of these.
"""

from typing import Any

from core.marketplace.sandbox import Clock, Row, real_clock
from plugins.demo.emulation import EmulatedShop
from plugins.demo.emulation.feed import Shown
from plugins.demo.emulation.nouns import Line, Order, Product, Refund, Stage, Variant
from plugins.demo.platforms.stand import KEPT, Stand
from plugins.demo.platforms.wire import identify_buyer, milliseconds
from plugins.marketplaces.xiaohongshu.sandbox import ArkSandbox, ArkShop

STATUS = {Stage.PAID: 4, Stage.SHIPPED: 6, Stage.FINISHED: 7}
NO_AFTER_SALE, DONE = 1, 3
CREDENTIALS: dict[str, Any] = {
    "app_id": "demo",
    "app_secret": "demo-secret",
    "access_token": "demo-access",
    "refresh_token": "demo-refresh",
}


def make_sandbox(shop: EmulatedShop, now: Clock = real_clock) -> ArkSandbox:
    """An ARK with the shop in it."""
    ark = ArkShop(
        **CREDENTIALS,
        orders=Shown(shop.orders, show_order, milliseconds, number_of),
        after_sales=Shown(shop.refunds, show_after_sale, milliseconds, number_of),
        items=Shown(
            shop.goods,
            show_item,
            milliseconds,
            times=[shop.goods.make(index).created for index in range(len(shop.goods))],
        ),
    )
    return ArkSandbox(ark, clock=now, retention=KEPT)


STAND = Stand("Xiaohongshu", CREDENTIALS, make_sandbox)


def number_of(platform_id: str) -> int:
    """Our number behind an order's or an after-sale's id, which begins with a letter."""
    return int(platform_id[1:])


def order_id(number: int) -> str:
    """Orders begin with P."""
    return f"P{number}"


def show_order(order: Order) -> Row:
    """A sale in all its details."""
    return {
        "orderId": order_id(order.number),
        "orderType": 1,
        "orderStatus": STATUS[order.stage],
        "orderAfterSalesStatus": DONE if order.refunded else NO_AFTER_SALE,
        "cancelStatus": 0,
        "createdTime": milliseconds(order.created),
        "paidTime": milliseconds(order.paid),
        "deliveryTime": milliseconds(order.shipped),
        "cancelTime": 0,
        "finishTime": milliseconds(order.ended),
        "updateTime": milliseconds(order.changed),
        "receiverCountryName": order.country,
        "totalPayAmount": order.total,
        "totalShippingFree": 0,
        "totalDepositAmount": 0,
        "totalMerchantDiscount": 0,
        "totalRedDiscount": 0,
        "merchantActualReceiveAmount": order.total,
        "paymentType": 1,
        "outTradeNo": order.invoice,
        **identify_buyer("userId", order.customer),
        "unpack": False,
        "skuList": list(map(_line, order.lines)),
    }


def _line(line: Line) -> Row:
    part = {"skuId": str(line.sku), "quantity": line.quantity, "rawPricePerSku": line.price}
    return {
        "skuId": str(line.sku),
        "skuName": line.title,
        "erpcode": line.code,
        "skuQuantity": line.quantity,
        "totalPaidAmount": line.amount,
        "totalMerchantDiscount": 0,
        "totalRedDiscount": 0,
        "totalTaxAmount": 0,
        "skuTag": 0,
        "itemId": str(line.item),
        "kolId": "",
        "skuAfterSaleStatus": DONE if line.is_refunded else NO_AFTER_SALE,
        "skuDetailList": [part],
    }


def show_after_sale(refund: Refund) -> Row:
    """A return that was paid back; ARK knows none without an order."""
    return {
        "returnsId": f"R{refund.number}",
        "returnType": 1,
        "reasonId": 0,
        "reasonNameZh": "其他",
        "status": 4,
        **identify_buyer("userId", refund.customer),
        "orderId": order_id(refund.order or refund.earlier),
        "applyTime": milliseconds(refund.applied),
        "updatedAt": milliseconds(refund.paid_back),
        "expectedRefundAmountYuan": refund.amount / 100,
        "refundAmountYuan": refund.amount / 100,
        "refundStatus": 2,
        "refundTime": milliseconds(refund.paid_back),
        "skus": [
            {
                "skuId": str(refund.sku),
                "appliedCount": refund.quantity,
                "boughtCount": refund.bought,
            }
        ],
    }


def show_item(product: Product) -> Row:
    """An item with its SKUs; what is off sale has none that can be bought."""
    return {
        "id": str(product.number),
        "name": product.title,
        "articleNo": product.code,
        "createTime": milliseconds(product.created),
        "updateTime": milliseconds(product.changed),
        "skuInfos": [_sku(product, variant) for variant in product.variants],
    }


def _sku(product: Product, variant: Variant) -> Row:
    return {
        "id": str(variant.number),
        "itemId": str(product.number),
        "erpCode": variant.code,
        "price": variant.price,
        "stock": variant.stock,
        "buyable": product.is_on_sale,
        "variants": [{"name": "货号", "value": variant.code}],
        "updateTime": milliseconds(variant.changed),
    }
