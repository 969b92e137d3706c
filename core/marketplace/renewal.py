"""Renews a shop's tokens once for all calls that want it together."""

import asyncio
from collections.abc import Awaitable, Callable


class Renewal:
    """Most platforms void the old tokens when they issue new ones: two renewals would collide."""

    def __init__(self, renew: Callable[[], Awaitable[None]]) -> None:
        self._renew = renew
        self._running: asyncio.Future[None] | None = None

    async def once(self) -> None:
        """Renew, or wait for the renewal that is under way.

        It outlives the call that wanted it: cancelled between the platform's answer and the
        saving, it would lose the only valid tokens.
        """
        if self._running is None or self._running.done():
            self._running = asyncio.ensure_future(self._renew())
        await asyncio.shield(self._running)
