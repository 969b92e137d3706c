"""Jobs run for every merchant, by one worker at a time, and failing ones are asked less often."""

import asyncio
from datetime import datetime, timedelta
from types import ModuleType

import pytest

from core.models import JobState, Shop
from core.sync.jobs import JobRunner
from tests.builders import make_merchant
from tests.graphql import Api
from tests.ingest.records import T0
from tests.ingest.stored import rows

pytestmark = pytest.mark.anyio


class Clock:
    def __init__(self) -> None:
        self.now = T0

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def runner(house: Api, lamps: ModuleType, shop: Shop, clock: Clock) -> JobRunner:
    lamps.RUNS.clear()
    made = JobRunner(house.database, house.gateway.registry, clock)
    await made.schedule()
    return made


async def test_for_each_merchant(
    house: Api, lamps: ModuleType, shop: Shop, runner: JobRunner, clock: Clock
) -> None:
    """A job runs once per merchant, with the plugin's settings, and again when its time comes."""
    other = make_merchant(house.database)
    await runner.schedule()

    reports = [await runner.run_next() for _ in range(3)]
    clock.now += timedelta(hours=2)
    again = [await runner.run_next() for _ in range(3)]

    assert [True, True, False] == [report is not None for report in reports]
    assert [True, True, False] == [report is not None for report in again]
    assert {(shop.merchant_id, 60), (other, 60)} == set(lamps.RUNS)
    assert 4 == len(lamps.RUNS)


async def test_only_one_worker(
    house: Api, lamps: ModuleType, shop: Shop, runner: JobRunner, clock: Clock
) -> None:
    """While one worker runs a job for a merchant, another one finds nothing to do."""
    second = JobRunner(house.database, house.gateway.registry, clock)

    reports = await asyncio.gather(runner.run_next(), second.run_next())

    assert 1 == len(lamps.RUNS)
    assert 1 == sum(report is not None for report in reports)


async def test_one_that_fails(
    house: Api, lamps: ModuleType, shop: Shop, runner: JobRunner, clock: Clock
) -> None:
    """It is tried again soon, later at its own pace; the graph shows it without its text."""
    lamps.MOOD, pauses = "raises", []
    for _ in range(6):
        await runner.run_next()
        [state] = rows(house.database, shop, JobState)
        pauses.append(state.due_at - clock.now)
        clock.now = state.due_at
    token = house.token(shop.merchant_id)
    shown = await house.ask("{ jobs { nodes { name attempts lastError } } }", token=token)
    lamps.MOOD = "fine"
    healed = await runner.run_next()

    assert [1, 2, 4, 8, 120, 120] == [pause.total_seconds() / 60 for pause in pauses]
    assert [
        {
            "name": "lamps.burn",
            "attempts": 6,
            "lastError": "RuntimeError; the worker's log has more.",
        }
    ] == shown.data["jobs"]["nodes"]
    assert healed is not None
    assert healed.error is None
    assert 0 == rows(house.database, shop, JobState)[0].attempts


async def test_one_that_hangs(house: Api, lamps: ModuleType, shop: Shop, runner: JobRunner) -> None:
    """A run that takes longer than its budget is given up and counts as failed."""
    lamps.MOOD = "blocks"

    report = await runner.run_next()

    assert report is not None
    assert "It took longer than 0.3 seconds." == report.error


async def test_a_worker_that_died(
    house: Api, lamps: ModuleType, shop: Shop, runner: JobRunner, clock: Clock
) -> None:
    """A job whose worker never came back is run by another one when its lease is over."""
    await house.database.system(lambda session: runner._claim(session, None, None))

    at_once = await runner.run_next()
    clock.now += timedelta(seconds=31)
    later = await runner.run_next()

    assert at_once is None
    assert later is not None
