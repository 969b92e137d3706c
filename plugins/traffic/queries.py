"""The `traffic` namespace."""

from collections import Counter
from datetime import date, timedelta
from typing import Annotated

import strawberry

from core.graph.context import Info
from core.graph.fields import field
from core.graph.merchants import DayWindow, days_of
from core.graph.scalars import BigInt, Money, money, parse_id
from core.marketplace.records import DataSource
from plugins.traffic.repository import ChannelReport, ChannelSums, channel_report


@strawberry.type(description="What came through one channel.")
class ChannelSales:
    channel: str = strawberry.field(description="The traffic channel.")
    level: str = strawberry.field(description="organic, paid or social.")
    impressions: BigInt = strawberry.field(description="How often something was shown.")
    clicks: BigInt = strawberry.field(description="How often it was clicked.")
    visits: BigInt = strawberry.field(description="Visits to the shop.")
    orders: BigInt = strawberry.field(description="Paid orders ascribed to the channel.")
    amount: Money = strawberry.field(description="Sales ascribed to the channel.")
    ad_spend: Money = strawberry.field(description="What ads in the channel cost.")
    click_through_rate: float | None = strawberry.field(
        description="CTR: clicks / impressions; null without impressions."
    )
    conversion_rate: float | None = strawberry.field(
        description="CVR: orders / visits; null without visits."
    )
    roas: float | None = strawberry.field(
        description="ROAS: ascribed sales / ad spend; null without spend."
    )


@strawberry.type(description="Sales that no channel claims; negative if channels claim too much.")
class UnattributedSales:
    orders: int = strawberry.field(description="Paid orders.")
    amount: Money = strawberry.field(description="What was paid for them.")


@strawberry.type(description="Sales by traffic channel, beside all sales of the same days.")
class SalesByChannel:
    first: date = strawberry.field(name="from", description="The first business day.")
    last: date = strawberry.field(name="to", description="The last business day.")
    channels: list[ChannelSales] = strawberry.field(description="The largest sales first.")
    unattributed: list[UnattributedSales] = strawberry.field(
        description="All sales minus the channels', per currency."
    )
    sources: list[str] = strawberry.field(
        description="Where the traffic figures come from: platform, import, synthetic."
    )
    synthetic: bool = strawberry.field(
        description="Whether some of the traffic figures were made up for a demo."
    )


@strawberry.type(description="Where visits and sales come from, and what they cost.")
class TrafficQuery:
    @field(
        permission="traffic:use",
        description="Sales by traffic channel, by default of the last 90 days.",
    )
    async def sales_by_channel(
        self,
        info: Info,
        window: Annotated[
            DayWindow | None, strawberry.argument(description="Which days; default: the last 90.")
        ] = None,
        shop_id: Annotated[
            strawberry.ID | None,
            strawberry.argument(description="Only this shop; default: all shops."),
        ] = None,
    ) -> SalesByChannel:
        days = await days_of(info.context, window, default=90)
        shop = None if shop_id is None else parse_id(shop_id, "Shop")
        report = await info.context.db.read(
            info.context.merchant_id,
            lambda session: channel_report(session, days.start, days.end, shop),
        )
        return SalesByChannel(
            first=days.start,
            last=days.end - timedelta(days=1),
            channels=[_channel(sums) for sums in report.channels],
            unattributed=_unattributed(report),
            sources=report.sources,
            synthetic=DataSource.SYNTHETIC in report.sources,
        )


def _channel(sums: ChannelSums) -> ChannelSales:
    return ChannelSales(
        channel=sums.channel,
        level=sums.level,
        impressions=sums.impressions,
        clicks=sums.clicks,
        visits=sums.visits,
        orders=sums.orders,
        amount=money(sums.amount, sums.currency),
        ad_spend=money(sums.ad_spend, sums.currency),
        click_through_rate=_ratio(sums.clicks, sums.impressions),
        conversion_rate=_ratio(sums.orders, sums.visits),
        roas=_ratio(sums.amount, sums.ad_spend),
    )


def _ratio(numerator: int, denominator: int) -> float | None:
    return numerator / denominator if denominator else None


def _unattributed(report: ChannelReport) -> list[UnattributedSales]:
    orders: Counter[str] = Counter({sales.currency: sales.orders for sales in report.sales})
    amounts: Counter[str] = Counter({sales.currency: sales.amount for sales in report.sales})
    for sums in report.channels:
        orders[sums.currency] -= sums.orders
        amounts[sums.currency] -= sums.amount
    return [
        UnattributedSales(orders=orders[currency], amount=money(amounts[currency], currency))
        for currency in sorted(amounts)
    ]
