"""How often a platform may be asked for one holder of a limit, by all workers on one database.

The holder is a shop, or an app that several shops of a merchant share. Its time is handed out in
stretches of up to a second: its row says up to when it is taken. Whoever holds a stretch has the
slots in it, evenly spaced, so that the database is asked once per stretch and not per request.
The clocks of the workers' machines must agree.
"""

import math
import time
from collections.abc import Awaitable, Callable

import anyio
import httpx
from sqlalchemy import case
from sqlalchemy.orm import Session

from core.db import Database
from core.db.upsert import insert_for, table_of
from core.marketplace.errors import ThrottleError
from core.models import RequestBudget

USED = 0.95
"""Part of the rate that is used. With `LATE` it keeps the calls of any second within the rate."""
LATE = 0.05
"""Seconds after its time up to which a slot may be used: no sleep ends on the dot."""
STRETCH = 1.0
"""Seconds of slots that a worker takes at most at a time; one slot at least."""
LONGEST_WAIT = 20.0
"""Seconds a worker waits with a lease in its hands; for longer it gives the lease back."""
CROWD = 5.0
"""Seconds of others' stretches before one's own, from which on everybody takes single slots."""
CAUTION = 4
"""Stretches to be used to their end, after one was not, before a longer one is taken."""
MICRO = 1_000_000
Holder = tuple[int, int]
"""Whose limit it is: a merchant, and the id of a shop or the hash of an app's key."""


class Budget:
    """`rate` requests per second for one holder, whoever asks; none while the platform says so."""

    def __init__(
        self,
        db: Database,
        holder: Holder,
        rate: float,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
    ) -> None:
        self._db, self._holder = db, holder
        self._space = 1 / (rate * USED)
        self._most = max(1, math.floor(rate * USED * STRETCH))
        self._slots, self._used, self._crowded = 0, 0, False
        self._full, self._caution = 0, 0
        self._clock, self._sleep = clock, sleep
        self._next, self._end = 0.0, 0.0
        self._lock = anyio.Lock()

    async def wait(self, request: httpx.Request) -> None:
        """Hook of the HTTP client: hold the request back until its slot.

        ThrottleError when that is too long to keep a lease for.
        """
        while True:
            async with self._lock:
                slot = await self._slot()
            pause = slot - self._clock()
            if pause > LONGEST_WAIT:
                raise ThrottleError("The platform asked all workers to wait.", retry_after=pause)
            if pause > 0:
                await self._sleep(pause)
            if self._clock() <= slot + LATE:
                return

    async def _slot(self) -> float:
        """When the next request may go; a slot that was missed is not made up for."""
        # Not the oldest slot that may still be used: it would be too old a microsecond later.
        slot = max(self._next, self._clock() - LATE / 2)
        if slot + 0.99 * self._space > self._end:  # seconds since 1970 are no exact numbers
            slot, self._end = await self._take()
        self._next = slot + self._space
        self._used += 1
        return slot

    async def _take(self) -> tuple[float, float]:
        slots, now = self._wanted(), int(self._clock() * MICRO)
        length = math.ceil(slots * self._space * MICRO)
        end = await self._db.system(lambda session: _take(session, self._holder, now, length))
        start = (end - length) / MICRO
        self._slots, self._used, self._crowded = slots, 0, start - self._clock() > CROWD
        return start, end / MICRO

    def _wanted(self) -> int:
        """How many slots to take: no more than can be used, since what is left is lost for all.

        Who used all of the last ones takes twice as many; whose answers come too slowly for that,
        half of what it used, and dares more seldom. In a crowd everybody takes one, or the last
        would give up.
        """
        if self._crowded or not self._used:
            return 1
        if self._used < self._slots:
            self._full, self._caution = 0, CAUTION
            return max(1, self._used // 2)
        self._full += 1
        if self._full <= self._caution:
            return self._slots
        self._full = 0
        return min(2 * self._slots, self._most)


def _take(session: Session, holder: Holder, now: int, length: int) -> int:
    """Take the next free stretch, in microseconds; returns its end."""
    table = table_of(RequestBudget)
    taken = table.c.taken_until
    return _write(session, holder, now + length, case((taken > now, taken), else_=now) + length)


def hold_back(session: Session, holder: Holder, until: float) -> None:
    """Let nobody take a stretch that begins before then (seconds since 1970)."""
    taken, limit = table_of(RequestBudget).c.taken_until, int(until * MICRO)
    _write(session, holder, limit, case((taken > limit, taken), else_=limit))


def _write(session: Session, holder: Holder, first: int, later: object) -> int:
    """One statement, so that two workers never take the same stretch."""
    table = table_of(RequestBudget)
    insert = insert_for(session.get_bind().dialect.name, table)
    statement = (
        insert.values(merchant_id=holder[0], holder=holder[1], taken_until=first)
        .on_conflict_do_update(
            index_elements=["merchant_id", "holder"], set_={"taken_until": later}
        )
        .returning(table.c.taken_until)
    )
    return int(session.execute(statement).scalar_one())
