"""JD's words and what they mean here; a word that is missing is counted, never fatal."""

from core.marketplace.records import OrderStatus, ProductStatus, RefundStatus

ORDER_STATUS = {
    "NOT_PAY": OrderStatus.PENDING,
    "WAIT_SELLER_STOCK_OUT": OrderStatus.PAID,
    "WAIT_SELLER_DELIVERY": OrderStatus.PAID,
    "WAIT_SEND_CODE": OrderStatus.PAID,
    "POP_ORDER_PAUSE": OrderStatus.PAID,
    "POP": OrderStatus.PAID,
    "PAUSE": OrderStatus.PAID,
    "LOCKED": OrderStatus.PAID,
    "WAIT_GOODS_RECEIVE_CONFIRM": OrderStatus.SHIPPED,
    "DELIVERY_RETURN": OrderStatus.SHIPPED,
    "FINISHED_L": OrderStatus.COMPLETED,
    "TRADE_CANCELED": OrderStatus.CLOSED,
    # The same in pinyin: old orders show these.
    "DengDaiChuKu": OrderStatus.PAID,
    "DengDaiFaHuo": OrderStatus.PAID,
    "ZanTing": OrderStatus.PAID,
    "DengDaiQueRenShouHuo": OrderStatus.SHIPPED,
    "PeiSongTuiHuo": OrderStatus.SHIPPED,
    "WanCheng": OrderStatus.COMPLETED,
}
UNPAID = {OrderStatus.PAID: OrderStatus.PENDING, OrderStatus.CLOSED: OrderStatus.CANCELLED}
"""JD's words don't tell whether an order was paid: the time of payment does."""

ORDER_TYPES = frozenset({"22", "75"})  # SOP; LOC, a voucher for a local shop
PAYMENT_METHODS = {
    "1": "cod",
    "2": "postal",
    "3": "pickup",
    "4": "online",
    "5": "company_transfer",
    "6": "bank_transfer",
}
NO_SALE = frozenset({"1", "2"})
"""`returnOrder` of goods sent after a repair, in compensation or in exchange: nobody buys them."""

AFTERSALE_STATUS = {
    "": RefundStatus.REQUESTED,
    "13": RefundStatus.REFUNDED,
    "14": RefundStatus.CLOSED,  # the payment failed
}
CANCELLATION_STATUS = {
    "0": RefundStatus.REQUESTED,
    "1": RefundStatus.REQUESTED,  # the merchant agreed; JD's accountants have not yet
    "2": RefundStatus.REJECTED,
    "3": RefundStatus.REFUNDED,
    "4": RefundStatus.REJECTED,
    "5": RefundStatus.REQUESTED,
    "6": RefundStatus.AWAITING_RETURN,  # a parcel under way is being stopped
    "7": RefundStatus.RETURNED,
    "8": RefundStatus.REJECTED,  # it could not be stopped
    "9": RefundStatus.CLOSED,
    "10": RefundStatus.AWAITING_RETURN,
    "11": RefundStatus.CLOSED,  # withdrawn by the buyer
}
"""3 is the last word there is: JD's accountants agreed. No method tells that the money arrived."""

PRODUCT_STATUS = {
    "1": ProductStatus.OFF_SALE,
    "2": ProductStatus.OFF_SALE,
    "4": ProductStatus.OFF_SALE,
    "8": ProductStatus.ON_SALE,
    "513": ProductStatus.OFF_SALE,
    "514": ProductStatus.OFF_SALE,
    "516": ProductStatus.OFF_SALE,
    "520": ProductStatus.ON_SALE,  # on sale while a change of it is examined
    "1028": ProductStatus.OFF_SALE,
}
