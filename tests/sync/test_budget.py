"""The budget of a shop: so many requests a second, whoever asks, and none while it must rest."""

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass, field

import httpx
import pytest

from core.db import Database
from core.marketplace.errors import ThrottleError
from core.models import Shop
from core.settings import Settings
from core.sync.budget import Budget, hold_back
from core.sync.lease import Wanted
from core.testing.statements import Statements
from tests.sync.bazaar import Bazaar, make_engine, register

pytestmark = pytest.mark.anyio
REQUEST = httpx.Request("GET", "https://shop.example")
START = 1_800_000_000.0


@dataclass
class Worker:
    """One process that asks a shop again and again, in a time of its own that never waits.

    Its sleeps end a little late, and each answer takes up to `latency` seconds.
    """

    db: Database
    shop: Shop
    rate: float
    latency: float = 0.0
    now: float = START
    calls: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.latency)
        place = (self.shop.merchant_id, self.shop.budget_holder or self.shop.id)
        self.budget = Budget(self.db, place, self.rate, lambda: self.now, self.sleep)

    async def sleep(self, seconds: float) -> None:
        self.now += seconds + self.chance.uniform(0, 0.01)

    async def call(self) -> None:
        await self.budget.wait(REQUEST)
        self.calls.append(self.now)
        self.now += self.chance.uniform(0, self.latency)


@pytest.fixture
def other(settings: Settings, database: Database) -> Iterator[Database]:
    """The same database as another process sees it."""
    opened = Database(settings)
    yield opened
    opened.close()


def busiest_second(calls: list[float]) -> int:
    """The most calls in any second."""
    return max(sum(start <= call < start + 1 for call in calls) for start in calls)


@pytest.mark.parametrize("rate", [1, 5, 20])
async def test_two_workers_share_the_rate(
    database: Database, other: Database, shop: Shop, rate: int
) -> None:
    """However two processes on one database ask, no second sees more calls than the rate."""
    workers = [Worker(database, shop, rate, 0.3), Worker(other, shop, rate, 0.01)]

    for _ in range(20 * min(rate, 10)):
        await min(workers, key=lambda worker: worker.now).call()

    calls = sorted(call for worker in workers for call in worker.calls)
    assert rate >= busiest_second(calls)
    assert all(len(worker.calls) > 5 for worker in workers)


@pytest.mark.parametrize("rate", [0.5, 5, 20, 500])
async def test_one_backfill_uses_the_rate(database: Database, shop: Shop, rate: float) -> None:
    """A single worker gets at least 80 % of the rate, if the platform answers quickly enough."""
    worker = Worker(database, shop, rate, latency=0.8 / rate)
    count = max(20, int(rate) * 10)

    for _ in range(count):
        await worker.call()

    assert 0.8 * rate <= count / (worker.now - START) <= rate * 1.05


async def test_the_database_is_asked_once_a_second(
    database: Database, shop: Shop, statements: Statements
) -> None:
    """Slots are taken in stretches: a hundred requests a second are not a hundred statements."""
    worker = Worker(database, shop, 100)

    for _ in range(1000):
        await worker.call()

    asked = [each for each in statements.texts if "request_budgets" in each]
    assert 10 <= len(asked) <= 20


async def test_shops_do_not_share(database: Database, shop: Shop) -> None:
    """Another shop's requests take nothing away."""
    one = Worker(database, shop, 1)
    await one.call()

    another = Worker(database, Shop(**shop.model_dump() | {"id": shop.id + 1}), 1)
    await another.call()

    assert [START] == another.calls


@pytest.mark.parametrize("rate", [1, 5, 20, 100])
async def test_shops_of_one_app_share_its_rate(
    database: Database, other: Database, shop: Shop, rate: int
) -> None:
    """Two shops with one app key, each pulled by two processes: never above the app's rate, and
    at least 80 % of it."""
    app = [Shop(**shop.model_dump() | {"id": shop.id + n, "budget_holder": 7}) for n in (0, 1)]
    workers = [Worker(db, each, rate, 2 / rate) for db in (database, other) for each in app]

    for _ in range(20 * min(rate, 50)):
        await min(workers, key=lambda worker: worker.now).call()

    calls = sorted(call for worker in workers for call in worker.calls)
    assert rate >= busiest_second(calls)
    assert 0.8 * rate <= (len(calls) - 1) / (calls[-1] - START)


async def test_a_crowd_does_not_give_up(database: Database, shop: Shop) -> None:
    """Thirty pulls of shops of one app take turns, instead of waiting beyond their patience."""
    workers = [Worker(database, shop, 10, 0.01) for _ in range(30)]

    for _ in range(600):
        await min(workers, key=lambda worker: worker.now).call()

    calls = sorted(call for worker in workers for call in worker.calls)
    assert 10 >= busiest_second(calls)
    assert all(worker.calls for worker in workers)


async def test_rest_is_no_credit(database: Database, shop: Shop) -> None:
    """A shop that rested is asked at once, and not more often afterwards."""
    worker = Worker(database, shop, 2)
    await worker.call()
    worker.now += 3600

    for _ in range(6):
        await worker.call()

    assert START + 3600 <= worker.calls[1] <= START + 3600.1
    assert 2 == busiest_second(worker.calls)


async def test_a_late_worker_takes_its_slot_at_once(database: Database, shop: Shop) -> None:
    """However high the rate, a worker does not look at all the slots that it has missed."""
    readings = itertools.count()
    now = [START]

    def clock() -> float:
        next(readings)
        now[0] += 1e-6
        return now[0]

    budget = Budget(database, (shop.merchant_id, shop.id), 1_000_000, clock)
    for _ in range(40):
        await budget.wait(REQUEST)
        now[0] += 0.1

    assert next(readings) <= 40 * 5


async def test_everybody_rests_as_told(database: Database, other: Database, shop: Shop) -> None:
    """What the platform told one worker to wait, all wait."""
    worker = Worker(other, shop, 10)
    place = (shop.merchant_id, shop.id)
    database.system_now(lambda session: hold_back(session, place, START + 7))

    await worker.call()

    assert START + 7 <= worker.calls[0] <= START + 7.05


async def test_a_long_rest_gives_the_stream_back(database: Database, merchant_id: int) -> None:
    """After a pull was told to wait long, another worker fails with the time that is left."""
    refusal = ThrottleError("Slow down.", retry_after=600)
    bazaar = Bazaar.of_orders(1, before=[refusal]).marketplace()
    shop = register(database, merchant_id, bazaar)
    await make_engine(database, bazaar).run_next(Wanted())

    with pytest.raises(ThrottleError) as caught:
        await Budget(database, (merchant_id, shop.id), 10).wait(REQUEST)

    assert 500 < (caught.value.retry_after or 0) <= 600
