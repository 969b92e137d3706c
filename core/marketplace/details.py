"""Fetches what lists leave out, call by call, and none of it twice.

A page of a hundred rows may take a hundred calls more. When one of them fails, the page is asked
for again; what came before is remembered until then, so that a platform that fails now and then
can't keep a page from ever being complete.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Iterator, Mapping
from typing import Any, Generic, TypeVar

from core.marketplace.errors import RetryError

Key = TypeVar("Key", bound=Hashable)
Found = TypeVar("Found")


class Details(Generic[Key, Found]):
    """Completes the rows of a stream's pages; an adapter keeps one for each stream.

    fetch: asks the platform about one row; what it raises fails the page, so a refusal of a
    single row should be returned. at_once: calls that may be under way together.
    """

    def __init__(self, fetch: Callable[[Any], Awaitable[Found]], at_once: int = 1) -> None:
        self._fetch = fetch
        self._at_once = at_once
        self._found: dict[Key, Found] = {}

    async def of(self, wanted: Mapping[Key, Any]) -> dict[Key, Found]:
        """What `fetch` tells of every row, under the row's own key.

        wanted: the rows of a page; keys should hold the row as the list shows it, so that a row
        that changes is asked for anew. Raises the first error, which says `has_progress` if some
        rows were completed meanwhile.
        """
        self._found = {key: self._found[key] for key in wanted if key in self._found}
        before = len(self._found)
        try:
            await self._fetch_all([each for each in wanted.items() if each[0] not in self._found])
        except RetryError as failure:
            failure.has_progress = len(self._found) > before
            raise
        return dict(self._found)

    async def _fetch_all(self, waiting: list[tuple[Key, Any]]) -> None:
        """In the order of the rows; the first error stops them all."""
        rows = iter(waiting)
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(min(self._at_once, len(waiting))):
                    group.create_task(self._work(rows))
        except BaseExceptionGroup as failures:
            raise failures.exceptions[0] from None

    async def _work(self, rows: Iterator[tuple[Key, Any]]) -> None:
        for key, row in rows:
            self._found[key] = await self._fetch(row)
