"""Tokens are renewed once for all who want it, to the end; and when they end."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from core.marketplace.renewal import Renewal, ends, read_end

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
SECOND = 1_795_176_000


@pytest.mark.parametrize(
    ("seconds", "end"),
    [(60, str(SECOND + 60)), ("60", str(SECOND + 60)), (0, ""), (None, ""), ("soon", ""), (-5, "")],
)
def test_ends(seconds: Any, end: str) -> None:
    """Seconds to live become a moment; what was not told replaces what held before."""
    assert {"expires_at": end, "refresh_expires_at": end} == ends(NOW, seconds, seconds)


@pytest.mark.parametrize(
    ("text", "end"),
    [(str(SECOND), NOW), (f"{SECOND}000", NOW), ("", None), ("12", None), ("tomorrow!!", None)],
)
def test_read_end(text: str, end: datetime | None) -> None:
    """Seconds or milliseconds since 1970, whichever the platform writes."""
    assert end == read_end(text)


@pytest.mark.anyio
@pytest.mark.parametrize("scope", ["task", "anyio"])
async def test_a_run_that_gives_up_waits_for_its_renewal(scope: str) -> None:
    """What the platform has issued is saved before the run's connection is closed."""
    steps: list[str] = []
    asked, answered = asyncio.Event(), asyncio.Event()

    async def renew() -> None:
        asked.set()
        await answered.wait()
        steps.append("saved")

    async def run() -> None:
        try:
            await Renewal(renew).once()
        finally:
            steps.append("closed")

    async def give_up() -> None:
        await asked.wait()
        running.cancel()
        await anyio.sleep(0.01)
        answered.set()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(give_up)
        if scope == "anyio":
            with anyio.CancelScope() as running:
                await run()
        else:
            running = asyncio.ensure_future(run())
            await asyncio.wait([running])

    assert ["saved", "closed"] == steps


@pytest.mark.anyio
async def test_renewed_once_for_all() -> None:
    """Calls that fail together share one renewal; a later one begins another."""
    count = 0

    async def renew() -> None:
        nonlocal count
        count += 1
        await anyio.lowlevel.checkpoint()

    renewal = Renewal(renew)
    await asyncio.gather(*(renewal.once() for _ in range(5)))
    together = count
    await renewal.once()

    assert (1, 2) == (together, count)
