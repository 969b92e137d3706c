"""Refunds: what buyers asked back, and what went back."""

from datetime import date, datetime

from sqlalchemy import UniqueConstraint

from core.models.base import NounTable, big, by, text, word


class Refund(NounTable, table=True):
    """A refund request. Its references are soft: the order may come later, or never.

    `customer_named` is whether the platform's own record names its customer; where it does not, the
    refund has the customer of its order.
    `refund_day` is the shop's business date on which money went back; null until then.
    """

    __tablename__ = "refunds"
    __table_args__ = (
        UniqueConstraint("merchant_id", "shop_id", "platform_id"),
        by("refunds", "requested_at", "id"),
        by("refunds", "order_id"),
        by("refunds", "customer_id"),
    )

    shop_id: int = big()
    platform_id: str = word(128)
    order_id: int | None = big(None)
    line_id: int | None = big(None)
    customer_id: int | None = big(None)
    customer_named: bool = False
    kind: str = word(16, "unknown")
    status: str = word(32)
    platform_status: str = word()
    phase: str = word()
    reason: str = text()
    currency: str = word(3)
    amount: int = big()
    freight: int | None = big(None)
    quantity: int | None = big(None)
    goods_returned: bool | None = None
    requested_at: datetime
    refunded_at: datetime | None = None
    refund_day: date | None = None
    updated_at: datetime
