"""Reading SQLite: small reads on the event loop, long ones in threads, none of them in the way."""

import asyncio
import sqlite3
import threading
from time import monotonic
from typing import Any

import pytest

from core.db import Database
from core.db.sqlite_reader import LongStatements, SqliteReader
from core.settings import Settings
from tests.databases import on_sqlite

pytestmark = [pytest.mark.anyio, on_sqlite]

COUNTING = (
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?2) "
    "SELECT count(*) FROM n WHERE i <> ?1"
)


def reading_threads() -> list[str]:
    return [t.name for t in threading.enumerate() if t.name.startswith("opsgraph-read")]


async def longest_pause(work: Any) -> float:
    """For how many seconds the event loop did nothing else at most, while this ran."""
    pauses = [0.0]

    async def watch() -> None:
        while True:
            before = monotonic()
            await asyncio.sleep(0.001)
            pauses.append(monotonic() - before - 0.001)

    watcher = asyncio.create_task(watch())
    await work
    watcher.cancel()
    return max(pauses)


async def test_small_reads_need_no_thread(database: Database) -> None:
    """They are answered on the spot."""
    for number in range(50):
        await database.fetch(1, COUNTING, [1, number])

    assert [] == reading_threads()


async def test_long_reads_go_to_a_thread(database: Database) -> None:
    """They begin anew there, and the event loop goes on meanwhile."""
    pause = await longest_pause(database.fetch(1, COUNTING, [1, 3_000_000]))
    [row] = await database.fetch(1, COUNTING, [1, 3_000_000])

    assert 2_999_999 == row[0]
    assert pause < 0.1  # 4 ms, and whatever else this machine does
    assert reading_threads()


async def test_a_long_statement_is_remembered(database: Database) -> None:
    """It is not tried on the event loop again until it has shown itself short."""
    reader = database._reader
    assert isinstance(reader, SqliteReader)

    await database.fetch(1, COUNTING, [1, 3_000_000])
    after_long = COUNTING in reader._long
    await database.fetch(1, COUNTING, [1, 3])
    after_short = COUNTING in reader._long

    assert (True, False) == (after_long, after_short)


def test_memory_is_bounded(backend: str) -> None:
    """Of very many long statements the latest are remembered."""
    found = LongStatements()

    for number in range(5000):
        found.add(str(number))

    assert "4999" in found
    assert "0" not in found
    assert 1000 == len(found._until)


async def test_a_cancelled_read_frees_its_thread(database: Database, settings: Settings) -> None:
    """Nothing goes on working for a client that went away."""
    single = Database(settings.model_copy(update={"database_threads": 1, "read_wait_seconds": 1}))
    left = asyncio.create_task(single.fetch(1, COUNTING, [1, 10**9]))
    await asyncio.sleep(0.1)

    left.cancel()
    await asyncio.gather(left, return_exceptions=True)
    [row] = await single.fetch(1, COUNTING, [1, 300_000])
    single.close()

    assert 299_999 == row[0]


async def test_a_locked_file(database: Database, settings: Settings) -> None:
    """While another connection keeps the file to itself, reads wait in a thread."""
    await database.fetch(1, "SELECT ?1", [1])
    database.close()
    path = settings.url.removeprefix("sqlite:///")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("PRAGMA locking_mode=EXCLUSIVE")
    other.execute("BEGIN EXCLUSIVE")
    asyncio.get_running_loop().call_later(0.3, other.close)

    began = monotonic()
    pause = await longest_pause(
        database.fetch(1, "SELECT count(*) FROM customers, (SELECT ?1)", [1])
    )

    assert monotonic() - began > 0.25
    assert pause < 0.15


async def test_reads_see_what_was_written(database: Database, merchant_id: int) -> None:
    """No connection stays at an old state of the file."""
    text = "SELECT name FROM merchants WHERE id = ?1"
    first = await database.fetch(merchant_id, text, [merchant_id])
    with sqlite3.connect(database.engine.url.database or "") as other:
        other.execute("UPDATE merchants SET name = 'New'")
    other.close()

    second = await database.fetch(merchant_id, text, [merchant_id])

    assert [("Lantern Goods",), ("New",)] == [*first, *second]
