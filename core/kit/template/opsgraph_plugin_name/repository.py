"""All SQL of the plugin. Select from mapped classes: the session keeps them to its merchant."""

from datetime import date

from core.db import MerchantSession
from core.models import Product
from sqlmodel import col, select

from opsgraph_plugin_name.models import Flag


def flag(session: MerchantSession, floor: int, today: date) -> int:
    """Flag what sells for less than the floor and is not flagged yet; returns how many."""
    known = select(Flag.product_id)
    cheap = select(Product).where(col(Product.price) < floor, col(Product.id).not_in(known))
    flags = [
        Flag(
            merchant_id=session.merchant_id,
            product_id=product.id,
            shop_id=product.shop_id,
            day=today,
            currency=product.currency,
            shortfall=floor - product.price,
        )
        for product in session.scalars(cheap)
    ]
    session.add_all(flags)
    return len(flags)
