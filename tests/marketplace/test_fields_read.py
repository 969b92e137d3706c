"""The kit's record of which fields a mapping reads: by name, at any depth, and nothing else."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from core.marketplace.conformance.fields import HELD, NAMED, READ, Fields
from core.marketplace.contract import Mapped, Rejected
from core.marketplace.mapping import map_each
from core.marketplace.records import Record, RemovalRecord

Row = Mapping[str, Any]
ROW = {"id": "1", "money": {"paid": "9.00", "tax": None}, "lines": [{"sku": "a"}, {"sku": "b"}],
       "tags": ["new"], "notes": []}  # fmt: skip


def mapped(read: Callable[[Any], object], *rows: Row) -> tuple[Mapped | Rejected, ...]:
    """The items of a mapping that reads so."""

    def map_one(row: Row) -> tuple[Record, tuple[str, ...]]:
        read(row)
        return RemovalRecord(platform_id="1", updated_at=datetime.now(UTC), of="order"), ()

    return map_each(rows, map_one, kind="order", id_field="id", personal=frozenset())


def pull(read: Callable[[Any], object], *rows: Row) -> Fields:
    """What is known of fields once a mapping that reads so was run."""
    fields = Fields()
    with fields.watched():
        items = mapped(read, *rows)
    assert all(isinstance(each, Mapped) for each in items), items
    return fields


def test_what_is_read() -> None:
    """A field is read by its name, in any way, also within objects and lists."""

    def read(row: Row) -> None:
        row["id"], row.get("tags"), row.get("notes")
        row["money"]["paid"], row["money"].get("tax", 0)
        [line["sku"] for line in row["lines"]]

    fields = pull(read, ROW)

    assert {} == fields.mistakes({})
    assert {"id", "money.paid", "money.tax", "lines[].sku", "tags", "notes"} == fields.held


@pytest.mark.parametrize(
    "look",
    [
        lambda row: {**row},
        dict,
        list,
        lambda row: row.copy(),
        lambda row: row | {"more": 1},
        lambda row: {name: value for name, value in row.items() if value},
        lambda row: [*row.values()],
        lambda row: isinstance(row, dict) and "id" in row,
        repr,
    ],
)
def test_what_is_no_reading(look: Callable[[Any], object]) -> None:
    """Copying a row, asking what it is and looking for a field are no reading."""
    fields = pull(look, ROW)

    assert dict.fromkeys(("id", "money", "lines", "tags", "notes"), READ) == fields.mistakes({})


def test_who_opens_a_part_has_not_read_it() -> None:
    """A part counts field by field; one of which nothing is read is told as one."""
    fields = pull(lambda row: (row["money"]["paid"], row["lines"]), ROW)

    unread = {"id", "money.tax", "lines", "tags", "notes"}
    assert dict.fromkeys(unread, READ) == fields.mistakes({})


@pytest.mark.parametrize(
    ("unread", "mistakes"),
    [
        ("id tags notes money lines", {}),
        ("id tags notes money.paid money.tax lines[].sku", {}),
        ("id tags notes money", {"lines": READ}),
        ("id tags notes money lines lines[].sku", {}),
        ("id tags notes money lines gone", {"gone": HELD}),
        ("id tags notes money lines line", {"line": HELD}),
    ],
)
def test_named_as_unread(unread: str, mistakes: dict[str, str]) -> None:
    """A path stands for a field and all below it; one that is in no row is a mistake."""
    fields = pull(lambda row: None, ROW)

    assert mistakes == fields.mistakes({"for a reason": unread})


def test_named_as_unread_but_read() -> None:
    """Who names a field that is read, or a part of which one field is, is told."""
    fields = pull(lambda row: (row["id"], row["money"]["tax"]), ROW)

    mistakes = fields.mistakes({"one": "id tags notes", "other": "money lines"})

    assert {"id": NAMED, "money": NAMED} == mistakes


def test_null_in_one_row_and_a_part_in_another() -> None:
    """What is null or empty here and holds fields there is judged by these fields."""
    empty = {**ROW, "money": None, "lines": []}

    fields = pull(lambda row: row.get("money") and row["money"]["paid"], empty, ROW)

    mistakes = fields.mistakes({"for a reason": "id tags notes lines"})
    assert {"money.tax": READ} == mistakes


def test_the_payload_is_the_platforms() -> None:
    """What is kept is the platform's object itself, watched or not; nothing is watched outside."""
    seen: list[Row] = []

    with Fields().watched():
        (item,) = mapped(seen.append, ROW)
    mapped(seen.append, ROW)

    assert ROW is item.payload.body
    assert ROW == seen[0]
    assert [False, True] == [each is ROW for each in seen]
