"""Orders with what lives and dies with them: lines, payments, shipments."""

from datetime import date, datetime

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy import text as sql

from core.models.base import NounTable, big, by, inside, personal, text, word


class Order(NounTable, table=True):
    """An order of one shop.

    `sale_day` is the shop's business date on which it counts as a sale (it was paid for); null
    while unpaid, when cancelled before payment, and for adjustments. Amounts are minor units.
    `platform_discount` is the part of `discount` that the merchant does not bear, null if untold.
    `reported_amount` is the platform's own current figure; `reported_day` the business date on
    which the platform's own turnover counts it, null if it does not, or tells no figure.
    """

    __tablename__ = "orders"
    __table_args__ = (
        UniqueConstraint("merchant_id", "shop_id", "platform_id"),
        by("orders", "ordered_at", "id"),
        by("orders", "shop_id", "sale_day"),
        by("orders", "customer_id", "shop_id", "sale_day"),
        # Few orders are split: only they are in it.
        Index(
            "ix_orders_parent_platform_id",
            "merchant_id",
            "shop_id",
            "parent_platform_id",
            sqlite_where=sql("parent_platform_id IS NOT NULL"),
            postgresql_where=sql("parent_platform_id IS NOT NULL"),
        ),
    )

    shop_id: int = big()
    platform_id: str = word(128)
    kind: str = word(16)
    status: str = word(32)
    platform_status: str = word()
    platform_type: str = word()
    parent_platform_id: str | None = word(128, None)
    channel: str = word()
    customer_id: int | None = big(None)
    currency: str = word(3)
    items_amount: int = big()
    discount: int = big()
    platform_discount: int | None = big(None)
    freight: int = big()
    paid_amount: int = big()
    reported_amount: int | None = big(None)
    reported_day: date | None = None
    ordered_at: datetime
    order_day: date
    paid_at: datetime | None = None
    sale_day: date | None = None
    ended_at: datetime | None = None
    updated_at: datetime


class OrderLine(NounTable, table=True):
    """One line of an order. `amount` is what was paid for it, before refunds.

    `seller` is the platform's id of who sells it, where a shop's orders hold goods of several.

    Shop, currency, kind and `sale_day` are the order's, repeated so that rollups need no join.
    """

    __tablename__ = "order_lines"
    __table_args__ = (
        UniqueConstraint("merchant_id", "shop_id", "platform_id"),
        inside("orders", "order_id"),
        by("order_lines", "order_id", "ordinal"),
        by("order_lines", "product_id", "sale_day"),
    )

    shop_id: int = big()
    order_id: int = big()
    platform_id: str = word(128)
    ordinal: int
    kind: str = word(16)
    product_id: int | None = big(None)
    sku_id: int | None = big(None)
    sku_code: str | None = word(128, None)
    seller: str | None = word(128, None)
    title: str = text()
    quantity: int = big()
    currency: str = word(3)
    unit_price: int = big()
    discount: int = big()
    amount: int = big()
    platform_status: str = word()
    platform_refund_status: str = word()
    source_kind: str | None = word(16, None)
    source_id: str | None = word(128, None)
    sale_day: date | None = None


class Payment(NounTable, table=True):
    """Money that came in for an order. `kind`: all of it, or a pre-sale's deposit or balance.

    `instalments` is in how many parts the buyer pays it.
    """

    __tablename__ = "payments"
    __table_args__ = (inside("orders", "order_id"), by("payments", "order_id"))

    shop_id: int = big()
    order_id: int = big()
    platform_id: str = word(128)
    kind: str = word(16, "full")
    method: str = word()
    currency: str = word(3)
    amount: int = big()
    instalments: int | None = big(None)
    paid_at: datetime


class Shipment(NounTable, table=True):
    """A parcel of an order. `promised_at` is when the buyer was told that it would be there."""

    __tablename__ = "shipments"
    __table_args__ = (inside("orders", "order_id"), by("shipments", "order_id"))

    shop_id: int = big()
    order_id: int = big()
    platform_id: str = word(128)
    carrier: str | None = word(64, None)
    tracking_number: str | None = personal(128, None)
    shipped_at: datetime | None = None
    delivered_at: datetime | None = None
    promised_at: datetime | None = None
