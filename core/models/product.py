"""Products, their variants (SKU), and what was in stock when."""

from datetime import date, datetime

from sqlalchemy import BigInteger, Date, UniqueConstraint
from sqlmodel import Field

from core.models.base import MerchantTable, NounTable, big, by, inside, text, word


class Product(NounTable, table=True):
    """A listing in a shop."""

    __tablename__ = "products"
    __table_args__ = (
        UniqueConstraint("merchant_id", "shop_id", "platform_id"),
        by("products", "shop_id", "updated_at"),
    )

    shop_id: int = big()
    platform_id: str = word(128)
    title: str = text()
    code: str | None = word(128, None)
    category: str | None = word(128, None)
    status: str = word(32)
    platform_status: str = word()
    currency: str = word(3)
    price: int = big()
    listed_at: datetime | None = None
    updated_at: datetime


class Sku(NounTable, table=True):
    """A variant that can be bought."""

    __tablename__ = "skus"
    __table_args__ = (
        UniqueConstraint("merchant_id", "shop_id", "platform_id"),
        inside("products", "product_id"),
        by("skus", "product_id"),
    )

    shop_id: int = big()
    product_id: int = big()
    platform_id: str = word(128)
    code: str | None = word(128, None)
    title: str = text()
    currency: str = word(3)
    price: int = big()
    stock: int | None = big(None)


class InventorySnapshot(MerchantTable, table=True):
    """What a shop showed as available of one SKU at the end of one business day."""

    __tablename__ = "inventory_snapshots"

    sku_id: int = Field(sa_type=BigInteger, primary_key=True)
    day: date = Field(sa_type=Date, primary_key=True)
    shop_id: int = big()
    product_id: int = big()
    available: int = big()
