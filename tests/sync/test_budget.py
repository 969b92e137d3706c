"""The budget of a shop: so many requests a second, and no more at once."""

import time
from dataclasses import dataclass

import httpx
import pytest

from core.sync.budget import Budget


@dataclass
class Seconds:
    """A clock for tests."""

    now: float = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("rate", "expected"),
    [(2, [0, 0, 0.5, 1.0]), (1, [0, 1, 2, 3]), (0.5, [0, 2, 4, 6])],
)
def test_burst(rate: float, expected: list[float]) -> None:
    """What a second allows may be asked at once; every further request waits its turn."""
    budget = Budget(rate, Seconds())

    assert expected == [budget.reserve() for _ in range(4)]


def test_rest_fills_the_budget() -> None:
    """A shop that rested may be asked again at once, and no more often for resting longer."""
    clock = Seconds()
    budget = Budget(2, clock)
    for _ in range(4):
        budget.reserve()

    clock.now += 3600

    assert [0, 0, 0.5] == [budget.reserve() for _ in range(3)]


def test_long_run_keeps_the_rate() -> None:
    """Whoever waits as told never asks more often than the rate allows."""
    clock = Seconds()
    budget = Budget(5, clock)

    for _ in range(105):
        clock.now += budget.reserve()

    assert pytest.approx(20, abs=0.01) == clock.now - 100


@pytest.mark.anyio
async def test_waits_before_the_request() -> None:
    """As a hook of the HTTP client it holds requests back, whatever the adapter does."""
    transport = httpx.MockTransport(lambda request: httpx.Response(200))
    hooks = {"request": [Budget(50).wait]}
    start = time.monotonic()

    async with httpx.AsyncClient(transport=transport, event_hooks=hooks) as client:
        for _ in range(60):
            await client.get("https://shop.example")

    assert 0.19 <= time.monotonic() - start
