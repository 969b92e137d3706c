"""RFM: the eleven segments, scores that ties cannot shake, and the same answer everywhere."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.models import Order
from plugins.lifecycle.segments import PLAYS, Purchases, Rfm, Segment, score_all, scores, segment_of
from tests.facts import TODAY, Facts
from tests.graph.orders import store
from tests.graphql import Api, Client

REPORT = """query Report($asOf: Date, $currency: String) {
  lifecycle { rfm(asOf: $asOf, currency: $currency) {
    asOf currency customers amount { amount currency } rule
    segments { segment zh advice customers share amount { amount } amountShare }
  } }
}"""
CUSTOMERS = """{ customers { nodes { number rfm {
  segment recencyDays orders amount { amount currency } recency frequency monetary
} } } }"""

# Rows: R from 5 to 1; columns: FM from 1 to 5. The table of the growth paper, 1.5.
TABLE = """
new       potential_loyalist potential_loyalist champions champions
promising potential_loyalist potential_loyalist loyal     loyal
about_to_sleep about_to_sleep needs_attention   loyal     loyal
hibernating hibernating      at_risk            at_risk   cannot_lose
lost      hibernating        at_risk            at_risk   cannot_lose
""".split()


@pytest.mark.parametrize("cell", range(25))
def test_cells(cell: int) -> None:
    """Each of the 25 cells is one segment, the one that the table names."""
    recency, fm = 5 - cell // 5, cell % 5 + 1

    assert TABLE[cell] == segment_of(recency, fm).value


def test_segments_are_eleven() -> None:
    """The cells make up the eleven segments; prospects stand apart, and each has its advice."""
    found = {segment_of(recency, fm) for recency in range(1, 6) for fm in range(1, 6)}

    assert set(Segment) - {Segment.PROSPECT} == found == set(PLAYS)
    assert 11 == len(found)


@pytest.mark.parametrize(("recency", "fm"), [(0, 3), (6, 3), (3, 0), (3, 6)])
def test_no_such_cell(recency: int, fm: int) -> None:
    """Scores out of range are a mistake of ours, not a segment."""
    with pytest.raises(ValueError, match="Scores go from 1 to 5"):
        segment_of(recency, fm)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], []),
        ([7], [5]),
        ([1, 1], [4, 4]),
        ([1, 2], [3, 5]),
        ([10, 20, 30, 40, 50], [1, 2, 3, 4, 5]),
        ([50, 10, 40, 20, 30], [5, 1, 4, 2, 3]),
        ([1, 1, 1, 1, 9], [3, 3, 3, 3, 5]),
        ([3] * 100, [3] * 100),
    ],
    ids=lambda value: str(value)[:20],
)
def test_scores(values: list[int], expected: list[int]) -> None:
    """The score is five times the average percentile rank, rounded up."""
    assert expected == scores(values)


@given(st.lists(st.integers(-5, 5), max_size=30), st.randoms())
def test_scores_are_safe_from_ties(values: list[int], random: Any) -> None:
    """Equal values score equally, larger ones never lower, in whatever order they come."""
    shuffled = random.sample(values, len(values))

    score = dict(zip(values, scores(values), strict=True))

    assert [score[value] for value in shuffled] == scores(shuffled)
    assert sorted(score.values()) == [score[value] for value in sorted(score)]
    assert all(1 <= each <= 5 for each in score.values())


@pytest.mark.parametrize(
    ("frequency", "monetary", "fm"),
    [(1, 1, 1), (1, 2, 2), (2, 2, 2), (1, 4, 3), (4, 5, 5), (5, 5, 5)],
)
def test_frequency_and_monetary_value(frequency: int, monetary: int, fm: int) -> None:
    """FM is their mean; halves go up."""
    assert fm == Rfm(Purchases(1, TODAY, 1, 1), 0, 3, frequency, monetary).fm


def test_recency_is_counted_in_days() -> None:
    """A purchase of the day itself is zero days ago, and the latest scores highest."""
    days = [TODAY - timedelta(days=days) for days in (0, 30, 400)]

    scored = score_all([Purchases(n, day, 1, 1) for n, day in enumerate(days)], TODAY)

    assert [(0, 5), (30, 4), (400, 2)] == [(each.recency_days, each.recency) for each in scored]


def five_customers(facts: Facts) -> None:
    """From the best customer to the one who left, and one who never bought."""
    for number, (days_ago, orders, amount) in enumerate(
        [(1, 9, 90_000), (10, 7, 70_000), (40, 5, 50_000), (90, 3, 30_000), (300, 1, 10_000)], 1
    ):
        facts.customer(number, days_ago, orders=orders, amount=amount)
    facts.customer(6)


@pytest.mark.anyio
async def test_report(owner: Client, facts: Facts) -> None:
    """The report counts customers and sales of each segment; empty segments are there too."""
    five_customers(facts)

    found = (await owner.data(REPORT))["lifecycle"]["rfm"]

    assert ("2026-11-20", "CNY", 5) == (found["asOf"], found["currency"], found["customers"])
    assert {"amount": "2500.00", "currency": "CNY"} == found["amount"]
    sizes = {each["segment"]: each["customers"] for each in found["segments"]}
    assert 11 == len(sizes)
    assert {"CHAMPIONS": 1, "LOYAL": 1, "NEEDS_ATTENTION": 1, "HIBERNATING": 1, "LOST": 1} == {
        name: size for name, size in sizes.items() if size
    }
    champions = found["segments"][0]
    assert ("冠军", 0.2, 0.36) == (champions["zh"], champions["share"], champions["amountShare"])
    assert 1.0 == pytest.approx(sum(each["amountShare"] for each in found["segments"]))
    assert "equal value -> equal score" in found["rule"]


@pytest.mark.anyio
async def test_customers_equal_the_report(owner: Client, facts: Facts) -> None:
    """A customer's own RFM is what the report counted; who never bought is a prospect."""
    five_customers(facts)

    report = (await owner.data(REPORT))["lifecycle"]["rfm"]
    found = (await owner.data(CUSTOMERS))["customers"]["nodes"]

    rfm = {each["number"]: each["rfm"] for each in found}
    counted = [each["segment"] for each in rfm.values() if each["segment"] != "PROSPECT"]
    sizes = {each["segment"]: each["customers"] for each in report["segments"]}
    assert sizes == {name: counted.count(name) for name in sizes}
    assert ("CHAMPIONS", 1, 9, 5, 5, 5) == tuple(
        rfm["C1"][name]
        for name in ("segment", "recencyDays", "orders", "recency", "frequency", "monetary")
    )
    assert {
        "segment": "PROSPECT", "recencyDays": None, "orders": 0,
        "amount": {"amount": "0.00", "currency": "CNY"},
        "recency": None, "frequency": None, "monetary": None,
    } == rfm["C6"]  # fmt: skip


@pytest.mark.anyio
async def test_other_currencies(owner: Client, facts: Facts) -> None:
    """Purchases in another currency make no customer of this one."""
    facts.customer(1, 5, currency="JPY", amount=500)

    yuan = (await owner.data(REPORT))["lifecycle"]["rfm"]
    yen = (await owner.data(REPORT, {"currency": "JPY"}))["lifecycle"]["rfm"]
    [customer] = (await owner.data(CUSTOMERS))["customers"]["nodes"]

    assert (0, 1) == (yuan["customers"], yen["customers"])
    assert {"amount": "500", "currency": "JPY"} == yen["amount"]
    assert {None} == {each["share"] for each in yuan["segments"]}
    assert "PROSPECT" == customer["rfm"]["segment"]


@pytest.mark.anyio
async def test_an_earlier_day(api: Api, owner: Client, facts: Facts) -> None:
    """As of an earlier day only the sales up to it count, as they were made."""
    facts.customer(1, 0, orders=2, amount=300)
    days = [date(2026, 11, 10), TODAY, None]
    rows = [
        {"customer_id": 1, "sale_day": day, "paid_amount": 100 + n} for n, day in enumerate(days)
    ]
    store(api.database, Order, facts.merchant_id, rows)
    asked = ("2026-11-09", "2026-11-10", "2026-11-19", "2026-11-20")

    found = [(await owner.data(REPORT, {"asOf": day}))["lifecycle"]["rfm"] for day in asked]

    assert list(asked) == [each["asOf"] for each in found]
    assert [0, 1, 1, 1] == [each["customers"] for each in found]
    assert ["0.00", "1.00", "1.00", "3.00"] == [each["amount"]["amount"] for each in found]


@pytest.mark.anyio
async def test_a_day_to_come(owner: Client) -> None:
    """Nobody knows how recent a sale will be."""
    answer = await owner.ask(REPORT, {"asOf": "2026-11-21"})

    assert ["BAD_INPUT"] == answer.codes


@pytest.mark.anyio
async def test_rfm_needs_its_permission(api: Api, facts: Facts) -> None:
    """Who may see customers but no segments gets the customers without them."""
    facts.customer(1, 3)
    client = Client(api, api.token(facts.merchant_id, "not lifecycle:read"))

    answer = await client.ask("{ customers { nodes { number rfm { segment } } } }")

    assert ["FORBIDDEN"] == answer.codes
    assert [{"number": "C1", "rfm": None}] == answer.body["data"]["customers"]["nodes"]
