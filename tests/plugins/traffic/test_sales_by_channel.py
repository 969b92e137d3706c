"""Sales by channel: sums, ratios, what no channel claims, and where the figures come from."""

from datetime import date, timedelta
from typing import Any

import pytest

from core.graph.scalars import global_id
from tests.builders import make_shop
from tests.facts import TODAY, Facts
from tests.graphql import Client

pytestmark = pytest.mark.anyio

REPORT = """query Report($window: DayWindow, $shop: ID) {
  traffic { salesByChannel(window: $window, shopId: $shop) {
    from to synthetic sources
    channels {
      channel level impressions clicks visits orders amount { amount currency }
      adSpend { amount } clickThroughRate conversionRate roas
    }
    unattributed { orders amount { amount currency } }
  } }
}"""


async def report(owner: Client, **variables: Any) -> Any:
    """The report of a window and a shop."""
    return (await owner.data(REPORT, variables))["traffic"]["salesByChannel"]


async def test_channels(owner: Client, facts: Facts) -> None:
    """Campaigns, devices and days of a channel are added up, and ratios follow from the sums."""
    day = {"impressions": 1000, "clicks": 30, "visits": 20}
    facts.traffic("search", **day, orders=2, amount=10_000)
    facts.traffic("search", **day, device="app", orders=1, amount=2000)
    facts.traffic("search", TODAY - timedelta(days=1), orders=1, amount=500)
    facts.traffic("feed", level="paid", visits=10, orders=5, amount=20_000)
    facts.ads("feed", spend=3000)
    facts.ads("feed", campaign="autumn", spend=2000)

    channels = (await report(owner))["channels"]

    feed, search = channels
    assert (["feed", "search"], "paid") == ([c["channel"] for c in channels], feed["level"])
    assert (2000, 60, 40, 4) == tuple(
        search[name] for name in ("impressions", "clicks", "visits", "orders")
    )
    assert {"amount": "125.00", "currency": "CNY"} == search["amount"]
    assert (0.03, 0.1, None) == tuple(
        search[name] for name in ("clickThroughRate", "conversionRate", "roas")
    )
    assert ("50.00", None, 0.5, 4.0) == (
        feed["adSpend"]["amount"], feed["clickThroughRate"], feed["conversionRate"], feed["roas"]
    )  # fmt: skip


async def test_unattributed(owner: Client, facts: Facts) -> None:
    """What no channel claims is all sales minus the channels'; too many claims make it negative."""
    facts.sales(orders=10, amount=50_000)
    facts.sales(orders=1, amount=700, currency="JPY")
    facts.traffic("search", orders=4, amount=20_000)
    facts.traffic("feed", orders=9, amount=40_000)
    facts.traffic("live", orders=1, amount=300, currency="USD")

    found = (await report(owner))["unattributed"]

    assert [
        {"orders": -3, "amount": {"amount": "-100.00", "currency": "CNY"}},
        {"orders": 1, "amount": {"amount": "700", "currency": "JPY"}},
        {"orders": -1, "amount": {"amount": "-3.00", "currency": "USD"}},
    ] == found


async def test_spend_is_counted_once(owner: Client, facts: Facts) -> None:
    """Ad spend belongs to the paid level of its channel, and none of it is lost or doubled."""
    facts.traffic("search", level="organic", amount=900)
    facts.traffic("search", level="paid", campaign="c", amount=800)
    facts.traffic("feed", level="social", amount=700)
    for channel, spend in (("search", 200), ("feed", 100), ("live", 50)):
        facts.ads(channel, spend=spend)

    channels = (await report(owner))["channels"]

    spend = {(c["channel"], c["level"]): c["adSpend"]["amount"] for c in channels}
    assert {
        ("search", "organic"): "0.00",
        ("search", "paid"): "2.00",
        ("feed", "social"): "1.00",
        ("live", "paid"): "0.50",
    } == spend


@pytest.mark.parametrize(
    ("sources", "synthetic"),
    [([], False), (["platform"], False), (["import", "platform"], False),
     (["platform", "synthetic"], True)],
)  # fmt: skip
async def test_sources(owner: Client, facts: Facts, sources: list[str], synthetic: bool) -> None:
    """The report says where its traffic comes from, and whether any of it was made up."""
    for source in sources:
        facts.traffic("search", campaign=source, source=source)

    found = await report(owner)

    assert (sources, synthetic) == (found["sources"], found["synthetic"])


async def test_window_and_shop(owner: Client, facts: Facts) -> None:
    """Only the days and the shop that were asked for count; the default is the last 90 days."""
    other = make_shop(owner.api.database, facts.merchant_id)
    facts.traffic("search", TODAY, visits=1)
    facts.traffic("search", TODAY - timedelta(days=89), visits=20)
    facts.traffic("search", TODAY - timedelta(days=90), visits=300)
    facts.traffic("search", TODAY, visits=4000, shop_id=other.id)
    ago = (TODAY - timedelta(days=90)).isoformat()

    reports = [
        await report(owner),
        await report(owner, shop=global_id("Shop", other.id)),
        await report(owner, window={"from": ago, "to": ago}),
    ]

    assert [[4021], [4000], [300]] == [[c["visits"] for c in r["channels"]] for r in reports]
    assert (date(2026, 8, 23).isoformat(), "2026-11-20") == (reports[0]["from"], reports[0]["to"])


async def test_an_order_as_shop(owner: Client) -> None:
    """An id of something else is no shop."""
    answer = await owner.ask(REPORT, {"shop": global_id("Order", 1)})

    assert ["BAD_INPUT"] == answer.codes
    assert {"traffic": None} == answer.body["data"]
