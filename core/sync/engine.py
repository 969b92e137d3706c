"""Pulls one stream of one shop: windows in order, pages stored whole with what follows of them.

Fetching runs one page ahead of storing. Errors are handled by their class: retry now, retry
later, or give up until somebody acts; the cursor always stands after the last stored page.
"""

import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import anyio
from sqlalchemy import case
from sqlmodel import col, select

from core.db import Database, MerchantSession
from core.db.locks import shared
from core.errors import LeaseLostError, OpsgraphError
from core.ingest.page import Batch, Outcome, ingest_page
from core.ingest.rollup import Rollup
from core.ingest.shape import Place
from core.marketplace.contract import Adapter, Marketplace, Page, StreamKind, Window
from core.marketplace.errors import AuthError, NotSetUpError, RetryError, ThrottleError
from core.models import Shop, SyncRun, SyncState
from core.security.envelope import KeyRing
from core.sync.budget import LONGEST_WAIT, hold_back
from core.sync.lease import Lease, Wanted, claim, fenced_update, owner_name
from core.sync.progress import share_done
from core.sync.shops import find_shop, open_adapter
from core.sync.steps import Step, fetched_ahead, reported_by
from core.sync.windows import Cursor, first_start, next_window

MAX_RETRIES = 5
BATCH = 300
"""Records per transaction: pages are small, and a commit writes every index page it touched."""
log = logging.getLogger("opsgraph.sync")


@dataclass(frozen=True)
class Progress:
    """How far a running pull is. `done` goes from 0 to 1."""

    shop: str
    stream: str
    done: float
    seen: int
    quarantined: int


@dataclass
class RunReport:
    """What a run came to, as the run log shows it."""

    shop_id: int
    stream: str
    status: str = "running"
    outcome: Outcome = field(default_factory=Outcome)
    requests: int = 0
    retries: int = 0
    reported: int | None = None
    lost: int = 0
    start: datetime | None = None
    end: datetime | None = None
    error: OpsgraphError | None = None
    retry_at: datetime | None = None

    @property
    def failed(self) -> bool:
        """Whether something is wrong: a stream that nobody has set up is not."""
        return self.error is not None and self.status != "not_set_up"


@dataclass
class SyncEngine:
    """Everything a pull needs; one per process."""

    db: Database
    keys: KeyRing
    marketplaces: Mapping[str, Marketplace]
    rollups: tuple[Rollup, ...]
    lease_seconds: float = 60.0
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    on_progress: Callable[[Progress], None] = lambda progress: None
    pause: float = 0.5

    async def run_next(self, wanted: Wanted, since: datetime | None = None) -> RunReport | None:
        """Claim the stream that has waited longest and pull it; None when nothing is due."""
        now, owner = self.clock(), owner_name()
        lease = await self.db.system(
            lambda session: claim(session, wanted, owner, now, self.lease_seconds)
        )
        return None if lease is None else await _Run(self, lease, since).execute()


class _Run:
    """One pull of one stream under one lease."""

    def __init__(self, engine: SyncEngine, lease: Lease, since: datetime | None) -> None:
        self.engine = engine
        self.lease = lease
        self.since = since
        self.report = RunReport(lease.shop_id, lease.stream)
        self.cursor = Cursor()

    async def execute(self) -> RunReport:
        report = self.report
        try:
            await self._try()
            await self.engine.db.run(self.lease.merchant_id, self._finish)
        except LeaseLostError as error:
            report.status, report.error = "interrupted", error
        return report

    async def _try(self) -> None:
        report = self.report
        try:
            await self._pull()
            report.status = "incomplete" if self._lost_something() else "succeeded"
        except LeaseLostError:
            raise
        except NotSetUpError as error:
            report.status, report.error = "not_set_up", error
        except OpsgraphError as error:
            report.status, report.error = "failed", error
        except Exception as error:  # an adapter's bug fails its run, and is not tried on and on
            log.exception("Pulling %s of shop %s failed", report.stream, report.shop_id)
            report.status = "failed"
            report.error = OpsgraphError(f"{type(error).__name__}: the worker's log says more.")

    def _lost_something(self) -> bool:
        return bool(self.report.outcome.quarantined or self.report.lost)

    async def _pull(self) -> None:
        shop, state = await self.engine.db.read(self.lease.merchant_id, self._load)
        marketplace = self.engine.marketplaces.get(shop.marketplace)
        if marketplace is None:
            raise OpsgraphError(
                f"Shop {shop.name!r} is on {shop.marketplace}, whose plugin is not installed."
            )
        try:
            self.shop, self.stream = shop, marketplace.stream(self.lease.stream)
        except KeyError as error:
            raise OpsgraphError(f"{error.args[0]}.") from None
        self.mapping_version = marketplace.mapping_version
        self.cursor, self.complete = Cursor.load(state.cursor), state.synced_through
        if self.since is not None:
            self.cursor = self.cursor.back_to(self.since + self.stream.overlap)
        async with open_adapter(
            self.engine.db, self.engine.keys, marketplace, shop, self.engine.clock
        ) as adapter:
            self.stop = self.engine.clock()
            self.start = first_start(self.stream, self.cursor, self.stop, self._retention())
            self.report.start, self.report.end = self.start, self.stop
            await self._read_all(adapter)

    def _load(self, session: MerchantSession) -> tuple[Shop, SyncState]:
        shop = find_shop(session, self.lease.shop_id)
        state = session.scalars(
            select(SyncState).where(
                SyncState.shop_id == shop.id, SyncState.stream == self.lease.stream
            )
        ).one()
        session.expunge_all()
        return shop, state

    async def _read_all(self, adapter: Adapter) -> None:
        """Read to the end of the stream, beginning again after the last stored page on errors."""
        failures = 0
        while True:
            stored = self.report.requests
            try:
                seconds = self.engine.lease_seconds / 3
                ahead = fetched_ahead(self._steps(adapter), self._prolong, seconds)
                async with aclosing(ahead) as steps:
                    await self._store_all(steps)
                return
            except RetryError as error:
                is_on = error.has_progress or self.report.requests > stored
                failures = 1 if is_on else failures + 1
                await self._wait(error, failures)

    async def _store_all(self, steps: AsyncIterator[Step]) -> None:
        """Store steps in batches; whatever was read before an error is stored as well.

        Hours of windows may be empty: they are stored in time to keep the lease.
        """
        waiting: list[Step] = []
        records, stored = 0, time.monotonic()
        try:
            async for step in steps:
                waiting.append(step)
                records += len(step.page.items)
                if records >= BATCH or time.monotonic() - stored > self.engine.lease_seconds / 3:
                    ready, waiting, records = waiting, [], 0
                    await self._store(ready)
                    stored = time.monotonic()
        finally:
            if waiting:
                await self._store(waiting)

    async def _steps(self, adapter: Adapter) -> AsyncGenerator[Step, None]:
        """Every page from the cursor to now, each with the cursor that it leaves behind."""
        cursor, window = self.cursor, self._first_window()
        while window is not None:
            if cursor.window != window:
                cursor = cursor.begin(window)
            async for page in adapter.pull(self.stream.name, window, cursor.resume):
                step = Step.make(page, cursor)
                cursor = step.cursor
                yield step
                if page.resume is None:
                    break
            if cursor.window == window:  # the adapter's pages ended without saying so
                step = Step.make(Page((), None, requests=0), cursor)
                cursor = step.cursor
                yield step
            window = self._after(window, self.stop)

    def _first_window(self) -> Window | None:
        window = self.cursor.window
        if window is not None and window.end > self.start:  # else the platform keeps it no more
            return window  # it was being read when the last attempt ended
        done = self.cursor.through
        start = done if done is not None and self.report.requests else self.start
        return next_window(self.stream, start, self.stop)

    def _after(self, window: Window, stop: datetime) -> Window | None:
        if self.stream.kind is StreamKind.FULL_SCAN:
            return None
        return next_window(self.stream, window.end, stop)

    def _retention(self) -> timedelta | None:
        days = self.shop.config.get("retention_days")
        if isinstance(days, dict):
            days = days.get(self.stream.name)
        return self.stream.retention if days is None else timedelta(days=days)

    async def _wait(self, error: RetryError, failures: int) -> None:
        asked = error.retry_after if isinstance(error, ThrottleError) else None
        if asked:
            await self._hold_back(asked)
        pause = asked if asked is not None else self.engine.pause * 2 ** (failures - 1)
        if failures > MAX_RETRIES or pause > LONGEST_WAIT:
            if asked is not None:
                self.report.retry_at = self.engine.clock() + timedelta(seconds=pause)
            raise error
        self.report.retries += 1
        await self._note_wait(error.code, self.engine.clock() + timedelta(seconds=pause))
        await anyio.sleep(pause)
        await self._prolong()

    async def _note_wait(self, code: str, until: datetime) -> None:
        """Tell those who follow the run why nothing happens."""

        def note(session: MerchantSession) -> None:
            fenced_update(session, self.lease, self.engine.clock())
            run = self._run_row(session)
            run.retries, run.waiting_for, run.waiting_until = self.report.retries, code, until

        await self.engine.db.run(self.lease.merchant_id, note)

    async def _hold_back(self, seconds: float) -> None:
        """Keep every worker away from the shop, or its app, for as long as the platform said."""
        budget, until = self.shop.budget, time.time() + seconds
        await self.engine.db.system(lambda session: hold_back(session, budget, until))

    async def _prolong(self) -> None:
        """Keep the lease while the platform is slow; LeaseLostError if it is another's."""
        await self.engine.db.run(
            self.lease.merchant_id,
            lambda session: fenced_update(session, self.lease, self.engine.clock()),
        )

    async def _store(self, steps: list[Step]) -> None:
        outcome = await self.engine.db.run(
            self.lease.merchant_id, lambda session: self._commit(session, steps)
        )
        report = self.report
        report.outcome.add(outcome)
        report.requests += sum(step.page.requests for step in steps)
        report.lost += sum(step.lost for step in steps)
        if (reported := reported_by(steps)) is not None:
            report.reported = (report.reported or 0) + reported
        self.cursor = steps[-1].cursor
        self.engine.on_progress(self._progress())

    def _commit(self, session: MerchantSession, steps: list[Step]) -> Outcome:
        """One transaction: fence, rows, rollups, outbox, cursor, run counts."""
        now, cursor = self.engine.clock(), steps[-1].cursor
        values: dict[str, Any] = {"cursor": cursor.dump()}
        if cursor.through is not None:
            # Reading the past again (`--since`) makes nothing less complete than it was.
            values["synced_through"] = max(cursor.through, self.complete or cursor.through)
        fenced_update(session, self.lease, now, **values)
        shared(session)
        zone = ZoneInfo(self.shop.time_zone)
        place = Place(self.lease.merchant_id, self.shop.id, zone, now.astimezone(zone).date())
        batch = Batch(place, self.stream.name, self.mapping_version, self.engine.rollups, now)
        outcome = ingest_page(session, batch, [item for step in steps for item in step.page.items])
        self._count(session, steps, outcome)
        return outcome

    def _note_progress(self, run: SyncRun, cursor: Cursor) -> None:
        """What those who follow the run see (`core.sync.progress`)."""
        run.window_start, run.window_end = self.start, self.stop
        run.share = share_done(cursor, self.start, self.stop)
        run.waiting_for = run.waiting_until = None

    def _count(self, session: MerchantSession, steps: list[Step], outcome: Outcome) -> None:
        run = self._run_row(session)
        run.requests += sum(step.page.requests for step in steps)
        run.seen += outcome.seen
        run.changed += outcome.changed
        run.unchanged += outcome.unchanged
        run.quarantined += outcome.quarantined
        if (reported := reported_by(steps)) is not None:
            run.reported = (run.reported or 0) + reported
        run.unknown = {
            word: run.unknown.get(word, 0) + outcome.unknown.get(word, 0)
            for word in run.unknown.keys() | outcome.unknown.keys()
        }
        self._note_progress(run, steps[-1].cursor)

    def _run_row(self, session: MerchantSession) -> SyncRun:
        return session.scalars(select(SyncRun).where(SyncRun.id == self.lease.run_id)).one()

    def _progress(self) -> Progress:
        report = self.report
        done = share_done(self.cursor, self.start, self.stop) or 0.0
        return Progress(
            self.shop.name,
            self.stream.name,
            done,
            report.outcome.seen,
            report.outcome.quarantined,
        )

    def _finish(self, session: MerchantSession) -> None:
        """Close the run, give the lease back, and say when the stream is due again."""
        now, report = self.engine.clock(), self.report
        values: dict[str, Any] = {"lease_owner": None, "lease_until": None}
        if report.error is None or report.status == "not_set_up":
            values |= {
                "due_at": now + self.stream.every,
                "attempts": 0,
                "last_error_code": report.error and report.error.code,
                "last_error": report.error and report.error.message,
            }
            values |= {} if report.error else {"last_success_at": now}
        else:
            values |= self._failure(session, now)
        # Who asked for a pull meanwhile gets another: this one may have looked already.
        due_at = col(SyncState.due_at)
        values["due_at"] = case((due_at != self.lease.due_at, due_at), else_=values["due_at"])
        fenced_update(session, self.lease, now, **values)
        run = self._run_row(session)
        run.status, run.finished_at, run.retries = report.status, now, report.retries
        run.window_start, run.window_end = report.start, report.end
        run.waiting_for = run.waiting_until = None
        if report.error is None:
            run.share = 1.0  # platforms that hold back the last minutes leave a rest of the span
        if report.error is not None:
            run.error_code, run.error = report.error.code, report.error.message
        elif report.lost:
            run.error_code = "COUNT_MISMATCH"
            run.error = f"The platform counted {report.lost} more records than it sent."

    def _failure(self, session: MerchantSession, now: datetime) -> dict[str, Any]:
        error = self.report.error
        assert error is not None
        state = session.scalars(
            select(SyncState).where(
                SyncState.shop_id == self.lease.shop_id, SyncState.stream == self.lease.stream
            )
        ).one()
        hours = 6 if isinstance(error, AuthError) else 1
        growing = timedelta(seconds=30) * 2 ** min(state.attempts, 16)  # more would overflow
        later = now + min(timedelta(hours=hours), growing)
        return {
            "due_at": self.report.retry_at or later,
            "attempts": state.attempts + 1,
            "last_error_code": error.code,
            "last_error": error.message,
        }
