"""Orders and what hangs on them: lines, payments, shipments, refunds, reviews."""

from datetime import date, datetime

from core.graph.declare import column, expression, many, money, node, one
from core.graph.scalars import BigInt
from core.models import Order, OrderLine, Payment, Refund, Review, Shipment

_STATUS = "Our word for where it stands"


@node(Order, permission="orders:read", stream="orders", order="ordered_at desc")
class OrderNode:
    """An order of one shop."""

    number = column(str, "The platform's order number.", "platform_id", filter=True)
    kind = column(str, "`sale`, or `adjustment` for bookings that are no sale.", filter=True)
    status = column(
        str,
        f"{_STATUS}: pending, paid, partially_shipped, shipped, delivered, completed, closed "
        "(paid, then refunded), cancelled (never paid) or unknown.",
        filter=True,
    )
    platform_status = column(str, "The platform's own word for it.", filter=True)
    platform_type = column(str, "The platform's word for the sort of order.", filter=True)
    parent_number = column(
        str,
        "The platform's number of the order it was split from; that one is not an order here.",
        "parent_platform_id",
        filter=True,
    )
    channel = column(str, "The sales channel the platform names.", filter=True)
    items_amount = money("List price times quantity, before discounts.")
    discount = money("All discounts together.")
    platform_discount = money(
        "The part of the discount that the platform, its hosts or payment channels bear; null "
        "where the platform does not tell."
    )
    freight = money("What the buyer pays for delivery.")
    paid_amount = money("What the buyer paid in all, before refunds.", order=True)
    reported_amount = money(
        "The amount the platform itself shows now; some platforms lower it after a refund."
    )
    reported_day = column(
        date,
        "The business date on which the platform's own turnover counts it; null if it does not.",
        filter=True,
    )
    currency = column(str, "ISO 4217 code of all its amounts.", filter=True)
    ordered_at = column(datetime, "When it was placed.", filter=True, order=True)
    order_day = column(date, "The shop's business date on which it was placed.", filter=True)
    paid_at = column(datetime, "When it was paid.", filter=True, order=True)
    sale_day = column(
        date, "The business date on which it counts as a sale; null if it does not.", filter=True
    )
    ended_at = column(datetime, "When it was completed or closed.")
    updated_at = column(datetime, "When the platform last changed it.", filter=True, order=True)
    shop_id = column(str, "Global id of the shop.", filter=True, refers_to="Shop")
    customer_id = column(
        str, "Global id of the customer; null for guests.", filter=True, refers_to="Customer"
    )
    shop = one("Shop", "The shop it was placed in.", by="shop_id")
    customer = one("Customer", "Who placed it; null for guests.", by="customer_id")
    lines = many("OrderLine", "What was ordered.", by="order_id")
    payments = many("Payment", "Money that came in for it.", by="order_id")
    shipments = many("Shipment", "Parcels.", by="order_id")
    refunds = many("Refund", "Refunds that name it.", by="order_id")


@node(OrderLine, permission="orders:read", stream="orders", order="ordinal")
class OrderLineNode:
    """One line of an order."""

    number = column(str, "The platform's line number.", "platform_id", filter=True)
    ordinal = column(int, "Its place in the order, from 1.")
    kind = column(str, "The order's kind: sale or adjustment.", filter=True)
    title = column(str, "What the buyer saw.")
    sku_code = column(str, "The merchant's own code of the SKU.", filter=True)
    seller = column(
        str, "The platform's id of who sells it, where orders hold goods of several.", filter=True
    )
    quantity = column(BigInt, "How many.", filter=True, order=True, measure=True)
    unit_price = money("List price of one.", measure=False)
    unit_price_minor = column(
        BigInt, "List price of one in minor units, to filter by.", "unit_price", filter=True
    )
    discount = money("Discounts on this line.")
    amount = money("What was paid for the line, before refunds.", order=True)
    platform_refund_status = column(str, "The platform's word for its refund.", filter=True)
    source_kind = column(
        str, "What sold it, where the platform tells: live, video or author.", filter=True
    )
    source_id = column(str, "The platform's number of that live room, video or host.", filter=True)
    sale_day = column(date, "The business date on which it counts as a sale.", filter=True)
    shop_id = column(str, "Global id of the shop.", filter=True, refers_to="Shop")
    product_id = column(str, "Global id of the product.", filter=True, refers_to="Product")
    order = one("Order", "The order it belongs to.", by="order_id")
    product = one("Product", "The listing, if it was synced.", by="product_id")
    sku = one("Sku", "The variant, if it was synced.", by="sku_id")


@node(Payment, permission="orders:read", stream="orders", order="paid_at desc")
class PaymentNode:
    """Money that came in for an order."""

    number = column(str, "The platform's payment number.", "platform_id")
    kind = column(str, "full, or of a pre-sale: deposit, balance.", filter=True)
    method = column(str, "How it was paid.", filter=True)
    amount = money("How much.")
    currency = column(str, "ISO 4217 code of its amount.", filter=True)
    instalments = column(BigInt, "In how many parts the buyer pays it.", filter=True, order=True)
    paid_at = column(datetime, "When.", filter=True, order=True)
    shop_id = column(str, "Global id of the shop.", filter=True, refers_to="Shop")
    order = one("Order", "The order it was paid for.", by="order_id")


@node(Shipment, permission="orders:read", stream="orders", order="shipped_at desc")
class ShipmentNode:
    """A parcel of an order."""

    carrier = column(str, "Who carries it.", filter=True)
    tracking_number = column(str, "Its tracking number: personal, masked without the permission.")
    shipped_at = column(datetime, "When it left.", filter=True, order=True)
    delivered_at = column(datetime, "When it arrived.", filter=True)
    promised_at = column(
        datetime, "When the buyer was told that it would arrive.", filter=True, order=True
    )
    late = expression(
        bool | None,
        "Whether it arrived after that; null while either is not known.",
        lambda row: row.delivered_at > row.promised_at,
        filter=True,
    )
    shop_id = column(str, "Global id of the shop.", filter=True, refers_to="Shop")
    order = one("Order", "The order it belongs to.", by="order_id")


@node(Refund, permission="refunds:read", stream="refunds", order="requested_at desc")
class RefundNode:
    """A refund request and what became of it."""

    number = column(str, "The platform's refund number.", "platform_id", filter=True)
    kind = column(
        str,
        "What is asked for: money, return (money for goods sent back), exchange, resend, repair, "
        "price (a part, because the price fell) or unknown.",
        filter=True,
    )
    status = column(
        str,
        f"{_STATUS}: requested, awaiting_return, returned, refunded, rejected, closed, exchanged "
        "or unknown.",
        filter=True,
    )
    platform_status = column(str, "The platform's own word for it.", filter=True)
    phase = column(str, "Whether it was asked for before or after the sale ended.", filter=True)
    reason = column(str, "The reason given.")
    amount = money("How much goes back.", order=True)
    freight = money("The part of it that is for delivery; null where the platform does not tell.")
    quantity = column(BigInt, "How many pieces.", measure=True)
    goods_returned = column(bool, "Whether goods come back.", filter=True)
    requested_at = column(datetime, "When it was asked for.", filter=True, order=True)
    refunded_at = column(datetime, "When the money went back.", filter=True, order=True)
    refund_day = column(date, "The business date on which the money went back.", filter=True)
    updated_at = column(datetime, "When the platform last changed it.", filter=True, order=True)
    shop_id = column(str, "Global id of the shop.", filter=True, refers_to="Shop")
    order_id = column(str, "Global id of the order.", filter=True, refers_to="Order")
    customer_id = column(str, "Global id of the customer.", filter=True, refers_to="Customer")
    shop = one("Shop", "The shop.", by="shop_id")
    order = one("Order", "The order; null when none is named or it was never seen.", by="order_id")
    line = one("OrderLine", "The order line.", by="line_id")
    customer = one(
        "Customer",
        "Who asked for it: whom the platform names, else who placed the order; null for guests.",
        by="customer_id",
    )


@node(Review, permission="reviews:read", stream="reviews", order="reviewed_at desc")
class ReviewNode:
    """What a buyer wrote about an order line."""

    result = column(str, "good, neutral, bad or unknown.", filter=True)
    score = column(
        BigInt, "Stars, of five; null on platforms without.", filter=True, order=True, measure=True
    )
    author = column(str, "Who wrote it: personal, masked without the permission.")
    content = column(str, "What was written: personal, masked without the permission.")
    reply = column(str, "What the shop answered.")
    reviewed_at = column(datetime, "When it was written.", filter=True, order=True)
    review_day = column(date, "The business date on which it was written.", filter=True)
    shop_id = column(str, "Global id of the shop.", filter=True, refers_to="Shop")
    product_id = column(str, "Global id of the product.", filter=True, refers_to="Product")
    shop = one("Shop", "The shop.", by="shop_id")
    order = one("Order", "The order.", by="order_id")
    product = one("Product", "The product.", by="product_id")
