"""Writes a workbook of Excel 97 (BIFF8 in a compound file), as some seller centres export it.

Only what a reader needs: one sheet of texts and numbers. [MS-XLS] 2.4, [MS-CFB] 2.
"""

import struct
from collections.abc import Sequence

SECTOR = 512
_FREE, _END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


def xls_bytes(rows: Sequence[Sequence[str | float]]) -> bytes:
    """Rows as a workbook."""
    return _compound(_workbook(rows))


def _record(kind: int, body: bytes) -> bytes:
    return struct.pack("<HH", kind, len(body)) + body


def _workbook(rows: Sequence[Sequence[str | float]]) -> bytes:
    begin = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0005, 0, 1997, 0, 6))
    end = _record(0x000A, b"")
    place = len(begin) + 4 + 14 + len(end)
    sheet = _record(0x0085, struct.pack("<IBBBB", place, 0, 0, 6, 0) + b"Sheet1")
    cells = b"".join(
        _cell(line, column, cell)
        for line, row in enumerate(rows)
        for column, cell in enumerate(row)
    )
    inner = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0010, 0, 1997, 0, 6))
    return begin + sheet + end + inner + cells + end


def _cell(line: int, column: int, cell: str | float) -> bytes:
    at = struct.pack("<HHH", line, column, 0)
    if isinstance(cell, str):
        text = struct.pack("<HB", len(cell), 1) + cell.encode("utf-16-le")
        return _record(0x0204, at + text)
    return _record(0x0203, at + struct.pack("<d", cell))


def _compound(stream: bytes) -> bytes:
    """A compound file with one stream, long enough to stand in sectors of its own."""
    stream = stream.ljust(max(4096, -(-len(stream) // SECTOR) * SECTOR), b"\0")
    count = len(stream) // SECTOR
    fat = [_FAT, _END, *range(3, count + 2), _END]
    table = struct.pack("<128I", *fat, *[_FREE] * (128 - len(fat)))
    folder = _entry("Root Entry", 5, 1, _END, 0) + _entry("Workbook", 2, _FREE, 2, len(stream))
    return _header() + table + folder.ljust(SECTOR, b"\0") + stream


def _header() -> bytes:
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    head += struct.pack("<HHHHH", 0x003E, 3, 0xFFFE, 9, 6) + bytes(6)
    head += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, _END, 0, _END, 0)
    return head + struct.pack("<109I", 0, *[_FREE] * 108)


def _entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
    text = (name + "\0").encode("utf-16-le")
    entry = text.ljust(64, b"\0") + struct.pack("<HBB", len(text), kind, 1)
    entry += struct.pack("<III", _FREE, _FREE, child) + bytes(16 + 4 + 16)
    return entry + struct.pack("<IQ", start, size)
