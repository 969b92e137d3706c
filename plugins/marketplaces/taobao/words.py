"""TOP's words and what they mean here, and which of its fields are personal.

From the field descriptions of open.taobao.com/api.htm. A word that stands in no table is kept,
mapped to UNKNOWN, and counted.
"""

from core.marketplace.records import OrderStatus, ProductStatus, RefundStatus, ReviewResult

PERSONAL = frozenset(
    "receiver_name receiver_mobile receiver_phone receiver_address receiver_town receiver_zip "
    "buyer_nick buyer_email buyer_message buyer_memo seller_memo buyer_alipay_no alipay_id "
    "nick rated_nick ouid oaid aid sid invoice_no desc content".split()
)
"""What names a person, reaches one, or is written by one. `oaid` and `aid` stand for an address,
and a waybill number (`sid`, `invoice_no`) leads to one. Kept: `buyer_open_uid`, the pseudonym that
makes a customer; country and province; `reason`, which is chosen from TOP's list; `reply`, which
the merchant wrote."""

NO_PAYMENT = "nopaid"
TRADE_TYPES = frozenset(
    "fixed auction step independent_simple_trade independent_shop_trade auto_delivery ec cod "
    "fenxiao game_equipment shopex_trade netcn_trade external_trade instant_trade b2c_cod "
    "hotel_trade super_market_trade super_market_cod_trade taohua waimai o2o_offlinetrade "
    "nopaid eticket tmall_i18n insurance_plus finance pre_auth_type lazada".split()
)
"""What a trade's `type` can be, from the lists of request and response together."""

ORDER_STATUS = {
    "TRADE_NO_CREATE_PAY": OrderStatus.PENDING,
    "WAIT_BUYER_PAY": OrderStatus.PENDING,
    "PAY_PENDING": OrderStatus.PENDING,
    "WAIT_PRE_AUTH_CONFIRM": OrderStatus.PENDING,
    "PAID_FORBID_CONSIGN": OrderStatus.PAID,
    "WAIT_SELLER_SEND_GOODS": OrderStatus.PAID,
    "SELLER_CONSIGNED_PART": OrderStatus.PARTIALLY_SHIPPED,
    "WAIT_BUYER_CONFIRM_GOODS": OrderStatus.SHIPPED,
    "TRADE_BUYER_SIGNED": OrderStatus.DELIVERED,
    "TRADE_FINISHED": OrderStatus.COMPLETED,
    "TRADE_CLOSED": OrderStatus.CLOSED,
    "TRADE_CLOSED_BY_TAOBAO": OrderStatus.CANCELLED,
}
COD_TYPES = frozenset({"cod", "b2c_cod", "super_market_cod_trade"})
"""Paid to the courier: a trade of these is sent before there is any money."""
UNPAID = {OrderStatus.PAID: OrderStatus.PENDING, OrderStatus.CLOSED: OrderStatus.CANCELLED}
DEPOSIT_ONLY = "FRONT_PAID_FINAL_NOPAID"
"""`step_trade_status` of a pre-sale whose deposit is paid and whose balance is not."""

REFUND_STATUS = {
    "WAIT_SELLER_AGREE": RefundStatus.REQUESTED,
    "EXCHANGE_TRANSFORM_TO_REFUND": RefundStatus.REQUESTED,
    "WAIT_BUYER_RETURN_GOODS": RefundStatus.AWAITING_RETURN,
    "WAIT_SELLER_CONFIRM_GOODS": RefundStatus.RETURNED,
    "WAIT_SELLER_CONSIGN_GOODS": RefundStatus.RETURNED,
    "WAIT_BUYER_CONFIRM_EXCHANGE_SELLER_SEND_GOODS": RefundStatus.EXCHANGED,
    "SELLER_REFUSE_BUYER": RefundStatus.REJECTED,
    "CLOSED": RefundStatus.CLOSED,
    "SUCCESS": RefundStatus.REFUNDED,
}
EXCHANGES = frozenset(
    {
        "WAIT_SELLER_CONSIGN_GOODS",
        "WAIT_BUYER_CONFIRM_EXCHANGE_SELLER_SEND_GOODS",
    }
)
LINE_REFUNDS = REFUND_STATUS.keys() | {"NO_REFUND", ""}
PRODUCT_STATUS = {"onsale": ProductStatus.ON_SALE, "instock": ProductStatus.OFF_SALE}
REVIEW_RESULT = {
    "good": ReviewResult.GOOD,
    "neutral": ReviewResult.NEUTRAL,
    "bad": ReviewResult.BAD,
}
