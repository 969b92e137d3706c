"""The exports of five seller centres, in GB18030 and as workbooks, become the same records."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from core.db import Database
from core.models import Review, Shop, TrafficDay
from tests.builders import make_shop
from tests.graphql import Client
from tests.importing.files import Row, csv_bytes, xlsx_bytes
from tests.importing.test_importing import rows_of
from tests.importing.uploads import imported, previewed

pytestmark = pytest.mark.anyio
FIGURES = ("impressions", "clicks", "visits", "visitors", "orders", "buyers", "amount")


@dataclass(frozen=True)
class Export:
    """A file of one seller centre. figures: of its first record, in the order of `FIGURES`."""

    marketplace: str
    rows: Sequence[Row]
    channel: tuple[str, str, str]
    figures: tuple[int, ...]
    unused: frozenset[str]
    left_out: tuple[int, ...] = ()


def cells(*lines: str) -> Sequence[Row]:
    """Rows, written with a stroke between their cells."""
    return [line.split("|") for line in lines]


SOURCES = [
    Export(
        "taobao",
        cells(
            "【生意参谋平台】店铺流量来源",
            "统计日期：2026-11-01",
            "",
            "统计日期|流量来源|来源明细|访客数|浏览量|加购人数|支付买家数|支付父订单数|"
            "支付金额（元）|支付转化率|客单价|UV价值",
            "2026-11-01|直通车|汇总|1,204|4,310|118|42|45|8,316.00|3.49%|198.00|6.91",
            "合计|||1,204|4,310|118|42|45|8,316.00|||",
        ),
        ("直通车", "", "paid"),
        (0, 0, 1204, 1204, 45, 42, 831600),
        frozenset("UV价值 加购人数 客单价 支付转化率 浏览量".split()),
        (6,),
    ),
    Export(
        "jd",
        cells(
            "时间|一级渠道|二级渠道|浏览量(PV)|访客数(UV)|同比|成交客户数|同比|成交单量|成交金额|成交转化率",
            "20261101|京东快车|搜索快车|4310|1204|1.2%|42|-|45|8316|3.49%",
        ),
        ("京东快车", "搜索快车", "paid"),
        (0, 0, 1204, 1204, 45, 42, 831600),
        frozenset("同比 成交转化率 浏览量(PV)".split()),
    ),
    Export(
        "pinduoduo",
        cells(
            "统计时间|流量渠道|商品访客数|商品浏览量|支付买家数|支付订单数|支付金额(元)|支付转化率|客单价",
            "2026/11/1|搜索|1204|4310|42|45|8316.00|3.49%|198.00",
        ),
        ("搜索", "", "organic"),
        (0, 0, 1204, 1204, 45, 42, 831600),
        frozenset("商品浏览量 客单价 支付转化率".split()),
    ),
    Export(
        "douyin",
        cells(
            "日期|载体|商品曝光人数|商品点击人数|成交人数|成交订单数|成交金额|退款金额（支付时间）|"
            "商品点击-成交转化率（人数）",
            "2026-11-01|直播|2万|1,204|42|45|¥8,316.00|¥99.00|3.49%",
        ),
        ("直播", "", "social"),
        (20000, 1204, 1204, 1204, 45, 42, 831600),
        frozenset("商品点击-成交转化率（人数） 退款金额（支付时间）".split()),
    ),
    Export(
        "xiaohongshu",
        cells(
            "日期|载体|笔记曝光次数|笔记点击次数|商品访客数|商品加购人数|支付买家数|支付订单数|支付金额|商品支付转化率",
            "2026年11月1日|笔记|20000|3000|1204|118|42|45|8316|3.49%",
        ),
        ("笔记", "", "social"),
        (20000, 3000, 1204, 1204, 45, 42, 831600),
        frozenset("商品加购人数 商品支付转化率".split()),
    ),
]
each_export = pytest.mark.parametrize("export", SOURCES, ids=lambda export: export.marketplace)
each_format = pytest.mark.parametrize("form", ["csv", "xlsx"])


def file_of(rows: Sequence[Row], form: str) -> dict[str, Any]:
    """A file in one of the formats, as keywords of an upload."""
    content = csv_bytes(rows) if form == "csv" else xlsx_bytes(rows)
    return {"content": content, "name": f"export.{form}"}


@each_export
@each_format
async def test_traffic_by_source(
    owner: Client, database: Database, merchant_id: int, export: Export, form: str
) -> None:
    """A seller centre's traffic is stored with its figures; what has no place is said."""
    shop = make_shop(database, merchant_id, marketplace=export.marketplace)

    payload = await imported(owner, **file_of(export.rows, form), shop_id=shop.id)

    assert [] == payload["userErrors"]
    [row] = rows_of(database, TrafficDay, "day")
    preview = payload["preview"]
    assert f"({export.marketplace}.traffic_sources)" in preview["layout"]
    assert (*export.channel, "2026-11-01") == (
        *(row["channel"], row["campaign"], row["level"]),
        row["day"].isoformat(),
    )
    assert export.figures == tuple(row[name] for name in FIGURES)
    unused = {c["header"] for c in preview["columns"] if not c["fields"]}
    assert export.unused == unused
    assert export.left_out == tuple(row["line"] for row in preview["leftOut"])


@each_export
async def test_a_shops_total(
    owner: Client, database: Database, merchant_id: int, export: Export
) -> None:
    """The same export without its sources is the shop's total, on a level of its own."""
    shop = make_shop(database, merchant_id, marketplace=export.marketplace)
    dropped = {"流量来源", "来源明细", "一级渠道", "二级渠道", "流量渠道", "载体"}
    header = next(row for row in export.rows if len(row) > 2)
    keep = [place for place, name in enumerate(header) if name not in dropped]
    rows = [[row[place] for place in keep] for row in export.rows if len(row) > 2]

    payload = await imported(owner, csv_bytes(rows), shop_id=shop.id)

    [row] = rows_of(database, TrafficDay, "day")
    assert [] == payload["userErrors"]
    assert ("shop", "whole") == (row["channel"], row["level"])
    assert export.figures == tuple(row[name] for name in FIGURES)


@each_format
@pytest.mark.parametrize(
    ("marketplace", "rating"),
    [
        ("taobao", ("评价等级", "好评")),
        ("jd", ("评价星级", "5星")),
        ("pinduoduo", ("描述评分", "5")),
        ("douyin", ("评价等级", "好评")),
        ("xiaohongshu", ("评分", "4.5")),
    ],
)
async def test_reviews(
    owner: Client,
    database: Database,
    merchant_id: int,
    form: str,
    marketplace: str,
    rating: tuple[str, str],
) -> None:
    """A seller centre's reviews are stored with their verdict and the platform's word for it."""
    shop = make_shop(database, merchant_id, marketplace=marketplace)
    header = (
        "订单编号",
        "子订单编号",
        "商品ID",
        "用户昵称",
        rating[0],
        "评价内容",
        "评价时间",
        "回复内容",
    )
    row = ("36001", "36002", "7001", "灯**客", rating[1], "很亮", "2026-11-01 09:00:00", "谢谢")

    await imported(owner, **file_of((header, row), form), shop_id=shop.id)

    [review] = rows_of(database, Review, "id")
    assert ("36001-36002-buyer", "good", rating[1], "很亮", "谢谢") == tuple(
        review[name] for name in ("platform_id", "result", "platform_result", "content", "reply")
    )
    assert "2026-11-01T01:00:00" == review["reviewed_at"].strftime("%Y-%m-%dT%H:%M:%S")


async def test_the_day_in_the_name(owner: Client, database: Database, merchant_id: int) -> None:
    """Where no column has the day, it is taken from the file's name, and that is said."""
    shop = make_shop(database, merchant_id, marketplace="taobao")
    rows = [("流量来源", "访客数", "支付金额"), ("手淘搜索", "10", "5")]
    name = "【生意参谋平台】无线店铺流量来源-2026-11-12_2026-11-12.csv"

    preview = await previewed(owner, csv_bytes(rows), shop_id=shop.id, name=name)

    assert ("2026-11-12", 0) == (preview["from"], preview["refusedRows"])
    assert any("the file's name" in note for note in preview["notes"])


async def test_a_period_of_days(owner: Client, shop: Shop) -> None:
    """A file of a whole week without a column for the day is refused: it has no days."""
    rows = [("统计时间：2026-11-01 至 2026-11-07",), ("流量来源", "访客数"), ("搜索", "10")]

    payload = await imported(owner, csv_bytes(rows), shop_id=shop.id)

    [error] = payload["userErrors"]
    assert "UNRECOGNISED_FILE" == error["code"]
    assert "more than one day: export it by day" in error["message"]


async def test_another_marketplaces_export(
    owner: Client, database: Database, merchant_id: int
) -> None:
    """An export of one platform for a shop on another is refused, and says whose it looks like."""
    shop = make_shop(database, merchant_id, marketplace="douyin")
    rows = [("时间", "一级渠道", "成交客户数", "成交单量"), ("20261101", "搜索", "3", "3")]

    payload = await imported(owner, csv_bytes(rows), shop_id=shop.id)

    [error] = payload["userErrors"]
    assert "京东商智" in error["message"]
    assert "is a shop on douyin" in error["message"]


async def test_a_period_in_the_title_of_a_file_with_days(owner: Client, shop: Shop) -> None:
    """A title may name a period when the rows have days, or need none."""
    title = ("导出时间：2026-11-01 至 2026-11-07",)
    orders = ("订单编号", "订单状态", "下单时间", "数量", "单价", "成交金额")
    order = ("E1", "待发货", "2026-11-01 10:00:00", "1", "5", "5")

    payload = await imported(owner, csv_bytes([title, orders, order]), shop_id=shop.id)

    assert ([], "orders", 1) == (
        payload["userErrors"],
        payload["preview"]["kind"],
        payload["changed"],
    )
