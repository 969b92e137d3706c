"""The sandbox refuses what JD refuses: an adapter that passes here sends what JD accepts."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import orjson
import pytest

from core.marketplace.contract import Credentials
from core.marketplace.sandbox import MemoryFeed, SetClock, serve
from plugins.marketplaces.jd.client import PARAMS, sign, signed_form
from plugins.marketplaces.jd.sandbox import JosSandbox, JosShop
from tests.plugins.marketplaces.jd.builders import (
    BASE_URL,
    CREDENTIALS,
    ENDS,
    NOW,
    OAUTH_URL,
    cancellation,
    order,
    orders,
    service,
    sku,
    ware,
)

pytestmark = pytest.mark.anyio

ORDERS = "jingdong.pop.order.search"
SERVICES = "jingdong.asc.serviceAndRefund.view"
CANCELLED = "jingdong.pop.afs.soa.refundapply.queryPageList"
WARES = "jingdong.ware.read.searchWare4Valid"
SKUS = "jingdong.sku.read.searchSkuList"
ADS = "jingdong.dsp.report.queryCampDailySum"
SEARCH = {
    "start_date": "2026-11-21 12:00:00",
    "end_date": "2026-11-22 12:00:00",
    "order_state": "ALL",
    "optional_fields": "orderId",
    "page": "1",
    "page_size": "100",
    "sortType": 1,
    "dateType": 0,
}
APPLIED = {"applyTimeBegin": "2026-11-15 12:00:00", "applyTimeEnd": "2026-11-22 12:00:00"}
REPORT: dict[str, Any] = {
    "startDay": "2026-11-21",
    "endDay": "2026-11-22",
    "isDaily": True,
    "isOrderOrClick": False,
    "isTodayOr15Days": True,
    "pageIndex": 1,
    "pageSize": 100,
}


def form(method: str = ORDERS, token: str = CREDENTIALS["access_token"], **params: Any) -> Any:
    if method == ORDERS:
        params = {**SEARCH, **params}
    sent = {name: value for name, value in params.items() if value is not None}
    return signed_form(method, sent, Credentials(CREDENTIALS), access_token=token, now=NOW)


async def ask(sandbox: JosSandbox, sent: dict[str, str]) -> dict[str, Any]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(sandbox.app)) as http:
        response = await http.post(BASE_URL, data=sent)
    assert 200 == response.status_code
    answer: dict[str, Any] = orjson.loads(response.content)
    return answer


async def result(sandbox: JosSandbox, sent: dict[str, str]) -> dict[str, Any]:
    (root,) = (await ask(sandbox, sent)).values()
    (found,) = [value for name, value in root.items() if name != "code"]
    return dict(found)


async def refusal(sandbox: JosSandbox, sent: dict[str, str]) -> str:
    return str((await ask(sandbox, sent))["error_response"]["code"])


def without(name: str) -> Callable[[dict[str, str]], dict[str, str]]:
    return lambda sent: {key: value for key, value in sent.items() if key != name}


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (without("method"), "14"),
        (lambda sent: {**sent, "method": "jingdong.unheard.of"}, "15"),
        (lambda sent: {**sent, "v": "1.0"}, "4"),
        (lambda sent: {**sent, "format": "xml"}, "10"),
        (without("sign"), "11"),
        (lambda sent: {**sent, PARAMS: "{}"}, "12"),
        (lambda sent: {**sent, "sign": sent["sign"].lower()}, "12"),
        (lambda sent: {**sent, "sign": "签名"}, "12"),
        (lambda sent: {**sent, "more": "x"}, "12"),
        (without("app_key"), "21"),
        (lambda sent: {**sent, "app_key": "1"}, "22"),
        (without("timestamp"), "5"),
        (lambda sent: {**sent, "timestamp": "2026-11-22 11:53:59"}, "8"),
        (lambda sent: {**sent, "timestamp": "2026-11-22 12:06:01"}, "8"),
        (lambda sent: {**sent, "timestamp": "1795312800"}, "8"),
    ],
)
async def test_every_request_must_be_well_formed(
    sandbox: JosSandbox, spoil: Callable[[dict[str, str]], dict[str, str]], code: str
) -> None:
    """System parameters are checked before anything else, each with its own code."""
    assert code == await refusal(sandbox, spoil(form()))


@pytest.mark.parametrize("token", ["", "other"])
async def test_a_token_is_asked_for(sandbox: JosSandbox, token: str) -> None:
    """JD's Chinese sentence tells the token back: the sandbox leaks it as JD does."""
    error = (await ask(sandbox, form(token=token)))["error_response"]

    assert "19" == error["code"]
    assert error["zh_desc"].endswith(token)


@pytest.mark.parametrize(
    "sent",
    [
        form(optional_fields=None),
        form(order_state=None),
        form(start_date=None),
        form(start_date="yesterday"),
        form(page=None),
        form(page="x"),
        form(page="0"),
        form(page_size="101"),
        form(start_date="2026-10-22 11:59:59"),
        form(end_date="2026-11-21 12:00:00"),
        form(SERVICES, pageNumber=1, pageSize=50),
        form(SERVICES, **APPLIED, pageSize=50),
        form(SERVICES, **APPLIED, pageNumber=1, pageSize=51),
        form(SERVICES, **{**APPLIED, "applyTimeBegin": "2026-11-15 11:59:59"}, pageNumber=1),
        form(SERVICES, applyTimeBegin="2026-11-15 12:00:00", pageNumber=1),
        form(
            SERVICES,
            approveTimeBegin="2026-11-12 11:59:59",
            approveTimeEnd="2026-11-22 12:00:00",
            pageNumber=1,
        ),
        form("jingdong.b2c.shop.aftersales.refund.get"),
        form("jingdong.b2c.shop.aftersales.refund.get", afsServiceId=1),
        form(CANCELLED, pageIndex=101),
        form(CANCELLED, pageIndex=1, pageSize=51),
        form(WARES, pageSize=51),
        form(WARES, orderField="size"),
        form(WARES, wareId=",".join(map(str, range(21)))),
        form(SKUS, wareId=",".join(map(str, range(21)))),
        form(SKUS, page_size=51),
        form(ADS, **{**REPORT, "pageSize": 101}),
        form(ADS, **{**REPORT, "isDaily": None}),
        form(ADS, **{**REPORT, "startDay": None}),
    ],
)
async def test_limits_are_enforced(sandbox: JosSandbox, sent: dict[str, str]) -> None:
    """Required parameters, spans and page sizes: the result says no, with HTTP 200 and code 0."""
    told = await result(sandbox, sent)

    assert False is told.get("apiResult", told)["success"]


async def test_a_month_is_as_long_as_the_calendar_says(sandbox: JosSandbox) -> None:
    """From the 22nd to the 22nd is allowed, be it 30 days or 31."""
    told = await result(sandbox, form(start_date="2026-10-22 12:00:00"))

    assert True is told["apiResult"]["success"]


async def test_parameters_may_come_in_query_and_form(
    sandbox: JosSandbox, order_feed: MemoryFeed
) -> None:
    """pyjos sends GET with a query, mcp-cn-commerce a form after probing with HEAD."""
    order_feed.put(order(1))
    sent = form()
    query = {name: sent[name] for name in ("method", "app_key", "access_token", "sign")}
    rest = {name: value for name, value in sent.items() if name not in query}

    async with httpx.AsyncClient(transport=httpx.ASGITransport(sandbox.app)) as http:
        probe = await http.head(BASE_URL)
        answers = [
            await http.get(BASE_URL, params=sent),
            await http.post(BASE_URL, data=sent),
            await http.post(BASE_URL, params=query, data=rest),
        ]

    assert 200 == probe.status_code
    root = "jingdong_pop_order_search_responce"
    totals = [answer.json()[root]["searchorderinfo_result"]["orderTotal"] for answer in answers]
    assert [1, 1, 1] == totals


async def test_json_of_any_form_is_read(sandbox: JosSandbox) -> None:
    """Python's default JSON has spaces and escapes: what counts is that it was signed so."""
    sent = {name: value for name, value in form().items() if name != "sign"}
    sent |= {PARAMS: orjson.dumps(SEARCH, option=orjson.OPT_INDENT_2).decode()}
    sent["sign"] = sign(sent, CREDENTIALS["app_secret"])

    told = await result(sandbox, sent)

    assert True is told["apiResult"]["success"]


async def test_parameters_that_are_no_object_are_refused(sandbox: JosSandbox) -> None:
    """Signed nonsense is nonsense all the same."""
    sent = {name: value for name, value in form().items() if name != "sign"} | {PARAMS: "[1"}
    sent["sign"] = sign(sent, CREDENTIALS["app_secret"])

    assert "9" == await refusal(sandbox, sent)


@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        ("orderId", {"orderId": "1"}),
        ("orderId,unheardOf,_secret", {"orderId": "1"}),
        ("orderState", {"orderState": "WAIT_SELLER_STOCK_OUT"}),
    ],
)
async def test_only_fields_that_were_asked_for_are_shown(
    sandbox: JosSandbox, order_feed: MemoryFeed, fields: str, shown: dict[str, Any]
) -> None:
    """JD leaves out whatever `optional_fields` does not name."""
    order_feed.put(order(1, _secret="feed"))

    told = await result(sandbox, form(optional_fields=fields))

    assert [shown] == told["orderInfoList"]


@pytest.mark.parametrize(("sort", "first"), [(1, ["5", "4"]), (0, ["1", "2"]), (2, ["1", "2"])])
async def test_orders_are_sorted_by_change(
    sandbox: JosSandbox, order_feed: MemoryFeed, sort: int, first: list[str]
) -> None:
    """`sortType` 1 is newest first, anything else oldest first; a page past the end is empty."""
    for row in orders(5):
        order_feed.put(row)

    told = await result(sandbox, form(page_size="2", sortType=sort))
    past = await result(sandbox, form(page_size="2", page="4"))

    assert first == [each["orderId"] for each in told["orderInfoList"]]
    assert (5, []) == (past["orderTotal"], past["orderInfoList"])


async def test_orders_can_be_asked_for_by_their_time_of_order(
    sandbox: JosSandbox, order_feed: MemoryFeed
) -> None:
    """`dateType` 1 is the time of order, 0 the time of change."""
    order_feed.put(order(1, orderStartTime="2026-11-20 10:00:00"))
    order_feed.put(order(2, modified="2026-11-20 10:00:00"))

    changed, created = [await result(sandbox, form(dateType=kind)) for kind in (0, 1)]

    assert [["1"], ["2"]] == [
        [each["orderId"] for each in told["orderInfoList"]] for told in (changed, created)
    ]


async def test_orders_are_filtered_by_state(sandbox: JosSandbox, order_feed: MemoryFeed) -> None:
    """A comma list, or ALL alone."""
    for number, state in enumerate(("LOCKED", "NOT_PAY", "FINISHED_L"), start=1):
        order_feed.put(order(number, orderState=state))

    told = await result(sandbox, form(order_state="LOCKED,FINISHED_L"))

    assert {"1", "3"} == {each["orderId"] for each in told["orderInfoList"]}


async def test_old_changes_are_not_shown(jos_shop: JosShop, order_feed: MemoryFeed) -> None:
    """JD shows three months of changes; how far back is a setting of the sandbox."""
    order_feed.put(order(1, modified="2026-11-21 13:00:00"))
    order_feed.put(order(2))
    sandbox = JosSandbox(jos_shop, clock=SetClock(NOW), retention=timedelta(hours=12))

    told = await result(sandbox, form())

    assert [{"orderId": "2"}] == told["orderInfoList"]


async def test_services_are_found_by_order_or_approval(
    sandbox: JosSandbox, jos_shop: JosShop
) -> None:
    """Three ways to ask; both ends of a span are included."""
    rows = [service(1), service(2, bill={"orderId": 5, "approveDate": "2026-11-13 12:00:00"})]
    jos_shop.services = MemoryFeed(rows, "_applied")
    approved = {
        "approveTimeBegin": "2026-11-12 12:00:00",
        "approveTimeEnd": "2026-11-13 12:00:00",
    }

    asked: list[dict[str, Any]] = [{"orderId": 5}, approved, APPLIED]
    found = [await result(sandbox, form(SERVICES, pageNumber=1, **each)) for each in asked]

    assert [1, 1, 2] == [told["totalCount"] for told in found]
    assert "_applied" not in found[0]["data"][0]


async def test_cancellations_are_filtered(sandbox: JosSandbox, jos_shop: JosShop) -> None:
    """By state, application or check."""
    rows = [cancellation(1), cancellation(2, status=0, checkTime=None)]
    jos_shop.cancellations = MemoryFeed(rows, "applyTime")
    checked = {"checkTimeStart": "2026-11-22 09:00:00", "checkTimeEnd": "2026-11-22 10:00:00"}

    asked: list[dict[str, Any]] = [{"status": 0}, checked, {}]
    found = [await result(sandbox, form(CANCELLED, pageIndex=1, **each)) for each in asked]

    assert [[2], [1], [2, 1]] == [[each["id"] for each in told["result"]] for told in found]


async def test_wares_show_no_skus(sandbox: JosSandbox, jos_shop: JosShop) -> None:
    """SKUs have a method of their own; deleted ones only if asked for."""
    jos_shop.wares = MemoryFeed([ware(1, sku(11), sku(12, status=4))], "_modified", "wareId")

    wares = await result(sandbox, form(WARES, field="wareId,skus"))
    one = await result(sandbox, form(WARES, wareId="2"))
    skus = await result(sandbox, form(SKUS, wareId="1", field="skuId"))
    deleted = await result(sandbox, form(SKUS, wareId="1,9", field="skuId", skuStatuValue="4"))

    assert ([{"wareId": 1}], 0) == (wares["data"], one["totalItem"])
    assert ([{"skuId": 11}], [{"skuId": 12}]) == (skus["data"], deleted["data"])


async def test_counts_may_be_words(jos_shop: JosShop) -> None:
    """JD's clients know answers whose success and counts are text."""
    sandbox = JosSandbox(jos_shop, clock=SetClock(NOW), is_wordy=True)

    told = await result(sandbox, form())
    services = await result(sandbox, form(SERVICES, **APPLIED, pageNumber=1))

    assert ("true", "0") == (told["apiResult"]["success"], told["orderTotal"])
    assert ("true", "0", "1") == (
        services["success"],
        services["totalCount"],
        services["pageNumber"],
    )


async def renew(sandbox: JosSandbox, **changes: str) -> dict[str, Any]:
    names = ("app_key", "app_secret", "refresh_token")
    asked = {name: CREDENTIALS[name] for name in names} | {"grant_type": "refresh_token"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(sandbox.app)) as http:
        answer: dict[str, Any] = (await http.get(OAUTH_URL, params=asked | changes)).json()
    return answer


@pytest.mark.parametrize(
    ("moment", "is_renewed"),
    [
        (ENDS - timedelta(hours=24, seconds=1), False),
        (ENDS - timedelta(hours=24), True),
        (ENDS - timedelta(seconds=1), True),
        (ENDS, False),
    ],
)
async def test_tokens_are_renewed_in_their_last_day_only(
    sandbox: JosSandbox, jos_shop: JosShop, clock: SetClock, moment: datetime, is_renewed: bool
) -> None:
    """Not earlier, and never afterwards; the old tokens are void at once."""
    clock.now = moment

    answer = await renew(sandbox)
    again = await renew(sandbox)

    assert is_renewed == (answer.get("access_token") == jos_shop.access_token)
    assert "access_token" not in again
    assert is_renewed == (jos_shop.access_token != CREDENTIALS["access_token"])


@pytest.mark.parametrize("name", ["app_key", "app_secret", "refresh_token", "grant_type"])
async def test_a_wrong_renewal_is_refused(sandbox: JosSandbox, clock: SetClock, name: str) -> None:
    """All four must be right."""
    clock.now = ENDS - timedelta(hours=1)

    answer = await renew(sandbox, **{name: "wrong"})

    assert "401" == answer["code"]


async def test_calls_are_counted_per_second(jos_shop: JosShop) -> None:
    """Code 2 comes with the seconds to wait, and the next second is free again."""
    clock = SetClock(NOW)
    sandbox = JosSandbox(jos_shop, clock=clock, calls_per_second=2)
    for _ in range(2):
        await result(sandbox, form())

    error = (await ask(sandbox, form()))["error_response"]

    assert ("2", "Call limited, retry after 1 seconds") == (error["code"], error["en_desc"])
    clock.advance(timedelta(seconds=1))
    assert 0 == (await result(sandbox, form()))["orderTotal"]


async def test_calls_are_counted_per_day(jos_shop: JosShop) -> None:
    """Apps under test have 500 calls a day: the wait is until midnight in China."""
    sandbox = JosSandbox(jos_shop, clock=SetClock(NOW), calls_per_day=1)
    await result(sandbox, form())

    error = (await ask(sandbox, form()))["error_response"]

    assert "Call limited, retry after 43201 seconds" == error["en_desc"]


async def test_several_shops_share_an_app(jos_shop: JosShop, order_feed: MemoryFeed) -> None:
    """The token says whose data is shown."""
    order_feed.put(order(1))
    other = JosShop(CREDENTIALS["app_key"], CREDENTIALS["app_secret"], "t2", "r2")
    sandbox = JosSandbox(jos_shop, other, clock=SetClock(NOW))

    totals = [
        (await result(sandbox, form(token=token)))["orderTotal"]
        for token in (CREDENTIALS["access_token"], "t2")
    ]

    assert [1, 0] == totals


async def test_the_log_keeps_no_token(sandbox: JosSandbox, clock: SetClock) -> None:
    """What was asked can be looked up; tokens, secrets and signatures can't."""
    clock.now = ENDS - timedelta(hours=1)
    await renew(sandbox)
    clock.now = NOW
    await ask(sandbox, form())

    (call,) = sandbox.log.of(ORDERS)

    assert "orderId" == call.params["optional_fields"]
    told = f"{[each.params for each in sandbox.log.calls]}"
    assert all(CREDENTIALS[name] not in told for name in ("access_token", "refresh_token"))
    assert {"access_token", "sign"}.isdisjoint(call.params)


async def test_faults_are_set_over_http(sandbox: JosSandbox) -> None:
    """Clients in other processes set them too; a misspelt one is told."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(sandbox.app)) as http:
        good = await http.post("http://jd.test/_sandbox/faults", json={"fail": 1})
        bad = await http.post("http://jd.test/_sandbox/faults", json={"fial": 1})

    assert (204, 400) == (good.status_code, bad.status_code)
    assert "1" == await refusal(sandbox, form())
    assert 0 == (await result(sandbox, form()))["orderTotal"]


async def test_it_serves_on_a_socket(jos_shop: JosShop) -> None:
    """Foreign clients reach it over loopback; a slow answer runs into their time-out."""
    sandbox = JosSandbox(jos_shop, clock=lambda: datetime.now(UTC))
    sandbox.faults.set({"slow": 0.2})

    with serve(sandbox.app) as base_url:
        async with httpx.AsyncClient(timeout=0.05) as http:
            with pytest.raises(httpx.TimeoutException):
                await http.post(f"{base_url}/routerjson", data=form())

    assert base_url.startswith("http://127.0.0.1:")
