"""Bytes become rows: encodings, delimiters, workbooks, and files that are no table."""

import io
import zipfile
from datetime import datetime

import pytest
from openpyxl import Workbook

from core.importing.sheet import MOST_COLUMNS, MOST_ROWS, Cell, UnreadableFileError, read_file
from tests.importing.files import csv_bytes, xlsx_bytes
from tests.importing.old_workbook import xls_bytes

ROWS = [("日期", "访客数", "备注"), ("2026-11-01", "1,234", "灯")]


def cells_of(content: bytes, name: str = "t.csv") -> list[list[Cell]]:
    """The cells of the first sheet."""
    return [list(line.cells) for line in read_file(name, content)[0].lines]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_encodings_and_delimiters(encoding: str, delimiter: str) -> None:
    """The same rows come out of every encoding and every delimiter in use."""
    content = csv_bytes(ROWS, encoding, delimiter)

    assert [list(row) for row in ROWS] == cells_of(content)


def test_lines_are_counted_as_editors_do() -> None:
    """A cell of two lines does not shift the numbers of the lines after it."""
    content = csv_bytes([("a", "b"), ("1", "x\ny"), ("2", "z")], "utf-8")

    [grid] = read_file("t.csv", content)

    assert [1, 2, 4] == [line.number for line in grid.lines]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ('="3600000000000000001"', "3600000000000000001"),
        ("\t3600000000000000001", "3600000000000000001"),
        ("  灯 　", "灯"),
        ("", None),
        ("   ", None),
    ],
)
def test_what_exports_put_around_a_cell(written: str, read: str | None) -> None:
    """Tabs, spaces and formulas that keep spreadsheets from rounding ids are no part of them."""
    assert [["a", "b"], [read, "1"]] == cells_of(csv_bytes([("a", "b"), (written, "1")]))


def test_a_workbook() -> None:
    """Cells of a workbook keep their types; numbers show the 15 digits that Excel shows."""
    day, moment = datetime(2026, 11, 1), datetime(2026, 11, 1, 9, 5)

    found = cells_of(xlsx_bytes([("a", "b", "c", "d"), (day, moment, 7, 0.1 + 0.2)]), "t.xlsx")

    assert [["a", "b", "c", "d"], [day.date(), moment, 7, 0.3]] == found


def test_an_old_workbook() -> None:
    """A workbook of Excel 97 is read, too, whatever its name says."""
    content = xls_bytes([("日期", "访客数"), ("2026-11-01", 1234.0)])

    [grid] = read_file("t.xls", content)

    assert "xls" == grid.format
    assert [["日期", "访客数"], ["2026-11-01", 1234]] == [list(line.cells) for line in grid.lines]


def test_empty_lines_count() -> None:
    """Rows of a workbook are numbered as the spreadsheet shows them."""
    book = Workbook()
    assert book.active is not None
    book.active["B3"] = "x"
    content = io.BytesIO()
    book.save(content)

    lines = read_file("t.xlsx", content.getvalue())[0].lines

    assert [3] == [line.number for line in lines if "x" in line.cells]


def _packed(name: str, size: int) -> bytes:
    content = io.BytesIO()
    with (
        zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open(name, "w", force_zip64=True) as part,
    ):
        for _ in range(size // 1_000_000):
            part.write(b" " * 1_000_000)
    return content.getvalue()


def _sparse() -> bytes:
    """A workbook whose two cells span the largest sheet there is."""
    book = Workbook()
    assert book.active is not None
    book.active["A1"], book.active["XFD1048576"] = "日期", 1
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("empty.csv", b"", "is empty"),
        ("blank.csv", b" \r\n \r\n", "is empty"),
        ("noise.csv", bytes(range(1, 256)), "in no encoding known here"),
        ("zeros.bin", b"a\0b,c\0d\n", "neither text nor a workbook"),
        ("page.xls", b"<html><table><tr><td>1</td></tr></table>", "is a web page"),
        ("cut.xlsx", xlsx_bytes(ROWS)[:900], "damaged"),
        ("other.xlsx", _packed("letter.txt", 1_000_000), "damaged"),
        ("cut.xls", xls_bytes(ROWS)[:600], "damaged"),
        ("bomb.xlsx", _packed("xl/worksheets/sheet1.xml", 310_000_000), "is too large"),
        ("sparse.xlsx", _sparse(), "is too large"),
        ("wide.csv", b"," * (MOST_COLUMNS + 1), "is too large"),
        ("long.csv", b"1,2\n" * (MOST_ROWS + 1), "is too large"),
        ("dense.csv", (b"," * 399 + b"\n") * 20_000, "is too large"),
        ("quote.csv", b'a,b\n"' + b"x" * 200_000, "field larger than field limit"),
        ("open.csv", b'a,b\n1,2\n"3,4\n5,6\n', "line 3: a quotation mark opens a cell that is"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_files_that_are_not_read(name: str, content: bytes, message: str) -> None:
    """What is too large, damaged or no table is refused in one sentence, and quickly."""
    with pytest.raises(UnreadableFileError, match=message) as caught:
        read_file(name, content)

    assert caught.value.message.startswith(name)
