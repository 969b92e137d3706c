"""What a file may look like, declared as data: which columns make which record.

A marketplace brings the layouts of its seller centre (`Marketplace.layouts`); `generic` has some
for everybody. `core.importing` reads files by them; `docs/importing.md` walks through one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from core.marketplace.records import Record

Values = Mapping[str, Any]
"""The cells of one row by `Column.field`, read; None where nothing stands."""


class CellKind(StrEnum):
    """How the cells of a column are read, and what they become.

    text: str. id: str, with all its digits. day: date. moment: aware UTC, the shop's wall clock
    if the cell names no zone. count: int of 0 or more, also from "1,234" and "1.2万".
    money: minor units of the row's currency. number: Decimal, also from "12.3%" (0.123).
    """

    TEXT = "text"
    ID = "id"
    DAY = "day"
    MOMENT = "moment"
    COUNT = "count"
    MONEY = "money"
    NUMBER = "number"


@dataclass(frozen=True)
class Column:
    """One column that a layout knows.

    field: what `Layout.build` gets it as; by default a field of the record. names: headers, the
    preferred one first, compared without case, spaces and units in brackets. required: a file
    without it, or a row without a value, is refused. personal: masked wherever it is kept or
    shown. fills: fields that get this value too when the file has no column for them.
    """

    field: str
    names: tuple[str, ...]
    kind: CellKind = CellKind.TEXT
    required: bool = False
    personal: bool = False
    fills: tuple[str, ...] = ()


@dataclass(frozen=True)
class Setting:
    """Whose file it is: what values without a currency or a time zone mean; now: aware UTC."""

    currency: str
    time_zone: ZoneInfo
    now: datetime


Fields = Mapping[str, Any]
"""The fields of one record, as the record's model takes them."""
Build = Callable[[Sequence[Values], Setting], Fields | Sequence[Fields]]
"""From the rows of one record to its fields; MappingError(field, value, expected) refuses them.

Several, when a row tells several facts. Besides its columns a row has `currency`, and `repeat`:
how many rows above it are equal in all columns of the layout, for files whose rows have no id.
"""


def one_row(rows: Sequence[Values], setting: Setting) -> Fields:
    """A record whose fields are called like the columns; what a row leaves open is left open."""
    return {name: value for name, value in rows[0].items() if value is not None}


@dataclass(frozen=True)
class Part:
    """A file that is nothing by itself: its rows belong to those of another, as lines to orders.

    name: under which a row of the other file gets them. unused: as a layout's.
    """

    name: str
    title: str
    columns: tuple[Column, ...]
    unused: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Companion:
    """A part that a layout takes rows from, if that file is given too.

    Each row of the layout's own file gets, under the part's name, the tuple of the part's rows
    whose `key` equals its own value of `on` (called like `key` unless said otherwise). required:
    without it the file is refused.
    """

    part: Part
    key: str
    on: str = ""
    required: bool = False

    @property
    def own_key(self) -> str:
        """The field of the layout's own rows."""
        return self.on or self.key


@dataclass(frozen=True)
class Layout:
    """A kind of file.

    name: "taobao.traffic_sources". record: what a row, or rows with the same `group_by`, become.
    stream: what the user calls it (`--kind`) and runs are noted under, e.g. "traffic", "reviews".
    any_of: fields of which a file has a column for one at least.
    build: makes the record's fields; the shop's currency and the source are filled in.
    fixed: fields that are the same in every row. unused: columns of the export that have no place
    in the shared schema, and why, so that a preview can say it. companions: further files that an
    export consists of.
    """

    name: str
    title: str
    stream: str
    record: type[Record]
    columns: tuple[Column, ...]
    build: Build = one_row
    group_by: str = ""
    any_of: tuple[str, ...] = ()
    fixed: Mapping[str, Any] = field(default_factory=dict)
    unused: Mapping[str, str] = field(default_factory=dict)
    version: int = 1
    companions: tuple[Companion, ...] = ()

    def __post_init__(self) -> None:
        known = {column.field for column in self.columns}
        missing = {*self.any_of, *filter(None, [self.group_by])} - known
        if missing:
            raise ValueError(f"Layout {self.name!r} has no column {', '.join(sorted(missing))}.")

    def column(self, name: str) -> Column | None:
        """The column of that field."""
        return next((each for each in self.columns if each.field == name), None)
