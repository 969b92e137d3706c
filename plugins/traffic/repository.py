"""Reads traffic, ad spend and sales, summed by channel."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import func
from sqlmodel import col, select

from core.db import MerchantSession
from core.marketplace.records import TrafficLevel
from core.models import AdSpendDay, SalesDay, TrafficDay


@dataclass(frozen=True)
class ChannelSums:
    """Traffic of a channel in one currency; money in minor units."""

    channel: str
    level: str
    currency: str
    impressions: int
    clicks: int
    visits: int
    orders: int
    amount: int
    ad_spend: int = 0


@dataclass(frozen=True)
class SalesSums:
    """Sales in one currency; `amount` in minor units."""

    currency: str
    orders: int
    amount: int


@dataclass(frozen=True)
class ChannelReport:
    """Channels, all sales of the same days, and the sources the traffic comes from."""

    channels: list[ChannelSums]
    sales: list[SalesSums]
    sources: list[str]


def channel_report(
    session: MerchantSession, start: date, end: date, shop_id: int | None
) -> ChannelReport:
    """Sums over the business days [start, end)."""
    traffic = _within(TrafficDay, start, end, shop_id)
    ads = _within(AdSpendDay, start, end, shop_id)
    return ChannelReport(
        channels=_channels(session, traffic, _ad_spend(session, ads)),
        sales=_sales(session, _within(SalesDay, start, end, shop_id)),
        sources=sorted(session.scalars(select(TrafficDay.source).where(*traffic).distinct())),
    )


def _within(table: Any, start: date, end: date, shop_id: int | None) -> list[Any]:
    where = [col(table.day) >= start, col(table.day) < end]
    return where if shop_id is None else [*where, col(table.shop_id) == shop_id]


def _ad_spend(session: MerchantSession, where: list[Any]) -> dict[tuple[str, str], int]:
    query = (
        select(AdSpendDay.channel, AdSpendDay.currency, func.sum(AdSpendDay.spend))
        .where(*where)
        .group_by(col(AdSpendDay.channel), col(AdSpendDay.currency))
    )
    return {(channel, currency): int(spend) for channel, currency, spend in session.execute(query)}


def _channels(
    session: MerchantSession, where: list[Any], spend: dict[tuple[str, str], int]
) -> list[ChannelSums]:
    sums = [
        func.sum(getattr(TrafficDay, name))
        for name in ("impressions", "clicks", "visits", "orders", "amount")
    ]
    keys = (col(TrafficDay.channel), col(TrafficDay.level), col(TrafficDay.currency))
    query: Any = select(*keys, *sums).where(*where).group_by(*keys)
    sums_of: list[list[Any]] = [[*row[:3], *map(int, row[3:])] for row in session.execute(query)]
    found = [ChannelSums(*each) for each in sums_of]
    return sorted(
        _with_spend(found, spend), key=lambda each: (-each.amount, each.channel, each.level)
    )


def _with_spend(
    channels: list[ChannelSums], spend: dict[tuple[str, str], int]
) -> Iterator[ChannelSums]:
    """Ad spend knows no level: it goes once to each channel, to the paid level if there is one."""
    rest = dict(spend)
    for each in sorted(channels, key=lambda each: each.level != TrafficLevel.PAID):
        yield replace(each, ad_spend=rest.pop((each.channel, each.currency), 0))
    for (channel, currency), amount in rest.items():
        yield ChannelSums(channel, TrafficLevel.PAID, currency, 0, 0, 0, 0, 0, amount)


def _sales(session: MerchantSession, where: list[Any]) -> list[SalesSums]:
    query = (
        select(SalesDay.currency, func.sum(SalesDay.orders), func.sum(SalesDay.amount))
        .where(*where)
        .group_by(col(SalesDay.currency))
        .order_by(col(SalesDay.currency))
    )
    return [SalesSums(row[0], int(row[1]), int(row[2])) for row in session.execute(query)]
