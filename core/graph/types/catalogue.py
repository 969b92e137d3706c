"""Products, their variants, and stock."""

from datetime import date, datetime

from core.graph.declare import column, many, money, node, one
from core.graph.scalars import BigInt
from core.models import InventorySnapshot, Product, Sku


@node(Product, permission="products:read", stream="products", order="updated_at desc")
class ProductNode:
    """A listing in a shop."""

    number = column(str, "The platform's product number.", "platform_id", filter=True)
    title = column(str, "What buyers see.", filter=True, order=True)
    code = column(str, "The merchant's own code.", filter=True, order=True)
    category = column(str, "The platform's category.", filter=True)
    status = column(str, "on_sale, off_sale, removed or unknown.", filter=True)
    platform_status = column(str, "The platform's own word for it.", filter=True)
    price = money("List price.", order=True, measure=False)
    listed_at = column(datetime, "When it was first offered.", filter=True, order=True)
    updated_at = column(datetime, "When the platform last changed it.", filter=True, order=True)
    shop_id = column(str, "Global id of the shop.", filter=True, refers_to="Shop")
    shop = one("Shop", "The shop that offers it.", by="shop_id")
    skus = many("Sku", "Its variants.", by="product_id")
    months = many("ProductMonth", "What was sold of it, month by month.", by="product_id")
    lines = many("OrderLine", "Order lines of it.", by="product_id")
    reviews = many("Review", "Reviews of it.", by="product_id")
    behavior_events = many("BehaviorEvent", "What visitors did with it.", by="product_id")


@node(Sku, permission="products:read", stream="products")
class SkuNode:
    """A variant that can be bought."""

    number = column(str, "The platform's SKU number.", "platform_id", filter=True)
    code = column(str, "The merchant's own code.", filter=True, order=True)
    title = column(str, "What tells it from its siblings.")
    price = money("List price.", order=True, measure=False)
    stock = column(
        BigInt, "What the platform shows as available.", filter=True, order=True, measure=True
    )
    product_id = column(str, "Global id of the product.", filter=True, refers_to="Product")
    product = one("Product", "The listing it belongs to.", by="product_id")
    inventory = many("InventorySnapshot", "Its stock, day by day.", by="sku_id")


@node(
    InventorySnapshot,
    permission="products:read",
    name="InventorySnapshot",
    stream="products",
    order="day desc",
)
class InventoryNode:
    """What was available of a SKU at the end of a business day."""

    day = column(date, "The shop's business date.", filter=True, order=True)
    available = column(BigInt, "What the platform showed as available.", filter=True, order=True)
    sku = one("Sku", "The SKU.", by="sku_id")
