"""The demo, killed once on its way and run again, shows the published figures through GraphQL."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from sqlmodel import select

from core.cli.access import make_token
from core.models import Merchant
from core.settings import Settings
from gateway import build, create_app

Ask = Callable[[str], Any]

SEGMENTS = {
    "CHAMPIONS": 653,
    "LOYAL": 861,
    "POTENTIAL_LOYALIST": 458,
    "NEW": 36,
    "PROMISING": 89,
    "NEEDS_ATTENTION": 210,
    "ABOUT_TO_SLEEP": 304,
    "CANNOT_LOSE": 84,
    "AT_RISK": 672,
    "HIBERNATING": 637,
    "LOST": 334,
}
"""RFM of the UCI Online Retail year on the day after its end, ties scored equally."""

STREAMS = {
    "taobao": {"orders", "refunds", "products", "reviews", "ad_spend"},
    "jd": {"orders", "refunds", "cancellations", "products", "ad_spend"},
    "pinduoduo": {"orders", "refunds", "products", "ad_spend"},
    "douyin": {"orders", "refunds", "products", "ad_spend"},
    "xiaohongshu": {"orders", "refunds", "products"},
}


def run_demo(folder: Path) -> subprocess.Popen[bytes]:
    """`opsgraph demo` up to the moment where it would serve."""
    return subprocess.Popen(
        [sys.executable, "-m", "core", "demo", "--no-serve"],
        env=os.environ | {"OPSGRAPH_DATA_DIR": str(folder)},
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )


def wait_for_orders(folder: Path) -> None:
    """Until some of the orders are stored, and most of them are not."""
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline:
        with suppress(sqlite3.OperationalError), closing(_connect(folder)) as connection:
            [(orders,)] = connection.execute("SELECT count(*) FROM orders")
            if orders > 1000:
                return
        time.sleep(0.1)
    raise AssertionError("no orders were stored")


def _connect(folder: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{folder}/opsgraph.sqlite3?mode=ro", uri=True)


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    """The demo's data behind the gateway: pulled, killed on the way, and pulled to the end."""
    folder = tmp_path_factory.mktemp("demo")
    first = run_demo(folder)
    wait_for_orders(folder)
    os.killpg(first.pid, signal.SIGKILL)
    first.wait()
    assert run_demo(folder).wait(timeout=600) == 0
    house = build(Settings(_env_file=None, data_dir=folder))
    [merchant_id] = house.db.system_now(lambda session: list(session.scalars(select(Merchant.id))))
    token = make_token(house.db, merchant_id, "test", "owner")
    client = httpx.AsyncClient(
        transport=httpx.ASGITransport(app=create_app(house)),
        base_url="http://test",
        headers={"Authorization": f"Bearer {token}"},
    )

    def question(query: str) -> Any:
        answer = anyio.run(lambda: client.post("/graphql", json={"query": query})).json()
        assert "errors" not in answer, answer
        return answer["data"]

    yield question
    house.db.close()


def test_every_line_and_invoice_is_accounted_for(ask: Ask) -> None:
    """541,909 lines and 25,900 invoices: each is an order, a guest's, a refund or an adjustment."""
    query = """{ demo { accounting {
        classes { name lines publishedLines invoices publishedInvoices amount { amount } }
        lines invoices quarantined unexplainedLines unexplainedInvoices } } }"""

    account = ask(query)["demo"]["accounting"]

    found = [(c["lines"], c["invoices"], c["amount"]["amount"]) for c in account["classes"]]
    assert [
        (397_884, 18_532, "8911407.90"),
        (132_219, 1_427, "1744214.58"),
        (8_905, 3_654, "-611342.09"),
        (383, 182, "-285470.40"),
        (2_518, 2_105, "-11062.06"),
    ] == found
    assert (541_909, 25_900, 0) == (account["lines"], account["invoices"], account["quarantined"])
    assert (0, 0) == (account["unexplainedLines"], account["unexplainedInvoices"])


def test_the_valid_subset_has_the_published_size(ask: Ask) -> None:
    """18,532 orders of 4,338 customers over 8,911,407.90: customer known, not cancelled."""
    query = """{
        orders(filter: {kind: {eq: "sale"}, customerId: {isNull: false}}) { totalCount }
        customers { totalCount }
        lifecycle { rfm { customers amount { amount currency } } } }"""

    data = ask(query)

    assert 18_532 == data["orders"]["totalCount"]
    assert 4_372 == data["customers"]["totalCount"]  # those who only sent something back included
    assert 4_338 == data["lifecycle"]["rfm"]["customers"]
    assert {"amount": "8911407.90", "currency": "CNY"} == data["lifecycle"]["rfm"]["amount"]


def test_the_four_lines_below_a_cent_are_known(ask: Ask) -> None:
    """Two decimals turn four prices of 0.001 into 0.00: they are sales without a price."""
    query = (
        """{ orderLines(filter: {kind: {eq: "sale"}, unitPriceMinor: {eq: 0}}) { totalCount } }"""
    )

    data = ask(query)

    assert 4 == data["orderLines"]["totalCount"]


def test_the_eleven_segments_have_the_published_sizes(ask: Ask) -> None:
    """RFM with the tie-safe rule gives the published sizes, and champions half the sales."""
    query = "{ lifecycle { rfm { segments { segment customers amountShare } } } }"

    segments = ask(query)["lifecycle"]["rfm"]["segments"]

    assert {s["segment"]: s["customers"] for s in segments} == SEGMENTS
    assert 0.513 == round(segments[0]["amountShare"], 3)


def test_a_customer_has_the_segment_of_the_report(ask: Ask) -> None:
    """`Customer.rfm`, which a plugin adds, agrees with the report of the same plugin."""
    query = """{ customers(first: 1000) { nodes { rfm { segment orders } } } }"""

    nodes = ask(query)["customers"]["nodes"]

    assert {node["rfm"]["segment"] for node in nodes} <= {*SEGMENTS, "PROSPECT"}
    assert all((n["rfm"]["orders"] == 0) == (n["rfm"]["segment"] == "PROSPECT") for n in nodes)


def test_five_domains_answer_in_one_query(ask: Ask) -> None:
    """Traffic, lifecycle, analytics, risk and organization answer together on the demo's data."""
    query = """{
        traffic { salesByChannel(window: {from: "2000-01-01", to: "2003-01-01"}) { synthetic } }
        lifecycle { rfm { customers } }
        analytics { metric(key: "gmv", grain: TOTAL) { points { amount { amount } } } }
        risk { platformConcentration { hhi } productConcentration { effectiveNumber } }
        organization { structureAdvice { structure reasons gmv { amount } } } }"""

    data = ask(query)

    assert 2_000 < data["risk"]["platformConcentration"]["hhi"] < 10_000
    assert data["risk"]["productConcentration"]["effectiveNumber"] > 100
    [point] = data["analytics"]["metric"]["points"]
    assert data["organization"]["structureAdvice"]["gmv"] == point["amount"]
    assert data["organization"]["structureAdvice"]["reasons"]


def test_synthetic_traffic_adds_up_to_the_real_sales(ask: Ask) -> None:
    """The channels' sales are the real ones spread out: nothing is left over; labelled."""
    query = """{ traffic { salesByChannel { synthetic sources channels { orders }
        unattributed { orders amount { amount } } } } }"""

    report = ask(query)["traffic"]["salesByChannel"]

    assert (True, ["synthetic"]) == (report["synthetic"], report["sources"])
    assert [{"orders": 0, "amount": {"amount": "0.00"}}] == report["unattributed"]
    assert sum(channel["orders"] for channel in report["channels"]) > 1000


def test_runs_of_the_demo_are_green(ask: Ask) -> None:
    """Each stream's last run succeeded; the one that was killed is shown as interrupted."""
    query = """{
        syncRuns { nodes { stream status quarantined } }
        shops { nodes { marketplace
            streams { nodes { stream syncedThrough lastErrorCode } } } } }"""

    data = ask(query)

    statuses = {run["status"] for run in data["syncRuns"]["nodes"]}
    assert {"succeeded", "interrupted"} == statuses
    shops = {shop["marketplace"]: shop["streams"]["nodes"] for shop in data["shops"]["nodes"]}
    assert STREAMS == {name: {s["stream"] for s in streams} for name, streams in shops.items()}
    states = [state for streams in shops.values() for state in streams]
    assert all(s["syncedThrough"] and s["lastErrorCode"] is None for s in states)


def test_the_shops_add_up(ask: Ask) -> None:
    """Each of the five shops has orders, and all of them together are the year's, no more."""
    query = """{ orders { totalCount }
        shops { nodes { marketplace orders { totalCount } } } }"""

    data = ask(query)

    orders = {s["marketplace"]: s["orders"]["totalCount"] for s in data["shops"]["nodes"]}
    assert STREAMS.keys() == orders.keys()
    assert min(orders.values()) > 0
    assert 22_117 == data["orders"]["totalCount"] == sum(orders.values())


@pytest.mark.parametrize("marketplace", ["jd", "douyin"])
def test_whose_refunds_are(ask: Ask, marketplace: str) -> None:
    """A refund is its order's customer's, also where the platform names only the order."""
    of = f'shop: {{ marketplace: {{ eq: "{marketplace}" }} }}'
    query = f"""{{ refunds(first: 500, filter: {{ {of} }}) {{
        nodes {{ customer {{ id }} order {{ customer {{ id }} }} }} }} }}"""

    data = ask(query)

    refunds = [each for each in data["refunds"]["nodes"] if each["order"]]
    owners = [(each["customer"], each["order"]["customer"]) for each in refunds]
    assert all(mine == its for mine, its in owners)
    assert any(mine for mine, _ in owners)
