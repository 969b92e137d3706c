"""A thousand awkward records in a sync: each class has its outcome, and no good record is lost."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import select

from core.cli.house import make_engine
from core.db import Database
from core.marketplace.sandbox import serve
from core.models import Customer, Order, OrderLine, QuarantineEntry
from core.settings import Settings
from core.sync.engine import RunReport
from core.sync.lease import Wanted
from gateway import build
from plugins.demo.platforms.taobao import CREDENTIALS
from plugins.marketplaces.taobao.sandbox import TopShop
from tests.builders import make_merchant
from tests.journeys import awkward
from tests.journeys.awkward import BIG, EACH, EMOJI, RIGHT_TO_LEFT, Trades
from tests.journeys.shops import ANCHOR, Listed, register, sandbox_of

GOOD = 500


@dataclass(frozen=True)
class Synced:
    """What a sync of good and awkward trades left behind."""

    database: Database
    merchant_id: int
    report: RunReport
    trades: Trades

    def rows(self, query: Any) -> list[Any]:
        return self.database.read_now(self.merchant_id, lambda s: s.execute(query).all())


@pytest.fixture
def synced(database: Database, settings: Settings) -> Synced:
    """Five hundred good trades with a thousand awkward ones among them, pulled over HTTP."""
    start = ANCHOR - timedelta(days=2)
    good = [awkward.good_trade(n, start + timedelta(minutes=3 * n)) for n in range(GOOD)]
    trades = awkward.awkward_trades(start, GOOD)
    feed = Listed([(each["modified"], each) for each in good] + trades.rows)
    merchant_id = make_merchant(database)
    with serve(sandbox_of(TopShop(**CREDENTIALS, trades=feed)).app) as address:
        register(database, settings, merchant_id, address, 3)
        report = asyncio.run(_pull(settings))
    return Synced(database, merchant_id, report, trades)


async def _pull(settings: Settings) -> RunReport:
    house = build(settings)
    report = await make_engine(house).run_next(Wanted(streams=("orders",)))
    house.db.close()
    assert report is not None
    return report


def test_no_good_record_is_lost(synced: Synced) -> None:
    """Every good trade is stored, whatever stands beside it on its page."""
    tids = {str(awkward.good_trade(n, ANCHOR)["tid"]) for n in range(GOOD)}

    stored = {row[0] for row in synced.rows(select(Order.platform_id))}

    assert tids <= stored
    assert GOOD + synced.trades.stored == len(stored)


def test_what_cannot_be_used_is_in_quarantine_with_the_value(synced: Synced) -> None:
    """Wrong types, missing keys, absurd dates and amounts, nulls: each with place and value."""
    entries = synced.rows(select(QuarantineEntry.where, QuarantineEntry.value))

    found = {(where.rpartition(".")[2].rpartition("]")[2], value) for where, value in entries}

    assert synced.trades.quarantined == len(entries)
    assert {value for _, value in found} >= {
        "10.5",
        "'two'",
        "'none'",
        "'0001-01-01 00:00:00'",
        "'2999-12-31 23:59:59'",
        "'yesterday'",
        "'10.005'",
        "'1e400'",
        "-1",
        "None",
    }
    assert all(where for where, _ in entries)


def test_the_run_counts_all_and_is_not_green(synced: Synced) -> None:
    """Every record that came is changed, unchanged or quarantined; a loss turns the run red.

    Duplicates make the adapter read a window once more, so some come more than once. Where the two
    versions of a duplicate come in different transactions, the older one is stored for a moment.
    """
    outcome = synced.report.outcome

    counted = outcome.changed + outcome.unchanged + outcome.quarantined

    assert outcome.seen == counted
    assert outcome.seen >= GOOD + len(synced.trades.rows)
    stored = GOOD + synced.trades.stored
    assert stored <= outcome.changed <= stored + EACH
    assert "incomplete" == synced.report.status


def test_an_unknown_status_is_kept_and_counted(synced: Synced) -> None:
    """A status we do not know is stored as the platform's word and counted on the run."""
    query = select(Order.status, Order.platform_status).where(Order.status == "unknown")

    rows = synced.rows(query)

    assert [("unknown", "TRADE_TELEPORTED")] * EACH == [tuple(row) for row in rows]
    assert EACH == synced.report.outcome.unknown["status=TRADE_TELEPORTED"]


def test_of_a_duplicate_the_newest_is_kept(synced: Synced) -> None:
    """A trade that comes in two versions is one row, with the newer version's content."""
    query = select(Order.platform_id, Order.updated_at).where(
        Order.updated_at > datetime(2026, 11, 20, tzinfo=UTC)
    )

    newer = [moment for _, moment in synced.rows(query) if moment.second == 30]

    assert EACH == len(newer)
    assert synced.rows(select(Customer.id).where(Customer.region == "newer"))


def test_large_ids_emoji_and_right_to_left_text_are_exact(synced: Synced) -> None:
    """64-bit ids and any script come out of the tables as they went in."""
    ids = {row[0] for row in synced.rows(select(Order.platform_id))}

    titles = [row[0] for row in synced.rows(select(OrderLine.title))]

    assert {str(BIG - n * 10) for n in range(EACH)} <= ids
    assert EACH == titles.count(EMOJI)
    assert EACH == titles.count(RIGHT_TO_LEFT)
