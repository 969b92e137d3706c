"""Renews a shop's tokens once for all calls that want it together."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import anyio

TOKEN_ENDS, AUTHORIZATION_ENDS = "expires_at", "refresh_expires_at"
"""Names among the credentials for when the tokens end; they are no secrets."""
PATIENCE = 30.0
"""Seconds that the end of a run waits for a renewal."""


class Renewal:
    """Most platforms void the old tokens when they issue new ones: two renewals would collide."""

    def __init__(self, renew: Callable[[], Awaitable[None]]) -> None:
        self._renew = renew
        self._running: asyncio.Future[None] | None = None

    @property
    def is_running(self) -> bool:
        """Whether one is under way."""
        return self._running is not None and not self._running.done()

    async def once(self) -> None:
        """Renew, or wait for the renewal that is under way.

        It outlives the call that wanted it: cancelled between the platform's answer and the
        saving, it would lose the only valid tokens. So who is cancelled waits for it all the same:
        the connection that it needs is closed once the run has ended.
        """
        if self._running is None or self._running.done():
            self._running = asyncio.ensure_future(self._renew())
        try:
            await asyncio.shield(self._running)
        except asyncio.CancelledError:
            with anyio.move_on_after(PATIENCE, shield=True):
                await asyncio.wait([self._running])
            raise


def ends(now: datetime, token: Any, authorization: Any = None) -> dict[str, str]:
    """When renewed tokens end, as credentials, from the seconds that they live.

    What the platform does not tell is empty, so that it replaces what held for the old tokens.
    """
    return {TOKEN_ENDS: _end(now, token), AUTHORIZATION_ENDS: _end(now, authorization)}


def read_end(text: str) -> datetime | None:
    """The moment that a credential holds, in seconds or milliseconds since 1970."""
    if not text.isdecimal() or len(text) not in (10, 13):
        return None
    return datetime.fromtimestamp(int(text[:10]), UTC)


def _end(now: datetime, seconds: Any) -> str:
    """Platforms write numbers as texts too; what ends at once was not told."""
    text = str(seconds)
    lasts = int(text) if text.isdecimal() and len(text) <= 10 else 0
    return f"{(now + timedelta(seconds=lasts)).timestamp():.0f}" if lasts else ""
