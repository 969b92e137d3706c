"""Metrics over windows: buckets, ratios, currencies, and what is not known yet."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from core.graph.scalars import global_id
from core.models import Shop
from tests.builders import make_shop
from tests.facts import TODAY, Facts
from tests.graphql import Client, built_in

pytestmark = pytest.mark.anyio

METRIC = """query Series($key: String!, $grain: Grain!, $window: DayWindow, $shops: [ID!]) {
  analytics { metric(key: $key, grain: $grain, window: $window, shopIds: $shops) {
    metric { key unit additive }
    points {
      from to value currency numerator denominator reason incomplete amount { amount currency }
    }
  } }
}"""
NOVEMBER = {"from": "2026-11-01", "to": "2026-11-30"}


async def points(
    owner: Client, key: str, grain: str = "DAY", window: Any = None, shops: Any = None
) -> list[dict[str, Any]]:
    """The points of a metric."""
    asked = {"key": key, "grain": grain, "window": window, "shops": shops}
    found: list[dict[str, Any]] = (await owner.data(METRIC, asked))["analytics"]["metric"]["points"]
    return found


def values(found: list[dict[str, Any]]) -> list[tuple[str, str, Any]]:
    """First day, last day and value of each point."""
    return [(point["from"], point["to"], point["value"]) for point in found]


def window(start: str, end: str) -> dict[str, str]:
    return {"from": start, "to": end}


async def test_days(owner: Client, facts: Facts) -> None:
    """Each day of the window has a point; a day without sales is worth zero, not nothing."""
    facts.sales(date(2026, 11, 3), amount=1050)
    facts.sales(date(2026, 11, 5), amount=200)
    facts.sales(date(2026, 11, 6), amount=77_700)

    found = await points(owner, "gmv", "DAY", window("2026-11-03", "2026-11-05"))

    days = [("2026-11-03", 1050.0), ("2026-11-04", 0.0), ("2026-11-05", 200.0)]
    assert [(day, day, value) for day, value in days] == values(found)
    assert {"amount": "10.50", "currency": "CNY"} == found[0]["amount"]


async def test_weeks(owner: Client, facts: Facts) -> None:
    """Weeks begin on Monday; the first and the last one end where the window does."""
    for day, amount in ((1, 100), (2, 20), (8, 3), (9, 4000), (30, 50)):
        facts.sales(date(2026, 11, day), amount=amount)

    found = await points(owner, "gmv", "WEEK", window("2026-11-01", "2026-11-10"))

    assert [
        ("2026-11-01", "2026-11-01", 100.0),
        ("2026-11-02", "2026-11-08", 23.0),
        ("2026-11-09", "2026-11-10", 4000.0),
    ] == values(found)


async def test_months(owner: Client, facts: Facts) -> None:
    """Months are the calendar's, February and the turn of the year included."""
    days = [date(2025, 12, 31), date(2026, 1, 1), date(2026, 2, 28), date(2026, 3, 1)]
    for power, day in enumerate(days):
        facts.sales(day, amount=10**power)

    found = await points(owner, "gmv", "MONTH", window("2025-12-01", "2026-03-31"))

    assert [
        ("2025-12-01", "2025-12-31", 1.0),
        ("2026-01-01", "2026-01-31", 10.0),
        ("2026-02-01", "2026-02-28", 100.0),
        ("2026-03-01", "2026-03-31", 1000.0),
    ] == values(found)


async def test_total(owner: Client, facts: Facts) -> None:
    """The total is one point over exactly the window."""
    for day in (1, 2, 3, 4):
        facts.sales(date(2026, 11, day), amount=day, orders=1)

    found = await points(owner, "gmv", "TOTAL", window("2026-11-02", "2026-11-03"))

    assert [("2026-11-02", "2026-11-03", 5.0)] == values(found)


@pytest.mark.parametrize("grain", ["DAY", "TOTAL"])
async def test_nothing_at_all(owner: Client, facts: Facts, grain: str) -> None:
    """Without any data a sum is zero without a currency, and a ratio is unknown, with reason."""
    one_day = window("2026-11-03", "2026-11-03")

    [gmv] = await points(owner, "gmv", grain, one_day)
    [orders] = await points(owner, "orders_paid", grain, one_day)
    [ratio] = await points(owner, "ctr", grain, one_day)

    assert (0.0, None, None) == (gmv["value"], gmv["currency"], gmv["amount"])
    assert (0.0, None) == (orders["value"], orders["reason"])
    assert (None, "nothing to divide by") == (ratio["value"], ratio["reason"])


async def test_ratio(owner: Client, facts: Facts) -> None:
    """A ratio is the sums' ratio, not the mean of the days' ratios; both parts are shown."""
    facts.traffic("search", date(2026, 11, 2), impressions=1000, clicks=10)
    facts.traffic("search", date(2026, 11, 3), impressions=10, clicks=5)
    facts.traffic("search", date(2026, 11, 4), impressions=0, clicks=0)

    [total] = await points(owner, "ctr", "TOTAL", NOVEMBER)
    days = await points(owner, "ctr", "DAY", window("2026-11-02", "2026-11-04"))

    assert (15, 1010, 15 / 1010) == (total["numerator"], total["denominator"], total["value"])
    assert [0.01, 0.5, None] == [point["value"] for point in days]
    assert [None, None, "nothing to divide by"] == [point["reason"] for point in days]


async def test_currencies_stay_apart(owner: Client, facts: Facts) -> None:
    """Money of two currencies is two rows of points, empty days included; counts are added."""
    facts.sales(date(2026, 11, 3), amount=100, orders=1)
    facts.sales(date(2026, 11, 3), amount=500, orders=2, currency="JPY")
    facts.sales(date(2026, 11, 4), amount=700, orders=1, currency="JPY")
    days = window("2026-11-03", "2026-11-04")

    gmv = await points(owner, "gmv", "DAY", days)
    orders = await points(owner, "orders_paid", "DAY", days)
    average = await points(owner, "order_aov", "TOTAL", days)

    amounts = [(each["from"], each["currency"], each["numerator"]) for each in gmv]
    assert [
        ("2026-11-03", "CNY", 100),
        ("2026-11-03", "JPY", 500),
        ("2026-11-04", "CNY", 0),
        ("2026-11-04", "JPY", 700),
    ] == amounts
    assert ["1.00", "500", "0.00", "700"] == [each["amount"]["amount"] for each in gmv]
    assert [3.0, 1.0] == [each["value"] for each in orders]
    assert [("CNY", 100.0), ("JPY", 400.0)] == [(p["currency"], p["value"]) for p in average]


async def test_incomplete(owner: Client, facts: Facts) -> None:
    """A bucket is complete once the orders of its last day are all there."""
    facts.synced_through(datetime(2026, 11, 4, 16, 30, tzinfo=UTC))  # 00:30 of the 5th in Shanghai

    days = await points(owner, "gmv", "DAY", window("2026-11-03", "2026-11-06"))
    weeks = await points(owner, "gmv", "WEEK", window("2026-10-26", "2026-11-08"))
    cut = await points(owner, "gmv", "WEEK", window("2026-10-27", "2026-11-01"))

    assert [False, False, True, True] == [point["incomplete"] for point in days]
    assert [False, True] == [point["incomplete"] for point in weeks]
    assert [True] == [point["incomplete"] for point in cut]


async def test_everything_is_incomplete_before_the_first_sync(owner: Client, facts: Facts) -> None:
    """Nobody knows what is missing before a sync has finished."""
    facts.sales(date(2026, 11, 3), amount=100)

    [point] = await points(owner, "gmv", "TOTAL", NOVEMBER)

    assert point["incomplete"]


async def test_only_some_shops(owner: Client, facts: Facts, shop: Shop) -> None:
    """A metric can be asked for some shops only."""
    other = make_shop(owner.api.database, facts.merchant_id)
    facts.sales(amount=1)
    facts.sales(amount=20, shop_id=other.id)

    sums = [
        (await points(owner, "gmv", "TOTAL", NOVEMBER, [global_id("Shop", id) for id in ids]))[0]
        for ids in ([], [shop.id], [other.id], [shop.id, other.id], [4711])
    ]

    assert [21.0, 1.0, 20.0, 21.0, 0.0] == [point["value"] for point in sums]


async def test_default_window(owner: Client, facts: Facts) -> None:
    """Without a window it is the last 365 days at the merchant's, today included."""
    facts.sales(TODAY, amount=1)
    facts.sales(TODAY - timedelta(days=364), amount=20)
    facts.sales(TODAY - timedelta(days=365), amount=300)

    [point] = await points(owner, "gmv", "TOTAL")

    assert ("2025-11-21", "2026-11-20", 21.0) == values([point])[0]


@pytest.mark.parametrize(
    ("asked", "path"),
    [
        ({"key": "gmw"}, ["key"]),
        ({"window": window("2026-11-02", "2026-11-01")}, ["window"]),
        ({"window": window("2020-01-01", "2026-01-01")}, ["window"]),
        ({"window": window("9999-12-01", "9999-12-31")}, ["window"]),
        ({"shops": [global_id("Order", 1)]}, ["id"]),
    ],
    ids=str,
)
async def test_senseless_questions(owner: Client, asked: Any, path: list[str]) -> None:
    """An unknown key, a window without end or backward, and ids of no shop are refused."""
    answer = await owner.ask(METRIC, {"key": "gmv", "grain": "DAY"} | asked)

    assert ["BAD_INPUT"] == answer.codes
    assert path == answer.errors[0]["extensions"]["argument"]


async def test_first_and_last_days_there_are(owner: Client) -> None:
    """The calendar's own ends are windows like others."""
    for days in (window("0001-01-01", "0001-01-10"), window("9998-12-01", "9998-12-31")):
        for grain in ("DAY", "WEEK", "MONTH", "TOTAL"):
            answer = await owner.ask(METRIC, {"key": "gmv", "grain": grain, "window": days})

            assert [] == answer.codes


async def test_all_metrics(owner: Client) -> None:
    """Every registered metric is listed with both names, and can be asked for."""
    found = (await owner.data("{ analytics { metrics { key zh en unit definition } } }"))[
        "analytics"
    ]

    assert sorted(built_in().metrics) == [metric["key"] for metric in found["metrics"]]
    assert all(all(metric.values()) for metric in found["metrics"])
    for metric in found["metrics"]:
        assert 1 == len(await points(owner, metric["key"], "TOTAL", NOVEMBER))


async def test_every_metric_by_hand(owner: Client, facts: Facts) -> None:
    """Each metric reads the column that its definition names."""
    facts.sales(
        orders=4,
        units=6,
        amount=1000,
        refund_amount=250,
        reported_orders=5,
        reported_amount=1100,
    )
    facts.traffic("search", impressions=200, clicks=10, visits=8, orders=2)
    facts.ads("search", spend=50, amount=200)

    found = {
        key: (await points(owner, key, "TOTAL", NOVEMBER))[0]["value"] for key in built_in().metrics
    }

    assert {
        "gmv": 1000.0,
        "gmv_reported": 1100.0,
        "orders_paid": 4.0,
        "orders_reported": 5.0,
        "units_paid": 6.0,
        "order_aov": 250.0,
        "refund_amount": 250.0,
        "refund_rate": 0.25,
        "ctr": 0.05,
        "cvr": 0.25,
        "ad_spend": 50.0,
        "roas": 4.0,
    } == found
