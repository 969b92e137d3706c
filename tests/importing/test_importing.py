"""Importing through GraphQL, on both databases: what is stored, once, and what is refused."""

from collections.abc import Sequence
from typing import Any

import pytest
from sqlmodel import SQLModel, col, select

from core.db import Database
from core.ingest.raw import decode
from core.models import (
    AuditEntry,
    OutboxMessage,
    QuarantineEntry,
    RawPayload,
    Review,
    Shop,
    SyncRun,
    TrafficDay,
)
from tests.builders import make_merchant, make_shop
from tests.graphql import Api, Client
from tests.importing.files import REVIEWS, TRAFFIC, Row, csv_bytes, with_row, xlsx_bytes
from tests.importing.uploads import IMPORT, PREVIEW, imported, previewed, send

pytestmark = pytest.mark.anyio


def rows_of(database: Database, table: type[SQLModel], *order: str) -> list[dict[str, Any]]:
    """All rows of a table."""
    columns = [col(getattr(table, name)) for name in order]
    query = select(table).order_by(*columns)
    return database.system_now(lambda s: [row.model_dump() for row in s.scalars(query)])


async def test_traffic_is_stored(owner: Client, shop: Shop, database: Database) -> None:
    """A file's rows become traffic of the shop, exact to the cent, marked as imported."""
    payload = await imported(owner, csv_bytes(TRAFFIC), shop_id=shop.id)

    found = rows_of(database, TrafficDay, "day")
    shown = [(r["channel"], r["level"], r["visitors"], r["buyers"], r["amount"]) for r in found]
    assert (2, 0, 0, []) == tuple(
        payload[name] for name in ("changed", "unchanged", "quarantined", "userErrors")
    )
    assert [
        ("手淘搜索", "organic", 1234, 40, 1234560),
        ("直通车", "paid", 12000, 35, 900000),
    ] == shown
    assert {("import", "CNY")} == {(row["source"], row["currency"]) for row in found}


async def test_twice_changes_nothing(owner: Client, shop: Shop, database: Database) -> None:
    """The same figures again, as CSV or as a workbook, change no row and announce nothing."""
    await imported(owner, csv_bytes(TRAFFIC), shop_id=shop.id)
    before = rows_of(database, TrafficDay, "day"), rows_of(database, OutboxMessage, "id")

    again = await imported(owner, csv_bytes(TRAFFIC), shop_id=shop.id)
    as_book = await imported(owner, xlsx_bytes(TRAFFIC), shop_id=shop.id, name="export.xlsx")

    after = rows_of(database, TrafficDay, "day"), rows_of(database, OutboxMessage, "id")
    assert [(0, 2), (0, 2)] == [(p["changed"], p["unchanged"]) for p in (again, as_book)]
    assert before == after


async def test_the_figures_come_back(owner: Client, shop: Shop) -> None:
    """Queries over traffic answer the file's figures."""
    await imported(owner, csv_bytes(TRAFFIC), shop_id=shop.id)

    data = await owner.data(
        """{
          traffic { salesByChannel(window: {from: "2026-11-01", to: "2026-11-02"}) {
            sources channels { channel visits orders amount { amount } conversionRate } } }
          trafficDays(first: 9) { nodes { day channel visitors conversionRate } }
        }"""
    )

    assert {
        "sources": ["import"],
        "channels": [
            {
                "channel": "手淘搜索",
                "visits": 1234,
                "orders": 40,
                "amount": {"amount": "12345.60"},
                "conversionRate": 40 / 1234,
            },
            {
                "channel": "直通车",
                "visits": 12000,
                "orders": 35,
                "amount": {"amount": "9000.00"},
                "conversionRate": 35 / 12000,
            },
        ],
    } == data["traffic"]["salesByChannel"]
    assert [12000, 1234] == [node["visitors"] for node in data["trafficDays"]["nodes"]]


async def test_a_run_is_noted(owner: Client, shop: Shop, database: Database) -> None:
    """An import is a run of the shop with its period, and an entry of the audit log."""
    payload = await imported(owner, csv_bytes(TRAFFIC), shop_id=shop.id)

    [run] = rows_of(database, SyncRun, "id")
    [entry] = rows_of(database, AuditEntry, "id")
    assert {
        "stream": "import.traffic",
        "status": "succeeded",
        "seen": 2,
        "changed": 2,
        "unchanged": 0,
        "quarantined": 0,
    } == payload["run"]
    assert ("2026-10-31T16:00:00", "2026-11-02T16:00:00") == (
        run["window_start"].strftime("%Y-%m-%dT%H:%M:%S"),
        run["window_end"].strftime("%Y-%m-%dT%H:%M:%S"),
    )
    assert ("shop.import", "export.csv", 2) == (
        entry["action"],
        entry["detail"]["file"],
        entry["detail"]["records"],
    )


async def test_reviews_are_masked(owner: Client, shop: Shop, database: Database) -> None:
    """Nicknames and texts are stored as a sync stores them; nothing is kept of unknown columns."""
    await imported(owner, csv_bytes(REVIEWS), shop_id=shop.id)

    reviews = rows_of(database, Review, "platform_id")
    kept = [decode(row["body"]) for row in rows_of(database, RawPayload, "platform_id")]
    assert [("good", "很亮"), ("bad", "碎了\n换货后很好")] == [
        (row["result"], row["content"]) for row in reviews
    ]
    assert {"***"} == {row["rows"][0][name] for row in kept for name in ("买家昵称", "评价内容")}
    assert "13800000000" not in str(kept)
    assert "很亮" not in str(kept)


async def test_a_changed_review_is_news(owner: Client, shop: Shop, database: Database) -> None:
    """A text that was added later changes its review, and no other."""
    await imported(owner, csv_bytes(REVIEWS), shop_id=shop.id)

    payload = await imported(
        owner, csv_bytes(with_row(REVIEWS, 2, 追评="一周后还很亮")), shop_id=shop.id
    )

    first = rows_of(database, Review, "platform_id")[0]
    assert (1, 1) == (payload["changed"], payload["unchanged"])
    assert "很亮\n一周后还很亮" == first["content"]


async def test_refused_rows_stop_the_import(owner: Client, shop: Shop, database: Database) -> None:
    """One bad cell stores nothing, and is told with line, column, value and what was expected."""
    content = csv_bytes(with_row(TRAFFIC, 3, 访客数="many"))

    payload = await imported(owner, content, shop_id=shop.id)

    assert ["ROWS_REFUSED"] == [error["code"] for error in payload["userErrors"]]
    assert [
        {"line": 3, "column": "访客数", "value": "many", "expected": "a number, such as 1,234.5"}
    ] == payload["preview"]["refused"]
    assert payload["run"] is None
    assert [] == rows_of(database, TrafficDay, "day")


async def test_skipped_rows_are_quarantined_until_mended(
    owner: Client, shop: Shop, database: Database
) -> None:
    """The rest is stored, the bad row waits in quarantine, and a mended file resolves it."""
    bad = csv_bytes(with_row(TRAFFIC, 3, 访客数="many"))

    skipped = await imported(owner, bad, shop_id=shop.id, skipRefused=True)
    [waiting] = rows_of(database, QuarantineEntry, "id")
    mended = await imported(owner, csv_bytes(TRAFFIC), shop_id=shop.id)
    [resolved] = rows_of(database, QuarantineEntry, "id")

    assert (1, 1, "incomplete") == (
        skipped["changed"],
        skipped["quarantined"],
        skipped["run"]["status"],
    )
    assert ("traffic", "export.csv line 3", "访客数", "'many'") == tuple(
        waiting[name] for name in ("kind", "platform_id", "where", "value")
    )
    assert (1, 1) == (mended["changed"], mended["unchanged"])
    assert waiting["resolved_at"] is None
    assert resolved["resolved_at"] is not None


async def test_a_total_beside_channels_is_refused(owner: Client, shop: Shop) -> None:
    """A day has the shop's total or its channels; the other kind would count visits twice."""
    total = [("日期", "访客数"), ("2026-11-01", "13000"), ("2026-11-03", "12000")]
    await imported(owner, csv_bytes(TRAFFIC), shop_id=shop.id)

    payload = await imported(owner, csv_bytes(total), shop_id=shop.id, skipRefused=True)

    expected = "a day without traffic by channel: both would count the same visits twice"
    assert (1, 1) == (payload["changed"], payload["quarantined"])
    assert [(2, expected)] == [(r["line"], r["expected"]) for r in payload["preview"]["refused"]]


DETAILS = (
    ("日期", "流量来源", "来源明细", "访客数"),
    ("2026-11-01", "手淘搜索", "灯笼", "700"),
    ("2026-11-01", "购物车", "", "80"),
)
SUMS = (DETAILS[0], ("2026-11-01", "手淘搜索", "汇总", "1234"), ("2026-11-01", "购物车", "", "80"))
DEVICES = (("日期", "流量来源", "终端", "访客数"), ("2026-11-01", "手淘搜索", "无线", "1000"))


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (TRAFFIC, DETAILS, "'手淘搜索' as a whole"),
        (SUMS, DETAILS, "'手淘搜索' as a whole"),
        (DETAILS, SUMS, "'手淘搜索' by campaign"),
        (TRAFFIC, DEVICES, "'手淘搜索' on all devices"),
        (DEVICES, TRAFFIC, "'手淘搜索' by device"),
    ],
    ids=["details", "details after sums", "sums", "devices", "all devices"],
)
async def test_a_whole_beside_its_parts_is_refused(
    owner: Client, shop: Shop, first: Sequence[Row], second: Sequence[Row], expected: str
) -> None:
    """Of a channel a day has the whole or its parts, also when files come one after the other."""
    await imported(owner, csv_bytes(first), shop_id=shop.id)

    preview = await previewed(owner, csv_bytes(second), shop_id=shop.id)

    refused = [(each["line"], each["expected"]) for each in preview["refused"]]
    assert [(2, f"a day without {expected}: both would count the same visits twice")] == refused


async def test_visits_of_no_campaign(owner: Client, shop: Shop) -> None:
    """A file may tell visits of a campaign beside those of none, and tell both again."""
    rows = [*DETAILS, ("2026-11-01", "手淘搜索", "", "500")]
    first = await imported(owner, csv_bytes(rows), shop_id=shop.id)
    rows[1] = ("2026-11-01", "手淘搜索", "灯笼", "701")
    more = [*rows, ("2026-11-01", "手淘搜索", "红灯笼", "5")]

    second = await imported(owner, csv_bytes(more), shop_id=shop.id)

    assert (3, 2, 2) == (first["changed"], second["changed"], second["unchanged"])


async def test_a_whole_after_its_rest(owner: Client, shop: Shop) -> None:
    """Visits of no campaign, told without those of campaigns, are all visits of their channel."""
    rest = ("2026-11-01", "手淘搜索", "", "500")
    await imported(owner, csv_bytes([*DETAILS, rest]), shop_id=shop.id)
    whole = [DETAILS[0], ("2026-11-01", "手淘搜索", "", "1200"), DETAILS[2]]

    preview = await previewed(owner, csv_bytes(whole), shop_id=shop.id)

    expected = "a day without '手淘搜索' by campaign: both would count the same visits twice"
    assert [(2, expected)] == [(each["line"], each["expected"]) for each in preview["refused"]]


async def test_another_campaign_beside_the_rest(owner: Client, shop: Shop) -> None:
    """A file that tells a channel's campaigns again may leave out one that was told before."""
    rest = ("2026-11-01", "手淘搜索", "", "500")
    await imported(owner, csv_bytes([*DETAILS, rest]), shop_id=shop.id)
    other = ("2026-11-01", "手淘搜索", "红灯笼", "705")

    second = await imported(owner, csv_bytes([DETAILS[0], other, rest]), shop_id=shop.id)

    assert (1, 1) == (second["changed"], second["unchanged"])


async def test_a_preview_stores_nothing(owner: Client, shop: Shop, database: Database) -> None:
    """A preview tells columns, assumptions, sums and period, and leaves no trace."""
    preview = await previewed(owner, csv_bytes(TRAFFIC), shop_id=shop.id)

    tables = (TrafficDay, SyncRun, OutboxMessage, AuditEntry)
    assert [[]] * 4 == [rows_of(database, table) for table in tables]
    assert ("csv, gb18030, separated by ,", 1, 2, 0) == tuple(
        preview[name] for name in ("format", "headerLine", "rows", "refusedRows")
    )
    assert ("2026-11-01", "2026-11-02", "CNY", "Asia/Shanghai") == tuple(
        preview[name] for name in ("from", "to", "currency", "timeZone")
    )
    assert ["visitors", "visits"] == preview["columns"][2]["fields"]
    assert "The file has no orders of its own: 支付买家数 stands in." in preview["notes"]
    assert {"field": "amount", "value": "21345.60 CNY", "additive": True} in preview["totals"]


@pytest.mark.parametrize("query", [PREVIEW, IMPORT])
async def test_another_merchants_shop(api: Api, database: Database, shop: Shop, query: str) -> None:
    """The shop of somebody else is not there, whoever asks."""
    stranger = Client(api, api.token(make_merchant(database, "Another")))

    answer = await send(stranger, csv_bytes(TRAFFIC), query, shop_id=shop.id)

    [payload] = answer.data.values()
    [error] = payload["userErrors"]
    assert ("NOT_FOUND", ["input", "shop"]) == (error["code"], error["path"])
    assert "{ shops { nodes { id name } } } lists yours" in error["message"]
    assert [] == rows_of(database, TrafficDay, "day")


async def test_the_wrong_kind(owner: Client, shop: Shop) -> None:
    """A file that does not hold what was said is refused with what it does look like."""
    answer = await send(owner, csv_bytes(TRAFFIC), PREVIEW, shop_id=shop.id, kind="reviews")

    [error] = answer.data["previewImport"]["userErrors"]
    assert "UNRECOGNISED_FILE" == error["code"]
    assert "It would fit" in error["message"]
    assert "traffic by source" in error["message"]


async def test_an_unknown_kind(owner: Client, shop: Shop) -> None:
    """A kind that nobody knows is answered with those there are."""
    answer = await send(owner, csv_bytes(TRAFFIC), PREVIEW, shop_id=shop.id, kind="weather")

    [error] = answer.data["previewImport"]["userErrors"]
    assert (["input", "kind"], "BAD_INPUT") == (error["path"], error["code"])
    assert "ad_spend, behavior, orders, products, reviews, signals, traffic" in error["message"]


async def test_currency_and_time_zone_are_the_shops(
    owner: Client, database: Database, merchant_id: int
) -> None:
    """Money has the decimals of the shop's currency, times are its wall clock."""
    tokyo = make_shop(database, merchant_id, currency="JPY", time_zone="Asia/Tokyo")
    rows = [("日期", "渠道", "花费"), ("2026-11-01", "search", "1,200"), ("2026-11-02", "x", "0.5")]

    preview = await previewed(owner, csv_bytes(rows), shop_id=tokyo.id)

    assert [{"field": "spend", "value": "1200 JPY", "additive": True}] == preview["totals"]
    assert ["an amount with the decimals of JPY"] == [r["expected"] for r in preview["refused"]]


async def test_orders_reach_the_rollups(owner: Client, shop: Shop) -> None:
    """Orders of several lines are put together, and sales answer them at once."""
    rows = [
        (
            "订单编号",
            "订单状态",
            "下单时间",
            "付款时间",
            "商品ID",
            "数量",
            "单价",
            "运费",
            "实付金额",
        ),
        (
            "E1",
            "交易成功",
            "2026-11-01 10:00:00",
            "2026-11-01 10:01:00",
            "P1",
            2,
            "10.00",
            "5",
            "29",
        ),
        (
            "E1",
            "交易成功",
            "2026-11-01 10:00:00",
            "2026-11-01 10:01:00",
            "P2",
            1,
            "10.00",
            "5",
            "29",
        ),
        ("E2", "待付款", "2026-11-01 11:00:00", "", "P1", 1, "10.00", "0", "10"),
    ]

    payload = await imported(owner, csv_bytes(rows), shop_id=shop.id)
    data = await owner.data(
        "{ salesDays(first: 5) { nodes { orders lines units amount { amount } } } }"
    )

    assert (2, []) == (payload["changed"], payload["userErrors"])
    assert [{"orders": 1, "lines": 2, "units": 3, "amount": {"amount": "29.00"}}] == data[
        "salesDays"
    ]["nodes"]
