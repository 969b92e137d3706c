"""The one upsert, and the deletion by keys beside it."""

from datetime import date
from typing import Any

from core.db import Database
from core.db.upsert import CHUNK, delete_keys, upsert
from core.models import Customer, SalesDay
from tests.db.people import make_customer, nicknames

DAY = date(2026, 11, 20)


def row(merchant_id: int, nickname: str, number: int) -> dict[str, Any]:
    return make_customer(merchant_id, nickname, number).model_dump()


def test_inserts_and_updates(database: Database, merchant_id: int) -> None:
    """Rows with a new key are inserted, rows with a known key take the new values."""
    first = [row(merchant_id, "Ann", 1), row(merchant_id, "Bob", 2)]
    second = [row(merchant_id, "Eve", 2), row(merchant_id, "Zoe", 3)]

    for rows in (first, second):
        database.run_now(merchant_id, lambda session, rows=rows: upsert(session, Customer, rows))

    assert ["Ann", "Eve", "Zoe"] == nicknames(database, merchant_id)


def test_no_rows(database: Database, merchant_id: int) -> None:
    """Nothing to store is no error."""
    database.run_now(merchant_id, lambda session: upsert(session, Customer, []))

    assert [] == nicknames(database, merchant_id)


def test_delete_keys_in_chunks(database: Database, merchant_id: int) -> None:
    """More keys than one statement takes are deleted all the same, and no others."""
    rows = [row(merchant_id, "gone", number) for number in range(1, CHUNK + 10)]
    kept = row(merchant_id, "kept", CHUNK + 10)
    keys = [(merchant_id, number) for number in range(1, CHUNK + 10)]

    database.run_now(merchant_id, lambda session: upsert(session, Customer, [*rows, kept]))
    database.run_now(
        merchant_id, lambda session: delete_keys(session, Customer, ("merchant_id", "id"), keys)
    )

    assert ["kept"] == nicknames(database, merchant_id)


def test_the_largest_numbers(database: Database, merchant_id: int) -> None:
    """63-bit ids and amounts survive the round trip on both databases."""
    largest = 2**63 - 1
    key = {"merchant_id": merchant_id, "shop_id": largest, "day": DAY, "currency": "CNY"}
    sales = SalesDay(**key, amount=-largest)

    database.run_now(merchant_id, lambda session: upsert(session, SalesDay, [sales.model_dump()]))

    found = database.read_now(
        merchant_id, lambda session: session.get(SalesDay, tuple(key.values()))
    )
    assert found is not None
    assert -largest == found.amount
