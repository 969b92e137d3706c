"""The sandbox refuses what PDD refuses: an adapter that passes here sends what PDD accepts."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import orjson
import pytest

from core.marketplace.contract import Credentials
from core.marketplace.sandbox import MemoryFeed, SetClock, serve
from plugins.marketplaces.pinduoduo.client import REFRESH, signed_form
from plugins.marketplaces.pinduoduo.sandbox import PddSandbox, PddShop
from plugins.marketplaces.pinduoduo.sandbox.gate import LIMITS, Level
from tests.plugins.marketplaces.pinduoduo.builders import (
    BASE_URL,
    CREDENTIALS,
    NOW,
    goods,
    order,
    order_sn,
    orders,
    refund,
    report,
)

pytestmark = pytest.mark.anyio

ORDERS, LIST, ORDER = (
    "pdd.order.number.list.increment.get",
    "pdd.order.list.get",
    "pdd.order.information.get",
)
REFUNDS, REFUND = "pdd.refund.list.increment.get", "pdd.refund.information.get"
REPORT = "pdd.ad.api.report.daily.report.query"
T = int(NOW.timestamp())
SPAN = {"start_updated_at": T - 2400, "end_updated_at": T - 600}
ASKED: dict[str, dict[str, Any]] = {
    ORDERS: {"is_lucky_flag": 0, "order_status": 5, "refund_status": 5, "page": 1, **SPAN},
    LIST: {
        "order_status": 5,
        "refund_status": 5,
        "start_confirm_at": T - 86_400,
        "end_confirm_at": T,
    },
    REFUNDS: {"after_sales_status": 10, "after_sales_type": 1, **SPAN},
    REPORT: {
        "queryDimensionType": 0,
        "scenesType": 0,
        "startDateString": "2026-11-20",
        "endDateString": "2026-11-21",
    },
}

Form = dict[str, str]


def form(method: str = ORDERS, **params: Any) -> Form:
    """A signed form with all that the method needs; `params` are changed, None leaves one out."""
    token = params.pop("access_token", CREDENTIALS["access_token"])
    asked = {**ASKED.get(method, {}), **params}
    return signed_form(method, asked, Credentials(CREDENTIALS), access_token=token, now=NOW)


async def ask(sandbox: PddSandbox, sent: Form) -> dict[str, Any]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(sandbox.app)) as http:
        response = await http.post(BASE_URL, data=sent)
    assert 200 == response.status_code
    answer: dict[str, Any] = orjson.loads(response.content)
    return answer


async def content(sandbox: PddSandbox, sent: Form) -> dict[str, Any]:
    (inner,) = (await ask(sandbox, sent)).values()
    assert "error_code" not in inner, inner
    return dict(inner)


async def refusal(sandbox: PddSandbox, sent: Form) -> int:
    answer = await ask(sandbox, sent)
    return int(answer["error_response"]["error_code"])


def without(name: str) -> Callable[[Form], Form]:
    return lambda sent: {key: value for key, value in sent.items() if key != name}


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (without("type"), 10017),
        (lambda sent: {**sent, "type": "pdd.unheard.of"}, 10017),
        (without("client_id"), 10016),
        (lambda sent: {**sent, "client_id": "1"}, 10016),
        (without("timestamp"), 10001),
        (lambda sent: {**sent, "timestamp": str(T - 601)}, 10001),
        (lambda sent: {**sent, "timestamp": str(T + 601)}, 10001),
        (lambda sent: {**sent, "timestamp": str(T * 1000)}, 10001),
        (lambda sent: {**sent, "timestamp": "2026-11-22 12:00:00"}, 10001),
        (lambda sent: {**sent, "data_type": "XML"}, 10001),
        (without("sign"), 20004),
        (lambda sent: {**sent, "page_size": "10"}, 20004),
        (lambda sent: {**sent, "sign": "签名"}, 20004),
        (lambda sent: {**sent, "sign": sent["sign"].lower()}, 20004),
    ],
)
async def test_every_request_must_be_well_formed(
    sandbox: PddSandbox, spoil: Callable[[Form], Form], code: int
) -> None:
    """Common parameters are checked before anything else, each with its code."""
    sent = spoil(form())

    assert code == await refusal(sandbox, sent)


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (form(access_token=""), 10001),
        (form(access_token="other"), 10019),
        (form(is_lucky_flag=None), 10001),
        (form(order_status=None), 10001),
        (form(order_status=4), 10001),
        (form(refund_status="all"), 10001),
        (form(trade_type=2), 10001),
        (form(start_updated_at=None), 10001),
        (form(end_updated_at="2026-11-22 11:50:00"), 10001),
        (form(page=0), 10001),
        (form(page="x"), 10001),
        (form(page_size=101), 10001),
        (form(start_updated_at=T - 2401), 10001),
        (form(start_updated_at=T - 600), 10001),
        (form(start_updated_at=T - 600, end_updated_at=T - 179), 10001),
        (form(LIST, start_confirm_at=T - 86_401), 10001),
        (form(ORDER), 10001),
        (form(ORDER, order_sn="261122-0"), 50001),
        (form(REFUNDS, after_sales_status=None), 10001),
        (form(REFUNDS, after_sales_status=1), 10001),
        (form(REFUNDS, after_sales_type=None), 10001),
        (form(REFUNDS, after_sales_type=7), 10001),
        (form(REFUNDS, start_updated_at=T - 2401), 10001),
        (form(REFUND), 10001),
        (form("pdd.goods.list.get", page_size=101), 10001),
        (form("pdd.goods.list.get", is_onsale=2), 10001),
        (form("pdd.goods.detail.get"), 10001),
        (form("pdd.goods.detail.get", goods_id=5), 50001),
        (form(REPORT, scenesType=3), 10001),
        (form(REPORT, queryDimensionType=None), 10001),
        (form(REPORT, startDateString="20.11.2026"), 10001),
        (form(REPORT, startDateString="2026-08-23"), 10001),
        (form(REPORT, startDateString="2026-11-22"), 10001),
        (form(REPORT, endDateString="2026-11-22"), 10001),
        (form(REPORT, endDateString="2026-11-23"), 10001),
        (form(REFRESH, access_token="", refresh_token="other"), 10019),
    ],
)
async def test_limits_are_enforced(sandbox: PddSandbox, sent: Form, code: int) -> None:
    """Token, required parameters, codes, windows and page sizes, as PDD's pages tell."""
    assert code == await refusal(sandbox, sent)


async def test_a_window_may_end_three_minutes_ago(sandbox: PddSandbox) -> None:
    """The bounds themselves are allowed: 30 minutes, and 180 seconds before PDD's time."""
    sent = form(start_updated_at=T - 1980, end_updated_at=T - 180)

    assert 0 == (await content(sandbox, sent))["total_count"]


async def test_only_posts_are_answered(sandbox: PddSandbox) -> None:
    """PDD refuses GET with a code of its own; some clients probe with HEAD first."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(sandbox.app)) as http:
        probe = await http.head(BASE_URL)
        got = await http.get(BASE_URL, params=form())

    assert 200 == probe.status_code
    assert 10002 == got.json()["error_response"]["error_code"]


async def test_common_parameters_may_stand_in_the_address(
    sandbox: PddSandbox, order_feed: MemoryFeed
) -> None:
    """SDKs differ (pdd-sdk 1.0.8 splits them): PDD merges address and form."""
    order_feed.put(order(1))
    sent = form()
    names = ("type", "client_id", "access_token", "timestamp", "data_type", "version", "sign")
    query = {name: sent.pop(name) for name in names}

    async with httpx.AsyncClient(transport=httpx.ASGITransport(sandbox.app)) as http:
        answer = await http.post(BASE_URL, params=query, data=sent)

    assert 1 == answer.json()["order_sn_increment_get_response"]["total_count"]


async def test_a_body_may_be_json(sandbox: PddSandbox, order_feed: MemoryFeed) -> None:
    """SDKs send JSON with numbers, booleans and nulls: signed as they are written in a form."""
    order_feed.put(order(1))
    signed = form(use_has_next=True, trade_type=None)
    body = {**signed, "page": 1, "order_status": 5, "use_has_next": True, "trade_type": None}

    async with httpx.AsyncClient(transport=httpx.ASGITransport(sandbox.app)) as http:
        good = await http.post(BASE_URL, json=body)
        broken = await http.post(
            BASE_URL, content=b"{", headers={"content-type": "application/json"}
        )
        no_object = await http.post(BASE_URL, json=[1])

    found = good.json()["order_sn_increment_get_response"]
    assert (False, 1) == (found["has_next"], len(found["order_sn_list"]))
    codes = [each.json()["error_response"]["error_code"] for each in (broken, no_object)]
    assert [10000, 10000] == codes


async def test_orders_come_newest_first(sandbox: PddSandbox, order_feed: MemoryFeed) -> None:
    """Pages are counted from the latest change; a page past the last one is empty."""
    for row in orders(5):
        order_feed.put(row)

    pages = [await content(sandbox, form(page_size=2, page=number)) for number in (1, 3, 4)]

    found = [[each["order_sn"] for each in page["order_sn_list"]] for page in pages]
    assert [[order_sn(5), order_sn(4)], [order_sn(1)], []] == found
    assert [5, 5, 5] == [page["total_count"] for page in pages]


async def test_has_next_replaces_the_total(sandbox: PddSandbox, order_feed: MemoryFeed) -> None:
    """`use_has_next` is quicker because nothing is counted."""
    for row in orders(3):
        order_feed.put(row)

    pages = [
        await content(sandbox, form(page_size=2, page=number, use_has_next=True))
        for number in (1, 2)
    ]

    assert [True, False] == [page["has_next"] for page in pages]
    assert all("total_count" not in page for page in pages)


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ({}, {1, 2, 3, 4}),
        ({"order_status": 2}, {2}),
        ({"refund_status": 4}, {3}),
        ({"is_lucky_flag": 2}, {4}),
        ({"is_lucky_flag": 1, "order_status": 1}, {1, 3}),
        ({"trade_type": 1}, {4}),
    ],
)
async def test_orders_are_filtered(
    sandbox: PddSandbox, order_feed: MemoryFeed, asked: dict[str, Any], shown: set[int]
) -> None:
    """5 asks for every status and 0 for every kind; other codes for their own."""
    order_feed.put(order(1))
    order_feed.put(order(2, order_status=2))
    order_feed.put(order(3, refund_status=4))
    order_feed.put(order(4, is_lucky_flag=2, trade_type=1))

    answer = await content(sandbox, form(**asked))

    assert {order_sn(number) for number in shown} == {
        each["order_sn"] for each in answer["order_sn_list"]
    }


async def test_old_orders_are_not_shown(mall: PddShop) -> None:
    """PDD shows three months; how far back is a setting of the sandbox."""
    mall.orders = MemoryFeed([order(1, updated_at="2026-11-22 11:25:00"), order(2)], "updated_at")
    sandbox = PddSandbox(mall, clock=SetClock(NOW), retention=timedelta(minutes=30))

    answer = await content(sandbox, form())

    assert [order_sn(2)] == [each["order_sn"] for each in answer["order_sn_list"]]


async def test_orders_are_also_found_by_deal_and_number(
    sandbox: PddSandbox, order_feed: MemoryFeed
) -> None:
    """`order.list` goes by the time of the deal; a single order stands within `order_info`."""
    order_feed.put(order(1))
    order_feed.put(order(2, confirm_time="2026-11-20 10:00:00"))

    listed = await content(sandbox, form(LIST))
    single = await content(sandbox, form(ORDER, order_sn=order_sn(2)))

    assert [order_sn(1)] == [each["order_sn"] for each in listed["order_list"]]
    assert order_sn(2) == single["order_info"]["order_sn"]


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ({"after_sales_status": 10}, [1]),
        ({"after_sales_status": 2}, [3, 2]),
        ({"after_sales_status": 2, "after_sales_type": 2}, [3]),
        ({"after_sales_status": 0, "order_sn": order_sn(9)}, [4]),
    ],
)
async def test_refunds_are_listed_by_status(
    sandbox: PddSandbox, mall: PddShop, asked: dict[str, Any], shown: list[int]
) -> None:
    """One status at a time; an order's number sets all other conditions aside."""
    rows = [
        refund(1),
        refund(2, after_sales_status=2),
        refund(3, after_sales_status=2, after_sales_type=2),
        refund(4, order_sn=order_sn(9), updated_time="2026-11-01 10:00:00"),
    ]
    mall.refunds = MemoryFeed(rows, "updated_time")

    answer = await content(sandbox, form(REFUNDS, **asked))

    assert shown == [each["id"] for each in answer["refund_list"]]


async def test_a_single_refund_has_units_of_its_own(sandbox: PddSandbox, mall: PddShop) -> None:
    """No root, money in fen, milliseconds, and types counted from 1 instead of 2."""
    mall.refunds = MemoryFeed([refund(7, refund_amount="20.55")], "updated_time")

    answer = await ask(sandbox, form(REFUND, order_sn=order_sn(1), after_sales_id=7))

    assert (7, 2055, 2, 1795316400000) == (
        answer["id"],
        answer["refund_amount"],
        answer["after_sales_type"],
        answer["recreated_at"],
    )


async def test_goods_are_listed_without_details(sandbox: PddSandbox, mall: PddShop) -> None:
    """Stock is in the list, prices are in the details."""
    mall.goods = MemoryFeed([goods(1), {**goods(2), "is_onsale": 0}], "goods_id", "goods_id")

    listed = await content(sandbox, form("pdd.goods.list.get"))
    off_sale = await content(sandbox, form("pdd.goods.list.get", is_onsale=0))
    detail = await content(sandbox, form("pdd.goods.detail.get", goods_id=1))

    assert (2, 1) == (listed["total_count"], off_sale["total_count"])
    assert all("detail" not in each for each in listed["goods_list"])
    assert 11_800 == detail["sku_list"][0]["multi_price"]


async def test_reports_show_the_days_of_a_scene(sandbox: PddSandbox, mall: PddShop) -> None:
    """Both days of a span are included; a sum comes with them."""
    days = ["2026-11-19", "2026-11-20", "2026-11-21", "2026-11-22"]
    mall.reports = MemoryFeed([report(day) for day in days] + [report(days[1], 2, click=7)], "date")

    answer = await content(sandbox, form(REPORT))

    result = answer["result"]
    assert days[1:3] == [day["date"] for day in result["dailyReportList"]]
    assert (True, 100) == (answer["success"], result["sumReport"]["click"])


async def test_time_and_mall_are_told(sandbox: PddSandbox) -> None:
    """PDD's clock needs no token; the mall's number does."""
    told = await content(sandbox, form("pdd.time.get", access_token=""))
    mall = await content(sandbox, form("pdd.mall.info.get"))

    assert ("2026-11-22 12:00:00", 1) == (told["time"], mall["mall_id"])


async def test_renewing_voids_the_old_tokens(sandbox: PddSandbox, mall: PddShop) -> None:
    """Neither old token opens anything afterwards; the mall's number comes along."""
    renewal = form(REFRESH, access_token="", refresh_token=CREDENTIALS["refresh_token"])

    answer = await content(sandbox, renewal)

    assert (mall.access_token, mall.refresh_token, "1") == (
        answer["access_token"],
        answer["refresh_token"],
        answer["owner_id"],
    )
    assert 10019 == await refusal(sandbox, form())
    assert 10019 == await refusal(sandbox, renewal)


async def test_tokens_end(mall: PddShop) -> None:
    """A token that has an end is refused from then on."""
    clock = SetClock(NOW)
    mall.expires_at = NOW + timedelta(minutes=5)
    sandbox = PddSandbox(mall, clock=clock)
    await content(sandbox, form())

    clock.advance(timedelta(minutes=5))

    assert 10019 == await refusal(sandbox, form())


@pytest.mark.parametrize(
    ("method", "calls", "seconds"),
    [("pdd.goods.list.get", 600, 60), (REFUNDS, 100, 10), (REPORT, 20, 10)],
)
async def test_calls_of_a_method_are_counted(
    mall: PddShop, method: str, calls: int, seconds: int
) -> None:
    """Each method has its own limit per shop; the next span of time is free again."""
    clock = SetClock(NOW)
    sandbox = PddSandbox(mall, clock=clock)
    for _ in range(calls):
        await content(sandbox, form(method))

    told = await refusal(sandbox, form(method))

    assert 52101 == told
    assert 0 == (await content(sandbox, form()))["total_count"]
    clock.advance(timedelta(seconds=seconds))
    await content(sandbox, form(method))


@pytest.mark.parametrize(
    ("method", "level", "seconds", "times"),
    [
        (ORDERS, Level.SHOP, 60, 3000),
        (LIST, Level.SHOP, 60, 6000),
        (ORDER, Level.SHOP, 60, 30_000),
        (ORDER, Level.METHOD, 1, 2000),
        ("pdd.goods.list.get", Level.SHOP, 60, 600),
        (REFUNDS, Level.SHOP, 10, 100),
        (REFUNDS, Level.APP, 1, 500),
    ],
)
def test_limits_are_those_of_pdds_pages(
    method: str, level: Level, seconds: int, times: int
) -> None:
    """What PDD's own pages tell for each method."""
    told = {(limit.level, limit.seconds, limit.times) for limit in LIMITS[method]}

    assert (level, seconds, times) in told


async def test_several_malls_share_an_app(mall: PddShop) -> None:
    """The token says whose data is shown, and each mall has limits of its own."""
    mall.orders = MemoryFeed([order(1)], "updated_at")
    other = PddShop(CREDENTIALS["client_id"], CREDENTIALS["client_secret"], "t2", "r2", mall_id=2)
    sandbox = PddSandbox(mall, other, clock=SetClock(NOW))
    for _ in range(100):
        await content(sandbox, form(REFUNDS))

    totals = [
        (await content(sandbox, form(access_token=token)))["total_count"]
        for token in (CREDENTIALS["access_token"], "t2")
    ]

    assert [1, 0] == totals
    assert 52101 == await refusal(sandbox, form(REFUNDS))
    assert 0 == (await content(sandbox, form(REFUNDS, access_token="t2")))["total_count"]


async def test_the_log_keeps_no_token(sandbox: PddSandbox) -> None:
    """What was asked can be looked up; tokens and signatures can't."""
    await content(sandbox, form())

    (call,) = sandbox.log.of(ORDERS)

    assert "5" == call.params["order_status"]
    assert {"access_token", "sign"}.isdisjoint(call.params)


async def test_faults_are_set_over_http(sandbox: PddSandbox) -> None:
    """Clients in other processes set them too; a misspelt one is told."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(sandbox.app)) as http:
        good = await http.post("http://pdd.test/_sandbox/faults", json={"fail": 1})
        bad = await http.post("http://pdd.test/_sandbox/faults", json={"fial": 1})

    assert (204, 400) == (good.status_code, bad.status_code)
    assert 52102 == await refusal(sandbox, form())
    assert 0 == (await content(sandbox, form()))["total_count"]


async def test_it_serves_on_a_socket(mall: PddShop) -> None:
    """Foreign clients reach it over loopback; a slow answer runs into their time-out."""
    sandbox = PddSandbox(mall, clock=lambda: datetime.now(UTC))
    sandbox.faults.set({"slow": 0.2})

    with serve(sandbox.app) as base_url:
        async with httpx.AsyncClient(timeout=0.05) as http:
            with pytest.raises(httpx.TimeoutException):
                await http.post(f"{base_url}/api/router", data=form())

    assert base_url.startswith("http://127.0.0.1:")
