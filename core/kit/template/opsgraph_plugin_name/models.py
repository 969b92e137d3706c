"""The plugin's table: its name begins with the plugin's, and `merchant_id` leads its keys."""

from datetime import date

from core.models.base import MerchantTable, big, by, text, word
from sqlalchemy import BigInteger
from sqlmodel import Field


class Flag(MerchantTable, table=True):
    """A product that sells for less than the floor, since a day."""

    __tablename__ = "plugin_name_flags"
    __table_args__ = (by("plugin_name_flags", "day"),)

    product_id: int = Field(sa_type=BigInteger, primary_key=True)
    shop_id: int = big()
    day: date
    currency: str = word(3)
    shortfall: int = big()
    comment: str = text("")
