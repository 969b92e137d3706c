"""Reading Alimama's report: days of campaigns, JSON in parameters, pages by offset."""

import json
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest

from core.marketplace.contract import Rejected, Window
from core.marketplace.errors import PermanentError, TransientError
from core.marketplace.records import AdSpendRecord
from core.marketplace.sandbox import Row
from plugins.marketplaces.taobao.ads import METHOD
from plugins.marketplaces.taobao.sandbox import TopSandbox, TopShop
from tests.plugins.marketplaces.taobao.builders import (
    DAY,
    NOW,
    Shop,
    answering,
    pull,
    records,
)

pytestmark = pytest.mark.anyio


def ad_day(day: str = "2026-11-21", campaign: int = 31, /, **changes: Any) -> Row:
    figures = {
        "ad_pv": "1000",
        "click": "50",
        "charge": "75.30",
        "alipay_inshop_num": "4",
        "alipay_inshop_amt": "512.00",
        "roi": "6.80",
        **changes,
    }
    return {
        "thedate": day,
        "campaign_id": str(campaign),
        "campaign_name": "双十一",
        "report_index": figures,
    }


def days(count: int) -> Sequence[Row]:
    """As many campaigns on 21 November."""
    return [ad_day("2026-11-21", 1000 + number) for number in range(count)]


async def test_a_day_of_a_campaign(top_shop: TopShop, shop: Shop) -> None:
    """Alimama: charge 花费 and alipay_inshop_amt 总成交金额 are yuan, figures come as text."""
    top_shop.ad_days = [ad_day()]

    (record,) = records(await pull(shop.adapter(), "ad_spend"))

    expected = AdSpendRecord(
        day=date(2026, 11, 21),
        channel="wanxiangtai",
        campaign="31",
        currency="CNY",
        impressions=1000,
        clicks=50,
        spend=7530,
        orders=4,
        amount=51_200,
    )
    assert expected == record


async def test_what_is_asked_for(sandbox: TopSandbox, top_shop: TopShop, shop: Shop) -> None:
    """Whole Chinese days, by campaign, last click within 15 days; figures asked in camel case."""
    await pull(shop.adapter(), "ad_spend", Window(NOW - timedelta(days=2), NOW))

    (call,) = sandbox.log.of(METHOD)
    query = json.loads(call.params["top_campaign_report_query_v_o"])
    assert {"biz_code": "universalBP"} == json.loads(call.params["top_service_context"])
    assert ("2026-11-20", "2026-11-22") == (query["start_time"], query["end_time"])
    assert ("day", "zhai", 15, ["date", "campaign"]) == (
        query["split_type"],
        query["unify_type"],
        query["effect_equal"],
        query["query_domains"],
    )
    assert ["adPv", "click", "charge", "alipayInshopNum", "alipayInshopAmt"] == query[
        "query_field_in_list"
    ]


@pytest.mark.parametrize(("count", "pages"), [(0, 1), (100, 1), (101, 2), (250, 3)])
async def test_every_row_comes_once(top_shop: TopShop, shop: Shop, count: int, pages: int) -> None:
    """Pages of 100 by offset, until as many rows were read as Alimama counts."""
    top_shop.ad_days = days(count)

    found = await pull(shop.adapter(), "ad_spend")

    assert (pages, count) == (len(found), found[-1].reported)
    assert count == len({record.campaign for record in records(found)})


async def test_a_later_process_goes_on(top_shop: TopShop, shop: Shop) -> None:
    """The mark is the number of rows that were read; one of nobody's begins anew."""
    top_shop.ad_days = days(150)
    first, _ = await pull(shop.adapter(), "ad_spend")

    rest = await pull(shop.adapter(), "ad_spend", DAY, first.resume)
    anew = await pull(shop.adapter(), "ad_spend", DAY, "trades|1-2|3")

    assert (50, 150) == (len(records(rest)), len(records(anew)))


@pytest.mark.parametrize(
    ("changes", "where", "value"),
    [
        ({"charge": "1.005"}, "charge", "1.005"),
        ({"charge": None}, "charge", None),
        ({"click": "many"}, "click", "many"),
        ({"ad_pv": None}, "ad_pv", None),
    ],
)
async def test_a_bad_row_costs_itself_alone(
    top_shop: TopShop, shop: Shop, changes: Row, where: str, value: Any
) -> None:
    """What can't be counted or added up is named, and the other rows are stored."""
    top_shop.ad_days = [ad_day("2026-11-21", 1, **changes), ad_day("2026-11-21", 2)]

    (page,) = await pull(shop.adapter(), "ad_spend")

    (rejected,) = [item for item in page.items if isinstance(item, Rejected)]
    assert ("2026-11-21/1", where, value) == (
        rejected.platform_id,
        rejected.error.where,
        rejected.error.value,
    )
    assert ["2"] == [record.campaign for record in records([page])]


async def test_nothing_sold_is_told_by_nothing(top_shop: TopShop, shop: Shop) -> None:
    """A guess: of a day without sales the figures of sales may be left out."""
    top_shop.ad_days = [ad_day(alipay_inshop_num=None, alipay_inshop_amt="")]

    (record,) = records(await pull(shop.adapter(), "ad_spend"))

    assert (0, 0) == (record.orders, record.amount)


ROOT = "universalbp_report_query_campaign_response"


@pytest.mark.parametrize(
    ("result", "kind"),
    [
        ({"info": {"ok": False, "error_code": "NO_AUTH", "message": "无权限"}}, PermanentError),
        ({}, TransientError),
        (
            {
                "info": {"ok": True},
                "top_report_v_o_top_bulk_data": {"top_report_v_o_list": "x"},
            },
            TransientError,
        ),
        (
            {"info": {"ok": True}, "top_report_v_o_top_bulk_data": {"count": "many"}},
            TransientError,
        ),
    ],
)
async def test_answers_that_are_no_report(result: Row, kind: type[Exception]) -> None:
    """Alimama says in `info` whether it answered; TOP's own envelope is fine either way."""
    shop = Shop(answering(json.dumps({ROOT: {"result": result}})))

    with pytest.raises(kind, match=METHOD):
        await pull(shop.adapter(), "ad_spend")
