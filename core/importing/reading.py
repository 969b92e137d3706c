"""From a recognised file to records and refused rows; every row is one, the other, or left out."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from hashlib import blake2b
from typing import Any

from pydantic import ValidationError

from core.importing.cells import Reader, is_missing, is_total
from core.importing.companions import Beside, Row
from core.importing.items import (
    Item,
    LeftOut,
    Reading,
    Refusal,
    natural_key,
    row_name,
)
from core.importing.recognition import Recognised, Use, plain_header, text_of
from core.importing.sheet import Cell, Line, is_blank
from core.marketplace.contract import Mapped, Payload, Rejected
from core.marketplace.errors import MappingError
from core.marketplace.exports.layout import CellKind, Companion, Fields, Setting, Values
from core.marketplace.mapping import MASK
from core.marketplace.records import DataSource, Record

DIMENSIONS = ("channel", "campaign", "device")
"""Fields of a row of figures that may say "all of them"."""
_ALL = frozenset({"全部", "所有", "整体", "全部终端", "所有终端", "全部渠道", "all"})


Taken = Callable[[Sequence[Record]], Iterable[str]]
"""What stored data says against each of a file's records: "" for nothing."""


def nothing_taken(records: Sequence[Record]) -> Iterable[str]:
    """Nothing is said against any of them."""
    return [""] * len(records)


def read_beside(name: str, companion: Companion, file: Recognised, setting: Setting) -> Beside:
    """Read a companion file."""
    reader = _Pass(name, file, setting, nothing_taken)
    index = next(u.index for u in file.uses if u.column.field == companion.key)
    rows: dict[str, list[Row]] = defaultdict(list)
    keys: dict[int, str] = {}
    for line in file.rows:
        keys[line.number] = text_of(line.cells[index]) if index < len(line.cells) else ""
        row = reader.row(line)
        if row is not None:
            rows[row.values[companion.key]].append(row)
    wrong = {
        keys[r.line]: MappingError(f"{r.column} in {name}, line {r.line}", r.value, r.expected)
        for r in reversed(reader.reading.refused)
    }
    left_out = len(reader.reading.left_out)
    return Beside(name, companion, file, rows, wrong, reader.masked, left_out)


def read_rows(
    name: str,
    file: Recognised,
    setting: Setting,
    taken: Taken = nothing_taken,
    beside: Sequence[Beside] = (),
) -> Reading:
    """Read every row below the header. name: the file's, for quarantine. beside: companions."""
    return _Pass(name, file, setting, taken, beside).run()


class _Pass:
    """One reading of one file."""

    def __init__(
        self,
        name: str,
        file: Recognised,
        setting: Setting,
        taken: Taken,
        beside: Sequence[Beside] = (),
    ) -> None:
        self.name = name
        self._repeats: Counter[tuple[Any, ...]] = Counter()
        self._beside = beside
        self._rows_beside: dict[tuple[int, str], Sequence[Row]] = {}
        self.taken = taken
        self.file = file
        self.layout = file.layout
        self.setting = setting
        self.reading = Reading()

    def run(self) -> Reading:
        rows = [row for line in self.file.rows if (row := self.row(line)) is not None]
        for group in self._groups(self._without_totals(rows)):
            self._make(group)
        self._refuse_twins()
        self._refuse_taken()
        self._settle()
        self.reading.refused.sort(key=lambda refusal: refusal.line)
        self.reading.left_out.sort(key=lambda each: each.line)
        return self.reading

    @cached_property
    def _readers(self) -> list[tuple[int, tuple[str, ...], Reader]]:
        return [
            (use.index, (use.column.field, *use.fills), self._reader(use)) for use in self.file.uses
        ]

    def _reader(self, use: Use) -> Reader:
        return Reader(use.column, use.header, self.setting, use.scale)

    # --- rows --------------------------------------------------------------------------------

    def row(self, line: Line) -> Row | None:
        """The row's values; None if it is blank, left out or refused."""
        if is_blank(line):
            return None
        why = self._why_left_out(line)
        if why:
            self.reading.left_out.append(LeftOut(line.number, why))
            return None
        values: dict[str, Any] = {} if self.file.day is None else {self._day_field: self.file.day}
        wrong: list[MappingError] = []
        currency = self._currency(line)
        for index, fields, reader in self._readers:
            cell = line.cells[index] if index < len(line.cells) else None
            try:
                value = reader.read(cell, currency)
            except MappingError as error:
                wrong.append(error)
                continue
            values |= dict.fromkeys(fields, value)
        if not wrong:
            wrong = self._take_beside(line, values)
        if wrong:
            self._refuse([line], wrong)
            return None
        same = tuple(values.get(fields[0]) for _, fields, _ in self._readers)
        self._repeats[same] += 1
        values |= {"currency": currency, "repeat": self._repeats[same] - 1}
        return Row(line, values)

    def _take_beside(self, line: Line, values: dict[str, Any]) -> list[MappingError]:
        """Add the companions' rows to the values of a row; returns what is wrong with them."""
        wrong: list[MappingError] = []
        for each in self._beside:
            try:
                rows = each.take(values[each.companion.own_key])
            except MappingError as error:
                wrong.append(error)
                continue
            values[each.field] = tuple(row.values for row in rows)
            self._rows_beside[line.number, each.field] = rows
        return wrong

    @property
    def _day_field(self) -> str:
        return next(c.field for c in self.layout.columns if c.kind is CellKind.DAY)

    def _currency(self, line: Line) -> str:
        index = next((u.index for u in self.file.uses if u.column.field == "currency"), None)
        cell = line.cells[index] if index is not None and index < len(line.cells) else None
        return self.setting.currency if is_missing(cell) else str(cell).upper()

    def _why_left_out(self, line: Line) -> str:
        cells = [cell for cell in line.cells if cell is not None]
        first = next((u for u in self.file.uses), None)
        if is_total(cells[0]) and (first is None or self._is_heading(line, cells[0])):
            return f"a row of totals: {cells[0]}"
        if len(cells) == 1 and len(self.file.uses) > 2:
            shown = text_of(cells[0])[:60] if line.cells[0] is not None else MASK
            return f"a note: {shown}"
        if [text_of(c) for c in line.cells] == [text_of(c) for c in self.file.header.cells]:
            return "the header again"
        return ""

    def _is_heading(self, line: Line, cell: Cell) -> bool:
        """Whether a total's word stands where the row's day or key should."""
        place = next(i for i, each in enumerate(line.cells) if each is not None)
        used = {use.index: use.column for use in self.file.uses}.get(place)
        return used is None or used.required or used.kind is CellKind.DAY

    # --- totals among the rows ------------------------------------------------------------------

    def _without_totals(self, rows: list[Row]) -> list[Row]:
        """Without the rows that sum up others of the file; one that stands alone is kept."""
        for name in DIMENSIONS:
            if any(use.column.field == name for use in self.file.uses):
                rows = self._without_sums(rows, name)
        return rows

    def _without_sums(self, rows: list[Row], name: str) -> list[Row]:
        parts = {self._apart_from(row, name) for row in rows if not _is_all(row.values[name])}
        kept = []
        for row in rows:
            if not _is_all(row.values[name]):
                kept.append(row)
            elif name == "channel" or self._apart_from(row, name) in parts:
                header = next(u.header for u in self.file.uses if u.column.field == name)
                why = f"a sum of other rows: {header} is {row.values[name]}"
                self.reading.left_out.append(LeftOut(row.line.number, why))
            else:
                kept.append(Row(row.line, {**row.values, name: None}))
        return kept

    def _apart_from(self, row: Row, name: str) -> tuple[Any, ...]:
        """The row's day and the dimensions before this one."""
        before = DIMENSIONS[: DIMENSIONS.index(name)]
        return (row.values.get("day"), *(row.values.get(each) for each in before))

    # --- records -----------------------------------------------------------------------------

    def _groups(self, rows: Iterable[Row]) -> Iterator[list[Row]]:
        if not self.layout.group_by:
            yield from ([row] for row in rows)
            return
        groups: dict[Any, list[Row]] = defaultdict(list)
        for row in rows:
            groups[row.values[self.layout.group_by]].append(row)
        refused = self._keys_of_refused()
        for key, group in groups.items():
            if key in refused:
                reason = f"all rows of {key} to be usable; line {refused[key]} is not"
                error = MappingError(self.layout.group_by, str(key), reason)
                self._refuse([row.line for row in group], [self._named(error)])
            else:
                yield group

    def _keys_of_refused(self) -> dict[str, int]:
        """Of refused rows the key of the record they belong to, where it can be read."""
        index = next(u.index for u in self.file.uses if u.column.field == self.layout.group_by)
        lines = {line.number: line for line in self.file.rows}
        return {
            text_of(lines[number].cells[index]): number
            for number in self.reading.refused_lines
            if index < len(lines[number].cells)
        }

    def _make(self, rows: Sequence[Row]) -> None:
        lines = [row.line for row in rows]
        try:
            made = self.layout.build([row.values for row in rows], self.setting)
            parts = [made] if isinstance(made, Mapping) else made
            filled = [self._filled(each, rows[0].values) for each in parts]
            records = [self.layout.record.model_validate(each) for each in filled]
        except MappingError as error:
            self._refuse(lines, [self._named(error)])
        except ValidationError as error:
            self._refuse(lines, [self._named(each) for each in _wrong(error)])
        except Exception as error:  # a slip in a layout must not cost the file it stumbles on
            slip = MappingError("", type(error).__name__, "a layout that knows this row")
            self._refuse(lines, [slip])
        else:
            payload = self._payload(lines)
            numbers = tuple(line.number for line in lines)
            self.reading.items += [
                Item(numbers, Mapped(each, payload, tuple(_unknown(each)))) for each in records
            ]

    def _filled(self, made: Fields, values: Values) -> dict[str, Any]:
        known = self.layout.record.model_fields
        given = {"currency": values["currency"], "source": DataSource.IMPORT, **self.layout.fixed}
        filled = {name: value for name, value in given.items() if name in known}
        return filled | {name: value for name, value in made.items() if name in known}

    def _named(self, error: MappingError) -> MappingError:
        """The error with the file's own word for the column it is about."""
        field_name = error.where.partition(".")[0]
        header = next(
            (u.header for u in self.file.uses if field_name in (u.column.field, *u.fills)),
            error.where,
        )
        return MappingError(header, error.value, error.expected)

    # --- refusals ----------------------------------------------------------------------------

    def _refuse(self, lines: Sequence[Line], errors: Sequence[MappingError]) -> None:
        personal = {use.header for use in self.file.uses if use.column.personal}
        for error in errors:
            if error.where in personal and not is_missing(error.value):
                error.value = MASK
        for line in lines:
            self.reading.refused += [
                Refusal(line.number, e.where, text_of(e.value)[:200], e.expected) for e in errors
            ]
            self._reject(line.number, errors[0], self._payload([line]))

    def _reject(self, line: int, error: MappingError, payload: Payload) -> None:
        name = row_name(self.name, line)
        self.reading.rejected.append(Rejected(self.layout.record.kind, name, error, payload))

    def refuse(self, item: Item, column: str, value: str, expected: str) -> None:
        """Refuse a record that could be read."""
        error = MappingError(column, value, expected)
        for line in item.lines:
            self.reading.refused.append(Refusal(line, column, value, expected))
            self._reject(line, error, item.mapped.payload)

    def _refuse_twins(self) -> None:
        """Of rows with one key the first counts; an equal one is left out, another refused."""
        seen: dict[tuple[Any, ...], Item] = {}
        kept = []
        for item in self.reading.items:
            first = seen.setdefault(natural_key(item.mapped.record), item)
            if first is item:
                kept.append(item)
            elif first.mapped.record == item.mapped.record:
                why = f"the same as line {first.lines[0]}"
                self.reading.left_out += [LeftOut(line, why) for line in item.lines]
            else:
                self._refuse_twin(item, first)
        self.reading.items = kept

    def _settle(self) -> None:
        """A row of several records is used whole or not at all, and is told of once."""
        reading = self.reading
        refused = reading.refused_lines
        reading.items = [item for item in reading.items if refused.isdisjoint(item.lines)]
        told = refused.union(*(item.lines for item in reading.items))
        first = {each.line: each for each in reversed(reading.left_out) if each.line not in told}
        reading.left_out = list(first.values())

    def _refuse_taken(self) -> None:
        """Refuse what would count twice beside stored figures."""
        kept = []
        expectations = self.taken(self.reading.records)
        for item, expected in zip(self.reading.items, expectations, strict=True):
            if expected:
                key = "/".join(map(str, natural_key(item.mapped.record)))
                self.refuse(item, "", key, expected)
            else:
                kept.append(item)
        self.reading.items = kept

    def _refuse_twin(self, item: Item, first: Item) -> None:
        key = "/".join(map(str, natural_key(item.mapped.record)))
        self.refuse(item, "", key, f"one row of this key; line {first.lines[0]} has it too")

    def _payload(self, lines: Sequence[Line]) -> Payload:
        """The rows as they stood there, personal cells masked.

        `digest` is of all cells, so that a masked cell that changed makes the row news.
        """
        payload: dict[str, Any] = {
            "layout": self.layout.name,
            "rows": [self.masked(line) for line in lines],
        }
        cells = [line.cells for line in lines]
        for each in self._beside:
            found = [self._rows_beside.get((line.number, each.field), ()) for line in lines]
            payload[each.field] = [each.mask(row.line) for rows in found for row in rows]
            cells += [row.line.cells for rows in found for row in rows]
        return Payload(payload | {"digest": _digest(cells)})

    def masked(self, line: Line) -> dict[str, str]:
        """The cells of columns that are known: what is in others may be anything."""
        return {
            header: MASK if personal else text_of(line.cells[index])
            for index, header, personal in self._kept
            if index < len(line.cells) and line.cells[index] is not None
        }

    @cached_property
    def _kept(self) -> list[tuple[int, str, bool]]:
        """Index, header and whether it is personal, of the columns that are known."""
        known = {plain_header(name)[0] for name in self.layout.unused}
        uses = [(use.index, use.header, use.column.personal) for use in self.file.uses]
        return uses + [
            (each.index, each.header, False)
            for each in self.file.unused
            if plain_header(each.header)[0] in known
        ]


def _is_all(value: Any) -> bool:
    return isinstance(value, str) and (is_total(value) or value.lower() in _ALL)


def _digest(content: Any) -> str:
    return blake2b(repr(content).encode(errors="replace"), digest_size=8).hexdigest()


def _wrong(error: ValidationError) -> list[MappingError]:
    return [
        MappingError(".".join(map(str, each["loc"])), each["input"], each["msg"])
        for each in error.errors(include_url=False, include_context=False)
    ]


def _unknown(record: Record) -> Iterator[str]:
    """The platform's words that mean nothing here yet, as `field=value`."""
    for ours, theirs in (("status", "platform_status"), ("result", "platform_result")):
        word = getattr(record, theirs, None)
        if word and getattr(record, ours, None) == "unknown":
            yield f"{ours}={word}"
