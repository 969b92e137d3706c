"""Reviews: what buyers wrote about what they bought."""

from datetime import date, datetime

from sqlalchemy import UniqueConstraint

from core.models.base import NounTable, big, by, personal, text, word


class Review(NounTable, table=True):
    """What a buyer wrote about an order line. Free text may name anyone, so it is personal.

    `score` is in stars of five, on platforms that give them.
    """

    __tablename__ = "reviews"
    __table_args__ = (
        UniqueConstraint("merchant_id", "shop_id", "platform_id"),
        by("reviews", "reviewed_at", "id"),
        by("reviews", "product_id", "reviewed_at"),
    )

    shop_id: int = big()
    platform_id: str = word(128)
    order_id: int | None = big(None)
    line_id: int | None = big(None)
    product_id: int | None = big(None)
    result: str = word(16)
    platform_result: str = word()
    score: int | None = big(None)
    author: str | None = personal(200, None)
    content: str = personal(None, "")
    reply: str = text("")
    reviewed_at: datetime
    review_day: date
    updated_at: datetime
