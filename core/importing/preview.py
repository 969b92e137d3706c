"""What was understood of a file, before anything of it is stored."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from core.importing.items import Item, LeftOut, Reading, Refusal, period
from core.importing.recognition import Recognised
from core.marketplace.exports.layout import CellKind
from core.money import decimal_text

NOT_ADDITIVE = frozenset({"visitors", "buyers"})
"""Counts of people: somebody who came on two days is in both."""


@dataclass(frozen=True)
class ColumnUse:
    """A column and what it becomes. letter: as spreadsheets name it. unit: of the header."""

    letter: str
    header: str
    fields: tuple[str, ...]
    unit: str = ""


@dataclass(frozen=True)
class ColumnUnused:
    """A column that nothing is taken from, and why."""

    letter: str
    header: str
    why: str


@dataclass(frozen=True)
class Total:
    """A sum over all accepted rows. additive: whether the sum means anything over days."""

    field: str
    value: str
    additive: bool


@dataclass(frozen=True)
class Preview:
    """A file as it was understood.

    unfilled: fields of the record for which the file has no column; they stay 0 or empty.
    rows: accepted. records: what they become. period: first and last day.
    """

    file: str
    format: str
    layout: str
    kind: str
    header_line: int
    columns: tuple[ColumnUse, ...]
    unused: tuple[ColumnUnused, ...]
    unfilled: tuple[str, ...]
    notes: tuple[str, ...]
    rows: int
    records: int
    refused: tuple[Refusal, ...]
    left_out: tuple[LeftOut, ...]
    period: tuple[date, date] | None
    totals: tuple[Total, ...]
    shop: str
    currency: str
    time_zone: str

    @property
    def refused_rows(self) -> int:
        """How many rows are refused; one may have several cells that cannot be used."""
        return len({refusal.line for refusal in self.refused})


def make_preview(
    name: str, file: Recognised, reading: Reading, shop: str, currency: str, time_zone: str
) -> Preview:
    """Everything a person needs to see before saying yes."""
    return Preview(
        file=name,
        format=f"{file.grid.format}, {file.grid.detail}",
        layout=f"{file.layout.title} ({file.layout.name})",
        kind=file.layout.stream,
        header_line=file.header.number,
        columns=tuple(
            ColumnUse(letter_of(u.index), u.header, (u.column.field, *u.fills), u.unit)
            for u in file.uses
        ),
        unused=tuple(ColumnUnused(letter_of(u.index), u.header, u.why) for u in file.unused),
        unfilled=tuple(_unfilled(file, reading.items)),
        notes=(*_notes(file), *_unknown_words(reading.items)),
        rows=reading.accepted_lines,
        records=len(reading.items),
        refused=tuple(reading.refused),
        left_out=tuple(reading.left_out),
        period=period(reading.items),
        totals=tuple(_totals(file, reading.items)),
        shop=shop,
        currency=currency,
        time_zone=time_zone,
    )


def letter_of(index: int) -> str:
    """A column as spreadsheets name it: 0 is A, 26 is AA."""
    letters, rest = "", index + 1
    while rest:
        rest, digit = divmod(rest - 1, 26)
        letters = chr(ord("A") + digit) + letters
    return letters


def _unfilled(file: Recognised, items: list[Item]) -> Iterator[str]:
    """Fields without a column that nothing else gave a value either."""
    filled = {name for use in file.uses for name in (use.column.field, *use.fills)}
    for column in file.layout.columns:
        is_given = any(getattr(item.mapped.record, column.field, None) for item in items)
        if column.field not in filled and not is_given:
            yield column.field


def _notes(file: Recognised) -> Iterator[str]:
    if file.others:
        yield f"Not read: {', '.join(file.others)}. Save a sheet as a file of its own to import it."
    if file.day is not None:
        yield f"No column has the day: {file.day} is taken from {file.day_from}."
    for use in file.uses:
        for name in use.fills:
            yield f"The file has no {name} of its own: {use.header} stands in."


def _unknown_words(items: list[Item]) -> Iterator[str]:
    words = Counter(word for item in items for word in item.mapped.unknown)
    for word, count in words.most_common(20):
        yield f"{word} is not known; it is kept as it is, in {count:,} records."


def _totals(file: Recognised, items: list[Item]) -> Iterator[Total]:
    kinds = {name: use.column.kind for use in file.uses for name in (use.column.field, *use.fills)}
    for name, kind in kinds.items():
        if kind not in (CellKind.COUNT, CellKind.MONEY):
            continue
        sums: Counter[str] = Counter()
        for item in items:
            value = getattr(item.mapped.record, name, None)
            if value is not None:
                sums[getattr(item.mapped.record, "currency", "")] += value
        for currency, value in sorted(sums.items()):
            is_money = kind is CellKind.MONEY
            shown = f"{decimal_text(value, currency)} {currency}" if is_money else f"{value:,}"
            yield Total(name, shown, name not in NOT_ADDITIVE)
