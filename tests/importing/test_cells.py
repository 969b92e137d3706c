"""One cell at a time: what is read, and what is refused with what was expected."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.importing.cells import Reader
from core.importing.sheet import Cell
from core.marketplace.errors import MappingError
from core.marketplace.exports.layout import CellKind, Column, Setting
from tests.builders import NOON

SETTING = Setting("CNY", ZoneInfo("Asia/Shanghai"), NOON)


def read(kind: CellKind, cell: Cell, *, required: bool = False, scale: int = 1) -> Any:
    """A cell of a column of this kind."""
    column = Column("field", ("列",), kind, required)
    return Reader(column, "列", SETTING, Decimal(scale)).read(cell, "CNY")


@pytest.mark.parametrize(
    ("kind", "cell", "value"),
    [
        (CellKind.COUNT, "1,234", 1234),
        (CellKind.COUNT, "1，234", 1234),
        (CellKind.COUNT, "1.2万", 12000),
        (CellKind.COUNT, "0.5亿", 50_000_000),
        (CellKind.COUNT, 1234.0, 1234),
        (CellKind.COUNT, "0", 0),
        (CellKind.MONEY, "12,345.60", 1234560),
        (CellKind.MONEY, "¥12.3", 1230),
        (CellKind.MONEY, "12.3元", 1230),
        (CellKind.MONEY, "-12.30", -1230),
        (CellKind.MONEY, 12.3, 1230),
        (CellKind.MONEY, "1.2万", 1_200_000),
        (CellKind.NUMBER, "12.3%", Decimal("0.123")),
        (CellKind.NUMBER, "1,000.5", Decimal("1000.5")),
        (CellKind.DAY, "2026-11-01", date(2026, 11, 1)),
        (CellKind.DAY, "20261101", date(2026, 11, 1)),
        (CellKind.DAY, 20261101, date(2026, 11, 1)),
        (CellKind.DAY, "2026/11/1", date(2026, 11, 1)),
        (CellKind.DAY, "2026.11.1", date(2026, 11, 1)),
        (CellKind.DAY, "2026年11月1日", date(2026, 11, 1)),
        (CellKind.DAY, "2026-11-01 00:00:00", date(2026, 11, 1)),
        (CellKind.DAY, "2026-11-01 ~ 2026-11-01", date(2026, 11, 1)),
        (CellKind.DAY, datetime(2026, 11, 1), date(2026, 11, 1)),
        (CellKind.DAY, 46327, date(2026, 11, 1)),
        (CellKind.MOMENT, "2026-11-01 09:05:03", datetime(2026, 11, 1, 1, 5, 3, tzinfo=UTC)),
        (CellKind.MOMENT, "2026/11/1 9:05", datetime(2026, 11, 1, 1, 5, tzinfo=UTC)),
        (CellKind.MOMENT, "2026-11-01T09:05:03Z", datetime(2026, 11, 1, 9, 5, 3, tzinfo=UTC)),
        (CellKind.MOMENT, "2026-11-01", datetime(2026, 10, 31, 16, tzinfo=UTC)),
        (CellKind.MOMENT, datetime(2026, 11, 1, 8), datetime(2026, 11, 1, tzinfo=UTC)),
        (CellKind.ID, "3600000000000000001", "3600000000000000001"),
        (CellKind.ID, 7001, "7001"),
        (CellKind.TEXT, 7.5, "7.5"),
    ],
)
def test_cells_that_are_read(kind: CellKind, cell: Cell, value: Any) -> None:
    """What exports write is read exactly."""
    assert value == read(kind, cell)


@pytest.mark.parametrize("cell", [None, "-", "--", "—", "/", "N/A", "null", "NaN"])
@pytest.mark.parametrize("kind", [CellKind.COUNT, CellKind.MONEY, CellKind.DAY, CellKind.ID])
def test_missing_values(kind: CellKind, cell: Cell) -> None:
    """A sign for "nothing" is nothing; where a value must be, it is refused."""
    assert read(kind, cell) is None
    with pytest.raises(MappingError, match="a value"):
        read(kind, cell, required=True)


@pytest.mark.parametrize(
    ("kind", "cell"),
    [
        (CellKind.COUNT, "1.5"),
        (CellKind.COUNT, "-3"),
        (CellKind.COUNT, "12%"),
        (CellKind.COUNT, "1,23"),
        (CellKind.COUNT, "1e3"),
        (CellKind.COUNT, "many"),
        (CellKind.COUNT, "10~50"),
        (CellKind.COUNT, True),
        (CellKind.COUNT, float("nan")),
        (CellKind.COUNT, float("inf")),
        (CellKind.MONEY, "12.345"),
        (CellKind.MONEY, "1" * 40),
        (CellKind.MONEY, "3%"),
        (CellKind.MONEY, "USD 5"),
        (CellKind.DAY, "2026-13-01"),
        (CellKind.DAY, "1889-11-01"),
        (CellKind.DAY, "2026-12-24"),
        (CellKind.DAY, "2026-11-01~2026-11-07"),
        (CellKind.DAY, "11/01/2026"),
        (CellKind.DAY, "46327"),
        (CellKind.DAY, 46327.5),
        (CellKind.DAY, datetime(2026, 11, 1, 9)),
        (CellKind.MOMENT, "2026-11-01 25:00"),
        (CellKind.MOMENT, "yesterday"),
        (CellKind.ID, "3.6E+18"),
        (CellKind.ID, 3.6e18),
        (CellKind.ID, 3600000000000001),
    ],
)
def test_cells_that_are_refused(kind: CellKind, cell: Cell) -> None:
    """What cannot be read without guessing is refused, and named with its column."""
    with pytest.raises(MappingError) as caught:
        read(kind, cell)

    assert ("列", True) == (caught.value.where, bool(caught.value.expected))


def test_the_unit_of_the_header() -> None:
    """A column in 万元 is multiplied, exactly."""
    assert 123_456_700 == read(CellKind.MONEY, "123.4567", scale=10_000)


@given(st.text(max_size=20) | st.floats() | st.integers() | st.datetimes() | st.dates())
def test_no_cell_breaks_a_reader(cell: Any) -> None:
    """Whatever stands in a cell, it is read, or refused with the name of its column."""
    refused = []
    for kind in CellKind:
        try:
            read(kind, cell)
        except MappingError as error:
            refused.append(error.where)

    assert {"列"} >= set(refused)
