"""Deliveries, ratings, complaints, and units sold by product and day.

References to core's nouns are soft: the product of a delivery may not be synced yet.
"""

from datetime import date, datetime

from core.models.base import MerchantTable, NounTable, big, by, personal, word
from sqlalchemy import BigInteger, Date, String
from sqlmodel import Field


class SupplierDelivery(NounTable, table=True):
    """Units of a product that a supplier delivered on a day, and how many were defective."""

    __tablename__ = "supplier_deliveries"
    __table_args__ = (
        by("supplier_deliveries", "day", "id"),
        by("supplier_deliveries", "product_id", "day"),
        by("supplier_deliveries", "supplier", "day"),
    )

    shop_id: int = big()
    product_id: int = big()
    supplier: str = word(200)
    day: date
    units: int = big()
    defective: int = big()
    cost: int = big()
    currency: str = word(3)


class SupplierRating(MerchantTable, table=True):
    """What the job found out about a supplier when it last ran."""

    __tablename__ = "supplier_ratings"

    supplier: str = Field(sa_type=String(200), primary_key=True)
    units: int = big()
    defective: int = big()
    is_poor: bool
    rated_at: datetime


class SupplierComplaint(NounTable, table=True):
    """A refund that may be a supplier's fault; its id is the refund's. The reason is personal."""

    __tablename__ = "supplier_complaints"
    __table_args__ = (by("supplier_complaints", "customer_id"),)

    customer_id: int | None = big(None)
    line_id: int | None = big(None)
    reason: str | None = personal(None, None)
    noted_at: datetime


class SupplierProductDay(MerchantTable, table=True):
    """Units of a product that were sold on a business day: a rollup of order lines."""

    __tablename__ = "supplier_product_days"
    __table_args__ = (by("supplier_product_days", "product_id", "day"),)

    shop_id: int = Field(sa_type=BigInteger, primary_key=True)
    product_id: int = Field(sa_type=BigInteger, primary_key=True)
    day: date = Field(sa_type=Date, primary_key=True)
    lines: int = big(0)
    units: int = big(0)
    source_rows: int = big(0)


TABLES = frozenset(
    {
        "supplier_deliveries",
        "supplier_ratings",
        "supplier_complaints",
        "supplier_product_days",
    }
)
