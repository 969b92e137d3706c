"""What Doudian's codes and words mean, and which of its fields are personal.

From the field descriptions of op.jinritemai.com (order/searchList, afterSale/List and /Detail,
product/listV2, sku/list). A code that stands in no table here is kept, mapped to UNKNOWN, and
counted.
"""

from core.marketplace.records import OrderStatus, ProductStatus, RefundKind, RefundStatus

PERSONAL = frozenset(
    "post_receiver post_tel post_tel_sec phone mobile mobile_no receiver_phone "
    "encrypt_post_receiver encrypt_post_tel encrypt_post_tel_sec encrypt_detail "
    "encrypt_id_card_no encrypt_id_card_name encrypt_account_id encrypt_mobile_no "
    "mask_post_receiver mask_post_tel detail town street landmark user_coordinate "
    "user_id_info contract_info account_list author_name "
    "buyer_words seller_words remark reason_remark evidence seller_logs record_logs_list "
    "after_sale_shop_remarks sku_customization_info writeoff_info relation_order "
    "serial_number_list hour_up_pickup_code tracking_no return_logistics_code logistics_code "
    "order_logistics d_car_shop_biz_data user_tag_ui store_tel".split()
)
"""What names a person, reaches one, or is written by one: whole parts where all of it does.
A waybill number leads to an address. Kept: `doudian_open_id`, the pseudonym that makes a customer;
province and city; `reason_text`, which is chosen from a list; `author_id`, a host's number."""

ORDER_STATUS = {
    "1": OrderStatus.PENDING,
    "105": OrderStatus.PAID,
    "2": OrderStatus.PAID,
    "101": OrderStatus.PARTIALLY_SHIPPED,
    "3": OrderStatus.SHIPPED,
    "4": OrderStatus.CANCELLED,
    "5": OrderStatus.COMPLETED,
}
REFUNDED_WHOLE = frozenset({"21", "22", "39"})
"""`main_status`: all was refunded before shipping, after it, or after the receipt."""
MAIN_STATUS = ORDER_STATUS.keys() | REFUNDED_WHOLE | {"103", ""}

ORDER_TYPES = frozenset({"0", "2", "4", "5"})
UNSOLD_TRADES = frozenset({"6", "10", "11", "102"})
"""`trade_type` of what is no sale: bought back from a buyer, a sample, a prize, a gift that comes
with a deposit. The platform names them so; that they are no sales is our reading."""
TRADE_TYPES = UNSOLD_TRADES | {"0", "1", "2", "3", "4", "5", "7", "12", "13", "16", "18", "103"}

PAY_TYPES = {
    "0": "cash_on_delivery",
    "1": "wechat",
    "2": "alipay",
    "3": "mini_program",
    "4": "bank_card",
    "5": "balance",
    "7": "free",
    "8": "dou_installments",
    "9": "new_card",
    "12": "pay_later",
}
CASH_ON_DELIVERY = "0"

TRAFFIC = {"2": "affiliate", "8": "shop", "0": "", "": ""}
"""`c_biz`: sold by the alliance's hosts, or by the shop itself."""

AFTER_SALE_STATUS = {
    "3": RefundStatus.EXCHANGED,
    "6": RefundStatus.REQUESTED,
    "7": RefundStatus.AWAITING_RETURN,
    "8": RefundStatus.RETURNED,
    "11": RefundStatus.RETURNED,
    "13": RefundStatus.EXCHANGED,
    "14": RefundStatus.EXCHANGED,
    "27": RefundStatus.REJECTED,
    "28": RefundStatus.CLOSED,
    "29": RefundStatus.REJECTED,
}
AGREED = "12"
"""The after-sale succeeded. Whether money moved is told by `refund_status` alone."""
AFTER_SALE_WORDS = AFTER_SALE_STATUS.keys() | {AGREED}
LINE_AFTER_SALES = AFTER_SALE_WORDS | {"", "0", "51", "53"}

PAID_BACK = "3"
REFUND_WORDS = frozenset({"", "0", "1", "2", PAID_BACK, "4"})
"""`refund_status`. 5, money collected from the merchant later, is not known to be a refund."""

RETURN_AND_REFUND = "0"
PHASES = {
    RETURN_AND_REFUND: "return_and_refund",
    "1": "refund_only",
    "2": "refund_before_shipping",
    "3": "exchange",
    "4": "system_cancel",
    "5": "user_cancel",
    "6": "price_protection",
    "7": "resend",
    "8": "repair",
}
REFUND_KINDS = {
    RETURN_AND_REFUND: RefundKind.RETURN,
    "1": RefundKind.MONEY,
    "2": RefundKind.MONEY,
    "3": RefundKind.EXCHANGE,
    "4": RefundKind.MONEY,
    "5": RefundKind.MONEY,
    "6": RefundKind.PRICE,
    "7": RefundKind.RESEND,
    "8": RefundKind.REPAIR,
}
WITHOUT_MONEY = frozenset({"3", "7", "8"})
"""Kinds of after-sale that end with goods, not with money."""

PRODUCT_STATUS = {
    "0": ProductStatus.ON_SALE,
    "1": ProductStatus.OFF_SALE,
    "2": ProductStatus.REMOVED,
}
CHECK_STATUS = frozenset({"1", "2", "3", "4", "5", "7"})
BANNED = "5"
