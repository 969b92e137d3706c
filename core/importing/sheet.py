"""From the bytes of a file to grids of cells: CSV in the encodings of China, xlsx and xls."""

import csv
import io
import json
import re
import subprocess
import sys
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import chain
from pathlib import Path
from typing import Any

from core.errors import InputError

Cell = str | int | float | date | datetime | None
"""What stands in a cell; the cells of a CSV file are texts."""

MOST_ROWS = 200_000
MOST_COLUMNS = 400
MOST_CELLS = 5_000_000
UNPACKED = 300_000_000
"""Bytes that a workbook may unpack to."""
SECONDS = 90
DELIMITERS = ",\t;|"
_END = "\0"
"""A line after the last one: no file that is read has such a character."""
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_QUOTED = re.compile(r'="([^"]*)"')  # how exports keep spreadsheets from rounding an id


class UnreadableFileError(InputError):
    """The file is too large, damaged, or of a kind that is not read."""

    code = "UNREADABLE_FILE"

    def __init__(self, message: str) -> None:
        super().__init__(message, path=["input", "file"])


@dataclass(frozen=True)
class Line:
    """A row of a file. number: as a text editor or spreadsheet counts it, from 1."""

    number: int
    cells: Sequence[Cell]


@dataclass(frozen=True)
class Grid:
    """One sheet of a file.

    format: "csv", "xlsx" or "xls". detail: encoding and delimiter, or the sheet's name.
    """

    format: str
    detail: str
    lines: Sequence[Line]


def read_file(name: str, content: bytes) -> list[Grid]:
    """The sheets of a file; UnreadableFileError says what is wrong with it."""
    if not content.strip():
        raise UnreadableFileError(f"{name} is empty.")
    if content.startswith(_ZIP):
        _check_zip(name, content)
        return _workbook(name, "xlsx", content)
    if content.startswith(_OLE):
        return _workbook(name, "xls", content)
    return [_csv(name, content)]


def is_blank(line: Line) -> bool:
    """Whether nothing stands in a row."""
    return all(cell is None for cell in line.cells)


# --- text ------------------------------------------------------------------------------------


def _csv(name: str, content: bytes) -> Grid:
    encoding = _encoding(name, content)
    text = content.decode(encoding)
    if text.lstrip()[:200].lower().startswith(("<!doctype", "<html", "<table", "<?xml")):
        raise UnreadableFileError(f"{name} is a web page: open it, and save it as xlsx or CSV.")
    if "\0" in text:
        raise UnreadableFileError(f"{name} is neither text nor a workbook: save it as CSV or xlsx.")
    delimiter = _delimiter(text)
    lines = list(_lines(name, text, delimiter))
    shown = {"\t": "tab"}.get(delimiter, delimiter)
    return Grid("csv", f"{encoding.removesuffix('-sig')}, separated by {shown}", lines)


def _encoding(name: str, content: bytes) -> str:
    """UTF-16 has a mark; UTF-8 is strict; what is neither is most likely Chinese Windows."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        candidates = ["utf-16"]
    else:
        candidates = ["utf-8-sig", "gb18030"]
    for encoding in candidates:
        try:
            content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return encoding
    raise UnreadableFileError(f"{name} is in no encoding known here: save it as UTF-8.")


def _delimiter(text: str) -> str:
    """The one that cuts most rows of the beginning into equally many cells."""
    sample = "\n".join(text[:20_000].splitlines()[:60])

    def fitness(delimiter: str) -> tuple[int, int]:
        widths = Counter(len(row) for row in csv.reader(io.StringIO(sample), delimiter=delimiter))
        fits = [(count, width) for width, count in widths.items() if width > 1]
        return max(fits, default=(0, 0))

    return max(DELIMITERS, key=fitness)


def _lines(name: str, text: str, delimiter: str) -> Iterator[Line]:
    """The rows; a cell whose quotation mark never closes would swallow the rest of the file."""
    reader = csv.reader(chain(io.StringIO(text, newline=""), [_END]), delimiter=delimiter)
    begins, cells = 1, 0
    try:
        for row in reader:
            if row == [_END]:
                return
            if row and row[-1].endswith(_END):
                raise UnreadableFileError(
                    f"{name}, line {begins}: a quotation mark opens a cell that is never closed."
                )
            cells += len(row)
            if len(row) > MOST_COLUMNS or reader.line_num > MOST_ROWS or cells > MOST_CELLS:
                raise _too_large(name)
            yield Line(begins, [_text(cell) for cell in row])
            begins = reader.line_num + 1
    except csv.Error as error:
        raise UnreadableFileError(f"{name}, line {begins}: {error}.") from None


def _text(cell: str) -> str | None:
    """A cell without the spaces, tabs and formula signs that exports put around it."""
    plain = cell.strip(" \t\r\n\u3000\ufeff\xa0")
    quoted = _QUOTED.fullmatch(plain)
    return (quoted[1] if quoted else plain) or None


# --- workbooks -------------------------------------------------------------------------------


def _check_zip(name: str, content: bytes) -> None:
    """A clear word about what would be refused anyway."""
    try:
        parts = zipfile.ZipFile(io.BytesIO(content)).infolist()
    except zipfile.BadZipFile:
        raise UnreadableFileError(f"{name} is damaged: export or save it again.") from None
    if sum(part.file_size for part in parts) > UNPACKED:
        raise _too_large(name)


def _workbook(name: str, format: str, content: bytes) -> list[Grid]:
    script = Path(__file__).with_name("unpack.py")
    limits = map(str, (MOST_ROWS, MOST_COLUMNS, MOST_CELLS))
    command = [sys.executable, "-I", str(script), *limits]
    try:
        done = subprocess.run(
            command, input=content, capture_output=True, timeout=SECONDS, check=True
        )
    except subprocess.TimeoutExpired:
        raise _too_large(name) from None
    except subprocess.CalledProcessError as error:
        if error.returncode < 0 or b"MemoryError" in error.stderr:  # ended by its limits
            raise _too_large(name) from None
        reason = "it has a password" if b"Password" in error.stderr else "it is damaged"
        raise UnreadableFileError(
            f"{name} cannot be read as {format}: {reason}. Save it again, as xlsx or CSV."
        ) from None
    answer: dict[str, Any] = json.loads(done.stdout, parse_float=_number)
    if "problem" in answer:
        raise _too_large(name)
    return [Grid(format, f"sheet {title!r}", _numbered(rows)) for title, rows in answer["sheets"]]


def _numbered(rows: list[list[Any]]) -> list[Line]:
    return [Line(number, [_cell(cell) for cell in row]) for number, row in enumerate(rows, 1)]


def _number(text: str) -> float:
    """A spreadsheet shows 15 digits of a number, and computes with 17."""
    return float(f"{Decimal(text):.15g}")


def _cell(cell: Any) -> Cell:
    if isinstance(cell, list):
        moment = datetime.fromisoformat(cell[0])
        return moment if "T" in cell[0] else moment.date()
    return _text(cell) if isinstance(cell, str) else cell


def _too_large(name: str) -> UnreadableFileError:
    return UnreadableFileError(
        f"{name} is too large: {MOST_ROWS:,} rows, {MOST_COLUMNS} columns, {MOST_CELLS:,} cells "
        f"and {UNPACKED // 1_000_000} MB unpacked are read. Export a shorter period."
    )
