"""A day's visits count once: as the shop's total, or channel by channel, never both."""

from collections.abc import Iterable, Mapping
from datetime import date

from sqlmodel import col, select

from core.db import MerchantSession
from core.marketplace.exports.traffic import WHOLE_SHOP
from core.marketplace.records import Record, TrafficRecord
from core.models import TrafficDay


def stored_days(session: MerchantSession, shop_id: int) -> dict[date, bool]:
    """The days with traffic, and whether it is the shop's total."""
    days, channels = col(TrafficDay.day), col(TrafficDay.channel)
    query = select(days, channels).where(TrafficDay.shop_id == shop_id).distinct()
    return {day: channel == WHOLE_SHOP for day, channel in session.execute(query)}


def days_of(records: Iterable[Record]) -> dict[date, bool]:
    """The same of what is about to be stored."""
    traffic = (each for each in records if isinstance(each, TrafficRecord))
    return {each.day: each.channel == WHOLE_SHOP for each in traffic}


def conflict(record: Record, days: Mapping[date, bool]) -> str:
    """What was expected of a record instead of being of the other kind; "" if it is not."""
    assert isinstance(record, TrafficRecord)
    is_total = days.get(record.day)
    if is_total is None or is_total == (record.channel == WHOLE_SHOP):
        return ""
    other = "the shop's total" if is_total else "traffic by channel"
    return f"a day without {other}: both would count the same visits twice"
