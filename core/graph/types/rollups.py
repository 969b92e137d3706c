"""Rollups: sales by shop and day, customers over all time, products by month."""

from datetime import date

from core.graph.declare import column, money, node, one
from core.graph.scalars import BigInt
from core.models import CustomerStat, ProductMonth, SalesDay


@node(SalesDay, permission="orders:read", stream="orders", name="SalesDay", order="day desc")
class SalesDayNode:
    """Sales of a shop on a business day."""

    day = column(date, "The shop's business date of the payment.", filter=True, order=True)
    currency = column(str, "ISO 4217 code.", filter=True)
    orders = column(BigInt, "Paid orders.", order=True, measure=True)
    buyers = column(BigInt, "Distinct buyers, guests apart: not additive.", order=True)
    lines = column(BigInt, "Order lines.", order=True, measure=True)
    units = column(BigInt, "Pieces.", order=True, measure=True)
    amount = money("What buyers paid, before refunds.", order=True)
    items_amount = money("List price times quantity, before discounts.")
    discount = money("All discounts.")
    freight = money("Delivery paid by buyers.")
    refunds = column(BigInt, "Refunds paid back on this day.", order=True, measure=True)
    refund_amount = money("What went back on this day.", order=True)
    reported_orders = column(
        BigInt, "Orders that the platform's own turnover counts on this day.", measure=True
    )
    reported_amount = money("The platform's own turnover: its own figures of these orders.")
    shop_id = column(str, "Global id of the shop.", filter=True, refers_to="Shop")
    shop = one("Shop", "The shop.", by="shop_id")


@node(CustomerStat, permission="customers:read", stream="orders", name="CustomerStat")
class CustomerStatNode:
    """What a customer bought and sent back, over all time, in one currency."""

    currency = column(str, "ISO 4217 code.", filter=True)
    orders = column(BigInt, "Paid orders.", filter=True, order=True, measure=True)
    amount = money("What was paid, before refunds.", order=True)
    first_day = column(date, "Business date of the first sale.", filter=True, order=True)
    last_day = column(date, "Business date of the latest sale.", filter=True, order=True)
    refunds = column(BigInt, "Refunds.", filter=True, order=True, measure=True)
    refund_amount = money("What went back.", order=True)
    shop_id = column(str, "Global id of the shop.", filter=True, refers_to="Shop")
    customer = one("Customer", "The customer.", by="customer_id")


@node(
    ProductMonth,
    permission="products:read",
    stream="orders",
    name="ProductMonth",
    order="month desc",
)
class ProductMonthNode:
    """Sales of a product in a calendar month."""

    month = column(date, "First day of the month.", filter=True, order=True)
    currency = column(str, "ISO 4217 code.", filter=True)
    lines = column(BigInt, "Order lines.", order=True, measure=True)
    units = column(BigInt, "Pieces.", order=True, measure=True)
    amount = money("What was paid, before refunds.", order=True)
    shop_id = column(str, "Global id of the shop.", filter=True, refers_to="Shop")
    product = one("Product", "The product, if it was synced.", by="product_id")
