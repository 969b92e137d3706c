"""Connections to PostgreSQL that remember which merchant they are set to.

asyncpg's own pool says RESET ALL whenever a connection comes back, so every read would set its
merchant anew. Here a connection keeps its merchant, and this is what makes that safe: it is lent
to one read at a time; it comes back only from a read that ended well; whoever has any doubt about
it drops it instead. A pool belongs to one event loop.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from core.errors import OverloadedError


@dataclass(eq=False, slots=True)
class Link:
    """A connection, and the merchant it is set to; None: nobody knows."""

    connection: Any
    merchant_id: int | None = None

    def is_lost(self) -> bool:
        """Whether the server or the network has ended it."""
        return bool(self.connection.is_closed())

    def end(self) -> None:
        """Close it without waiting; the server notices by itself and ends what was running."""
        with suppress(RuntimeError):  # its event loop may be closed
            self.connection.terminate()


class Pool:
    """At most `size` links. Who finds none waits in line, for `wait_seconds` at the most."""

    def __init__(
        self, connect: Callable[[], Awaitable[Link]], *, size: int, wait_seconds: float
    ) -> None:
        self._connect = connect
        self._wait_seconds = wait_seconds
        self._places = size  # connections that may still be opened
        self._links: set[Link] = set()
        self._idle: list[Link] = []  # the one idle longest is the first
        self._line: deque[asyncio.Future[Link | None]] = deque()
        self._is_closed = False

    async def take(self, merchant_id: int) -> Link:
        """A link for one read: set to this merchant already, or new, or the one idle longest.

        OverloadedError if none came free in time.
        """
        while (link := self._choose(merchant_id)) is not None:
            if not link.is_lost():
                return link
            self._links.discard(link)
            self._places += 1
        if not self._places:
            return await self._wait() or await self._open()
        self._places -= 1
        return await self._open()

    def give_back(self, link: Link) -> None:
        """Whoever stands first in line gets it, whatever merchant it is set to."""
        if link.is_lost():
            self.drop(link)
        elif link in self._links:
            self._pass_on(link)

    def drop(self, link: Link) -> None:
        """End a link that nobody may use again; another one may be opened in its place."""
        link.end()
        if link in self._links:
            self._links.discard(link)
            self._pass_on(None)

    def close(self) -> None:
        """End all links, also those that are lent."""
        self._is_closed = True
        for link in self._links:
            link.end()
        self._links.clear()
        self._idle.clear()
        while (waiter := self._next_in_line()) is not None:
            waiter.set_exception(_closed())

    def _choose(self, merchant_id: int) -> Link | None:
        for place in range(len(self._idle) - 1, -1, -1):
            if self._idle[place].merchant_id == merchant_id:
                return self._idle.pop(place)
        return self._idle.pop(0) if self._idle and not self._places else None

    async def _open(self) -> Link:
        """Fill a place that the caller has taken; if the caller leaves, others get the link."""
        opening = asyncio.ensure_future(self._connect())
        try:
            return self._admit(await asyncio.shield(opening))
        except asyncio.CancelledError:
            opening.add_done_callback(self._pass_on_late)
            raise
        except BaseException:
            self._pass_on(None)
            raise

    def _pass_on_late(self, opening: asyncio.Future[Link]) -> None:
        if opening.cancelled() or opening.exception() is not None:
            self._pass_on(None)
        else:
            with suppress(OverloadedError):
                self._pass_on(self._admit(opening.result()))

    def _admit(self, link: Link) -> Link:
        if self._is_closed:
            link.end()
            raise _closed()
        self._links.add(link)
        return link

    async def _wait(self) -> Link | None:
        """A link, or None for a place where one may be opened."""
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[Link | None] = loop.create_future()
        self._line.append(waiter)
        timer = loop.call_later(self._wait_seconds, _give_up, waiter)
        try:
            return await waiter
        except BaseException:
            if waiter in self._line:
                self._line.remove(waiter)
            if not waiter.cancelled() and waiter.exception() is None:
                self._pass_on(waiter.result())  # it came in the very moment of a cancellation
            raise
        finally:
            timer.cancel()

    def _pass_on(self, link: Link | None) -> None:
        waiter = self._next_in_line()
        if waiter is not None:
            waiter.set_result(link)
        elif link is not None:
            self._idle.append(link)
        else:
            self._places += 1

    def _next_in_line(self) -> asyncio.Future[Link | None] | None:
        while self._line:
            waiter = self._line.popleft()
            if not waiter.done():
                return waiter
        return None


def _closed() -> OverloadedError:
    return OverloadedError("The gateway is about to stop.")


def _give_up(waiter: asyncio.Future[Link | None]) -> None:
    if not waiter.done():
        waiter.set_exception(
            OverloadedError("All connections for reading are busy. Ask again in a moment.")
        )
