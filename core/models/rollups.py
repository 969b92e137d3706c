"""Tables that `core.ingest.rollup` keeps up to date; their declarations stand in `core.ingest`.

`source_rows` counts the raw rows behind a rollup row: at zero the row goes.
"""

from datetime import date

from sqlalchemy import BigInteger, Date, String
from sqlmodel import Field

from core.models.base import MerchantTable, big, by


class SalesDay(MerchantTable, table=True):
    """Sales of a shop on a business day. `amount` is paid and gross of refunds.

    Refunds count on the day the money went back, not on the order's day. `reported_*` are the
    platform's own turnover: its figure of each order, on the day on which it counts that order.
    """

    __tablename__ = "sales_days"

    shop_id: int = Field(sa_type=BigInteger, primary_key=True)
    day: date = Field(sa_type=Date, primary_key=True)
    currency: str = Field(sa_type=String(3), primary_key=True)
    orders: int = big(0)
    buyers: int = big(0)
    lines: int = big(0)
    units: int = big(0)
    amount: int = big(0)
    items_amount: int = big(0)
    discount: int = big(0)
    freight: int = big(0)
    refunds: int = big(0)
    refund_amount: int = big(0)
    reported_orders: int = big(0)
    reported_amount: int = big(0)
    source_rows: int = big(0)


class CustomerStat(MerchantTable, table=True):
    """What a customer bought and sent back, over all time, per currency."""

    __tablename__ = "customer_stats"
    __table_args__ = (by("customer_stats", "shop_id", "last_day"),)

    customer_id: int = Field(sa_type=BigInteger, primary_key=True)
    currency: str = Field(sa_type=String(3), primary_key=True)
    shop_id: int = Field(sa_type=BigInteger, primary_key=True)
    orders: int = big(0)
    amount: int = big(0)
    first_day: date | None = None
    last_day: date | None = None
    refunds: int = big(0)
    refund_amount: int = big(0)
    source_rows: int = big(0)


class ProductMonth(MerchantTable, table=True):
    """Sales of a product in a calendar month of the shop; `month` is its first day."""

    __tablename__ = "product_months"
    __table_args__ = (by("product_months", "product_id", "month"),)

    shop_id: int = Field(sa_type=BigInteger, primary_key=True)
    month: date = Field(sa_type=Date, primary_key=True)
    product_id: int = Field(sa_type=BigInteger, primary_key=True)
    currency: str = Field(sa_type=String(3), primary_key=True)
    lines: int = big(0)
    units: int = big(0)
    amount: int = big(0)
    source_rows: int = big(0)
