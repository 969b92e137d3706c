"""Traffic and ad spend are made up around real sales, and never contradict them."""

from collections import defaultdict
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.demo.emulation import Emulation
from plugins.demo.synthetic import (
    AdDay,
    DaySales,
    TrafficDay,
    ad_days,
    apportion,
    daily_sales,
    traffic_days,
)


@pytest.fixture(scope="module")
def sales(emulation: Emulation) -> list[DaySales]:
    return daily_sales(emulation.whole.orders)


@pytest.fixture(scope="module")
def traffic(sales: list[DaySales]) -> list[TrafficDay]:
    return list(traffic_days(sales))


@pytest.fixture(scope="module")
def ads(traffic: list[TrafficDay]) -> list[AdDay]:
    return list(ad_days(traffic))


def test_daily_sales_are_the_real_ones(sales: list[DaySales]) -> None:
    """All order lines are in: 374 days in a row, 69 of them without a sale."""
    assert 374 == len(sales)
    assert 69 == sum(day.orders == 0 for day in sales)
    assert 18_532 + 1_427 == sum(day.orders for day in sales)
    assert 1_065_562_248 == sum(day.amount for day in sales)
    assert DaySales(date(2025, 11, 12), orders=127, buyers=101, amount=5_896_079) == sales[0]


def test_channels_add_up_to_the_real_day(sales: list[DaySales], traffic: list[TrafficDay]) -> None:
    """Channels share the orders and the amount of a day, and neither add nor lose any."""
    expected = {day.day: (day.orders, day.amount) for day in sales}

    rows: dict[date, list[TrafficDay]] = defaultdict(list)
    for row in traffic:
        rows[row.day].append(row)
    actual = {
        day: (sum(row.orders for row in found), sum(row.amount for row in found))
        for day, found in rows.items()
    }

    assert expected == actual


def test_funnel_narrows(traffic: list[TrafficDay]) -> None:
    """Nobody buys without a visit, and only direct visits come without a click."""
    for row in traffic:
        assert row.buyers <= row.orders <= row.visits
        assert row.buyers <= row.visitors <= row.visits
        assert (row.orders > 0) == (row.buyers > 0)
        assert row.channel == "direct" or row.visits <= row.clicks <= row.impressions


def test_traffic_is_plausible(traffic: list[TrafficDay]) -> None:
    """Of a hundred visits nearly three order, of a hundred impressions about three are clicked."""
    orders, visits = sum(row.orders for row in traffic), sum(row.visits for row in traffic)
    clicks, impressions = (
        sum(row.clicks for row in traffic),
        sum(row.impressions for row in traffic),
    )

    assert pytest.approx(0.028, abs=0.003) == orders / visits
    assert pytest.approx(0.03, abs=0.003) == clicks / impressions


def test_days_without_sales_have_visits() -> None:
    """A closed shop is still looked at, in every channel."""
    quiet = list(traffic_days([DaySales(date(2026, 1, 1), orders=0, buyers=0, amount=0)]))

    assert 16 == len(quiet)
    assert all(row.visits > 0 and row.orders == row.amount == 0 for row in quiet)


def test_ads_agree_with_traffic(traffic: list[TrafficDay], ads: list[AdDay]) -> None:
    """A campaign's clicks and orders are those of its traffic, both devices together."""
    expected: dict[tuple[date, str, str], tuple[int, ...]] = defaultdict(lambda: (0, 0, 0, 0))
    for row in traffic:
        if row.level == "paid":
            key = (row.day, row.channel, row.campaign)
            counts = (row.impressions, row.clicks, row.orders, row.amount)
            expected[key] = tuple(map(sum, zip(expected[key], counts, strict=True)))

    actual = {
        (ad.day, ad.channel, ad.campaign): (ad.impressions, ad.clicks, ad.orders, ad.amount)
        for ad in ads
    }

    assert expected == actual


def test_ads_return_about_fourfold(ads: list[AdDay]) -> None:
    """Advertising pays, and brand searches pay best."""
    returns = {
        campaign: sum(ad.amount for ad in ads if ad.campaign == campaign)
        / sum(ad.spend for ad in ads if ad.campaign == campaign)
        for campaign in ("brand", "generic", "retargeting")
    }

    assert pytest.approx(4, abs=0.5) == sum(ad.amount for ad in ads) / sum(ad.spend for ad in ads)
    assert "brand" == max(returns, key=lambda campaign: returns[campaign])


def test_a_day_does_not_depend_on_others(
    sales: list[DaySales], traffic: list[TrafficDay], ads: list[AdDay]
) -> None:
    """A day comes out the same whenever and with whatever other days it is made."""
    again = list(traffic_days(sales[100:101]))

    assert [row for row in traffic if row.day == sales[100].day] == again
    assert [ad for ad in ads if ad.day == sales[100].day] == list(ad_days(again))


@given(
    total=st.integers(0, 10**9),
    weights=st.lists(st.integers(0, 10**6), min_size=1).filter(any),
)
def test_apportion_loses_nothing(total: int, weights: list[int]) -> None:
    """Parts add up to the whole, and none is a full unit away from its exact share."""
    parts = apportion(total, weights)

    assert total == sum(parts)
    assert all(
        abs(part - total * weight / sum(weights)) < 1.001
        for part, weight in zip(parts, weights, strict=True)
    )
