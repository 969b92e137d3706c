"""Layouts that a marketplace brings: preferred, checked when they are declared, harmless."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from core.importing.items import Reading
from core.importing.reading import read_rows
from core.importing.recognition import recognise
from core.importing.sheet import read_file
from core.marketplace.errors import MappingError
from core.marketplace.exports.generic import GENERIC
from core.marketplace.exports.layout import CellKind, Column, Layout, Setting, Values
from core.marketplace.records import AdSpendRecord
from tests.builders import NOON
from tests.importing.files import Row, csv_bytes

ROWS: Sequence[Row] = (("日期", "计划", "花费"), ("2026-11-01", "春", "12.30"))


def in_lower_case(rows: Sequence[Values], setting: Setting) -> Mapping[str, Any]:
    """Refuses one campaign, and stumbles over another."""
    values = dict(rows[0])
    if values["campaign"] == "no":
        raise MappingError("campaign", "no", "a campaign")
    return {**values, "campaign": {"春": "spring"}[values["campaign"]]}


SPEND = Layout(
    name="bazaar.spend",
    title="Bazaar: spend by campaign",
    stream="ad_spend",
    record=AdSpendRecord,
    columns=(
        Column("day", ("日期", "date"), CellKind.DAY, required=True),
        Column("campaign", ("计划", "campaign")),
        Column("spend", ("花费", "cost"), CellKind.MONEY, required=True),
    ),
    fixed={"channel": "bazaar_ads"},
)


def read(rows: Sequence[Row], layout: Layout) -> Reading:
    """The rows, read by this layout or one that fits any shop."""
    found = recognise("t.csv", read_file("t.csv", csv_bytes(rows)), [layout, *GENERIC])
    return read_rows("t.csv", found, Setting("CNY", ZoneInfo("Asia/Shanghai"), NOON))


def test_a_layout_is_data() -> None:
    """Columns become the record's fields; what is the same in every row is declared once."""
    [item] = read(ROWS, SPEND).items

    record = item.mapped.record
    assert isinstance(record, AdSpendRecord)
    assert (date(2026, 11, 1), "bazaar_ads", "春", 1230, "CNY", "import") == (
        *(record.day, record.channel, record.campaign),
        *(record.spend, record.currency, record.source),
    )


def test_a_layout_may_build() -> None:
    """`build` makes the fields, may refuse a row, and costs only the row it stumbles over."""
    rows = [*ROWS, ("2026-11-01", "no", "1"), ("2026-11-01", "夏", "1")]

    reading = read(rows, replace(SPEND, build=in_lower_case))

    assert ["spring"] == [getattr(item.mapped.record, "campaign", "") for item in reading.items]
    assert [
        (3, "计划", "no", "a campaign"),
        (4, "", "KeyError", "a layout that knows this row"),
    ] == [(each.line, each.column, each.value, each.expected) for each in reading.refused]


@pytest.mark.parametrize("wrong", [{"group_by": "order"}, {"any_of": ("day", "clicks")}])
def test_a_layout_that_names_no_column(wrong: dict[str, Any]) -> None:
    """A layout that refers to a column it has not cannot be declared."""
    with pytest.raises(ValueError, match="has no column"):
        replace(SPEND, **wrong)
