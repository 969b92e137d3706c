"""How often one shop may be asked, by all workers on one database together.

A shop's time is handed out in stretches of up to a second: the shop's row says up to when it is
taken. Whoever holds a stretch has the slots in it, evenly spaced, so that the database is asked
once per stretch and not per request. The clocks of the workers' machines must agree.
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
from core.models import ShopBudget

USED = 0.95
"""Part of the rate that is used. With `LATE` it keeps the calls of any second within the rate."""
LATE = 0.05
"""Seconds after its time up to which a slot may be used: no sleep ends on the dot."""
STRETCH = 1.0
"""Seconds of slots that a worker takes at most at a time; one slot at least."""
LONGEST_WAIT = 20.0
"""Seconds a worker waits with a lease in its hands; for longer it gives the lease back."""
MICRO = 1_000_000


class Budget:
    """`rate` requests per second to one shop, whoever asks; also none that a platform forbade."""

    def __init__(
        self,
        db: Database,
        shop: tuple[int, int],
        rate: float,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
    ) -> None:
        self._db, self._shop = db, shop
        self._space = 1 / (rate * USED)
        self._most = max(1, math.floor(rate * USED * STRETCH))
        self._slots = 1
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
        if slot + self._space > self._end + 1 / MICRO:  # rounding
            slot, self._end = await self._take()
        self._next = slot + self._space
        return slot

    async def _take(self) -> tuple[float, float]:
        length, now = math.ceil(self._slots * self._space * MICRO), int(self._clock() * MICRO)
        self._slots = min(2 * self._slots, self._most)  # a short pull leaves little unused
        end = await self._db.system(lambda session: _take(session, self._shop, now, length))
        return (end - length) / MICRO, end / MICRO


def _take(session: Session, shop: tuple[int, int], now: int, length: int) -> int:
    """Take the shop's next free stretch, in microseconds; returns its end."""
    table = table_of(ShopBudget)
    taken = table.c.taken_until
    return _write(session, shop, now + length, case((taken > now, taken), else_=now) + length)


def hold_back(session: Session, shop: tuple[int, int], until: float) -> None:
    """Let nobody take a stretch of the shop that begins before then (seconds since 1970)."""
    taken, limit = table_of(ShopBudget).c.taken_until, int(until * MICRO)
    _write(session, shop, limit, case((taken > limit, taken), else_=limit))


def _write(session: Session, shop: tuple[int, int], first: int, later: object) -> int:
    """One statement, so that two workers never take the same stretch."""
    table = table_of(ShopBudget)
    insert = insert_for(session.get_bind().dialect.name, table)
    statement = (
        insert.values(merchant_id=shop[0], shop_id=shop[1], taken_until=first)
        .on_conflict_do_update(
            index_elements=["merchant_id", "shop_id"], set_={"taken_until": later}
        )
        .returning(table.c.taken_until)
    )
    return int(session.execute(statement).scalar_one())
