"""Fields that every platform writes alike are read in one way, or named as what is wrong."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Literal

import pytest

from core.marketplace import fields
from core.marketplace.errors import MappingError

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
Read = Callable[[dict[str, Any], str], Any]


@pytest.mark.parametrize(
    ("read", "nothing"),
    [(fields.text, ""), (fields.word, ""), (fields.rows, []), (fields.part, {})],
)
def test_nothing_is_empty(read: Read, nothing: Any) -> None:
    """A field that is null reads as one that is not there."""
    expected = [nothing, nothing]

    actual = [read({}, "field"), read({"field": None}, "field")]

    assert expected == actual


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (fields.text, 7),
        (fields.word, True),
        (fields.word_needed, ""),
        (fields.whole, True),
        (fields.whole, "7"),
        (fields.rows, [1]),
        (fields.part, []),
    ],
)
def test_another_kind_of_value_is_named(read: Read, value: Any) -> None:
    """What a field can't be is refused with the field's name and the value."""
    with pytest.raises(MappingError) as refusal:
        read({"field": value}, "field")

    assert ("field", value) == (refusal.value.where, refusal.value.value)


def test_a_code_may_be_a_number() -> None:
    """Codes are words, however they are sent; zero is one."""
    row = {"number": 0, "text": "PAID"}

    actual = [fields.word_needed(row, name) for name in row]

    assert ["0", "PAID"] == actual


@pytest.mark.parametrize(
    ("value", "unit"), [(1_795_176_000, "seconds"), (1_795_176_000_250, "milliseconds")]
)
def test_times_since_1970(value: int, unit: Literal["seconds", "milliseconds"]) -> None:
    """A time is read to its unit, exactly."""
    actual = fields.unix_time(value, "field", unit, latest=datetime(2026, 12, 31, tzinfo=UTC))

    assert datetime.fromtimestamp(value / (1 if unit == "seconds" else 1000), UTC) == actual


@pytest.mark.parametrize("value", [0, -1, 10**10, 10**30, True, "1795176000", None])
def test_dates_nobody_can_mean_are_refused(value: Any) -> None:
    """Before shops were online, after `latest`, past the calendar, or no number at all."""
    with pytest.raises(MappingError, match="field: expected a time"):
        fields.unix_time(value, "field", "seconds", latest=NOON)


def test_unknown_words_are_told_once() -> None:
    """Each word without a meaning, in an order that does not change."""
    actual = fields.unknown("status", ["b", "a", "b", "known"], {"known"})

    assert ("status=a", "status=b") == actual
