"""Reads one cell as what its column holds; MappingError says what was expected instead."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from math import isfinite
from typing import Any

from core.importing.sheet import Cell
from core.marketplace.errors import MappingError
from core.marketplace.exports.layout import CellKind, Column, Setting
from core.marketplace.mapping import EARLIEST, minor_units

MISSING = frozenset({"-", "--", "---", "—", "——", "－", "/", "n/a", "null", "none", "nan", "#n/a"})
"""What exports write where there is no value, in lower case."""
TOTALS = frozenset({"合计", "总计", "汇总", "小计", "总和", "total", "totals", "sum", "subtotal"})
"""What exports write at the head of a row of totals, in lower case."""
SCALES: Mapping[str, Decimal] = {
    "万元": Decimal(10_000),
    "万": Decimal(10_000),
    "亿": Decimal(10**8),
    "千": Decimal(1000),
    "分": Decimal("0.01"),
}
"""Units in a header or behind a number that are not one of the column's own."""
_SIGNED = re.compile(r"([+-]?)(\d{1,3}(?:[,，]\d{3})+|\d+)(\.\d+)?(万|亿|%|)")
_SCIENTIFIC = re.compile(r"\d(\.\d+)?[eE]\+?\d+")
_DAY = re.compile(r"(\d{4})(?:[-/.年](\d{1,2})[-/.月](\d{1,2})日?|(\d{2})(\d{2}))")
_SPAN = re.compile(r"(\S+?)\s*(?:~|～|至|到|—|_|\s-\s)\s*(\S+)")
_SERIAL_ZERO = date(1899, 12, 30)
_SERIALS = range(25_569, 73_051)  # 1970 to 2100, as spreadsheets number days


@dataclass(frozen=True)
class Reader:
    """Reads the cells of one column. scale: what the unit in its header multiplies by."""

    column: Column
    header: str
    setting: Setting
    scale: Decimal = Decimal(1)

    def read(self, cell: Cell, currency: str) -> Any:
        """The value of a cell; None when it is empty."""
        if is_missing(cell, self.column.kind):
            if self.column.required:
                raise MappingError(self.header, cell, "a value")
            return None
        return _READERS[self.column.kind](self, cell, currency)

    def number(self, cell: Cell) -> Decimal:
        """A number with thousands separators, 万, 亿, % and a currency sign."""
        if isinstance(cell, (int, float)) and not isinstance(cell, bool) and isfinite(cell):
            return Decimal(repr(cell)) * self.scale
        text = str(cell).strip().lstrip("¥￥$").removesuffix("元").strip()
        found = _SIGNED.fullmatch(text)
        if found is None:
            raise MappingError(self.header, cell, "a number, such as 1,234.5")
        sign, whole, rest, unit = found.groups()
        if unit == "%" and self.column.kind is not CellKind.NUMBER:
            raise MappingError(self.header, cell, "a number without a percent sign")
        value = Decimal(f"{sign}{whole.replace(',', '').replace('，', '')}{rest or ''}")
        if unit == "%":
            return value / 100
        return value * SCALES.get(unit, 1) * self.scale


def is_missing(cell: Cell, kind: CellKind = CellKind.NUMBER) -> bool:
    """Whether a cell says that there is no value."""
    if cell is None:
        return True
    return isinstance(cell, str) and cell.lower() in MISSING


def is_total(cell: Cell) -> bool:
    """Whether a cell marks its row as a sum of others."""
    return isinstance(cell, str) and cell.strip(" :：()（）").lower() in TOTALS


def read_day(text: str) -> date | None:
    """The day that a text names in one of the usual ways; None if it names none."""
    found = _DAY.fullmatch(text.strip())
    if found is None:
        return None
    year, month, day, short_month, short_day = found.groups()
    try:
        return date(int(year), int(month or short_month), int(day or short_day))
    except ValueError:
        return None


def read_span(text: str) -> tuple[date, date] | None:
    """The first and last day of a text such as 2026-11-01 ~ 2026-11-07, or of a single day."""
    single = read_day(text)
    if single is not None:
        return single, single
    found = _SPAN.fullmatch(text.strip())
    if found is None:
        return None
    first, last = read_day(found[1]), read_day(found[2])
    return (first, last) if first is not None and last is not None else None


def _text(reader: Reader, cell: Cell, currency: str) -> str:
    return str(cell)


def _id(reader: Reader, cell: Cell, currency: str) -> str:
    """An id with all its digits: a spreadsheet rounds those of more than 15."""
    rounded = isinstance(cell, float) or (isinstance(cell, int) and abs(cell) >= 10**15)
    if rounded or (isinstance(cell, str) and _SCIENTIFIC.fullmatch(cell)):
        raise MappingError(
            reader.header, cell, "an id with all its digits: format the column as text, and export"
        )
    return str(cell)


def _count(reader: Reader, cell: Cell, currency: str) -> int:
    value = reader.number(cell)
    if value != value.to_integral_value() or value < 0:
        raise MappingError(reader.header, cell, "a whole number of 0 or more")
    return int(value)


def _money(reader: Reader, cell: Cell, currency: str) -> int:
    value = reader.number(cell)
    try:
        return minor_units(value.normalize(), currency, reader.header)
    except MappingError as error:
        raise MappingError(reader.header, cell, error.expected) from None


def _number(reader: Reader, cell: Cell, currency: str) -> Decimal:
    return reader.number(cell)


def _day(reader: Reader, cell: Cell, currency: str) -> date:
    found = _any_day(cell)
    if found is None and isinstance(cell, str) and (span := read_span(cell)) is not None:
        if span[0] != span[1]:
            raise MappingError(reader.header, cell, "one day: export by day, not a whole period")
        found = span[0]
    if found is None:
        raise MappingError(reader.header, cell, "a day, such as 2026-11-01")
    tomorrow = reader.setting.now.astimezone(reader.setting.time_zone).date() + timedelta(days=1)
    if not EARLIEST.date() <= found <= tomorrow:
        raise MappingError(reader.header, cell, "a day between 1990 and today")
    return found


def _any_day(cell: Cell) -> date | None:
    if isinstance(cell, datetime):
        return cell.date() if cell.time() == time(0) else None
    if isinstance(cell, date):
        return cell
    if isinstance(cell, (int, float)) and isfinite(cell) and int(cell) in _SERIALS:
        return _SERIAL_ZERO + timedelta(days=int(cell)) if cell == int(cell) else None
    text = str(cell)
    return read_day(text) or read_day(re.sub(r"[ T]0?0:00(:00)?$", "", text))


def _moment(reader: Reader, cell: Cell, currency: str) -> datetime:
    local = _local(cell)
    if local is None:
        raise MappingError(reader.header, cell, "a time, such as 2026-11-01 12:30:05")
    aware = local if local.tzinfo else local.replace(tzinfo=reader.setting.time_zone)
    try:
        found = aware.astimezone(UTC)
    except OverflowError:
        found = EARLIEST - timedelta(days=1)
    if not EARLIEST <= found <= reader.setting.now + timedelta(days=1):
        raise MappingError(reader.header, cell, "a time between 1990 and now")
    return found


def _local(cell: Cell) -> datetime | None:
    if isinstance(cell, datetime):
        return cell
    if (day := _any_day(cell)) is not None:
        return datetime.combine(day, time(0))
    head, _, tail = str(cell).replace("T", " ").partition(" ")
    begins, tail = read_day(head), tail.strip()
    try:
        clock = time.fromisoformat(f"0{tail}" if tail[1:2] == ":" else tail)
    except ValueError:
        return None
    return None if begins is None else datetime.combine(begins, clock)


_READERS: Mapping[CellKind, Callable[[Reader, Cell, str], Any]] = {
    CellKind.TEXT: _text,
    CellKind.ID: _id,
    CellKind.DAY: _day,
    CellKind.MOMENT: _moment,
    CellKind.COUNT: _count,
    CellKind.MONEY: _money,
    CellKind.NUMBER: _number,
}
