"""What a plugin's test can do with a bench."""

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from core.models import CustomerStat, OrderLine, ProductMonth, SalesDay
from core.testing import Bench
from tests.testing import stalls


def test_one_question(bench: Bench) -> None:
    """A row and a question are two lines; the plugin's own field answers."""
    bench.order(lines=[300, 700])

    answer = bench.ask("{ stalls { orders } orders { nodes { paidAmount { amount } } } }")

    assert {
        "stalls": {"orders": 1},
        "orders": {"nodes": [{"paidAmount": {"amount": "10.00"}}]},
    } == answer.data


def test_makers_fit_together(bench: Bench) -> None:
    """Orders name products and customers that were made; refunds and reviews name orders."""
    product = bench.product(title="Red lantern")
    customer = bench.customer(nickname="Li")
    order = bench.order(lines=[{"product": product, "amount": 500}], customer=customer)
    bench.refund(order, amount=100)
    bench.review(product, order, content="Too red.")

    answer = bench.ask(
        "{ orders { nodes { customer { nickname } refunds { nodes { amount { amount } } } "
        "lines { nodes { product { title reviews { nodes { content } } } } } } } }"
    )

    [node] = answer.data["orders"]["nodes"]
    assert "Li" == node["customer"]["nickname"]
    assert "1.00" == node["refunds"]["nodes"][0]["amount"]["amount"]
    assert {"title": "Red lantern", "reviews": {"nodes": [{"content": "Too red."}]}} == node[
        "lines"
    ]["nodes"][0]["product"]


def test_rollups_follow(bench: Bench) -> None:
    """What is made goes through ingest: rollups count it."""
    product = bench.product()
    bench.order(lines=[{"product": product, "amount": 500}], customer=bench.customer())

    def amounts(session: Any) -> list[int]:
        return [session.scalars(select(t)).one().amount for t in (SalesDay, CustomerStat)]

    assert [500, 500] == bench.read(amounts)
    assert 1 == bench.read(lambda session: session.scalars(select(ProductMonth)).one().units)


def test_another_merchant(bench: Bench, other: Bench) -> None:
    """The second merchant lives on the same database, and neither sees the other's rows."""
    other.order()
    other.order()

    mine = bench.ask("{ stalls { orders } }").data
    theirs = other.ask("{ stalls { orders } }").data

    assert {"stalls": {"orders": 0}} == mine
    assert {"stalls": {"orders": 2}} == theirs
    assert [] == bench.read(lambda session: session.scalars(select(OrderLine)).all())


def test_roles(bench: Bench) -> None:
    """A question can be asked by any role, and an answer with errors has no data to work with."""
    refused = bench.ask("{ stalls { orders } }", role="support")

    assert ["FORBIDDEN"] == refused.codes
    with pytest.raises(AssertionError, match="stalls:read"):
        _ = refused.data


def test_statements(bench: Bench) -> None:
    """The SQL of a block is counted, without the token's look-up."""
    bench.token()

    with bench.statements as seen:
        bench.ask("{ stalls { orders } }")
    bench.ask("{ stalls { orders } }")

    assert 1 == len(seen), seen.texts


def test_listeners(bench: Bench) -> None:
    """What ingest announced, and what a test announces, reaches the listener once."""
    bench.order()
    bench.announce(("refunds", 7, "delete"))

    delivered = bench.deliver()
    again = bench.deliver()

    assert (2, 0) == (delivered, again)
    assert {"orders", "refunds"} == {table for _, table, _ in stalls.HEARD}
    assert (bench.merchant_id, "refunds", "delete") in stalls.HEARD


def test_a_listener_that_raises(bench: Bench) -> None:
    """A listener's fault fails the test that delivers to it."""
    bench.announce(("broken", 1, "insert"))

    with pytest.raises(AssertionError, match="stalls: RuntimeError"):
        bench.deliver()


def test_jobs(bench: Bench, other: Bench) -> None:
    """A job runs for this merchant, as often as the test says."""
    bench.run_job("stalls.count")
    bench.run_job("stalls.count")

    assert [bench.merchant_id] * 2 == stalls.RAN
    with pytest.raises(AssertionError, match=r"There is no job 'stalls.sum'; there are: "):
        bench.run_job("stalls.sum")


def test_a_job_that_raises(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A job's fault fails the test that runs it."""
    settings = stalls.StallSettings(limit=0)
    monkeypatch.setitem(bench.house.registry.settings, "stalls", settings)

    with pytest.raises(AssertionError, match="RuntimeError"):
        bench.run_job("stalls.count")


def test_routes(bench: Bench) -> None:
    """A plugin's HTTP route is asked like a client asks it."""
    answered = bench.request("GET", "/plugins/stalls/limit")
    nobody = bench.request("GET", "/plugins/stalls/limit", role=None)

    assert (200, "limit 3") == (answered.status_code, answered.text)
    assert 401 == nobody.status_code


def test_time(bench: Bench) -> None:
    """The clock stands until a test moves it, and a second merchant does not turn it back."""
    noon = bench.now

    bench.now += timedelta(days=2)
    bench.beside()

    assert timedelta(days=2) == bench.now - noon


async def _ask(bench: Bench) -> Any:
    return bench.ask("{ stalls { orders } }").data


@pytest.mark.anyio
async def test_within_a_running_loop(bench: Bench) -> None:
    """A test that is a coroutine may use the bench as well."""
    assert {"stalls": {"orders": 0}} == await _ask(bench)
