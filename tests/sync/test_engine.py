"""A pull: every page stored once, whatever happens between two of them."""

from datetime import timedelta
from itertools import pairwise

import pytest
from sqlmodel import select

from core.db import Database, MerchantSession
from core.marketplace.contract import Rejected, Stream, StreamKind
from core.marketplace.errors import MappingError, PermanentError, TransientError
from core.models import Order, SalesDay, Shop
from core.sync.engine import Progress
from core.sync.lease import Wanted
from tests.ingest.records import mapped, order
from tests.ingest.stored import column, only, rows
from tests.sync.bazaar import NOW, ORDERS, Bazaar, make_engine, register, runs, state

pytestmark = pytest.mark.anyio


async def test_pull(database: Database, merchant_id: int) -> None:
    """A due stream is read to its end; its orders, rollups and cursor are stored."""
    bazaar = Bazaar.of_orders(5)
    shop = register(database, merchant_id, bazaar.marketplace())

    report = await make_engine(database, bazaar.marketplace()).run_next(Wanted())

    stands = state(database, shop)
    assert report is not None
    assert ("succeeded", 5, 3) == (report.status, report.outcome.changed, report.requests)
    assert [None, "2", "4"] == bazaar.marks()
    assert 5 == only(database, shop, SalesDay).orders
    assert (NOW, NOW, NOW + ORDERS.every) == (
        stands.synced_through,
        stands.last_success_at,
        stands.due_at,
    )


async def test_nothing_is_due(database: Database, merchant_id: int) -> None:
    """After a good run the stream rests until its time."""
    market = Bazaar.of_orders(1).marketplace()
    register(database, merchant_id, market)
    engine = make_engine(database, market)

    reports = [await engine.run_next(Wanted()) for _ in range(2)]
    engine.clock.advance(ORDERS.every)
    later = await engine.run_next(Wanted())

    assert [False, True, False] == [report is None for report in (*reports, later)]


async def test_second_run_reads_the_overlap(database: Database, merchant_id: int) -> None:
    """The next run begins a little before the last one ended, and what it knows is unchanged."""
    bazaar = Bazaar.of_orders(2)
    shop = register(database, merchant_id, bazaar.marketplace())
    engine = make_engine(database, bazaar.marketplace())
    await engine.run_next(Wanted())
    engine.clock.advance(ORDERS.every)

    report = await engine.run_next(Wanted())

    window, _ = bazaar.asked[-1]
    assert report is not None
    assert (NOW - ORDERS.overlap, NOW + ORDERS.every) == (window.start, window.end)
    assert (0, 2) == (report.outcome.changed, report.outcome.unchanged)
    assert 2 == len(rows(database, shop, Order))


async def test_retry_resumes_after_the_last_stored_page(
    database: Database, merchant_id: int
) -> None:
    """After an error in the middle the pull goes on at the page that is missing."""
    bazaar = Bazaar.of_orders(6, before=[None, None, TransientError("broken answer")])
    shop = register(database, merchant_id, bazaar.marketplace())

    report = await make_engine(database, bazaar.marketplace()).run_next(Wanted())

    assert report is not None
    assert [None, "2", "4", "4"] == bazaar.marks()
    assert ("succeeded", 1, 6) == (report.status, report.retries, report.outcome.seen)
    assert [f"o{n}" for n in range(1, 7)] == column(database, shop, Order, "platform_id")


async def test_next_run_resumes_as_well(database: Database, merchant_id: int) -> None:
    """A run that fails keeps its pages; the next one goes on in the same window."""
    bazaar = Bazaar.of_orders(6, before=[None, None, PermanentError("no such permission")])
    shop = register(database, merchant_id, bazaar.marketplace())
    engine = make_engine(database, bazaar.marketplace())
    failed = await engine.run_next(Wanted())
    kept = len(rows(database, shop, Order))

    report = await engine.run_next(Wanted(due_only=False))

    assert failed is not None
    assert report is not None
    assert ("failed", 4, "succeeded") == (failed.status, kept, report.status)
    assert [None, "2", "4", "4"] == bazaar.marks()
    assert 1 == len({window for window, _ in bazaar.asked})
    assert 6 == len(rows(database, shop, Order))


async def test_windows_follow_each_other(database: Database, merchant_id: int) -> None:
    """A stream with a longest window is read piece by piece, without gap or overlap."""
    bazaar = Bazaar([])
    market = bazaar.marketplace(
        Stream("orders", StreamKind.BY_UPDATE, timedelta(hours=10), timedelta(days=1))
    )
    register(database, merchant_id, market)

    await make_engine(database, market).run_next(Wanted())

    times = [NOW - timedelta(hours=hours) for hours in (24, 14, 4, 0)]
    assert list(pairwise(times)) == [(window.start, window.end) for window, _ in bazaar.asked]


async def test_full_scan(database: Database, merchant_id: int) -> None:
    """A full scan reads everything once, and once again when it is due again."""
    bazaar = Bazaar.of_orders(3)
    market = bazaar.marketplace(Stream("orders", StreamKind.FULL_SCAN))
    register(database, merchant_id, market)
    engine = make_engine(database, market)

    await engine.run_next(Wanted())
    engine.clock.advance(timedelta(hours=1))
    await engine.run_next(Wanted())

    assert [None, "2", None, "2"] == bazaar.marks()


async def test_since_reads_the_past_again(database: Database, merchant_id: int) -> None:
    """Asked for a day, a run begins there, whatever the cursor says."""
    bazaar = Bazaar.of_orders(1)
    register(database, merchant_id, bazaar.marketplace())
    engine = make_engine(database, bazaar.marketplace())
    await engine.run_next(Wanted())

    await engine.run_next(Wanted(due_only=False), since=NOW - timedelta(hours=7))

    assert NOW - timedelta(hours=7) == bazaar.asked[-1][0].start


async def test_since_skips_nothing(database: Database, merchant_id: int) -> None:
    """A moment later than what is stored is no reason to leave out what lies between."""
    bazaar = Bazaar.of_orders(1)
    register(database, merchant_id, bazaar.marketplace())
    engine = make_engine(database, bazaar.marketplace())
    await engine.run_next(Wanted())
    engine.clock.advance(timedelta(hours=9))

    await engine.run_next(Wanted(), since=NOW + timedelta(hours=7))

    assert NOW - timedelta(minutes=5) == bazaar.asked[-1][0].start


async def test_since_with_nothing_stored(database: Database, merchant_id: int) -> None:
    """The first pull of a shop reads all that the platform keeps, whatever it is asked for."""
    bazaar = Bazaar.of_orders(1)
    register(database, merchant_id, bazaar.marketplace())
    engine = make_engine(database, bazaar.marketplace())

    await engine.run_next(Wanted(), since=NOW - timedelta(hours=7))

    assert NOW - timedelta(days=1) == bazaar.asked[0][0].start


async def test_window_that_the_platform_keeps_no_more(database: Database, merchant_id: int) -> None:
    """A shop whose run broke off long ago begins with what the platform still shows."""
    bazaar = Bazaar.of_orders(3, before=[None, PermanentError("no such permission")])
    register(database, merchant_id, bazaar.marketplace())
    engine = make_engine(database, bazaar.marketplace())
    await engine.run_next(Wanted())
    engine.clock.advance(timedelta(days=3))

    await engine.run_next(Wanted())

    window, mark = bazaar.asked[2]
    assert (NOW + timedelta(days=2), None) == (window.start, mark)


async def test_adapter_whose_pages_just_end(database: Database, merchant_id: int) -> None:
    """An adapter that yields no page at all has finished its window."""

    class Silent(Bazaar):
        async def pull(self, stream, window, resume):
            for page in ():
                yield page

    bazaar = Silent([])
    shop = register(database, merchant_id, bazaar.marketplace())

    report = await make_engine(database, bazaar.marketplace()).run_next(Wanted())

    assert report is not None
    assert "succeeded" == report.status
    assert NOW == state(database, shop).synced_through


async def test_run_log(database: Database, merchant_id: int) -> None:
    """The log of a run says what was read, what became of it, and which words were new."""
    rejected = Rejected("order", "o8", MappingError("x", 1, "y"), mapped(order("o8")).payload)
    items = [
        mapped(order("o1"), "status=ODD"),
        mapped(order("o1"), "status=ODD"),
        mapped(order("o2"), "status=ODD", "type=x"),
        rejected,
    ]
    bazaar = Bazaar(items, size=3, reported=4)
    shop = register(database, merchant_id, bazaar.marketplace())

    await make_engine(database, bazaar.marketplace()).run_next(Wanted())

    [run] = runs(database, shop)
    assert ("incomplete", NOW, NOW) == (run.status, run.started_at, run.finished_at)
    assert (4, 2, 1, 1) == (run.seen, run.changed, run.unchanged, run.quarantined)
    assert (2, 0, 4) == (run.requests, run.retries, run.reported)
    assert {"status=ODD": 2, "type=x": 1} == run.unknown
    assert (NOW - timedelta(days=1), NOW) == (run.window_start, run.window_end)


async def test_asked_for_while_it_runs(database: Database, merchant_id: int) -> None:
    """Who asks for a pull while one is running gets another: the first may have looked already."""
    bazaar = Bazaar.of_orders(3)
    shop = register(database, merchant_id, bazaar.marketplace())
    engine = make_engine(database, bazaar.marketplace())

    async def ask() -> None:
        engine.clock.advance(timedelta(minutes=1))
        register(database, merchant_id, bazaar.marketplace(), now=engine.clock())

    bazaar.before = [None, ask]
    await engine.run_next(Wanted())

    assert NOW + timedelta(minutes=1) == state(database, shop).due_at
    assert await engine.run_next(Wanted()) is not None
    assert NOW + timedelta(minutes=11) == state(database, shop).due_at


async def test_progress(database: Database, merchant_id: int) -> None:
    """Whoever watches hears of every stored part, and of the end."""
    heard: list[Progress] = []
    bazaar = Bazaar.of_orders(3)
    register(database, merchant_id, bazaar.marketplace())

    engine = make_engine(database, bazaar.marketplace(), on_progress=heard.append)
    await engine.run_next(Wanted())

    assert Progress("Lantern flagship store", "orders", 1.0, 3, 0) == heard[-1]


@pytest.mark.parametrize("days", [0.25, {"orders": 0.25, "refunds": 30}])
async def test_a_shop_says_how_far_back_to_go(
    database: Database, merchant_id: int, days: object
) -> None:
    """`retention_days` of a shop's config bounds the first pull, for all streams or for each."""
    bazaar = Bazaar.of_orders(2)
    shop = register(database, merchant_id, bazaar.marketplace())

    def configure(session: MerchantSession) -> None:
        found = session.scalars(select(Shop).where(Shop.id == shop.id)).one()
        found.config = {"retention_days": days}

    database.run_now(merchant_id, configure)

    await make_engine(database, bazaar.marketplace()).run_next(Wanted())

    assert NOW - timedelta(hours=6) == bazaar.asked[0][0].start
