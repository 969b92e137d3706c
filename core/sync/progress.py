"""How far pulls are: read once a second for all who follow, whichever process does the pulling.

A worker notes its progress on the run's row with every page it stores (`core.sync.engine`), so the
database is the only channel. `ProgressFeed` reads it in one statement per process, however many
follow, and none while nobody does.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import groupby
from typing import Any

import anyio
from sqlalchemy import and_
from sqlalchemy.orm import Session
from sqlmodel import col, select

from core.db import Database
from core.models import SyncRun, SyncState
from core.sync.windows import Cursor

SECONDS = 1.0
"""Between two looks at the database."""
EARLY = 0.02
"""Part of a run before which nobody can tell how long the rest takes."""
log = logging.getLogger("opsgraph.progress")


@dataclass(frozen=True)
class RunNow:
    """A run as its row shows it. `share`: what part of it is done, None when nobody can tell."""

    merchant_id: int
    shop_id: int
    stream: str
    id: int
    status: str
    started_at: datetime
    finished_at: datetime | None
    window_start: datetime | None
    window_end: datetime | None
    requests: int
    retries: int
    seen: int
    changed: int
    quarantined: int
    reported: int | None
    share: float | None
    waiting_for: str | None
    waiting_until: datetime | None
    error_code: str | None
    error: str | None

    def remaining(self, now: datetime) -> timedelta | None:
        """How long the rest takes if it goes on like this; None when nobody can tell."""
        if self.status != "running" or self.share is None or self.share < EARLY:
            return None
        return (now - self.started_at) * ((1 - self.share) / self.share)


@dataclass(frozen=True)
class StreamNow:
    """One stream of one shop. runs: its newest two, the newest last."""

    merchant_id: int
    shop_id: int
    stream: str
    synced_through: datetime | None
    due_at: datetime
    runs: tuple[RunNow, ...]

    @property
    def run(self) -> RunNow | None:
        """The newest run; None before the first."""
        return self.runs[-1] if self.runs else None


class Kind(StrEnum):
    """What there is to tell about a stream."""

    STATE = "state"
    STARTED = "started"
    STORED = "stored"
    WAITING = "waiting"
    ENDED = "ended"


@dataclass(frozen=True)
class Event:
    """Something that happened to a run; without one: a stream that was never pulled."""

    kind: Kind
    stream: StreamNow
    run: RunNow | None
    at: datetime


def share_done(cursor: Cursor, start: datetime, end: datetime) -> float | None:
    """What part of the span from start to end is stored, from 0 to 1.

    Within a window only the platform's count tells how far it is; a window that is the whole span
    and has none cannot be told.
    """
    at, window = cursor.through or start, cursor.window
    if window is not None:
        part = min(1.0, cursor.seen / cursor.reported) if cursor.reported else None
        if part is None and window.start <= start and window.end >= end:
            return None
        at = window.start + (window.end - window.start) * (part or 0.0)
    span = (end - start).total_seconds()
    return min(1.0, max(0.0, (at - start).total_seconds() / span)) if span > 0 else 1.0


_RUN = tuple(RunNow.__dataclass_fields__)
_STREAM = ("merchant_id", "shop_id", "stream", "synced_through", "due_at")


def newest_streams(session: Session, merchants: Collection[int] | None = None) -> list[StreamNow]:
    """Every stream with its two newest runs, of these merchants or of all, in one statement.

    Two, because a run may end and the next one begin between two looks.
    """
    # Epochs grow by one with every run, and an index leads to them.
    newest = and_(
        col(SyncRun.merchant_id) == SyncState.merchant_id,
        col(SyncRun.shop_id) == SyncState.shop_id,
        col(SyncRun.stream) == SyncState.stream,
        col(SyncRun.epoch) > SyncState.epoch - 2,
    )
    columns: list[Any] = [getattr(SyncState, name) for name in _STREAM]
    columns += [getattr(SyncRun, name).label(f"run_{name}") for name in _RUN]
    query = select(*columns).outerjoin_from(SyncState, SyncRun, newest)
    if merchants is not None:
        query = query.where(col(SyncState.merchant_id).in_(merchants))
    order = (SyncState.merchant_id, SyncState.shop_id, SyncState.stream, SyncRun.epoch)
    rows = session.execute(query.order_by(*map(col, order))).all()
    return [
        _stream(key, tuple(same))
        for key, same in groupby(rows, key=lambda row: tuple(row[: len(_STREAM)]))
    ]


def _stream(key: tuple[Any, ...], rows: Sequence[Any]) -> StreamNow:
    """A stream from the rows of a join, whose columns of the run are null where there is none."""
    skip = len(_STREAM)
    runs = tuple(RunNow(*row[skip:]) for row in rows if row[skip] is not None)
    merchant_id, shop_id, stream, synced_through, due_at = key
    return StreamNow(merchant_id, shop_id, stream, synced_through, due_at, runs)


def newest_runs(session: Session) -> list[RunNow]:
    """The newest run of every stream that has one."""
    return [each.run for each in newest_streams(session) if each.run is not None]


class Follower:
    """Turns what the rows show now into what has happened since the last look."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, str], dict[int, RunNow]] = {}

    def events(self, streams: Iterable[StreamNow], now: datetime) -> list[Event]:
        """What is new. Of a stream that was not there before, how it stands."""
        found: list[Event] = []
        for stream in streams:
            key = (stream.shop_id, stream.stream)
            known = self._known.get(key)
            self._known[key] = {run.id: run for run in stream.runs}
            if known is None:
                found.append(Event(Kind.STATE, stream, stream.run, now))
                continue
            for run in stream.runs:
                kinds = _kinds(known.get(run.id), run)
                found += [Event(kind, stream, run, now) for kind in kinds]
        return found


def _kinds(before: RunNow | None, now: RunNow) -> Sequence[Kind]:
    if before is None:
        return (Kind.STARTED,) if now.status == "running" else (Kind.STARTED, Kind.ENDED)
    if before == now or before.status != "running":
        return ()
    if now.status != "running":
        return (Kind.ENDED,)
    if now.waiting_for is not None and before.waiting_until != now.waiting_until:
        return (Kind.WAITING,)
    return (Kind.STORED,)


class ProgressFeed:
    """Reads the progress of those merchants whom somebody follows; one per process."""

    def __init__(
        self,
        db: Database,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        seconds: float = SECONDS,
    ) -> None:
        self._db, self._clock, self._seconds = db, clock, seconds
        self._followed: Counter[int] = Counter()
        self._latest: dict[int, list[StreamNow]] = {}
        self._looked, self._wanted = asyncio.Event(), asyncio.Event()
        self._reading: asyncio.Task[None] | None = None
        self._looking = anyio.Lock()

    async def follow(
        self, merchant_id: int, shop_id: int | None = None, stream: str | None = None
    ) -> AsyncGenerator[Event, None]:
        """Events of a merchant's streams, for ever: first how each stands, then what happens.

        Whoever follows slowly misses steps in between, never the last one.
        """
        follower = Follower()
        self._begin(merchant_id)
        try:
            while True:
                looked = self._looked
                streams = self._latest.get(merchant_id, [])
                chosen = _chosen(streams, shop_id, stream)
                for event in follower.events(chosen, self._clock()):
                    yield event
                await looked.wait()
        finally:
            self._end(merchant_id)
            if not self._followed:
                await self._settle()

    def _begin(self, merchant_id: int) -> None:
        self._followed[merchant_id] += 1
        self._wanted.set()
        if self._reading is None or self._reading.done():
            self._reading = asyncio.create_task(self._read())

    def _end(self, merchant_id: int) -> None:
        self._followed[merchant_id] -= 1
        if not self._followed[merchant_id]:
            del self._followed[merchant_id]
            self._latest.pop(merchant_id, None)
            self._wanted.set()

    async def _read(self) -> None:
        """Look again and again, as long as somebody follows; then it ends by itself."""
        while self._followed:
            self._wanted.clear()
            try:
                await self._look()
            except Exception:  # the database may be away for a moment
                log.exception("The progress of pulls could not be read; trying again")
            looked, self._looked = self._looked, asyncio.Event()
            looked.set()
            try:
                async with asyncio.timeout(self._seconds):
                    await self._change()
            except TimeoutError:
                pass

    async def _look(self) -> None:
        merchants = list(self._followed)
        async with self._looking:
            streams = await self._db.system(
                lambda session: newest_streams(session, merchants), write=False
            )
        found = {key: list(same) for key, same in groupby(streams, lambda each: each.merchant_id)}
        self._latest = {key: found.get(key, []) for key in self._followed}

    async def _settle(self) -> None:
        """Let a look come to its end: a loop that closes would leave its connection behind."""
        with anyio.CancelScope(shield=True):
            async with self._looking:
                pass

    async def _change(self) -> None:
        """Wait until somebody follows a merchant whom nobody followed before, or the last goes."""
        while self._followed and self._followed.keys() <= self._latest.keys():
            self._wanted.clear()
            await self._wanted.wait()


def _chosen(
    streams: Iterable[StreamNow], shop_id: int | None, name: str | None
) -> Iterable[StreamNow]:
    return (
        each for each in streams if shop_id in (None, each.shop_id) and name in (None, each.stream)
    )
