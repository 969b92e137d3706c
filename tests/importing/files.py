"""Files as seller centres export them, made for tests: the figures are synthetic."""

import io
from collections.abc import Sequence
from typing import Any

from openpyxl import Workbook

Row = Sequence[Any]


def csv_bytes(rows: Sequence[Row], encoding: str = "gb18030", delimiter: str = ",") -> bytes:
    """Rows as CSV; a cell with the delimiter is quoted."""
    lines = (delimiter.join(_quoted(str(cell), delimiter) for cell in row) for row in rows)
    return "".join(f"{line}\r\n" for line in lines).encode(encoding)


def _quoted(cell: str, delimiter: str) -> str:
    needs = delimiter in cell or '"' in cell or "\n" in cell
    return '"' + cell.replace('"', '""') + '"' if needs else cell


def xlsx_bytes(rows: Sequence[Row], title: str = "Sheet1", empty_first: bool = False) -> bytes:
    """Rows as the cells of a workbook, with their types."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    if empty_first:
        sheet = book.create_sheet(title)
    sheet.title = title
    for row in rows:
        sheet.append(list(row))
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


TRAFFIC: Sequence[Row] = (
    ("日期", "流量来源", "访客数", "支付买家数", "支付金额"),
    ("2026-11-01", "手淘搜索", "1,234", "40", "12,345.60"),
    ("2026-11-02", "直通车", "1.2万", "35", "9,000.00"),
)
"""Traffic by source, of two days."""

REVIEWS: Sequence[Row] = (
    ("订单编号", "商品ID", "买家昵称", "评价等级", "评价内容", "追评", "评价时间", "手机号"),
    ("E1", "P1", "灯**客", "好评", "很亮", "", "2026-11-01 12:30:05", "13800000000"),
    ("E2", "P2", "小*王", "差评", "碎了", "换货后很好", "2026-11-02 9:05", "13900000000"),
)
"""Two reviews, the second with a text that was added later, and a column that nobody knows."""


def with_row(rows: Sequence[Row], line: int, **cells: Any) -> list[Row]:
    """The rows, with other cells in one line (from 1, as the file counts)."""
    header = list(rows[0])
    changed = [list(row) for row in rows]
    for name, cell in cells.items():
        changed[line - 1][header.index(name)] = cell
    return changed
