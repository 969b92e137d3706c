"""The read engine's door: one statement, one merchant, nothing written, on both databases."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from core.db import Database
from core.errors import OverloadedError, PermissionDeniedError, TimedOutError
from core.settings import Settings
from core.testing.statements import Statements
from tests.builders import make_merchant
from tests.db.people import make_customer

pytestmark = pytest.mark.anyio

ENDLESS = (
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000000) "
    "SELECT count(*) FROM n WHERE i <> "
)
IMPATIENT = {
    "read_connections": 1,
    "database_threads": 1,
    "read_wait_seconds": 0.05,
    "read_timeout_seconds": 0.4,
}


def sql(database: Database, text: str) -> str:
    """A statement with the database's own placeholders, written `:1`, `:2` here."""
    sign = {"postgresql": "${}::bigint", "sqlite": "?{}"}[database.dialect]
    for number in (1, 2):
        text = text.replace(f":{number}", sign.format(number))
    return text


async def fetch(database: Database, merchant_id: int, text: str, *values: Any) -> list[Any]:
    """The first column of what is found."""
    found = await database.fetch(merchant_id, sql(database, text), [merchant_id, *values])
    return [row[0] for row in found]


async def nicknames(database: Database, merchant_id: int) -> list[str]:
    text = "SELECT nickname FROM customers WHERE merchant_id = :1 ORDER BY nickname"
    return await fetch(database, merchant_id, text)


@pytest.fixture
def other_id(database: Database, merchant_id: int) -> int:
    """Another merchant with a customer called Zoe; ours has one called Ann, of the same id."""
    other = make_merchant(database, "Paper Moon")
    people = [make_customer(merchant_id, "Ann", 1), make_customer(other, "Zoe", 1)]
    database.system_now(lambda session: session.add_all(people))
    return other


@pytest.fixture
def impatient(settings: Settings, other_id: int) -> Iterator[Database]:
    """The same database through a door for one read at a time, and short ones."""
    opened = Database(settings.model_copy(update=IMPATIENT))
    yield opened
    opened.close()


async def test_each_merchant_reads_its_own(
    database: Database, merchant_id: int, other_id: int
) -> None:
    """The same statement answers each merchant with its own rows, in turn and at once."""
    owners = [merchant_id, other_id, merchant_id] * 7

    one_by_one = [await nicknames(database, owner) for owner in owners]
    at_once = await asyncio.gather(*(nicknames(database, owner) for owner in owners))

    expected = [["Ann"] if owner == merchant_id else ["Zoe"] for owner in owners]
    assert expected == one_by_one
    assert expected == at_once


async def test_rows_can_be_indexed(database: Database, merchant_id: int) -> None:
    """A row's values are found by their position."""
    [row] = await database.fetch(merchant_id, sql(database, "SELECT :1, 'x'"), [merchant_id])

    assert (merchant_id, "x") == (row[0], row[1])


@pytest.mark.parametrize("values", [[], [2], [None], ["1"]])
async def test_the_first_value_is_the_merchant(
    database: Database, merchant_id: int, values: list[Any]
) -> None:
    """A statement that binds something else first does not even reach the database."""
    with pytest.raises(PermissionDeniedError):
        await database.fetch(merchant_id, sql(database, "SELECT :1"), values)


@pytest.mark.parametrize(
    "text",
    [
        "UPDATE customers SET nickname = 'x' WHERE merchant_id = :1",
        "DELETE FROM customers WHERE merchant_id = :1",
        "INSERT INTO idempotency_keys (merchant_id, key, request_hash, created_at) "
        "VALUES (:1, 'k', '', '2026-11-20')",
    ],
)
async def test_nothing_can_be_written(
    database: Database, merchant_id: int, other_id: int, text: str
) -> None:
    """The door is for reading, whatever the statement says."""
    with pytest.raises(Exception, match=r"read-?only"):
        await fetch(database, merchant_id, text)

    assert ["Ann"] == await nicknames(database, merchant_id)


@pytest.mark.parametrize("text", ["SELECT no_such_column, :1 FROM customers", "SELEKT :1"])
async def test_reading_goes_on_after_an_error(
    database: Database, merchant_id: int, other_id: int, text: str
) -> None:
    """A statement that the database refuses spoils nothing for the next one."""
    for _ in range(30):
        with pytest.raises(Exception, match=r"column|syntax"):
            await fetch(database, merchant_id, text)

    assert ["Ann"] == await nicknames(database, merchant_id)
    assert ["Zoe"] == await nicknames(database, other_id)


async def test_a_read_that_takes_too_long(
    impatient: Database, merchant_id: int, other_id: int
) -> None:
    """It ends with an error that says so, and the next one is answered."""
    with pytest.raises(TimedOutError, match="too long"):
        await fetch(impatient, merchant_id, ENDLESS + ":1")

    assert ["Zoe"] == await nicknames(impatient, other_id)


async def test_too_many_reads_at_once(impatient: Database, merchant_id: int) -> None:
    """Who does not get a turn in time is told to ask again; the others are answered."""
    long = asyncio.create_task(fetch(impatient, merchant_id, ENDLESS + ":1"))
    await asyncio.sleep(0.1)

    with pytest.raises(OverloadedError, match="Ask again"):
        await fetch(impatient, merchant_id, ENDLESS + "2 * :1")

    with pytest.raises(TimedOutError):
        await long


async def test_cancelled_reads_leave_nothing_behind(
    impatient: Database, merchant_id: int, other_id: int
) -> None:
    """When a client goes away its read ends, and the next one gets its place."""
    for _ in range(3):
        left = asyncio.create_task(fetch(impatient, merchant_id, ENDLESS + ":1"))
        await asyncio.sleep(0.05)
        left.cancel()
        with pytest.raises(asyncio.CancelledError):
            await left
        await asyncio.sleep(0.02)

        assert ["Zoe"] == await nicknames(impatient, other_id)


async def test_reading_after_close(database: Database, merchant_id: int, other_id: int) -> None:
    """A closed door opens again for whoever asks."""
    await nicknames(database, merchant_id)

    database.close()

    assert ["Ann"] == await nicknames(database, merchant_id)


async def test_closing_ends_what_runs(database: Database, merchant_id: int) -> None:
    """A read that is under way does not keep the process."""
    left = asyncio.create_task(fetch(database, merchant_id, ENDLESS + ":1"))
    await asyncio.sleep(0.1)

    database.close()

    done, _ = await asyncio.wait([left], timeout=5)
    assert {left} == done
    assert left.exception() is not None


async def test_reads_are_counted(
    database: Database, merchant_id: int, statements: Statements
) -> None:
    """The fixture that counts SQL sees what goes through this door, too."""
    await nicknames(database, merchant_id)

    assert 1 == len(statements)
    assert "FROM customers" in statements.texts[0]
