"""Unpacks a workbook in a process of its own: the bytes on stdin, the cells as JSON on stdout.

A workbook may unpack to far more than it weighs, or claim a cell in row 1,048,576 of column XFD.
Here that costs this process, which has a limit of memory and time, and not the server. It is
started as a script, so it imports nothing of opsgraph.
"""

import io
import json
import sys
from datetime import date, datetime, time, timedelta
from typing import Any

from python_calamine import CalamineSheet, CalamineWorkbook

MEMORY = 1 << 30
SECONDS = 60
MOST_SHEETS = 20


def limit() -> None:
    """Take at most a gigabyte and a minute, where the system knows such limits."""
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))


def plain(cell: Any) -> Any:
    """A cell as JSON has it; a date or moment is a list with its ISO text."""
    if isinstance(cell, (datetime, date)):
        return [cell.isoformat()]
    if isinstance(cell, (time, timedelta)):
        return str(cell)
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 2**53:
        return int(cell)
    return cell


def unpack(content: bytes, most_rows: int, most_columns: int, most_cells: int) -> dict[str, Any]:
    """The sheets of a workbook, each a list of rows from the first line on."""
    workbook = CalamineWorkbook.from_filelike(io.BytesIO(content))
    names = workbook.sheet_names[:MOST_SHEETS]
    sheets = [(name, workbook.get_sheet_by_name(name)) for name in names]
    cells = sum(sheet.total_height * sheet.total_width for _, sheet in sheets)
    is_long = any(sheet.total_height > most_rows for _, sheet in sheets)
    if cells > most_cells or is_long or any(s.total_width > most_columns for _, s in sheets):
        return {"problem": "too large"}
    return {"sheets": [[name, rows_of(sheet)] for name, sheet in sheets]}


def rows_of(sheet: CalamineSheet) -> list[list[Any]]:
    """The rows of a sheet, empty ones included: their places are the line numbers."""
    return [[plain(cell) for cell in row] for row in sheet.to_python(skip_empty_area=False)]


if __name__ == "__main__":
    limit()
    answer = unpack(sys.stdin.buffer.read(), *map(int, sys.argv[1:4]))
    json.dump(answer, sys.stdout)
