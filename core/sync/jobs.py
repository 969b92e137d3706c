"""Runs the plugins' jobs: each for every merchant, again and again, one worker at a time.

The rows of `job_states` are the schedule. A claim raises the row's epoch, and how a run ended is
noted under `where epoch = mine`. A job that raises or takes too long is tried again soon, and
after `PATIENCE` failures in a row at its own pace, but at most once an hour.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import anyio
import anyio.to_thread
from sqlalchemy import or_, update
from sqlalchemy.orm import Session
from sqlmodel import col, select

from core.db import Database
from core.models import JobState, Merchant
from core.plugin import Job
from core.registry import Registry
from core.security.switches import all_switched_off
from core.sync.lease import owner_name

PATIENCE = 5
SOON = timedelta(minutes=1)
REST = timedelta(hours=1)
GRACE = timedelta(seconds=30)
"""How much longer than the job's budget its lease lasts."""
THREADS = 8
"""Jobs of all plugins that run at a time; one that hangs keeps its thread."""
log = logging.getLogger("opsgraph.jobs")


@dataclass(frozen=True)
class Run:
    """One run of a job: for whom, and the claim it holds."""

    job: Job
    merchant_id: int
    epoch: int
    attempts: int


@dataclass(frozen=True)
class JobReport:
    """How a run ended; error: what it raised, None when all went well."""

    job: str
    merchant_id: int
    error: str | None


@dataclass
class JobRunner:
    """Claims and runs jobs; one per process."""

    db: Database
    registry: Registry
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    _threads: anyio.CapacityLimiter = field(default_factory=lambda: anyio.CapacityLimiter(THREADS))

    async def schedule(self) -> None:
        """Make sure that every merchant has every job in the schedule."""
        if self.registry.jobs:
            await self.db.system(partial(_schedule, jobs=self.registry.jobs, now=self.clock()))

    async def run_next(
        self, job: str | None = None, merchant_id: int | None = None
    ) -> JobReport | None:
        """Claim the job that has waited longest and run it; None when nothing is due.

        job, merchant_id: this one, due or not, unless somebody runs it.
        """
        if not self.registry.jobs:
            return None
        run = await self.db.system(partial(self._claim, job=job, merchant_id=merchant_id))
        if run is None:
            return None
        error = await self._run(run)
        await self.db.system(partial(_note, run=run, now=self.clock(), error=error))
        return JobReport(run.job.name, run.merchant_id, error)

    async def _run(self, run: Run) -> str | None:
        """What went wrong, None if nothing did."""
        plugin = self.registry.owners["job", run.job.name]
        context = self.registry.context(plugin, run.merchant_id, self.clock(), self.db)
        breaker = self.registry.guards.of(plugin, f"job {run.job.name}")
        try:
            with anyio.fail_after(run.job.budget.total_seconds()):
                await anyio.to_thread.run_sync(
                    run.job.run, context, abandon_on_cancel=True, limiter=self._threads
                )
        except TimeoutError:
            breaker.failed()
            return f"It took longer than {run.job.budget.total_seconds():g} seconds."
        except Exception as error:  # a plugin's fault is noted, and the worker goes on
            log.exception("Job %s failed for merchant %s", run.job.name, run.merchant_id)
            breaker.failed()
            return f"{type(error).__name__}; the worker's log has more."
        breaker.succeeded()
        return None

    def _claim(self, session: Session, job: str | None, merchant_id: int | None) -> Run | None:
        now, jobs = self.clock(), self.registry.jobs
        off = all_switched_off(session)
        query = select(JobState).where(
            col(JobState.job).in_(jobs),
            or_(col(JobState.lease_until).is_(None), col(JobState.lease_until) < now),
        )
        if job is not None:
            query = query.where(JobState.job == job, JobState.merchant_id == merchant_id)
        else:
            query = query.where(JobState.due_at <= now)
        query = query.order_by(col(JobState.due_at)).with_for_update(skip_locked=True)
        for state in session.scalars(query):
            plugin = self.registry.owners["job", state.job]
            if plugin not in off.get(state.merchant_id, ()):
                return _take(state, jobs[state.job], now)
        return None


def _take(state: JobState, job: Job, now: datetime) -> Run:
    state.epoch += 1
    state.lease_owner = owner_name()
    state.lease_until = now + job.budget + GRACE
    state.last_started_at = now
    return Run(job, state.merchant_id, state.epoch, state.attempts)


def _schedule(session: Session, jobs: dict[str, Job], now: datetime) -> None:
    rows = session.execute(select(JobState.merchant_id, JobState.job))
    known = {(merchant_id, job) for merchant_id, job in rows}
    for merchant_id in session.scalars(select(Merchant.id)):
        for name in jobs:
            if (merchant_id, name) not in known:
                session.add(JobState(merchant_id=merchant_id, job=name, due_at=now))


def _note(session: Session, run: Run, now: datetime, error: str | None) -> None:
    attempts = 0 if error is None else run.attempts + 1
    values: dict[str, Any] = {"last_success_at": now} if error is None else {}
    session.execute(
        update(JobState)
        .where(
            col(JobState.merchant_id) == run.merchant_id,
            col(JobState.job) == run.job.name,
            col(JobState.epoch) == run.epoch,
        )
        .values(
            lease_owner=None,
            lease_until=None,
            attempts=attempts,
            last_finished_at=now,
            last_error=error,
            due_at=now + _pause(run.job.every, attempts),
            **values,
        )
    )


def _pause(every: timedelta, attempts: int) -> timedelta:
    """Time until the next run, after so many failures in a row."""
    if attempts == 0:
        return every
    if attempts < PATIENCE:
        return min(every, SOON * int(2 ** (attempts - 1)))
    return max(every, REST)
