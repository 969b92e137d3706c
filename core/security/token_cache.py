"""Tokens that were looked up a moment ago: most requests come with one of a few.

Keys are hashes of the tokens, so that this memory opens nothing. A token that another process
ends, or whose role changes, is trusted here until its entry is too old; one that this process
ends is not.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from time import monotonic

from core.security.permissions import Actor
from core.security.tokens import Admission, hash_of, was_revoked_here

LARGEST = 10_000
"""Tokens remembered at once; the one looked up longest ago makes room."""


@dataclass(frozen=True, slots=True)
class _Entry:
    admission: Admission
    too_old_at: float


class TokenCache:
    """Who the tokens of the last `seconds` stand for; 0 remembers none."""

    def __init__(self, seconds: float, clock: Callable[[], float] = monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._entries: dict[bytes, _Entry] = {}

    def find(self, secret: str, now: datetime) -> Actor | None:
        """Who a token stands for; None: it must be looked up."""
        if not self._entries:
            return None
        entry = self._entries.get(hash_of(secret))
        if entry is None or self._clock() >= entry.too_old_at:
            return None
        actor, expires_at = entry.admission.actor, entry.admission.expires_at
        if expires_at is not None and expires_at <= now:
            return None
        return None if was_revoked_here(actor.merchant_id, actor.token_id) else actor

    def keep(self, secret: str, admission: Admission) -> None:
        """Remember a token that has just been looked up."""
        if not self._seconds:
            return
        key = hash_of(secret)
        self._entries.pop(key, None)
        self._entries[key] = _Entry(admission, self._clock() + self._seconds)
        if len(self._entries) > LARGEST:
            self._entries.pop(next(iter(self._entries)), None)
