"""Customers as one shop knows them."""

from core.graph.declare import column, many, node, one
from core.models import Customer


@node(Customer, permission="customers:read", stream="orders")
class CustomerNode:
    """A platform identity in one shop. Guests are none: their orders carry no customer."""

    number = column(
        str,
        "The platform's key of the buyer: personal, masked without the permission.",
        "platform_id",
    )
    nickname = column(str, "Name shown by the platform: personal, masked without the permission.")
    country = column(str, "Country of the latest order that names one.", filter=True)
    region = column(str, "Region of the latest order that names one.", filter=True)
    shop_id = column(str, "Global id of the shop.", filter=True, refers_to="Shop")
    shop = one("Shop", "The shop that knows them.", by="shop_id")
    orders = many("Order", "Their orders.", by="customer_id")
    refunds = many("Refund", "Their refunds.", by="customer_id")
    stats = many("CustomerStat", "What they bought and sent back, per currency.", by="customer_id")
