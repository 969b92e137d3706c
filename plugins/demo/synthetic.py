"""Synthetic traffic and ad spend around the real daily sales: nothing here was measured.

The data set has no visits. So the real orders and the real amount of each day are spread over
channels, to the last cent, and visits, clicks and costs that would explain them are made up.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from itertools import groupby, product
from math import ceil
from random import Random
from typing import NamedTuple

from plugins.demo.emulation.orders import Orders, Sale

SEED = "opsgraph-demo"
CONVERSION = 0.028
"""Orders per visit of a usual day."""
CONVERSION_BY_WEEKDAY = (1.04, 1.05, 1.02, 1.0, 0.97, 0.9, 0.94)
QUIET_VISITS = 600
"""A day's least: people look at a shop that sells nothing today."""


class DaySales(NamedTuple):
    """A day's real sales; the amount is in cents."""

    day: date
    orders: int
    buyers: int
    amount: int


class TrafficDay(NamedTuple):
    """One day of one channel, campaign ("" if none) and device."""

    day: date
    channel: str
    level: str
    campaign: str
    device: str
    impressions: int
    clicks: int
    visits: int
    visitors: int
    orders: int
    buyers: int
    amount: int


class AdDay(NamedTuple):
    """One day of one campaign; spend and amount are in cents."""

    day: date
    channel: str
    campaign: str
    impressions: int
    clicks: int
    spend: int
    orders: int
    amount: int


class Channel(NamedTuple):
    """Where visits come from, with its part of a thousand orders and of a thousand visits."""

    name: str
    level: str
    campaign: str
    orders: int
    visits: int
    click_rate: float
    """Clicks per impression; who comes directly has seen no impression."""


CHANNELS = (
    Channel("search", "organic", "", 300, 290, 0.034),
    Channel("recommendation", "organic", "", 150, 200, 0.027),
    Channel("direct", "organic", "", 180, 110, 0.0),
    Channel("short_video", "social", "", 60, 110, 0.024),
    Channel("live", "social", "", 90, 70, 0.045),
    Channel("paid_search", "paid", "brand", 80, 50, 0.062),
    Channel("paid_search", "paid", "generic", 90, 100, 0.031),
    Channel("display", "paid", "retargeting", 50, 70, 0.016),
)
DEVICES = {"mobile": 72, "pc": 28}
CELLS = tuple(product(CHANNELS, DEVICES))

CLICK_PRICES = {"brand": 370, "generic": 390, "retargeting": 280}
"""Cents by campaign; with the average order of the data set they return about fourfold."""


def daily_sales(orders: Orders) -> list[DaySales]:
    """Real sales by the day they were paid, the days without any in between included."""
    sales: dict[date, list[Sale]] = defaultdict(list)
    for sale in orders.sales():
        sales[sale.paid.date()].append(sale)
    first, last = min(sales), max(sales)
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return [_sum_up(day, sales.get(day, [])) for day in days]


def _sum_up(day: date, sales: list[Sale]) -> DaySales:
    """Nobody knows whether two guests are one person: each order of a guest counts as a buyer."""
    customers = {sale.customer for sale in sales if sale.customer is not None}
    guests = sum(sale.customer is None for sale in sales)
    return DaySales(
        day=day,
        orders=len(sales),
        buyers=len(customers) + guests,
        amount=sum(sale.amount for sale in sales),
    )


def traffic_days(days: Iterable[DaySales], quiet: int = QUIET_VISITS) -> Iterator[TrafficDay]:
    """The traffic that would explain these sales. quiet: visits of a day that sells nothing."""
    for day in days:
        yield from _spread_over_cells(day, quiet)


def _spread_over_cells(sales: DaySales, quiet: int) -> Iterator[TrafficDay]:
    random = Random(f"{SEED}:{sales.day}")
    shares = [(channel, DEVICES[device]) for channel, device in CELLS]
    all_visits = _count_visits(random, sales, quiet)
    visits = apportion(all_visits, [_vary(random, c.visits * part) for c, part in shares])
    orders = apportion(sales.orders, [_vary(random, c.orders * part) for c, part in shares])
    amounts = apportion(sales.amount, [_vary(random, count * 1000) for count in orders])
    for (channel, device), *counts in zip(CELLS, visits, orders, amounts, strict=True):
        yield _explain_cell(random, sales, channel, device, *counts)


def _count_visits(random: Random, sales: DaySales, quiet: int) -> int:
    conversion = CONVERSION * CONVERSION_BY_WEEKDAY[sales.day.weekday()]
    return max(_vary(random, quiet), _vary(random, round(sales.orders / conversion)))


def _explain_cell(
    random: Random,
    sales: DaySales,
    channel: Channel,
    device: str,
    visits: int,
    orders: int,
    amount: int,
) -> TrafficDay:
    """The funnel narrows at every step: clicks, visits, visitors, buyers."""
    visits = max(visits, orders)
    buyers = ceil(orders * sales.buyers / sales.orders) if orders else 0
    clicks = ceil(visits * random.uniform(1.03, 1.12)) if channel.click_rate else 0
    impressions = ceil(clicks / channel.click_rate * random.uniform(0.9, 1.1)) if clicks else 0
    return TrafficDay(
        day=sales.day,
        channel=channel.name,
        level=channel.level,
        campaign=channel.campaign,
        device=device,
        impressions=impressions,
        clicks=clicks,
        visits=visits,
        visitors=max(buyers, round(visits * random.uniform(0.78, 0.9))),
        orders=orders,
        buyers=buyers,
        amount=amount,
    )


def ad_days(traffic: Iterable[TrafficDay]) -> Iterator[AdDay]:
    """What the paid rows of `traffic_days` cost, both devices together."""
    paid = (row for row in traffic if row.level == "paid")
    for (day, channel, campaign), rows in groupby(
        paid, key=lambda row: (row.day, row.channel, row.campaign)
    ):
        yield _price_clicks(day, channel, campaign, list(rows))


def _price_clicks(day: date, channel: str, campaign: str, rows: list[TrafficDay]) -> AdDay:
    clicks = sum(row.clicks for row in rows)
    price = _vary(Random(f"{SEED}:{day}:{campaign}"), CLICK_PRICES[campaign])
    return AdDay(
        day=day,
        channel=channel,
        campaign=campaign,
        impressions=sum(row.impressions for row in rows),
        clicks=clicks,
        spend=clicks * price,
        orders=sum(row.orders for row in rows),
        amount=sum(row.amount for row in rows),
    )


def apportion(total: int, weights: list[int]) -> list[int]:
    """Split a whole number by weight so that the parts add up to it (largest remainder)."""
    if total == 0:
        return [0] * len(weights)
    quotas = [divmod(total * weight, sum(weights)) for weight in weights]
    left = total - sum(part for part, _ in quotas)
    by_remainder = sorted(range(len(quotas)), key=lambda place: -quotas[place][1])
    lucky = set(by_remainder[:left])
    return [part + (place in lucky) for place, (part, _) in enumerate(quotas)]


def _vary(random: Random, value: int) -> int:
    return round(value * random.uniform(0.85, 1.15))
