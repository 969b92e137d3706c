"""SQL functions that the databases spell differently give the same on both."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select

from core.db import Database
from core.db.functions import month_start, week_start
from core.models import ExternalSignal
from tests.builders import make_merchant

DAYS = [date(2024, 2, 26) + timedelta(days=n) for n in range(14)]
DAYS += [date(2025, 12, 28) + timedelta(days=n) for n in range(10)]


def starts(database: Database, function: Callable[..., Any]) -> dict[date, date]:
    """What a function makes of each day, as a column of the database."""
    merchant_id = make_merchant(database)
    signals = [
        ExternalSignal(
            merchant_id=merchant_id,
            topic="t",
            day=d,
            platform_id="p",
            subject="",
            text="",
            source="",
        )
        for d in DAYS
    ]
    database.run_now(merchant_id, lambda session: session.add_all(signals))
    query = select(ExternalSignal.day, function(ExternalSignal.day))
    return dict(database.read_now(merchant_id, lambda session: session.execute(query).all()))


def test_month_start(database: Database) -> None:
    """The month of a day starts on its first, in leap years and over new year too."""
    expected = {day: day.replace(day=1) for day in DAYS}

    actual = starts(database, month_start)

    assert expected == actual


def test_week_start(database: Database) -> None:
    """The week of a day starts on Monday, which may be in another month or year."""
    expected = {day: day - timedelta(days=day.weekday()) for day in DAYS}

    actual = starts(database, week_start)

    assert expected == actual
