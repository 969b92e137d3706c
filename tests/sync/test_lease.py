"""Leases: one worker per shop, a takeover when it falls silent, and no write by the loser."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta

import anyio
import pytest

from core.db import Database
from core.errors import LeaseLostError
from core.marketplace.contract import Stream, StreamKind
from core.models import Order, Shop
from core.sync.engine import SyncEngine
from core.sync.lease import Lease, Wanted, claim, fenced_update, owner_name
from tests.builders import make_merchant
from tests.databases import on_postgresql
from tests.ingest.stored import rows
from tests.sync.bazaar import NOW, ORDERS, Bazaar, make_engine, register, runs, state

STREAMS = (
    ORDERS,
    Stream("products", StreamKind.FULL_SCAN),
    Stream("refunds", StreamKind.BY_UPDATE),
)
ELSEWHERE = "another-machine:4711"


@pytest.fixture
def shop(database: Database, merchant_id: int) -> Shop:
    """A shop with three streams, all due."""
    return register(database, merchant_id, Bazaar([]).marketplace(*STREAMS))


def take(
    database: Database,
    owner: str = ELSEWHERE,
    now: datetime = NOW,
    wanted: Wanted = Wanted(),  # noqa: B008
) -> Lease | None:
    return database.system_now(lambda session: claim(session, wanted, owner, now, 60))


def test_one_worker_per_shop(database: Database, shop: Shop) -> None:
    """While one stream of a shop is pulled, nobody claims another one of it."""
    first = take(database)
    second = take(database)

    assert first is not None
    assert (shop.id, "orders", 1) == (first.shop_id, first.stream, first.epoch)
    assert second is None


def test_shops_do_not_wait_for_each_other(database: Database, shop: Shop) -> None:
    """Another shop can be pulled at the same time, also by the same worker."""
    other = register(database, make_merchant(database), Bazaar([]).marketplace())

    claimed = {lease.shop_id for _ in range(3) if (lease := take(database)) is not None}

    assert {shop.id, other.id} == claimed


def test_many_workers_at_once(database: Database, shop: Shop) -> None:
    """Of many claims at the same moment exactly one succeeds."""
    barrier, found = threading.Barrier(6), []

    def worker() -> None:
        barrier.wait(10)
        found.append(take(database))

    threads = [threading.Thread(target=worker) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert 1 == sum(lease is not None for lease in found)


@contextmanager
def storing(database: Database, lease: Lease) -> Iterator[None]:
    """Meanwhile another thread is in the middle of a transaction under the lease."""
    begun, release = threading.Event(), threading.Event()

    def store(session) -> None:
        fenced_update(session, lease, NOW)
        begun.set()
        release.wait(10)

    holder = threading.Thread(target=database.run_now, args=(lease.merchant_id, store))
    holder.start()
    begun.wait(10)
    try:
        yield
    finally:
        release.set()
        holder.join()


@on_postgresql
def test_claim_while_a_page_is_being_stored(database: Database, shop: Shop) -> None:
    """The lock of a running transaction does not hide its worker from others."""
    lease = take(database)
    assert lease is not None

    with storing(database, lease):
        second = take(database)

    assert second is None


def test_takeover_after_expiry(database: Database, shop: Shop) -> None:
    """A silent worker's stream is taken after its lease; whatever it still writes is refused."""
    old = take(database)
    new = take(database, now=NOW + timedelta(seconds=61))
    assert old is not None
    assert new is not None

    with pytest.raises(LeaseLostError, match="taken over"):
        database.run_now(shop.merchant_id, lambda s: fenced_update(s, old, NOW, cursor={"x": 1}))

    database.run_now(shop.merchant_id, lambda s: fenced_update(s, new, NOW, cursor={"x": 2}))
    assert {"x": 2} == state(database, shop, new.stream).cursor
    assert old.epoch < new.epoch
    assert ["interrupted", "running"] == [run.status for run in runs(database, shop)]


def test_takeover_of_the_shop(database: Database, shop: Shop) -> None:
    """A silent worker writes nothing more either when another stream of its shop is pulled now."""
    old = take(database, wanted=Wanted(streams=("orders",)))
    new = take(database, now=NOW + timedelta(seconds=61), wanted=Wanted(streams=("refunds",)))
    assert old is not None
    assert new is not None

    with pytest.raises(LeaseLostError, match="taken over"):
        database.run_now(shop.merchant_id, lambda s: fenced_update(s, old, NOW, cursor={"x": 1}))

    assert {} == state(database, shop, "orders").cursor
    assert {"interrupted", "running"} == {run.status for run in runs(database, shop)}
    assert take(database, now=NOW + timedelta(seconds=62)) is None


@on_postgresql
def test_lapsed_while_a_page_is_being_stored(database: Database, shop: Shop) -> None:
    """Whose lease ends while it stores a page is alive: nobody else begins with the shop."""
    lease = take(database, wanted=Wanted(streams=("orders",)))
    assert lease is not None

    with storing(database, lease):
        others = [
            take(database, now=NOW + timedelta(seconds=61), wanted=Wanted(streams=(stream,)))
            for stream in ("orders", "refunds")
        ]

    assert [None, None] == others


def test_each_write_prolongs_the_lease(database: Database, shop: Shop) -> None:
    """A worker that goes on writing keeps its stream for longer than one lease."""
    lease = take(database)
    assert lease is not None

    database.run_now(
        shop.merchant_id, lambda s: fenced_update(s, lease, NOW + timedelta(seconds=50))
    )

    assert take(database, now=NOW + timedelta(seconds=100)) is None
    assert take(database, now=NOW + timedelta(seconds=111)) is not None


def test_dead_process(database: Database, shop: Shop) -> None:
    """The lease of a process of this machine that is gone can be taken at once."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    dead = f"{owner_name().rpartition(':')[0]}:{process.pid}"

    assert take(database, dead) is not None
    assert take(database, owner_name()) is not None
    assert take(database, owner_name()) is None


def test_process_of_the_same_number_elsewhere(database: Database, shop: Shop) -> None:
    """A container that shares our host name and not our processes is not taken for dead."""
    machine, _, _ = owner_name().rpartition(":")
    neighbour = f"{machine.split(' ')[0]} pid:[1]:999999"

    assert take(database, neighbour) is not None
    assert take(database) is None


def test_inactive_shop(database: Database, shop: Shop) -> None:
    """A shop that was switched off is not pulled."""
    shop.active = False
    database.run_now(shop.merchant_id, lambda session: session.merge(shop))

    assert take(database) is None


@pytest.mark.parametrize(
    ("wanted", "stream"),
    [
        (Wanted(streams=("refunds",)), "refunds"),
        (Wanted(merchant_id=1), None),
        (Wanted(shop_id=1), None),
        (Wanted(streams=("orders",), due_only=False), "orders"),
        (Wanted(streams=("wishes",)), None),
    ],
)
def test_wanted(database: Database, shop: Shop, wanted: Wanted, stream: str | None) -> None:
    """A worker can be told which merchant, shop and streams to care for."""
    lease = take(database, wanted=wanted)

    assert stream == (None if lease is None else lease.stream)


def test_exclude(database: Database, shop: Shop) -> None:
    """Streams that were just pulled can be left out."""
    done = frozenset({(shop.id, "orders"), (shop.id, "products")})

    lease = take(database, wanted=Wanted(exclude=done))

    assert lease is not None
    assert "refunds" == lease.stream


@pytest.mark.anyio
async def test_loser_writes_nothing(database: Database, merchant_id: int) -> None:
    """A worker that slept through its lease ends as interrupted, with none of its rows stored."""
    asleep, wake = anyio.Event(), anyio.Event()

    async def sleep() -> None:
        asleep.set()
        await wake.wait()

    slow = Bazaar.of_orders(2, before=[sleep])
    shop = register(database, merchant_id, slow.marketplace())
    engine = make_engine(database, slow.marketplace())
    reports = []

    async def pull() -> None:
        reports.append(await engine.run_next(Wanted()))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(pull)
        await asleep.wait()
        early = await engine.run_next(Wanted())
        engine.clock.advance(timedelta(seconds=61))
        empty = Bazaar([]).marketplace()
        winner = await make_engine(database, empty, clock=engine.clock).run_next(Wanted())
        wake.set()

    [loser] = reports
    assert early is None
    assert winner is not None
    assert ("succeeded", "interrupted") == (winner.status, loser.status)
    assert [] == rows(database, shop, Order)
    assert ["interrupted", "succeeded"] == [run.status for run in runs(database, shop)]


@pytest.mark.anyio
async def test_takeover_before_the_last_word(database: Database, merchant_id: int) -> None:
    """A worker that loses its lease after the last page ends quietly, and reports no success."""
    market = Bazaar.of_orders(2).marketplace()
    shop = register(database, merchant_id, market)
    later = NOW + timedelta(seconds=61)

    engine = make_engine(database, market, on_progress=lambda _: take(database, now=later))
    report = await engine.run_next(Wanted())

    assert report is not None
    assert "interrupted" == report.status
    assert ELSEWHERE == state(database, shop).lease_owner
    assert 2 == len(rows(database, shop, Order))


@pytest.mark.anyio
async def test_slow_platform_keeps_its_worker(database: Database, merchant_id: int) -> None:
    """A page that takes longer than a lease does not cost the worker its shop."""
    answered = anyio.Event()
    bazaar = Bazaar.of_orders(2, before=[answered.wait])
    shop = register(database, merchant_id, bazaar.marketplace())
    engine = make_engine(database, bazaar.marketplace(), lease_seconds=0.3)
    reports, others = [], []

    async def pull() -> None:
        reports.append(await engine.run_next(Wanted()))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(pull)
        for _ in range(6):
            await _prolonged(database, shop, engine)
            engine.clock.advance(timedelta(seconds=0.2))
            others.append(await engine.run_next(Wanted()))
        answered.set()

    assert [None] * 6 == others
    assert "succeeded" == reports[0].status


async def _prolonged(database: Database, shop: Shop, engine: SyncEngine) -> None:
    """Wait until the lease is as long as it can be at this moment."""
    until = engine.clock() + timedelta(seconds=engine.lease_seconds)
    with anyio.fail_after(30):
        while True:
            if state(database, shop).lease_until == until:
                return
            await anyio.sleep(0.01)


@pytest.mark.anyio
async def test_empty_windows_are_stored_in_time(database: Database, merchant_id: int) -> None:
    """Hours of windows without a record are stored on the way, which prolongs the lease."""
    stream, stored = replace(ORDERS, window=timedelta(minutes=30)), []

    async def short() -> None:
        await anyio.sleep(0.02)

    async def look() -> None:
        stored.append(state(database, shop).synced_through)

    bazaar = Bazaar([], before=[*[short] * 40, look])
    shop = register(database, merchant_id, bazaar.marketplace(stream))
    engine = make_engine(database, bazaar.marketplace(stream), lease_seconds=0.03)

    report = await engine.run_next(Wanted())

    assert report is not None
    assert "succeeded" == report.status
    assert stored[0] is not None
