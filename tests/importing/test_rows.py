"""Rows that are odd: repeated, summed up, half of an order, personal, or of an unclear file."""

import io
from collections.abc import Sequence

import anyio
import pytest
from openpyxl import Workbook
from sqlmodel import select

from core.db import Database
from core.models import Shop, SyncRun
from tests.graphql import Client
from tests.importing.files import TRAFFIC, Row, csv_bytes, with_row, xlsx_bytes
from tests.importing.uploads import imported, previewed

pytestmark = pytest.mark.anyio
ORDERS: Sequence[Row] = (
    ("订单编号", "订单状态", "下单时间", "付款时间", "商品ID", "数量", "单价", "实付金额"),
    ("E1", "交易成功", "2026-11-01 10:00:00", "2026-11-01 10:01:00", "P1", "2", "10.00", "29"),
    ("E1", "交易成功", "2026-11-01 10:00:00", "2026-11-01 10:01:00", "P2", "1", "10.00", "29"),
    ("E2", "交易成功", "2026-11-01 11:00:00", "2026-11-01 11:01:00", "P1", "1", "10.00", "10"),
)
SALES = "{ salesDays(first: 5) { nodes { orders units amount { amount } } } }"


async def test_half_an_order_is_refused_whole(owner: Client, shop: Shop) -> None:
    """An order with a bad line is refused with all its lines; the others are not."""
    preview = await previewed(owner, csv_bytes(with_row(ORDERS, 3, 数量="two")), shop_id=shop.id)

    assert (1, 1, 2) == (preview["rows"], preview["records"], preview["refusedRows"])
    assert [
        (2, "订单编号", "all rows of E1 to be usable; line 3 is not"),
        (3, "数量", "a number, such as 1,234.5"),
    ] == [(each["line"], each["column"], each["expected"]) for each in preview["refused"]]


async def test_a_price_is_shared_to_the_cent(owner: Client, shop: Shop) -> None:
    """What was paid for an order is shared among its lines by price, and nothing is lost."""
    odd = [ORDERS[0], *(with_row(ORDERS, line, 实付金额="10.01")[line - 1] for line in (2, 3))]

    await imported(owner, csv_bytes(odd), shop_id=shop.id)
    data = await owner.data("{ orderLines(first: 9) { nodes { amount { amount } } } }")

    amounts = [node["amount"]["amount"] for node in data["orderLines"]["nodes"]]
    assert ["3.34", "6.67"] == sorted(amounts)


async def test_the_same_row_again(owner: Client, shop: Shop) -> None:
    """A row that repeats another counts once; one that contradicts it is refused."""
    rows = [*TRAFFIC, TRAFFIC[1], with_row(TRAFFIC, 2, 访客数="99")[1]]

    preview = await previewed(owner, csv_bytes(rows), shop_id=shop.id)

    assert [(4, "the same as line 2")] == [(r["line"], r["why"]) for r in preview["leftOut"]]
    assert [(5, "one row of this key; line 2 has it too")] == [
        (r["line"], r["expected"]) for r in preview["refused"]
    ]


async def test_sums_of_a_level_below(owner: Client, shop: Shop) -> None:
    """A sum beside its parts is left out, one without parts is kept, and so for devices."""
    rows = [
        ("日期", "流量来源", "来源明细", "终端", "访客数"),
        ("2026-11-01", "直通车", "春", "无线", "3"),
        ("2026-11-01", "直通车", "春", "PC", "1"),
        ("2026-11-01", "直通车", "春", "全部终端", "4"),
        ("2026-11-01", "直通车", "汇总", "全部终端", "4"),
        ("2026-11-01", "手淘搜索", "汇总", "全部终端", "9"),
        ("2026-11-01", "汇总", "汇总", "全部终端", "13"),
    ]

    preview = await previewed(owner, csv_bytes(rows), shop_id=shop.id)

    assert (3, 0) == (preview["rows"], preview["refusedRows"])
    assert [4, 5, 7] == [row["line"] for row in preview["leftOut"]]
    assert {"field": "visits", "value": "13", "additive": True} in preview["totals"]


async def test_personal_values_are_masked(owner: Client, shop: Shop) -> None:
    """A refused personal value is not told, not even to the one who sent it."""
    rows = [
        ("事件ID", "发生时间", "用户ID", "行为"),
        ("1", "2026-11-01 10:00:00", "1.38E+10", "pv"),
    ]

    preview = await previewed(owner, csv_bytes(rows), shop_id=shop.id)

    assert [("用户ID", "***")] == [(r["column"], r["value"]) for r in preview["refused"]]


async def test_a_column_twice(owner: Client, shop: Shop) -> None:
    """Two columns of one name are not chosen between by chance."""
    rows = [("日期", "访客数", "访客数"), ("2026-11-01", "1", "2")]

    [error] = (await imported(owner, csv_bytes(rows), shop_id=shop.id))["userErrors"]

    assert "UNRECOGNISED_FILE" == error["code"]
    assert "line 1: the column '访客数' stands there twice" in error["message"]


async def test_a_column_under_another_name(owner: Client, shop: Shop) -> None:
    """Of two names for one thing the preferred one is taken, and the other one is said."""
    rows = [("date", "visitors", "UV", "amount (万元)"), ("2026-11-01", "1", "2", "1.5")]

    preview = await previewed(owner, csv_bytes(rows, "utf-8"), shop_id=shop.id)

    unused = [(c["header"], c["remark"]) for c in preview["columns"] if not c["fields"]]
    assert [("UV", "visitors is taken from visitors")] == unused
    assert {"field": "amount", "value": "15000.00 CNY", "additive": True} in preview["totals"]


async def test_the_sheet_that_fits(owner: Client, shop: Shop) -> None:
    """Of a workbook's sheets the one with a known header is read."""
    content = xlsx_bytes(TRAFFIC, "数据", empty_first=True)

    preview = await previewed(owner, content, shop_id=shop.id, name="t.xlsx")

    assert ("xlsx, sheet '数据'", 2) == (preview["format"], preview["rows"])


async def test_sheets_that_fit_as_well(owner: Client, shop: Shop) -> None:
    """A workbook with a sheet for each month has one of them read, and says which are not."""
    book = Workbook()
    for title in ("十月", "十一月"):
        sheet = book.create_sheet(title)
        for row in TRAFFIC:
            sheet.append(list(row))
    content = io.BytesIO()
    book.save(content)

    preview = await previewed(owner, content.getvalue(), shop_id=shop.id, name="t.xlsx")

    assert "xlsx, sheet '十月'" == preview["format"]
    assert any(note.startswith("Not read: sheet '十一月'. Save") for note in preview["notes"])


async def test_two_at_once(owner: Client, shop: Shop) -> None:
    """The same file sent twice at the same time counts its sales once."""
    async with anyio.create_task_group() as tasks:
        for _ in range(2):
            tasks.start_soon(lambda: imported(owner, csv_bytes(ORDERS), shop_id=shop.id))

    data = await owner.data(SALES)

    assert [{"orders": 2, "units": 4, "amount": {"amount": "39.00"}}] == data["salesDays"]["nodes"]


async def test_words_that_are_not_known(owner: Client, shop: Shop, database: Database) -> None:
    """A status that no mapping knows is stored as it is, and told."""
    rows = with_row(ORDERS, 4, 订单状态="待评价中")

    payload = await imported(owner, csv_bytes(rows), shop_id=shop.id)
    counted = database.system_now(lambda session: session.scalars(select(SyncRun.unknown)).one())

    assert (2, []) == (payload["changed"], payload["userErrors"])
    assert ["status=待评价中 is not known; it is kept as it is, in 1 records."] == payload[
        "preview"
    ]["notes"]
    assert {"status=待评价中": 1} == counted


async def test_a_status_that_no_column_tells(owner: Client, shop: Shop) -> None:
    """What is not in the file is no word that nobody knows."""
    rows = [("商品ID", "商品标题", "价格"), ("P1", "Lantern", "10.00")]

    preview = await previewed(owner, csv_bytes(rows), shop_id=shop.id, kind="products")

    assert 1 == preview["rows"]
    assert not [note for note in preview["notes"] if "is not known" in note]
