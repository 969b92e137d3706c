"""Notices: streams that a platform says have changed are pulled soon, once, and none is lost."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from core.db import Database
from core.marketplace.contract import Marketplace, Notice, Stream, StreamKind
from core.marketplace.errors import AuthError
from core.marketplace.sandbox import SetClock
from core.models import Shop
from core.sync.engine import SyncEngine
from core.sync.lease import Wanted
from core.sync.notices import PAUSE, store_notices
from core.sync.shops import NewShop, register_shop
from tests.builders import make_merchant
from tests.sync.bazaar import KEYS, NOW, ORDERS, Bazaar, make_engine, register, runs, state

pytestmark = pytest.mark.anyio
LATE = replace(ORDERS, lag=timedelta(minutes=3))
PRODUCTS = Stream("products", StreamKind.FULL_SCAN, every=timedelta(hours=6))


class KilledError(BaseException):
    """What nothing but the end of a process looks like."""


class Stall:
    """A shop that has just been pulled, with a clock to move."""

    def __init__(self, database: Database, merchant_id: int, *streams: Stream) -> None:
        self.database, self.clock = database, SetClock(NOW)
        self.bazaar = Bazaar.of_orders(1)
        self.marketplace: Marketplace = self.bazaar.marketplace(*streams)
        self.shop: Shop = register(database, merchant_id, self.marketplace)
        self.engine: SyncEngine = make_engine(database, self.marketplace, clock=self.clock)

    async def pull(self) -> list[str]:
        """The streams that were due, pulled."""
        pulled = []
        while report := await self.engine.run_next(Wanted()):
            pulled.append(report.stream)
        return pulled

    async def hear(self, *streams: str) -> None:
        await self.hear_all([Notice(stream) for stream in streams or ("orders",)])

    async def hear_all(self, notices: Sequence[Notice]) -> None:
        await store_notices(
            self.database, KEYS, self.marketplace, self.shop, notices, self.clock.now
        )

    async def after(self, span: timedelta) -> list[str]:
        """The streams that are pulled once so much time has passed."""
        self.clock.advance(span)
        return await self.pull()


@pytest.fixture
def stall(database: Database, merchant_id: int) -> Stall:
    return Stall(database, merchant_id)


async def test_a_noticed_stream_is_due_after_a_pause(stall: Stall) -> None:
    """Long before its time, and only once."""
    await stall.pull()
    await stall.hear()

    pulled = [await stall.after(PAUSE * share) for share in (0.5, 0.5, 1.0)]

    assert [[], ["orders"], []] == pulled
    assert NOW + 2 * PAUSE < state(stall.database, stall.shop).due_at


async def test_a_storm_is_one_run(stall: Stall) -> None:
    """Two hundred notices within the pause bring about one pull."""
    await stall.pull()
    for _ in range(200):
        await stall.hear()
        stall.clock.advance(PAUSE / 300)

    await stall.after(PAUSE)

    assert 2 == len(runs(stall.database, stall.shop))


async def test_steady_notices_do_not_put_a_pull_off(stall: Stall) -> None:
    """The first notice counts: a shop that is busy all the time is pulled all the same."""
    await stall.pull()
    pulled = []
    for _ in range(6):
        await stall.hear()
        pulled.append(await stall.after(PAUSE / 2))

    assert 3 == pulled.count(["orders"])


async def test_a_notice_during_a_run_wants_another_run(stall: Stall) -> None:
    """What changed while a run was reading may have been behind it."""
    await stall.pull()
    await stall.hear()
    stall.bazaar.before = [stall.hear]

    pulled = [await stall.after(PAUSE), await stall.after(PAUSE), await stall.after(PAUSE)]

    assert [["orders"], ["orders"], []] == pulled


async def test_a_run_just_after_a_notice_does_not_serve_it(stall: Stall) -> None:
    """Platforms show a change a little later than they tell it: the pause is kept."""
    await stall.hear()

    pulled = [await stall.pull(), await stall.after(PAUSE)]

    assert [["orders"], ["orders"]] == pulled


async def test_a_failed_stream_keeps_its_pause(stall: Stall) -> None:
    """A notice does not shorten the pause after an error, and is served after it."""
    await stall.pull()
    stall.bazaar.before = [AuthError("no")]
    await stall.hear()
    await stall.after(PAUSE)
    await stall.hear()

    pulled = [await stall.after(PAUSE), await stall.after(timedelta(seconds=30))]

    assert [[], ["orders"]] == pulled
    assert state(stall.database, stall.shop).dirty_from is None


async def test_a_run_that_dies_leaves_its_stream_due(stall: Stall) -> None:
    """The claim takes the mark; should its worker die, the stream is due when the lease ends."""

    async def die() -> None:
        raise KilledError

    await stall.pull()
    await stall.hear()
    stall.bazaar.before = [die]
    with pytest.raises(KilledError):
        await stall.after(PAUSE)

    pulled = await stall.after(timedelta(seconds=stall.engine.lease_seconds))

    assert ["orders"] == pulled


async def test_a_stream_that_shows_its_last_minutes_late(
    database: Database, merchant_id: int
) -> None:
    """The run waits until the platform shows the latest change that was noticed."""
    stall = Stall(database, merchant_id, LATE)
    await stall.pull()
    await stall.hear()
    early = await stall.after(LATE.lag / 2)
    await stall.hear()

    pulled = [await stall.after(LATE.lag / 2 + PAUSE), await stall.after(LATE.lag / 2)]

    assert ([], [[], ["orders"]]) == (early, pulled)


async def test_full_scans_wait_longer(database: Database, merchant_id: int) -> None:
    """Notices of single products bring about two scans an hour, not one every few seconds."""
    stall = Stall(database, merchant_id, PRODUCTS)
    await stall.pull()
    await stall.hear("products")

    pulled = [await stall.after(timedelta(minutes=29)), await stall.after(timedelta(minutes=1))]

    assert [[], ["products"]] == pulled


async def test_what_is_not_ours_marks_nothing(stall: Stall) -> None:
    """A stream that isn't read, or a shop that isn't here, is passed over."""
    await stall.pull()
    await stall.hear_all([Notice("letters"), Notice("orders", "78")])

    assert [] == await stall.after(PAUSE)


@pytest.mark.parametrize(("session", "expected"), [("s3cret", 2), ("another", 1)])
async def test_another_shop_of_the_app(
    stall: Stall, database: Database, session: str, expected: int
) -> None:
    """A notice may name another shop, also another merchant's, if both have the app's secrets."""
    stall.marketplace = replace(stall.marketplace, app=("session",))
    known = {stall.marketplace.name: stall.marketplace}
    new = NewShop("bazaar", "78", "Lantern outlet", {"session": session}, {})
    other = database.run_now(
        make_merchant(database, "Lamp Trade"),
        lambda session: register_shop(session, known, KEYS, new, NOW),
    )
    await stall.pull()

    await stall.hear_all([Notice("orders", "78")])
    await stall.after(PAUSE)

    assert (1, expected) == (len(runs(database, stall.shop)), len(runs(database, other)))
