"""PDD's codes and what they mean to us: where an order, a refund or a product stands."""

from collections.abc import Collection

from core.marketplace.fields import Row, part
from core.marketplace.records import OrderStatus, ProductStatus, RefundKind, RefundStatus
from plugins.marketplaces.pinduoduo.fields import is_told, whole, whole_if_any

TO_SHIP, SHIPPED, SIGNED = 1, 2, 3
ORDER_STATUS = {
    TO_SHIP: OrderStatus.PAID,
    SHIPPED: OrderStatus.SHIPPED,
    SIGNED: OrderStatus.DELIVERED,
}
REFUNDED = 4
FORMING, FAILED = 0, 2
"""`confirm_status` says whether the deal is made, `group_status` whether the group is full; of both
0 is not yet and 2 is no more."""
DEPOSIT = 1
DEPOSIT_PAID, ALL_PAID = 1, 2
PAY_TYPES = frozenset({"QQ", "WEIXIN", "ALIPAY", "LIANLIANPAY", ""})

REFUND_STATUS = {
    2: RefundStatus.REQUESTED,  # waits for the merchant
    3: RefundStatus.REQUESTED,  # the same, with return of the goods
    4: RefundStatus.REQUESTED,  # the merchant agreed, the money is on its way
    5: RefundStatus.REQUESTED,  # PDD agreed, the money is on its way
    6: RefundStatus.REJECTED,
    7: RefundStatus.AWAITING_RETURN,
    8: RefundStatus.REQUESTED,  # PDD decides
    9: RefundStatus.REJECTED,
    10: RefundStatus.REFUNDED,
    11: RefundStatus.CLOSED,  # withdrawn
    12: RefundStatus.CLOSED,  # the buyer did not act in time
    13: RefundStatus.CLOSED,
    14: RefundStatus.REQUESTED,  # from here on exchanges and goods sent later
    15: RefundStatus.AWAITING_RETURN,
    16: RefundStatus.EXCHANGED,
    17: RefundStatus.CLOSED,
    18: RefundStatus.EXCHANGED,  # sent; the buyer is to confirm
    21: RefundStatus.REQUESTED,  # repairs
    22: RefundStatus.AWAITING_RETURN,
    24: RefundStatus.CLOSED,
    25: RefundStatus.CLOSED,  # repaired: no money moved, nothing was exchanged
    27: RefundStatus.RETURNED,  # on its way back to the buyer
    31: RefundStatus.AWAITING_RETURN,  # the buyer is to refuse the parcel
    32: RefundStatus.REQUESTED,
}
MONEY_ONLY, WITH_RETURN = 2, 3
REFUND_KINDS = {
    MONEY_ONLY: RefundKind.MONEY,
    WITH_RETURN: RefundKind.RETURN,
    4: RefundKind.EXCHANGE,
    5: RefundKind.RESEND,
    6: RefundKind.REPAIR,
}

ORDER_CODES: dict[str, Collection[int]] = {
    "order_status": ORDER_STATUS,
    "refund_status": range(1, 5),
    "confirm_status": range(3),
    "group_status": range(3),
    "trade_type": range(2),
    "after_sales_status": {0, *REFUND_STATUS},
}

PRODUCT_STATUS = {
    1: ProductStatus.ON_SALE,
    2: ProductStatus.OFF_SALE,
    3: ProductStatus.OFF_SALE,  # sold out
    4: ProductStatus.REMOVED,
}


def order_status(row: Row) -> OrderStatus:
    """Where an order stands: `order_status`, unless deal, group, balance or refund say otherwise.

    A deal that was never made is cancelled, although the buyer had paid: PDD pays back by itself.
    A refund before the parcel is sent ends an order; a later one may be partial, so the order stays
    delivered and the refund tells what was paid back.
    """
    code, refunded = whole(row, "order_status"), whole_if_any(row, "refund_status") == REFUNDED
    states = {whole_if_any(row, "confirm_status"), whole_if_any(row, "group_status")}
    if FAILED in states:
        was_deal = is_told(row, "confirm_time") and refunded
        return OrderStatus.CLOSED if was_deal else OrderStatus.CANCELLED
    if FORMING in states or owes_balance(row):
        return OrderStatus.PENDING
    if code == TO_SHIP and refunded:
        return OrderStatus.CLOSED
    if code == SIGNED and is_told(row, "receive_time"):
        return OrderStatus.COMPLETED
    return ORDER_STATUS.get(code, OrderStatus.UNKNOWN)


def owes_balance(row: Row) -> bool:
    """Whether it is an order with a deposit whose balance is not paid yet."""
    if whole_if_any(row, "trade_type") != DEPOSIT:
        return False
    return whole_if_any(part(row, "step_order_info"), "step_trade_status") != ALL_PAID


def is_returned(kind: int | None, status: RefundStatus) -> bool | None:
    """Whether the goods came back; None while nobody knows, or where PDD does not tell."""
    if kind == MONEY_ONLY:
        return False
    return True if kind == WITH_RETURN and status is RefundStatus.REFUNDED else None
