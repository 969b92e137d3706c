"""The Doudian seller whom more than one client reads."""

from datetime import timedelta

from core.marketplace.sandbox import MemoryFeed
from plugins.marketplaces.douyin.sandbox import DoudianShop
from tests.plugins.marketplaces.douyin import builders as douyin


def doudian_seller() -> DoudianShop:
    """One order, and one after-sale of it."""
    expires_at = douyin.NOW + timedelta(days=3)
    seller = DoudianShop(**douyin.CREDENTIALS, shop_id=douyin.SHOP_ID, expires_at=expires_at)
    after_sale = douyin.stored(douyin.after_sale())
    seller.orders = MemoryFeed([douyin.order()], "update_time", "order_id")
    seller.after_sales = MemoryFeed([after_sale], "update_time", "aftersale_id")
    return seller
