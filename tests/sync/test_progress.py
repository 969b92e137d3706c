"""Progress of pulls: what part is done, how long the rest takes, and what is new."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.db import Database
from core.marketplace.contract import Window
from core.marketplace.errors import TransientError
from core.sync.lease import Wanted
from core.sync.progress import Follower, Kind, RunNow, StreamNow, newest_streams, share_done
from core.sync.windows import Cursor
from core.testing.statements import Statements
from tests.builders import NOON
from tests.sync.bazaar import NOW, Bazaar, make_engine, register, runs

DAY = timedelta(days=1)
START, END = NOW - 10 * DAY, NOW


def window(first: int, last: int) -> Window:
    """A span between days after the start."""
    return Window(START + first * DAY, START + last * DAY)


@pytest.mark.parametrize(
    ("cursor", "share"),
    [
        (Cursor(), 0.0),
        (Cursor(through=START + 4 * DAY), 0.4),
        (Cursor(through=START - DAY), 0.0),
        (Cursor(through=END), 1.0),
        (Cursor(START + 4 * DAY, window(4, 6), "1", 50), 0.4),
        (Cursor(START + 4 * DAY, window(4, 6), "1", 50, 100), 0.5),
        (Cursor(START + 4 * DAY, window(4, 6), "1", 500, 100), 0.6),
        (Cursor(None, window(0, 10), "1", 50), None),
        (Cursor(None, window(0, 10), "1", 50, 200), 0.25),
    ],
)
def test_what_part_is_done(cursor: Cursor, share: float | None) -> None:
    """Windows that are done, and of the one that is read as much as the platform's count tells."""
    assert share == share_done(cursor, START, END)


RUN = RunNow(
    merchant_id=1, shop_id=2, stream="orders", id=3, status="running", started_at=NOON,
    finished_at=None, window_start=None, window_end=None, requests=0, retries=0, seen=0,
    changed=0, quarantined=0, reported=None, share=None, waiting_for=None, waiting_until=None,
    error_code=None, error=None,
)  # fmt: skip


@pytest.mark.parametrize(
    ("share", "seconds"), [(None, None), (0.001, None), (0.25, 180), (0.5, 60), (1.0, 0)]
)
def test_how_long_the_rest_takes(share: float | None, seconds: int | None) -> None:
    """As long as the part that is done took, in proportion; nothing is guessed at the start."""
    left = replace(RUN, share=share).remaining(NOON + timedelta(minutes=1))

    assert seconds == (None if left is None else left.total_seconds())


def stream(*runs: RunNow) -> StreamNow:
    """The stream with these runs."""
    return StreamNow(1, 2, "orders", None, NOON, runs)


def kinds(*looks: StreamNow) -> list[list[Kind]]:
    """What a follower tells after each look."""
    follower = Follower()
    return [[event.kind for event in follower.events([each], NOON)] for each in looks]


def test_what_is_new() -> None:
    """First how it stands; then each change once, and nothing when nothing has changed."""
    page = replace(RUN, seen=300)
    rest = replace(page, waiting_for="MARKETPLACE_THROTTLED", waiting_until=NOON)
    end = replace(page, status="succeeded", finished_at=NOON)

    found = kinds(*map(stream, (RUN, RUN, page, rest, rest, page, end, end)))

    assert [
        [Kind.STATE], [], [Kind.STORED], [Kind.WAITING], [], [Kind.STORED], [Kind.ENDED], [],
    ] == found  # fmt: skip


def test_runs_between_two_looks() -> None:
    """A run that ends while the next one begins is told to its end; a short one whole."""
    end = replace(RUN, status="failed", finished_at=NOON)
    other, short = replace(RUN, id=4), replace(end, id=5)

    found = kinds(stream(RUN), stream(end, other), stream(other, short))

    assert [[Kind.STATE], [Kind.ENDED, Kind.STARTED], [Kind.STARTED, Kind.ENDED]] == found


@pytest.mark.anyio
async def test_the_newest_runs_in_one_statement(
    database: Database, merchant_id: int, statements: Statements
) -> None:
    """Each stream comes with its two newest runs, and those without a run as well."""
    bazaar = Bazaar.of_orders(3)
    other = replace(bazaar.marketplace().streams[0], name="refunds")
    market = bazaar.marketplace(*bazaar.marketplace().streams, other)
    register(database, merchant_id, market)
    engine = make_engine(database, market)
    for _ in range(3):
        await engine.run_next(Wanted(streams=("orders",), due_only=False))
    statements.clear()

    orders, refunds = database.system_now(lambda session: newest_streams(session, [merchant_id]))

    assert 1 == len(statements)
    assert [("succeeded", 1.0), ("succeeded", 1.0)] == [(r.status, r.share) for r in orders.runs]
    assert ("refunds", (), None) == (refunds.stream, refunds.runs, refunds.run)


@pytest.mark.anyio
async def test_a_finished_run_waits_for_nothing(database: Database, merchant_id: int) -> None:
    """What a run waited for is gone from its row when it goes on."""
    bazaar = Bazaar.of_orders(3, before=[TransientError("A fault.")])
    shop = register(database, merchant_id, bazaar.marketplace())
    await make_engine(database, bazaar.marketplace()).run_next(Wanted())

    [run] = runs(database, shop)

    assert (1, None, None, 1.0) == (run.retries, run.waiting_for, run.waiting_until, run.share)
