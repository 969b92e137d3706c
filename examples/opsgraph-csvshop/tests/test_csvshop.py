"""The shop is pulled through HTTP: whole, again without a change, and in spite of faults."""

from collections.abc import Iterator

import pytest
from core.marketplace.sandbox import serve
from core.testing import Bench

from opsgraph_csvshop.sandbox import CsvShop

KEY = "k-1"
REGISTER = """mutation ($config: JSON!, $key: String!) {
  registerShop(input: {marketplace: "csvshop", number: "1", name: "Files", config: $config,
    credentials: [{name: "api_key", value: $key}]}) { userErrors { code message } } }"""
ORDERS = """{ orders(first: 500, orderBy: [{field: ORDERED_AT}]) { totalCount nodes {
  number status platformStatus paidAmount { amount currency }
  lines { nodes { title quantity amount { amount } } } } } }"""


@pytest.fixture
def shop(bench: Bench) -> Iterator[CsvShop]:
    """A shop with 250 orders, three pages, registered with the merchant."""
    made = CsvShop(KEY)
    for number in range(250):
        made.put(f"o{number}", f"2026-11-19T{number // 60:02}:{number % 60:02}:00Z", number % 3 + 1)
    with serve(made.app) as url:
        answer = bench.ask(REGISTER, {"config": {"base_url": url}, "key": KEY})
        assert [] == answer.data["registerShop"]["userErrors"]
        yield made


def test_all_orders(bench: Bench, shop: CsvShop) -> None:
    """Every order comes in with its lines, its money and the shop's own word for its state."""
    [report] = bench.pull()

    orders = bench.ask(ORDERS).data["orders"]

    assert ("succeeded", 250, 250) == (report.status, report.outcome.changed, orders["totalCount"])
    assert {
        "number": "o0",
        "status": "paid",
        "platformStatus": "paid",
        "paidAmount": {"amount": "10.00", "currency": "EUR"},
        "lines": {"nodes": [{"title": "Lantern", "quantity": 1, "amount": {"amount": "10.00"}}]},
    } == next(each for each in orders["nodes"] if each["number"] == "o0")


def test_again(bench: Bench, shop: CsvShop) -> None:
    """A second pull changes nothing; a changed order is taken over."""
    bench.pull()
    [again] = bench.pull()
    shop.put("o249", "2026-11-20T11:58:00Z", 1, status="done")
    [changed] = bench.pull()

    assert 0 == again.outcome.changed
    assert 1 == changed.outcome.changed


@pytest.mark.parametrize("fault", ["throttle", "fail", "html", "truncate"])
def test_faults(bench: Bench, shop: CsvShop, fault: str) -> None:
    """A call that goes wrong for a moment costs no order."""
    shop.faults.set({fault: 2})

    [report] = bench.pull()

    assert ("succeeded", 250) == (report.status, report.outcome.changed)


def test_a_wrong_key(bench: Bench, shop: CsvShop) -> None:
    """Without a key that the shop knows nothing is stored, and the error says what to do."""
    shop.faults.set({"expire": True})

    [report] = bench.pull()

    assert "MARKETPLACE_AUTH" == report.error.code
    assert "register the shop anew" in str(report.error)
    assert KEY not in str(report.error)


def test_one_row_that_cannot_be_used(bench: Bench, shop: CsvShop) -> None:
    """An order with a broken amount waits in quarantine with its value; the others come in."""
    shop.put("bad", "2026-11-19T10:00:00Z", 1, paid="ten")

    [report] = bench.pull()
    answer = bench.ask("{ quarantine { nodes { number where value } } }")

    assert (250, 1) == (report.outcome.changed, report.outcome.quarantined)
    assert [{"number": "bad", "where": "paid", "value": "'ten'"}] == answer.data["quarantine"][
        "nodes"
    ]
