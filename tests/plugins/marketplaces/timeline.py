"""Time as a test needs it to see how often somebody asks: it passes only while all wait for it."""

import heapq
from asyncio import Event, sleep
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import count

import anyio
import httpx

QUIET = 30
"""Turns of the event loop after which nobody is busy who is not known to be."""


class Timeline:
    """A clock for several workers of one event loop, and what lets them sleep by it."""

    def __init__(self, start: datetime) -> None:
        self.now = start.timestamp()
        self._sleepers: list[tuple[float, int, Event]] = []
        self._numbers = count()
        self._busy = 0

    def __call__(self) -> datetime:
        """The moment, for sandboxes and adapters."""
        return datetime.fromtimestamp(self.now, UTC)

    def seconds(self) -> float:
        """The moment, for budgets."""
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Return that much later."""
        woken = Event()
        heapq.heappush(self._sleepers, (self.now + seconds, next(self._numbers), woken))
        await woken.wait()

    @asynccontextmanager
    async def busy(self) -> AsyncIterator[None]:
        """Time stands still in this block: a database or a socket is at work."""
        self._busy += 1
        try:
            yield
        finally:
            self._busy -= 1

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Time passes in this block."""
        async with anyio.create_task_group() as group:
            group.start_soon(self._run)
            yield
            group.cancel_scope.cancel()

    async def _run(self) -> None:
        while True:
            await self._quiet()
            if self._sleepers:
                self.now, _, woken = heapq.heappop(self._sleepers)
                woken.set()

    async def _quiet(self) -> None:
        turns = 0
        while turns < QUIET:
            turns = 0 if self._busy else turns + 1
            await sleep(0.001 if self._busy else 0)


class Wire(httpx.AsyncHTTPTransport):
    """HTTP whose answers take `latency` seconds of a timeline; it notes when each call was sent."""

    def __init__(self, timeline: Timeline, latency: float) -> None:
        super().__init__()
        self._timeline, self._latency = timeline, latency
        self.calls: list[float] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.calls.append(self._timeline.now)
        async with self._timeline.busy():
            response = await super().handle_async_request(request)
            await response.aread()
        await self._timeline.sleep(self._latency)
        return response
