"""The sandbox refuses what TOP refuses: an adapter that passes here sends what TOP accepts."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import orjson
import pytest

from core.marketplace.contract import Credentials
from core.marketplace.sandbox import MemoryFeed, SetClock, serve
from plugins.marketplaces.taobao.client import REFRESH, signed_form
from plugins.marketplaces.taobao.sandbox import TopSandbox, TopShop
from tests.plugins.marketplaces.taobao.builders import (
    BASE_URL,
    CREDENTIALS,
    NOW,
    item,
    line,
    rate,
    refund,
    trade,
    trades,
)

pytestmark = pytest.mark.anyio

TRADES = "taobao.trades.sold.increment.get"
SPAN = {"start_modified": "2026-11-21 12:00:00", "end_modified": "2026-11-22 12:00:00"}


def form(method: str = TRADES, **params: Any) -> dict[str, str]:
    if method == TRADES:
        params = {"fields": "tid", **SPAN, **params}
    texts = {name: str(value) for name, value in params.items()}
    session = texts.pop("session", CREDENTIALS["session"])
    return signed_form(
        method, texts, Credentials(CREDENTIALS), session=session, sign_method="md5", now=NOW
    )


async def ask(sandbox: TopSandbox, sent: dict[str, str]) -> dict[str, Any]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(sandbox.app)) as http:
        response = await http.post(BASE_URL, data=sent)
    assert 200 == response.status_code
    answer: dict[str, Any] = orjson.loads(response.content)
    return answer


async def content(sandbox: TopSandbox, sent: dict[str, str]) -> dict[str, Any]:
    (inner,) = (await ask(sandbox, sent)).values()
    assert "code" not in inner, inner
    return dict(inner)


async def refusal(sandbox: TopSandbox, sent: dict[str, str]) -> tuple[int, str]:
    error = (await ask(sandbox, sent))["error_response"]
    return error["code"], error.get("sub_code", "")


def without(name: str) -> Callable[[dict[str, str]], dict[str, str]]:
    return lambda sent: {key: value for key, value in sent.items() if key != name}


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (without("method"), 21),
        (lambda sent: {**sent, "method": "taobao.unheard.of"}, 22),
        (lambda sent: {**sent, "format": "xml"}, 23),
        (without("format"), 23),
        (without("sign"), 24),
        (lambda sent: {**sent, "fields": "tid,payment"}, 25),
        (lambda sent: {**sent, "sign_method": "rot13"}, 25),
        (lambda sent: {**sent, "sign": "签名"}, 25),
        (without("app_key"), 28),
        (lambda sent: {**sent, "app_key": "1"}, 29),
        (without("timestamp"), 30),
        (lambda sent: {**sent, "timestamp": "2026-11-22 11:49:59"}, 31),
        (lambda sent: {**sent, "timestamp": "2026-11-22 12:10:01"}, 31),
        (lambda sent: {**sent, "timestamp": "1795312800"}, 31),
        (without("v"), 32),
        (lambda sent: {**sent, "v": "1.0"}, 33),
    ],
)
async def test_every_request_must_be_well_formed(
    sandbox: TopSandbox, spoil: Callable[[dict[str, str]], dict[str, str]], code: int
) -> None:
    """System parameters are checked before anything else, each with its own code."""
    sent = spoil(form())

    told, _ = await refusal(sandbox, sent)

    assert code == told


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (form(session=""), (26, "missing-session")),
        (form(session="other"), (27, "invalid-sessionkey")),
        (form(fields=""), (40, "")),
        (form(start_modified=""), (40, "")),
        (form(start_modified="yesterday"), (41, "")),
        (form(page_no="x"), (41, "")),
        (form(page_no=0), (15, "isv.invalid-parameter")),
        (form(page_size=101), (15, "isv.invalid-parameter")),
        (form(start_modified="2026-11-21 11:59:59"), (15, "isv.invalid-parameter")),
        (form(end_modified="2026-11-21 12:00:00"), (15, "isv.invalid-parameter")),
        (form("taobao.items.onsale.get", fields="num_iid", page_size=201), (15,)),
        (form("taobao.items.onsale.get", fields="num_iid", page_no=101, page_size=200), (15,)),
        (form("taobao.items.onsale.get", fields="num_iid", order_by="size:desc"), (15,)),
        (form("taobao.items.inventory.get", fields="num_iid", page_no=102), (15,)),
        (form("taobao.items.inventory.get", fields="num_iid", banner="all"), (15,)),
        (form("taobao.items.seller.list.get", fields="num_iid"), (40,)),
        (
            form(
                "taobao.items.seller.list.get",
                fields="num_iid",
                num_iids=",".join(map(str, range(21))),
            ),
            (15,),
        ),
        (form("taobao.traderates.get", fields="tid", role="buyer"), (40,)),
        (
            form("taobao.traderates.get", fields="tid", role="buyer", rate_type="get", page_no=201),
            (15,),
        ),
        (
            form(
                "taobao.traderates.get", fields="tid", role="buyer", rate_type="get", page_size=151
            ),
            (15,),
        ),
    ],
)
async def test_limits_are_enforced(
    sandbox: TopSandbox, sent: dict[str, str], expected: tuple[int | str, ...]
) -> None:
    """Session, required parameters, spans and page sizes are refused as TOP's pages tell."""
    told = await refusal(sandbox, sent)

    assert expected == told[: len(expected)]


async def test_parameters_may_come_in_query_and_form(
    sandbox: TopSandbox, trade_feed: MemoryFeed
) -> None:
    """The node SDK puts all in the form, others the system's in the query: TOP merges them."""
    trade_feed.put(trade(1))
    sent = form(page_size=10)
    query = {name: sent.pop(name) for name in ("method", "app_key", "session", "sign")}

    async with httpx.AsyncClient(transport=httpx.ASGITransport(sandbox.app)) as http:
        probe = await http.head(BASE_URL)
        answer = await http.post(BASE_URL, params=query, data=sent)
        asked_by_get = await http.get(BASE_URL, params={**query, **sent})

    assert 200 == probe.status_code
    assert 1 == answer.json()["trades_sold_increment_get_response"]["total_results"]
    assert 1 == asked_by_get.json()["trades_sold_increment_get_response"]["total_results"]


@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        ("tid", {"tid": 1}),
        ("tid,unheard_of", {"tid": 1}),
        ("orders.oid,orders.num", {"orders": {"order": [{"oid": 11, "num": 1}]}}),
        ("orders", {"orders": {"order": [line(11)]}}),
    ],
)
async def test_only_fields_that_were_asked_for_are_shown(
    sandbox: TopSandbox, trade_feed: MemoryFeed, fields: str, shown: dict[str, Any]
) -> None:
    """`orders` shows whole lines, `orders.oid` a part of them; everything else stays away."""
    trade_feed.put(trade(1, line(11)))

    answer = await content(sandbox, form(fields=fields))

    assert [shown] == answer["trades"]["trade"]


async def test_lists_are_wrapped_twice_and_empty_ones_left_out(sandbox: TopSandbox) -> None:
    """No trades means no `trades` at all."""
    answer = await ask(sandbox, form())

    root = answer["trades_sold_increment_get_response"]
    assert {"total_results", "request_id"} == root.keys()
    assert 0 == root["total_results"]


async def test_trades_come_newest_first(sandbox: TopSandbox, trade_feed: MemoryFeed) -> None:
    """Pages are counted from the latest change; a page past the last one is empty."""
    for row in trades(5):
        trade_feed.put(row)

    pages = [await content(sandbox, form(page_size=2, page_no=number)) for number in (1, 3, 4)]

    found = [[each["tid"] for each in page.get("trades", {}).get("trade", [])] for page in pages]
    assert [[5, 4], [1], []] == found
    assert [5, 5, 5] == [page["total_results"] for page in pages]


async def test_has_next_replaces_the_total(sandbox: TopSandbox, trade_feed: MemoryFeed) -> None:
    """`use_has_next` is quicker because nothing is counted."""
    for row in trades(3):
        trade_feed.put(row)

    pages = [
        await content(sandbox, form(page_size=2, page_no=number, use_has_next="true"))
        for number in (1, 2)
    ]

    assert [True, False] == [page["has_next"] for page in pages]
    assert all("total_results" not in page for page in pages)


@pytest.mark.parametrize(
    ("kinds", "shown"),
    [("", {1, 5}), ("nopaid", {2}), ("guarantee_trade", {1, 3}), ("fixed,step", {1, 5})],
)
async def test_trades_are_filtered_by_type(
    sandbox: TopSandbox, trade_feed: MemoryFeed, kinds: str, shown: set[int]
) -> None:
    """Unasked only five types are shown; `guarantee_trade` stands for fixed and auction."""
    for tid, kind in enumerate(("fixed", "nopaid", "auction", "waimai", "step"), start=1):
        trade_feed.put(trade(tid, type=kind))

    answer = await content(sandbox, form(type=kinds))

    expected = shown | {3} if not kinds else shown
    assert expected == {each["tid"] for each in answer["trades"]["trade"]}


async def test_old_trades_are_not_shown(top_shop: TopShop) -> None:
    """TOP shows three months; how far back is a setting of the sandbox."""
    old = trade(1, modified="2026-11-21 13:00:00")
    top_shop.trades = MemoryFeed([old, trade(2)], "modified", "tid")
    sandbox = TopSandbox(top_shop, clock=SetClock(NOW), retention=timedelta(hours=12))

    answer = await content(sandbox, form())

    assert [{"tid": 2}] == answer["trades"]["trade"]


async def test_refunds_and_rates_are_bounded_in_time(
    sandbox: TopSandbox, top_shop: TopShop
) -> None:
    """Both ends of a span are included; without them everything is shown."""
    top_shop.refunds = MemoryFeed([refund("1"), refund("2")], "modified")
    top_shop.rates = MemoryFeed(
        [rate(1), rate(2, created="2026-11-01 00:00:00"), rate(3, role="seller")], "created"
    )
    asked = {"fields": "oid", "rate_type": "get", "role": "buyer"}

    refunds = await content(sandbox, form("taobao.refunds.receive.get", fields="refund_id"))
    late = {**asked, "start_date": "2026-11-22 09:00:00", "end_date": "2026-11-22 09:00:00"}
    rates = await content(sandbox, form("taobao.traderates.get", **late))

    assert 2 == refunds["total_results"]
    assert [{"oid": 1}] == rates["trade_rates"]["trade_rate"]


async def test_no_condition_shows_more_than_1500_rates(
    sandbox: TopSandbox, top_shop: TopShop
) -> None:
    """Here the total itself stops at 1,500: a reader that trusts it would miss the rest."""
    top_shop.rates = MemoryFeed([rate(number) for number in range(1501)], "created")

    answer = await content(
        sandbox, form("taobao.traderates.get", fields="oid", rate_type="get", role="buyer")
    )

    assert 1500 == answer["total_results"]


async def test_unknown_items_are_left_out(sandbox: TopSandbox, top_shop: TopShop) -> None:
    """TOP: 获取不存在的商品ID都不会报错. `sku` names what is answered as `skus.sku`."""
    top_shop.items = MemoryFeed([item(1)], "modified", "num_iid")
    sent = form("taobao.items.seller.list.get", fields="num_iid,sku.sku_id", num_iids="1,2")

    answer = await content(sandbox, sent)

    assert [{"num_iid": 1, "skus": {"sku": [{"sku_id": 8001}]}}] == answer["items"]["item"]


async def test_tops_time_needs_no_session(sandbox: TopSandbox) -> None:
    """Clients ask for it to set their clocks."""
    answer = await content(sandbox, form("taobao.time.get", session=""))

    assert "2026-11-22 12:00:00" == answer["time"]


async def test_renewing_voids_the_old_tokens(sandbox: TopSandbox, top_shop: TopShop) -> None:
    """Tokens come as JSON inside a string; neither old one opens anything afterwards."""
    renewal = form(REFRESH, session="", refresh_token=CREDENTIALS["refresh_token"])

    answer = await content(sandbox, renewal)

    tokens = orjson.loads(answer["token_result"])
    assert (top_shop.session, top_shop.refresh_token) == (
        tokens["access_token"],
        tokens["refresh_token"],
    )
    assert 27 == (await refusal(sandbox, form()))[0]
    assert 15 == (await refusal(sandbox, renewal))[0]


async def test_sessions_end(top_shop: TopShop) -> None:
    """A session that has an end is refused from then on."""
    clock = SetClock(NOW)
    top_shop.expires_at = NOW + timedelta(minutes=5)
    sandbox = TopSandbox(top_shop, clock=clock)
    await content(sandbox, form())

    clock.advance(timedelta(minutes=5))

    assert 27 == (await refusal(sandbox, form()))[0]


async def test_calls_are_counted_per_second(top_shop: TopShop) -> None:
    """Code 7 comes with the seconds to wait, and the next second is free again."""
    clock = SetClock(NOW)
    sandbox = TopSandbox(top_shop, clock=clock, calls_per_second=2)
    for _ in range(2):
        await content(sandbox, form())

    error = (await ask(sandbox, form()))["error_response"]

    assert (7, "This ban will last for 1 more seconds") == (error["code"], error["sub_msg"])
    clock.advance(timedelta(seconds=1))
    assert 0 == (await content(sandbox, form()))["total_results"]


async def test_several_shops_share_an_app(top_shop: TopShop) -> None:
    """The session says whose data is shown."""
    top_shop.trades = MemoryFeed([trade(1)], "modified")
    other = TopShop(CREDENTIALS["app_key"], CREDENTIALS["app_secret"], "s2", "r2")
    sandbox = TopSandbox(top_shop, other, clock=SetClock(NOW))

    totals = [
        (await content(sandbox, form(session=session)))["total_results"]
        for session in (CREDENTIALS["session"], "s2")
    ]

    assert [1, 0] == totals


async def test_the_log_keeps_no_token(sandbox: TopSandbox) -> None:
    """What was asked can be looked up; tokens and signatures can't."""
    await content(sandbox, form())

    (call,) = sandbox.log.of(TRADES)

    assert "tid" == call.params["fields"]
    assert {"session", "sign"}.isdisjoint(call.params)


async def test_faults_are_set_over_http(sandbox: TopSandbox) -> None:
    """Clients in other processes set them too; a misspelt one is told."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(sandbox.app)) as http:
        good = await http.post("http://top.test/_sandbox/faults", json={"fail": 1})
        bad = await http.post("http://top.test/_sandbox/faults", json={"fial": 1})

    assert (204, 400) == (good.status_code, bad.status_code)
    assert (15, "isp.top-remote-connection-timeout") == await refusal(sandbox, form())
    assert 0 == (await content(sandbox, form()))["total_results"]


async def test_it_serves_on_a_socket(top_shop: TopShop) -> None:
    """Foreign clients reach it over loopback; a slow answer runs into their time-out."""
    sandbox = TopSandbox(top_shop, clock=lambda: datetime.now(UTC))
    sandbox.faults.set({"slow": 0.2})

    with serve(sandbox.app) as base_url:
        async with httpx.AsyncClient(timeout=0.05) as http:
            with pytest.raises(httpx.TimeoutException):
                await http.post(f"{base_url}/router/rest", data=form())

    assert base_url.startswith("http://127.0.0.1:")
