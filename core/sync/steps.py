"""Pages on their way from the platform to the database, fetched ahead of what is stored."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass

from core.marketplace.contract import Page
from core.sync.windows import Cursor

AHEAD = 8
"""Pages fetched and mapped while earlier ones are stored."""


@dataclass(frozen=True)
class Step:
    """A page, the cursor it leaves behind, and of a window it finishes the platform's count.

    reported: rows of the finished window by that count. lost: how many of them never came.
    """

    page: Page
    cursor: Cursor
    reported: int | None
    lost: int

    @classmethod
    def make(cls, page: Page, before: Cursor) -> "Step":
        """The step that a page is, read from where the cursor stood before."""
        after = before.advance(len(page.items), page.reported, page.resume)
        reported = page.reported if page.reported is not None else before.reported
        if page.resume is not None or reported is None:
            return cls(page, after, None, 0)
        return cls(page, after, reported, max(0, reported - before.seen - len(page.items)))


def reported_by(steps: list[Step]) -> int | None:
    """Rows of the windows that these steps finish, as the platform counts them."""
    counts = [step.reported for step in steps if step.reported is not None]
    return sum(counts) if counts else None


async def fetched_ahead(
    steps: AsyncGenerator[Step, None], prolong: Callable[[], Awaitable[None]], seconds: float
) -> AsyncGenerator[Step, None]:
    """The same steps, the next ones being fetched while the current one is used.

    While a step takes long, the lease is prolonged every so many `seconds`. An error comes after
    the steps that were fetched before it.
    """
    queue: asyncio.Queue[Step] = asyncio.Queue(AHEAD)

    async def fetch() -> None:
        async for step in steps:
            await queue.put(step)

    fetching = asyncio.create_task(fetch())
    taking = asyncio.create_task(queue.get())
    try:
        while not fetching.done() or not queue.empty() or taking.done():
            if taking.done():
                step, taking = taking.result(), asyncio.create_task(queue.get())
                yield step
                continue
            awaited = {taking} if fetching.done() else {taking, fetching}
            ready, _ = await asyncio.wait(
                awaited, timeout=seconds, return_when=asyncio.FIRST_COMPLETED
            )
            if not ready:
                await prolong()
        fetching.result()
    finally:
        for task in (fetching, taking):
            task.cancel()
        await asyncio.gather(fetching, taking, return_exceptions=True)
        await steps.aclose()
