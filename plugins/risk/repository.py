"""Reads sales by platform, shop and product."""

from datetime import date

from sqlalchemy import func
from sqlmodel import col, select

from core.db import MerchantSession
from core.models import Product, ProductMonth, SalesDay, Shop


def sales_by_platform(
    session: MerchantSession, start: date, end: date, currency: str
) -> dict[str, int]:
    """Paid amount by marketplace over the business days [start, end), in minor units."""
    query = (
        select(Shop.marketplace, func.sum(SalesDay.amount))
        .join(Shop, col(Shop.id) == SalesDay.shop_id)
        .where(SalesDay.day >= start, SalesDay.day < end, SalesDay.currency == currency)
        .group_by(col(Shop.marketplace))
    )
    return {name: int(amount) for name, amount in session.execute(query)}


def sales_by_shop(
    session: MerchantSession, start: date, end: date, currency: str
) -> dict[int, int]:
    """Paid amount by shop over the business days [start, end), in minor units."""
    query = (
        select(SalesDay.shop_id, func.sum(SalesDay.amount))
        .where(SalesDay.day >= start, SalesDay.day < end, SalesDay.currency == currency)
        .group_by(col(SalesDay.shop_id))
    )
    return {shop_id: int(amount) for shop_id, amount in session.execute(query)}


def sales_by_product(
    session: MerchantSession, start: date, end: date, currency: str
) -> dict[int, int]:
    """Paid amount by product over the months that begin in [start, end), in minor units."""
    query = (
        select(ProductMonth.product_id, func.sum(ProductMonth.amount))
        .where(ProductMonth.month >= start, ProductMonth.month < end)
        .where(ProductMonth.currency == currency)
        .group_by(col(ProductMonth.product_id))
    )
    return {product_id: int(amount) for product_id, amount in session.execute(query)}


def product_titles(session: MerchantSession, ids: list[int]) -> dict[int, str]:
    """Titles of these products, as far as they were synced."""
    query = select(Product.id, Product.title).where(col(Product.id).in_(ids))
    return {row.id: row.title for row in session.execute(query)}
