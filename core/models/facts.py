"""Daily and event facts: traffic, ad spend, behaviour, signals from outside, exchange rates.

These arrive in volume, so their keys are natural or rising, not hashed.
"""

from datetime import date, datetime

from sqlalchemy import BigInteger, Date, Float, String
from sqlmodel import Field, SQLModel

from core.models.base import REFERENCE, MerchantTable, big, by, personal, text, word


class TrafficDay(MerchantTable, table=True):
    """One business day of one channel, campaign and device. `visitors` are not additive.

    `source` says whether a platform reported it, somebody imported it, or it is synthetic.
    """

    __tablename__ = "traffic_days"

    shop_id: int = Field(sa_type=BigInteger, primary_key=True)
    day: date = Field(sa_type=Date, primary_key=True)
    channel: str = Field(sa_type=String(64), primary_key=True)
    campaign: str = Field(sa_type=String(64), primary_key=True)
    device: str = Field(sa_type=String(64), primary_key=True)
    level: str = word(16)
    currency: str = word(3)
    impressions: int = big()
    clicks: int = big()
    visits: int = big()
    visitors: int = big()
    orders: int = big()
    buyers: int = big()
    amount: int = big()
    source: str = word(16)


class AdSpendDay(MerchantTable, table=True):
    """One business day of one campaign: its cost, and the sales the platform ascribes to it."""

    __tablename__ = "ad_spend_days"

    shop_id: int = Field(sa_type=BigInteger, primary_key=True)
    day: date = Field(sa_type=Date, primary_key=True)
    channel: str = Field(sa_type=String(64), primary_key=True)
    campaign: str = Field(sa_type=String(64), primary_key=True)
    currency: str = word(3)
    impressions: int = big()
    clicks: int = big()
    spend: int = big()
    orders: int = big()
    amount: int = big()
    source: str = word(16)


class BehaviorEvent(MerchantTable, table=True):
    """Something a visitor did. The key leads with time, so rows arrive in rising order.

    The index by day holds all that counting needs: events of a kind per day read no row.
    """

    __tablename__ = "behavior_events"
    __table_args__ = (
        by("behavior_events", "day", "action", "shop_id"),
        by("behavior_events", "shop_id", "happened_at"),
        by("behavior_events", "product_id", "happened_at"),
    )

    happened_at: datetime = Field(primary_key=True)
    shop_id: int = Field(sa_type=BigInteger, primary_key=True)
    platform_id: str = Field(sa_type=String(128), primary_key=True)
    day: date
    visitor: str = personal(128)
    action: str = word()
    product_id: int | None = big(None)
    channel: str = word()
    value: int | None = big(None)
    source: str = word(16)


class ExternalSignal(MerchantTable, table=True):
    """A fact from outside the shops: rule changes, competitor prices, search indices, holidays.

    `platform_id` says what the fact is about, e.g. a listing: it has one value a day and topic.
    """

    __tablename__ = "external_signals"
    __table_args__ = (
        by("external_signals", "day", "topic", "platform_id"),
        by("external_signals", "platform_id", "topic", "day"),
    )

    topic: str = Field(sa_type=String(64), primary_key=True)
    day: date = Field(sa_type=Date, primary_key=True)
    platform_id: str = Field(sa_type=String(128), primary_key=True)
    shop_id: int | None = big(None)
    subject: str = text()
    value: float | None = Field(None, sa_type=Float)
    text: str = text()
    source: str = word(16)


class ExchangeRate(SQLModel, table=True):
    """How many units of `quote` one unit of `base` bought on a day, times 10^8.

    A reference table: it belongs to no merchant. An integer, because rates multiply money.
    """

    __tablename__ = "exchange_rates"
    __table_args__ = ({"info": {REFERENCE: True}},)

    base: str = Field(sa_type=String(3), primary_key=True)
    quote: str = Field(sa_type=String(3), primary_key=True)
    day: date = Field(sa_type=Date, primary_key=True)
    rate_e8: int = big()
    source: str = word()
