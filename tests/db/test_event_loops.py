"""The read engine's door outlives an event loop: commands and tests run one after another."""

import asyncio

from core.db import Database
from core.models import Customer
from tests.db.people import make_customer


def test_one_event_loop_after_another(database: Database, merchant_id: int) -> None:
    """Each loop opens connections of its own, and those of the last one are closed."""
    database.run_now(merchant_id, lambda session: session.add(make_customer(merchant_id, "Ann")))
    sign = {"postgresql": "$1::bigint", "sqlite": "?1"}[database.dialect]
    text = f"SELECT nickname FROM {Customer.__tablename__} WHERE merchant_id = {sign}"

    found = [asyncio.run(database.fetch(merchant_id, text, [merchant_id])) for _ in range(3)]

    assert [["Ann"]] * 3 == [[row[0] for row in rows] for rows in found]
