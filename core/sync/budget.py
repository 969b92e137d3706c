"""How often one shop may be asked: a token bucket, waited for before each request.

A shop has one leaseholder at a time, so a bucket in this process is the shop's whole budget.
"""

import time
from collections.abc import Callable

import anyio
import httpx


class Budget:
    """`rate` requests per second on average, `rate` at once at most (and at least one)."""

    def __init__(self, rate: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._capacity = max(1.0, rate)
        self._tokens = self._capacity
        self._clock = clock
        self._filled_at = clock()

    def reserve(self) -> float:
        """Take one token; returns how many seconds to wait before using it."""
        now = self._clock()
        self._tokens += (now - self._filled_at) * self._rate
        self._tokens = min(self._tokens, self._capacity)
        self._filled_at = now
        self._tokens -= 1
        return max(0.0, -self._tokens / self._rate)

    async def wait(self, request: httpx.Request) -> None:
        """Hook of the HTTP client: hold the request back until the budget allows it."""
        pause = self.reserve()
        if pause:
            await anyio.sleep(pause)
