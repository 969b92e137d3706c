"""What a pull does when it cannot go on: later, incomplete, or failed with what to do."""

import logging
from datetime import timedelta

import pytest

from core.db import Database
from core.marketplace.contract import Rejected, Stream, StreamKind
from core.marketplace.errors import (
    AuthError,
    MappingError,
    NotSetUpError,
    ThrottleError,
    TransientError,
)
from core.models import Order, Shop
from core.sync.engine import MAX_RETRIES, RunReport
from core.sync.lease import Wanted
from tests.ingest.records import mapped, order
from tests.ingest.stored import rows
from tests.sync.bazaar import NOW, ORDERS, Bazaar, make_engine, register, runs, state

pytestmark = pytest.mark.anyio


async def pull(database: Database, merchant_id: int, bazaar: Bazaar) -> tuple[RunReport, Shop]:
    """Register a shop and pull its orders once."""
    market = bazaar.marketplace()
    shop = register(database, merchant_id, market)
    report = await make_engine(database, market).run_next(Wanted())
    assert report is not None
    return report, shop


async def test_short_throttle(database: Database, merchant_id: int) -> None:
    """Asked to wait a moment, the run waits and goes on."""
    bazaar = Bazaar.of_orders(2, before=[ThrottleError("slow down", retry_after=0.01)])

    report, shop = await pull(database, merchant_id, bazaar)

    assert ("succeeded", 1) == (report.status, report.retries)
    assert 1 == runs(database, shop)[0].retries


async def test_long_throttle(database: Database, merchant_id: int) -> None:
    """Asked to wait for long, the run gives its lease back until then."""
    bazaar = Bazaar.of_orders(2, before=[ThrottleError("banned", retry_after=3600)])

    report, shop = await pull(database, merchant_id, bazaar)

    stands = state(database, shop)
    assert ("failed", "MARKETPLACE_THROTTLED") == (report.status, stands.last_error_code)
    assert (NOW + timedelta(hours=1), None) == (stands.due_at, stands.lease_owner)


async def test_platform_that_stays_down(database: Database, merchant_id: int) -> None:
    """After several attempts the run fails; every further run is due later than the last."""
    bazaar = Bazaar.of_orders(2, before=[TransientError("down")] * 2 * (MAX_RETRIES + 1))
    market = bazaar.marketplace()
    shop = register(database, merchant_id, market)
    engine = make_engine(database, market)

    await engine.run_next(Wanted())
    first = state(database, shop)
    report = await engine.run_next(Wanted(due_only=False))

    second = state(database, shop)
    assert report is not None
    assert ("failed", MAX_RETRIES) == (report.status, report.retries)
    assert (1, NOW + timedelta(seconds=30)) == (first.attempts, first.due_at)
    assert (2, NOW + timedelta(seconds=60)) == (second.attempts, second.due_at)


async def test_progress_resets_the_patience(database: Database, merchant_id: int) -> None:
    """A platform that fails often, but goes on in between, is read to the end."""
    before = [None, *[TransientError("hiccup"), None] * (MAX_RETRIES + 3)]
    bazaar = Bazaar.of_orders(9, size=1, before=before)

    report, _ = await pull(database, merchant_id, bazaar)

    assert ("succeeded", 9) == (report.status, report.outcome.seen)
    assert MAX_RETRIES < report.retries


async def test_expired_session(database: Database, merchant_id: int) -> None:
    """A session that is over fails the run, and the message says what to do."""
    bazaar = Bazaar.of_orders(2, before=[AuthError("The session is over: authorise anew.")])

    report, shop = await pull(database, merchant_id, bazaar)

    stands, [run] = state(database, shop), runs(database, shop)
    assert ("failed", 0) == (report.status, report.retries)
    assert ("MARKETPLACE_AUTH", "The session is over: authorise anew.") == (
        stands.last_error_code,
        stands.last_error,
    )
    assert ("failed", "MARKETPLACE_AUTH", NOW) == (run.status, run.error_code, run.finished_at)


async def test_success_forgets_the_error(database: Database, merchant_id: int) -> None:
    """The first good run clears what the state said about the last failure."""
    bazaar = Bazaar.of_orders(2, before=[AuthError("over")])
    market = bazaar.marketplace()
    shop = register(database, merchant_id, market)
    engine = make_engine(database, market)

    for _ in range(2):
        await engine.run_next(Wanted(due_only=False))

    stands = state(database, shop)
    assert (0, None, None) == (stands.attempts, stands.last_error_code, stands.last_error)
    assert ["failed", "succeeded"] == [run.status for run in runs(database, shop)]


async def test_stream_that_failed_a_hundred_times(database: Database, merchant_id: int) -> None:
    """However often it failed, a stream is tried again within hours, and the worker lives on."""
    bazaar = Bazaar.of_orders(1, before=[AuthError("over")])
    market = bazaar.marketplace()
    shop = register(database, merchant_id, market)
    stands = state(database, shop)
    stands.attempts = 100
    database.run_now(merchant_id, lambda session: session.merge(stands))

    await make_engine(database, market).run_next(Wanted())

    assert (101, NOW + timedelta(hours=6)) == (
        state(database, shop).attempts,
        state(database, shop).due_at,
    )


async def test_what_nobody_has_set_up(database: Database, merchant_id: int) -> None:
    """A stream without its credentials is no failure: it is looked at again as after a good run."""
    bazaar = Bazaar.of_orders(1, before=[NotSetUpError("Ads are not set up.")])

    report, shop = await pull(database, merchant_id, bazaar)

    stands, [run] = state(database, shop), runs(database, shop)
    assert ("not_set_up", False) == (report.status, report.failed)
    assert ("not_set_up", "NOT_SET_UP") == (run.status, run.error_code)
    assert (0, "NOT_SET_UP", None) == (
        stands.attempts,
        stands.last_error_code,
        stands.last_success_at,
    )
    assert NOW + timedelta(minutes=10) == stands.due_at


async def test_bug_in_an_adapter(
    database: Database, merchant_id: int, caplog: pytest.LogCaptureFixture
) -> None:
    """An unexpected exception fails the run like any other error; the log has its traceback."""
    bazaar = Bazaar.of_orders(4, before=[None, ZeroDivisionError("secret detail")])

    with caplog.at_level(logging.ERROR, "opsgraph.sync"):
        report, shop = await pull(database, merchant_id, bazaar)

    stands = state(database, shop)
    assert ("failed", 1, None) == (report.status, stands.attempts, stands.lease_owner)
    assert "ZeroDivisionError: the worker's log says more." == stands.last_error
    assert "secret detail" in caplog.text
    assert 2 == len(rows(database, shop, Order))


async def test_count_mismatch(database: Database, merchant_id: int) -> None:
    """When the platform counted more than it sent, the run is incomplete and says by how many."""
    report, shop = await pull(database, merchant_id, Bazaar.of_orders(5, reported=7))

    [run] = runs(database, shop)
    assert ("incomplete", 2) == (report.status, report.lost)
    assert (7, "COUNT_MISMATCH") == (run.reported, run.error_code)
    assert "The platform counted 2 more records than it sent." == run.error


async def test_counts_are_per_window(database: Database, merchant_id: int) -> None:
    """The platform's count is of a whole window, however many pages repeat it."""
    bazaar = Bazaar.of_orders(5, reported=5)
    market = bazaar.marketplace(
        Stream("orders", StreamKind.BY_UPDATE, timedelta(hours=12), timedelta(days=1))
    )
    register(database, merchant_id, market)

    report = await make_engine(database, market).run_next(Wanted())

    assert report is not None
    assert ("succeeded", 10, 10) == (report.status, report.reported, report.outcome.seen)


async def test_quarantine_makes_a_run_incomplete(database: Database, merchant_id: int) -> None:
    """A run that put records into quarantine is not green, though it goes on."""
    bad = Rejected("order", "o8", MappingError("x", 1, "y"), mapped(order("o8")).payload)

    report, shop = await pull(database, merchant_id, Bazaar([bad, mapped(order("o9"))]))

    assert ("incomplete", 1) == (report.status, report.outcome.quarantined)
    assert NOW == state(database, shop).synced_through
    assert NOW + ORDERS.every == state(database, shop).due_at


async def test_plugin_is_missing(database: Database, merchant_id: int) -> None:
    """A shop whose marketplace is not installed fails clearly, and is left alone for a while."""
    shop = register(database, merchant_id, Bazaar([]).marketplace())

    report = await make_engine(database).run_next(Wanted())

    assert report is not None
    assert "failed" == report.status
    assert "bazaar, whose plugin is not installed" in str(report.error)
    assert NOW < state(database, shop).due_at


async def test_stream_that_is_no_longer_offered(database: Database, merchant_id: int) -> None:
    """A stream that the plugin has given up fails with the names of those there are."""
    old = Bazaar([]).marketplace(Stream("wishes", StreamKind.FULL_SCAN))
    register(database, merchant_id, old)

    report = await make_engine(database, Bazaar([]).marketplace()).run_next(Wanted())

    assert report is not None
    assert "bazaar has no stream 'wishes'; it offers orders." == str(report.error)
