"""Finds the header of a file, and the layout whose columns stand in it."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from core.errors import InputError
from core.importing.cells import SCALES, read_span
from core.importing.sheet import Cell, Grid, Line
from core.marketplace.exports.layout import CellKind, Column, Layout

DEEPEST_HEADER = 40
"""Rows of title and notes that may stand above the header."""
_UNITS = frozenset(
    {*SCALES, "元", "人", "次", "个", "件", "单", "笔", "%", "pv", "uv", "cny", "rmb", "¥"}
)
_UNIT = re.compile(r"(.+)\((.+)\)")
_SPACE = re.compile(r"[\s_\-/·]+")
_DATES = re.compile(
    r"\d{4}(?:[-/.年]\d{1,2}[-/.月]\d{1,2}日?|\d{4})(?!\d)"
    r"(?:\s*(?:~|至|到|—|_|\s-\s)\s*\d{4}(?:[-/.年]\d{1,2}[-/.月]\d{1,2}日?|\d{4})(?!\d))?"
)


class UnrecognisedFileError(InputError):
    """No layout fits the file, or several do."""

    code = "UNRECOGNISED_FILE"

    def __init__(self, message: str) -> None:
        super().__init__(message, path=["input", "file"])


@dataclass(frozen=True)
class Use:
    """A column of the file that is used. index: from 0. fills: further fields it stands in for."""

    column: Column
    index: int
    header: str
    unit: str
    fills: tuple[str, ...] = ()

    @property
    def scale(self) -> Decimal:
        """What the header's unit multiplies by: 10,000 for 万元."""
        return SCALES.get(self.unit, Decimal(1))


@dataclass(frozen=True)
class Unused:
    """A column of the file that is not used, and why."""

    index: int
    header: str
    why: str


@dataclass(frozen=True)
class Recognised:
    """A file understood: its layout, its header, and what each column is.

    day: the one day that the title or the file's name says, where no column does.
    others: sheets that a layout fits too, and that are not read.
    """

    layout: Layout
    grid: Grid
    header: Line
    uses: tuple[Use, ...]
    unused: tuple[Unused, ...]
    day: date | None = None
    day_from: str = ""
    others: tuple[str, ...] = ()

    @property
    def rows(self) -> Iterator[Line]:
        """Everything below the header."""
        return (line for line in self.grid.lines if line.number > self.header.number)


@dataclass(frozen=True)
class _Match:
    """How well a layout fits a row that may be the header."""

    layout: Layout
    grid: Grid
    header: Line
    found: Mapping[str, int]

    @property
    def missing(self) -> list[str]:
        columns = self.layout.columns
        lacking = [c.names[0] for c in columns if c.required and c.field not in self.found]
        wanted = [c.names[0] for c in columns if c.field in self.layout.any_of]
        if wanted and not self.found.keys() & set(self.layout.any_of):
            lacking.append("one of " + ", ".join(wanted))
        return lacking

    @property
    def fitness(self) -> tuple[int, int]:
        known = {plain_header(name)[0] for name in self.layout.unused}
        explained = sum(plain_header(str(cell))[0] in known for cell in self.header.cells)
        return len(self.found), explained


def recognise(name: str, grids: Sequence[Grid], layouts: Sequence[Layout]) -> Recognised:
    """The file as the layout sees it that fits best; UnrecognisedFileError if none does.

    Of two layouts of one stream that fit equally well the earlier one is taken: the shop's own.
    """
    matches = [
        _match(layout, grid, line)
        for grid in grids
        for line in grid.lines[:DEEPEST_HEADER]
        for layout in layouts
    ]
    fitting = [match for match in matches if match.found and not _lacks(match, name)]
    if not fitting:
        raise UnrecognisedFileError(_nearest(name, matches, layouts))
    best = max(match.fitness for match in fitting)
    chosen = [match for match in fitting if match.fitness == best]
    streams = sorted({match.layout.stream for match in chosen})
    if len(streams) > 1:
        raise UnrecognisedFileError(
            f"{name} may hold {' or '.join(streams)}: say which with the kind."
        )
    others = {match.grid.detail: None for match in fitting if match.grid is not chosen[0].grid}
    return replace(_understood(chosen[0], name), others=tuple(others))


def plain_header(text: str) -> tuple[str, str]:
    """A header as it is compared, and the unit in brackets: 支付金额（元） is 支付金额 in 元."""
    plain = unicodedata.normalize("NFKC", text).strip().lower()
    found = _UNIT.fullmatch(plain)
    unit = ""
    if found is not None and found[2].strip() in _UNITS:
        plain, unit = found[1], found[2].strip()
    return _SPACE.sub("", plain), unit


def _match(layout: Layout, grid: Grid, line: Line) -> _Match:
    headers = [plain_header(cell)[0] if isinstance(cell, str) else "" for cell in line.cells]
    found: dict[str, int] = {}
    for column in layout.columns:
        for name in column.names:
            plain = plain_header(name)[0]
            if plain in headers:
                found[column.field] = headers.index(plain)
                break
    return _Match(layout, grid, line, found)


def _lacks(match: _Match, name: str) -> list[str]:
    """The required columns that a header has not; a day may stand in the title instead."""
    said = _said(_titles(match), name)
    has_day = said is not None and said.first == said.last
    days = [c.names[0] for c in match.layout.columns if c.kind is CellKind.DAY]
    return [each for each in match.missing if not (has_day and each in days)]


def _titles(match: _Match) -> tuple[Line, ...]:
    above = [line for line in match.grid.lines if line.number < match.header.number]
    return tuple(line for line in above if any(cell is not None for cell in line.cells))


@dataclass(frozen=True)
class _Said:
    """Days that stand above the header or in the file's name, and where."""

    first: date
    last: date
    text: str
    where: str


def _said(titles: Sequence[Line], name: str) -> _Said | None:
    texts = [(str(cell), f"line {line.number}") for line in titles for cell in line.cells if cell]
    for text, where in [*texts, (name, "the file's name")]:
        for found in _DATES.finditer(text):
            span = read_span(found[0])
            if span is not None:
                return _Said(*span, found[0], where)
    return None


def _understood(match: _Match, name: str) -> Recognised:
    layout, line, found = match.layout, match.header, match.found
    _refuse_twins(match, name)
    own = {index: layout.column(field) for field, index in found.items()}
    uses, unused = [], []
    for index, cell in enumerate(line.cells):
        if cell is None:
            continue
        column = own.get(index)
        if column is None:
            unused.append(Unused(index, str(cell), _why_unused(layout, str(cell), match)))
        else:
            fills = tuple(each for each in column.fills if each not in found)
            uses.append(Use(column, index, str(cell), plain_header(str(cell))[1], fills))
    lacks_day = any(c.kind is CellKind.DAY and c.names[0] in match.missing for c in layout.columns)
    said = _said(_titles(match), name) if lacks_day else None
    day, where = (None, "") if said is None else (said.first, said.where)
    return Recognised(layout, match.grid, line, tuple(uses), tuple(unused), day, where)


def _refuse_twins(match: _Match, name: str) -> None:
    """Two columns of the same name, one of which would be taken by chance."""
    headers = [plain_header(str(cell))[0] for cell in match.header.cells]
    for index in match.found.values():
        if headers.count(headers[index]) > 1:
            raise UnrecognisedFileError(
                f"{name}, line {match.header.number}: the column "
                f"{match.header.cells[index]!r} stands there twice; remove one."
            )


def _why_unused(layout: Layout, header: str, match: _Match) -> str:
    plain = plain_header(header)[0]
    for known, why in layout.unused.items():
        if plain_header(known)[0] == plain:
            return why
    for column in layout.columns:
        if plain in {plain_header(name)[0] for name in column.names}:
            taken = match.header.cells[match.found[column.field]]
            return f"{column.field} is taken from {taken}"
    return "this layout does not know it"


def _nearest(name: str, matches: Sequence[_Match], layouts: Sequence[Layout]) -> str:
    known = ", ".join(sorted({layout.stream for layout in layouts})) or "none"
    near = max(matches, key=lambda match: (len(match.found), -len(match.missing)), default=None)
    if near is None or len(near.found) < 2:
        return (
            f"{name} has no header that is known here (kinds of files: {known}). The first row "
            "with names of columns must be among the first "
            f"{DEEPEST_HEADER}; docs/importing.md lists them."
        )
    lacking = ", ".join(near.missing)
    text = (
        f"{name} looks most like {near.layout.title} ({near.layout.stream}), header in line "
        f"{near.header.number}, but lacks: {lacking}."
    )
    said = _said(_titles(near), name)
    if said is None or said.first == said.last:
        return text
    span = f"{said.where[0].upper()}{said.where[1:]} says {said.text}"
    return f"{text} {span}, which is more than one day: export it by day."


def text_of(cell: Cell) -> str:
    """A cell as a person sees it."""
    return "" if cell is None else str(cell)
