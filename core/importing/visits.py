"""A visit counts once: a whole and its parts (channels, campaigns, devices) are never both stored.

Exports of one day differ by what somebody ticked in the seller centre: a total, sources, sources
with details, one device or all. Within one file sums are told apart by their words. A row that says
no campaign counts all campaigns of its channel, but where its file has others beside it.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date
from typing import NamedTuple

from sqlmodel import col, select

from core.db import MerchantSession
from core.marketplace.exports.traffic import WHOLE_SHOP
from core.marketplace.records import Record, TrafficRecord
from core.models import TrafficDay

ALL = ""


class Visits(NamedTuple):
    """Which visits a row counts: a day's, of one channel, campaign and device, or of all."""

    day: date
    channel: str
    campaign: str
    device: str


def visits_of(records: Iterable[Record]) -> list[Visits]:
    """What the rows of a traffic file count."""
    traffic = (each for each in records if isinstance(each, TrafficRecord))
    return [_visits(each.day, each.channel, each.campaign, each.device) for each in traffic]


def stored_visits(
    session: MerchantSession, shop_id: int, near: Collection[Visits] | None = None
) -> set[Visits]:
    """What is stored of a shop; `near`: only what could count visits of these rows."""
    day, channel = col(TrafficDay.day), col(TrafficDay.channel)
    query = select(day, channel, TrafficDay.campaign, TrafficDay.device).where(
        TrafficDay.shop_id == shop_id
    )
    if near is not None:
        days, channels = {row.day for row in near}, {row.channel for row in near}
        query = query.where(day.in_(days))
        if ALL not in channels:
            query = query.where(channel.in_({*channels, WHOLE_SHOP}))
    return {_visits(*row) for row in session.execute(query)}


def expectations(
    rows: Sequence[Visits], told: Collection[Visits], known: Collection[Visits]
) -> Iterator[str]:
    """What was expected instead of each row that would count visits again; "" of all others.

    told: all rows of the file; what it tells again of the known rows, it replaces. Both are asked
    for single rows, so sets are best.
    """
    others: dict[date, list[Visits]] = defaultdict(list)
    for each in known:
        if each not in told:
            others[each.day].append(each)
    for row in rows:
        twice = None if row in known else _same_visits(row, others[row.day])
        other = "" if twice is None else _named(twice, row)
        yield other and f"a day without {other}: both would count the same visits twice"


def _visits(day: date, channel: str, campaign: str, device: str) -> Visits:
    return Visits(day, ALL if channel == WHOLE_SHOP else channel, campaign, device)


def _same_visits(row: Visits, others: Iterable[Visits]) -> Visits | None:
    """One of the others that counts visits of this row: each says the same, or all."""
    for other in others:
        if all(mine == its or ALL in (mine, its) for mine, its in zip(row, other, strict=True)):
            return other
    return None


def _named(other: Visits, row: Visits) -> str:
    """What the other is, seen from the row."""
    if other.channel != row.channel:
        return "the shop's total" if other.channel == ALL else "traffic by channel"
    of = repr(row.channel) if row.channel else "the shop"
    if other.campaign != row.campaign:
        return f"{of} as a whole" if other.campaign == ALL else f"{of} by campaign"
    return f"{of} on all devices" if other.device == ALL else f"{of} by device"
