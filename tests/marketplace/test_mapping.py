"""The helpers of every mapping: exact money, sane times, masks that cost nothing."""

import time
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from core.marketplace.contract import Rejected
from core.marketplace.errors import MappingError
from core.marketplace.mapping import local_time, map_each, masked, minor_units
from core.marketplace.records import ReviewRecord
from tests.scan.markers import BUYER

CHINA = ZoneInfo("Asia/Shanghai")
LATEST = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "minor"),
    [("12.34", 1234), ("-0.01", -1), ("7", 700), (7, 700), (Decimal("1.5"), 150), ("1E+2", 10000)],
)
def test_money_is_exact(value: Any, minor: int) -> None:
    """Text, whole numbers and decimals become minor units without a detour over floats."""
    assert minor == minor_units(value, "CNY", "fee")


@pytest.mark.parametrize(
    "value",
    [
        *(12.5, True, None, "", "12.345", "NaN", "Infinity"),
        *("1E+900000", "1E-900000", "1E+999999", Decimal("1e500000")),
        *("1." + "0" * 40 + "1", "9" * 40),
    ],
)
def test_what_is_no_exact_amount_is_refused_at_once(value: Any) -> None:
    """Neither rounding nor a number of a million digits may come of a platform's text."""
    started = time.process_time()

    with pytest.raises(MappingError) as caught:
        minor_units(value, "CNY", "fee")

    assert "fee" == caught.value.where
    assert value is caught.value.value
    assert time.process_time() - started < 0.5


def test_a_local_time_becomes_utc() -> None:
    """The platform's wall clock, read in its time zone."""
    moment = local_time("2026-11-22 08:30:59", CHINA, "created", latest=LATEST)

    assert datetime(2026, 11, 22, 0, 30, 59, tzinfo=UTC) == moment


@pytest.mark.parametrize(
    "value",
    [
        *(None, 5, b"2026-11-22 08:30:59", "", "2026-11-22", "2026-11-22T08:30:59"),
        *("2026-11-22 10:00+08", "2026-11-22 10:00-08"),
        *("0001-01-01 00:00:00", "1989-12-31 00:00:00", "2026-11-23 08:00:01"),
    ],
)
def test_times_of_another_shape_or_age_are_refused(value: Any) -> None:
    """One shape only: a text with an offset of its own would be shifted twice."""
    with pytest.raises(MappingError):
        local_time(value, CHINA, "created", latest=LATEST)


def test_masks_reach_any_depth() -> None:
    """In objects, lists, and lists of lists; empty values tell nothing and stay."""
    payload = {
        "name": "王",
        "rows": [{"name": "李", "n": 1}, [{"name": ""}]],
        "who": {"name": None},
    }

    clean = masked(payload, frozenset({"name"}))

    expected = {"name": "***", "rows": [{"name": "***", "n": 1}, [{"name": ""}]]}
    assert {**expected, "who": {"name": None}} == clean
    assert "王" == payload["name"]


def test_what_holds_nothing_personal_is_shared() -> None:
    """Most rows hold none: copying each would double the objects of a page."""
    payload = {"name": "王", "rows": [{"n": 1}]}

    clean = masked(payload, frozenset({"name"}))

    assert payload["rows"] is clean["rows"]


def test_the_clock_of_now_is_allowed() -> None:
    """The bound itself is still a time."""
    moment = local_time("2026-11-23 08:00:00", CHINA, "created", latest=LATEST)

    assert LATEST == moment


def _no_list(row: Any) -> Any:
    raise MappingError("lines", row["lines"], "a list")


def _no_record(row: Any) -> Any:
    return ReviewRecord.model_validate({"platform_id": "1", "content": row["name"]}), ()


@pytest.mark.parametrize(
    ("item", "map_one"),
    [
        ({"id": 1, "lines": {"to": [{"name": BUYER}]}}, _no_list),
        ({"id": 1, "name": BUYER}, _no_record),
        ([{"name": BUYER}], _no_list),
        (BUYER, _no_list),
    ],
    ids=["a part", "a record", "a list", "a text"],
)
def test_what_is_rejected_names_nobody(item: Any, map_one: Any) -> None:
    """Quarantine is read by people: neither the value in the way nor the payload is personal."""
    personal = frozenset({"name"})

    found = map_each([item], map_one, kind="order", id_field="id", personal=personal)

    (rejected,) = found
    assert isinstance(rejected, Rejected)
    assert BUYER not in f"{rejected.error.value} {rejected.payload.body} {rejected.platform_id}"
