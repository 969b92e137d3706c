"""The pool behind the read engine's door, at moments that are hard to meet with a real server."""

import asyncio
from dataclasses import dataclass

import pytest

from core.db.pool import Link, Pool
from core.errors import OverloadedError

pytestmark = pytest.mark.anyio


@dataclass
class Wire:
    """What the pool asks of a connection."""

    is_cut: bool = False

    def is_closed(self) -> bool:
        return self.is_cut

    def terminate(self) -> None:
        self.is_cut = True


def make_pool(size: int = 1, refusals: int = 0) -> Pool:
    """A pool whose server refuses the first connections."""
    left = [refusals]

    async def connect() -> Link:
        await asyncio.sleep(0)
        left[0] -= 1
        if left[0] >= 0:
            raise OSError("refused")
        return Link(Wire())

    return Pool(connect, size=size, wait_seconds=0.2)


async def test_cancelled_in_the_moment_it_gets_a_link() -> None:
    """The link goes on to the next in line."""
    pool = make_pool()
    link = await pool.take(1)
    first, second = (asyncio.create_task(pool.take(n)) for n in (2, 3))
    await asyncio.sleep(0)

    pool.give_back(link)
    first.cancel()

    assert link is await second
    assert first.cancelled()


async def test_cancelled_in_the_moment_it_gets_a_place() -> None:
    """Whoever comes next may open a link there."""
    pool = make_pool()
    link = await pool.take(1)
    waiting = asyncio.create_task(pool.take(2))
    await asyncio.sleep(0)

    pool.drop(link)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)

    assert link is not await pool.take(3)


@pytest.mark.parametrize("refusals", [0, 1])
async def test_cancelled_while_a_link_opens(refusals: int) -> None:
    """Others get the link, or the place if nothing comes of it."""
    pool = make_pool(refusals=refusals)
    opening = asyncio.create_task(pool.take(1))
    await asyncio.sleep(0)

    opening.cancel()
    await asyncio.gather(opening, return_exceptions=True)

    assert await pool.take(2)


async def test_cancelled_while_a_link_opens_and_closed() -> None:
    """A link that nobody takes in is ended."""
    pool = make_pool()
    opened: list[Link] = []

    async def connect() -> Link:
        await asyncio.sleep(0.01)
        opened.append(Link(Wire()))
        return opened[-1]

    pool._connect = connect
    opening = asyncio.create_task(pool.take(1))
    await asyncio.sleep(0)
    opening.cancel()

    pool.close()
    await asyncio.sleep(0.05)

    assert [True] == [link.is_lost() for link in opened]


async def test_a_server_that_refuses() -> None:
    """A failed attempt takes no place away, and those in line make their own."""
    pool = make_pool(refusals=3)

    found = await asyncio.gather(*(pool.take(n) for n in range(3)), return_exceptions=True)

    assert [OSError] * 3 == [type(each) for each in found]
    assert await pool.take(4)


async def test_never_more_than_its_size() -> None:
    """However many ask, and whatever happens to the links."""
    pool = make_pool(size=3)
    lent: set[Link] = set()
    most = 0

    async def client(number: int) -> None:
        nonlocal most
        link = await pool.take(number % 5)
        lent.add(link)
        most = max(most, len(lent))
        await asyncio.sleep(0)
        lent.discard(link)
        (pool.drop if number % 4 == 0 else pool.give_back)(link)

    await asyncio.gather(*(client(number) for number in range(200)))

    assert 3 == most


async def test_a_link_that_broke_while_it_was_lent_or_idle() -> None:
    """It is not lent again."""
    pool = make_pool(size=2)
    lent, idle = await pool.take(1), await pool.take(1)
    pool.give_back(idle)

    for link in (lent, idle):
        link.end()
    pool.give_back(lent)
    fresh = [await pool.take(1) for _ in range(2)]

    assert not any(link.is_lost() for link in fresh)


async def test_nobody_waits_for_a_closed_pool() -> None:
    """Those in line get an error, links that are lent end, and one that opens late does too."""
    pool = make_pool()
    link = await pool.take(1)
    waiting = asyncio.create_task(pool.take(2))
    late_pool = make_pool()
    late = asyncio.create_task(late_pool.take(1))
    await asyncio.sleep(0)

    pool.close()
    late_pool.close()
    found = await asyncio.gather(waiting, late, return_exceptions=True)

    assert [OverloadedError] * 2 == [type(each) for each in found]
    assert link.is_lost()
