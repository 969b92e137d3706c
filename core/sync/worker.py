"""The worker: pulls what is due, several shops at a time, reads messages, delivers events, runs
jobs, sweeps.
"""

import logging

import anyio

from core.registry import Registry
from core.sync.engine import SyncEngine
from core.sync.jobs import JobRunner
from core.sync.lease import Wanted
from core.sync.messages import MessageReader
from core.sync.outbox import deliver
from core.sync.retention import forget

IDLE = 1.0
"""Seconds between two looks at the schedule when nothing is due."""
SWEEP = 3600.0
"""Seconds between two deletions of what is past its time."""
log = logging.getLogger("opsgraph.worker")


SCHEDULE = 60.0
"""Seconds between two looks for merchants and shops that are new to the jobs and inboxes."""
JOBS = 2
"""Jobs at a time."""
INBOXES = 2
"""Inboxes of shops read at a time."""


async def work(engine: SyncEngine, registry: Registry, parallel: int = 4) -> None:
    """Run until cancelled."""
    async with anyio.create_task_group() as tasks:
        for _ in range(parallel):
            tasks.start_soon(_pull, engine)
        tasks.start_soon(_announce, engine, registry)
        runner = JobRunner(engine.db, registry, engine.clock)
        reader = MessageReader(engine.db, engine.keys, engine.marketplaces, engine.clock)
        tasks.start_soon(_schedule, runner, reader)
        for _ in range(INBOXES):
            tasks.start_soon(_read_messages, reader)
        for _ in range(JOBS):
            tasks.start_soon(_do_jobs, runner)
        tasks.start_soon(_forget, engine)


async def _pull(engine: SyncEngine) -> None:
    while True:
        try:
            report = await engine.run_next(Wanted())
        except Exception:  # an unexpected fault in one pull must not end the worker
            log.exception("A pull ended unexpectedly; its lease will run out")
            report = None
        if report is None:
            await anyio.sleep(IDLE)
        elif report.failed:
            log.warning("%s of shop %s: %s", report.stream, report.shop_id, report.error)


async def _read_messages(reader: MessageReader) -> None:
    while True:
        try:
            report = await reader.run_next()
        except Exception:  # the database may be away for a moment
            log.exception("An inbox could not be read; trying again")
            report = None
        if report is None:
            await anyio.sleep(IDLE)
        elif report.error is not None:
            log.warning("Messages of shop %s: %s", report.shop_id, report.error)


async def _schedule(runner: JobRunner, reader: MessageReader) -> None:
    while True:
        try:
            await runner.schedule()
            await reader.schedule()
        except Exception:  # the database may be away for a moment
            log.exception("The jobs could not be scheduled; trying again")
        await anyio.sleep(SCHEDULE)


async def _do_jobs(runner: JobRunner) -> None:
    while True:
        try:
            report = await runner.run_next()
        except Exception:  # the database may be away for a moment
            log.exception("A job ended unexpectedly; its lease will run out")
            report = None
        if report is None:
            await anyio.sleep(IDLE)


async def _announce(engine: SyncEngine, registry: Registry) -> None:
    while True:
        try:
            await deliver(engine.db, registry, engine.clock())
        except Exception:  # the database may be away for a moment
            log.exception("Events could not be delivered; trying again")
        await anyio.sleep(IDLE)


async def _forget(engine: SyncEngine) -> None:
    while True:
        try:
            await engine.db.system(lambda session: forget(session, engine.clock()))
        except Exception:  # the database may be away for a moment
            log.exception("Old events could not be deleted; trying again")
        await anyio.sleep(SWEEP)
