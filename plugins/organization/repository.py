"""Reads what the structure advice rests on."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import func
from sqlmodel import col, select

from core.db import MerchantSession
from core.models import Product, ProductMonth, SalesDay, Shop


@dataclass(frozen=True)
class Sales:
    """Paid amounts in minor units, by platform and by category."""

    by_platform: dict[str, int]
    by_category: dict[str, int]


def sales(session: MerchantSession, start: date, end: date, currency: str) -> Sales:
    """Sales of the business days [start, end); categories over the months that begin in it."""
    platforms = (
        select(Shop.marketplace, func.sum(SalesDay.amount))
        .join(Shop, col(Shop.id) == SalesDay.shop_id)
        .where(SalesDay.day >= start, SalesDay.day < end, SalesDay.currency == currency)
        .group_by(col(Shop.marketplace))
    )
    categories = (
        select(Product.category, func.sum(ProductMonth.amount))
        .join(Product, col(Product.id) == ProductMonth.product_id)
        .where(ProductMonth.month >= start, ProductMonth.month < end)
        .where(ProductMonth.currency == currency, col(Product.category).is_not(None))
        .group_by(col(Product.category))
    )
    return Sales(
        {name: int(amount) for name, amount in session.execute(platforms)},
        {str(name): int(amount) for name, amount in session.execute(categories)},
    )
