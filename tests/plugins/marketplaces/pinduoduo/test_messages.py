"""PDD's messages: taken from a WebSocket, acknowledged; what they name is marked."""

import json
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager, contextmanager, suppress
from datetime import timedelta
from itertools import count
from typing import Any

import anyio
import httpx
import pytest
from sqlmodel import select
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect
from websockets.asyncio.client import connect

from core.db import Database
from core.marketplace.contract import Credentials, Message, Notice
from core.marketplace.errors import AuthError, PermanentError, ThrottleError, TransientError
from core.marketplace.sandbox import SetClock, serve
from core.models import Shop, SyncState
from core.security.envelope import KeyRing
from core.sync.messages import MessageReader
from core.sync.shops import NewShop, register_shop
from plugins.marketplaces.pinduoduo import opsgraph_marketplaces
from plugins.marketplaces.pinduoduo.messages import PmcInbox, message_path, message_server
from plugins.marketplaces.pinduoduo.sandbox import PddSandbox, PddShop
from tests.builders import make_merchant
from tests.plugins.marketplaces.pinduoduo import builders
from tests.plugins.marketplaces.pinduoduo.builders import CREDENTIALS, NOW
from tests.scan.markers import BUYER

pytestmark = pytest.mark.anyio
PAID = "pdd_trade_TradeConfirmed"


@pytest.fixture
def mall(mall: PddShop) -> PddShop:
    """A mall for which messages are kept."""
    mall.mall_id, mall.is_permitted = 171_504, True
    return mall


@pytest.fixture
def sandbox(mall: PddShop, clock: SetClock) -> PddSandbox:
    return PddSandbox(mall, clock=clock)


@pytest.fixture
def clock() -> SetClock:
    """The one of both sides."""
    return SetClock(NOW)


@pytest.fixture
def url(sandbox: PddSandbox) -> Iterator[str]:
    with serve(sandbox.app) as address:
        yield address


@pytest.fixture
def shop(clock: SetClock) -> builders.Shop:
    return builders.Shop(httpx.AsyncHTTPTransport(), clock)


@asynccontextmanager
async def opened(shop: builders.Shop, url: str, **config: Any) -> AsyncIterator[PmcInbox]:
    """An inbox for one look."""
    context = shop.context(**{"base_url": f"{url}/api/router", **config})
    async with context.http, aclosing(PmcInbox(context)) as inbox:
        yield inbox


def announce(mall: PddShop, *kinds: str) -> None:
    for kind in kinds:
        mall.announce(kind, {"tid": "261122-1", "receiver_name": BUYER}, NOW)


def named(message: Message) -> set[str]:
    return {notice.stream for notice in message.notices}


def test_the_address() -> None:
    """It is signed as pdd-sdk-php signs it, whose test this is."""
    credentials = Credentials({"client_id": "app", "client_secret": "secret"})

    path = message_path(credentials, 1_700_000_000_000)

    assert "/message/app/1700000000000/OTgxODMwNDI2NWZiN2NiNzA2NzIxOTI0ZjJlMDMxMjE%3D" == path


@pytest.mark.parametrize(
    ("config", "server"),
    [
        ({}, "wss://message-api.pinduoduo.com"),
        ({"base_url": "https://relay.test/pdd/router"}, "wss://relay.test"),
        ({"base_url": "http://127.0.0.1:8/api/router"}, "ws://127.0.0.1:8"),
        ({"base_url": "https://relay.test", "message_url": "wss://pmc.test/"}, "wss://pmc.test"),
    ],
)
def test_where_messages_come_from(config: dict[str, str], server: str) -> None:
    """A shop that is led to another gateway has its messages from there, or as it says."""
    assert server == message_server(config)


@pytest.mark.parametrize(
    ("kind", "streams"),
    [
        (PAID, {"orders"}),
        ("pdd_trade_TradeLogisticsAddressChanged", {"orders"}),
        ("pdd_refund_RefundAgreeAgreement", {"refunds", "orders"}),
        ("pdd_goods_GoodsOffShelf", {"products"}),
        ("pdd_chat_OrderPromise", set()),
    ],
)
async def test_types_name_streams(
    shop: builders.Shop, url: str, mall: PddShop, kind: str, streams: set[str]
) -> None:
    """By how they begin; what is not read here is acknowledged all the same."""
    announce(mall, kind)

    async with opened(shop, url) as inbox:
        messages = await inbox.fetch()
        await inbox.confirm(messages)

    assert [streams] == [named(message) for message in messages]
    assert {} == mall.messages.waiting


async def test_a_message_names_its_mall(shop: builders.Shop, url: str, mall: PddShop) -> None:
    """And no person, whatever it holds."""
    announce(mall, PAID)

    async with opened(shop, url) as inbox:
        messages = await inbox.fetch()

    assert (Notice("orders", "171504"),) == messages[0].notices
    assert BUYER not in repr(messages)


async def test_what_is_not_acknowledged_comes_again(
    shop: builders.Shop, url: str, mall: PddShop
) -> None:
    """To the next connection, and until it is; a number too long for a float stays exact."""
    announce(mall, PAID, PAID)

    async with opened(shop, url) as inbox:
        first = await inbox.fetch()
        rest = await inbox.fetch()
    async with opened(shop, url) as inbox:
        again = await inbox.fetch()
        await inbox.confirm(again[:1])
    async with opened(shop, url) as inbox:
        last = await inbox.fetch()

    assert ("9007199254740993", "9007199254740994") == tuple(each.id for each in first)
    assert ([], first, first[1:]) == (rest, again, last)


async def test_messages_are_kept_once_it_is_asked_for(
    shop: builders.Shop, url: str, mall: PddShop
) -> None:
    """`pdd.pmc.user.permit` switches them on for a mall."""
    mall.is_permitted = False
    announce(mall, PAID)

    async with opened(shop, url) as inbox:
        none = await inbox.fetch()
        await inbox.subscribe()
        announce(mall, PAID)
        kept = await inbox.fetch()

    assert (0, 1) == (len(none), len(kept))


async def test_no_token_is_renewed(shop: builders.Shop, url: str, mall: PddShop) -> None:
    """Messages need none; to switch them on, an ended one waits for the next pull."""
    announce(mall, PAID)
    mall.expires_at = NOW - timedelta(seconds=1)

    async with opened(shop, url) as inbox:
        with pytest.raises(AuthError):
            await inbox.subscribe()
        messages = await inbox.fetch()

    assert (1, 0) == (len(messages), mall.renewals)


async def test_many_messages(shop: builders.Shop, url: str, mall: PddShop) -> None:
    """They are stored and acknowledged 200 at a time."""
    announce(mall, *[PAID] * 450)
    counts = []

    async with opened(shop, url) as inbox:
        while messages := await inbox.fetch():
            await inbox.confirm(messages)
            counts.append(len(messages))

    assert ([200, 200, 50], {}) == (counts, mall.messages.waiting)


@pytest.mark.parametrize(
    "changes", [{"client_secret": "an0ther0ne"}, {"client_id": "c1d0002"}, {"late": True}]
)
async def test_an_app_that_is_refused(
    shop: builders.Shop, url: str, clock: SetClock, changes: dict[str, Any]
) -> None:
    """A wrong app, secret or clock is told with what to look at, and never with the address."""
    if changes.pop("late", False):
        shop.clock = SetClock(NOW - timedelta(minutes=11))
    shop.credentials = {**CREDENTIALS, **changes}

    async with opened(shop, url) as inbox:
        with pytest.raises(PermanentError, match="HTTP 401; look at client_id") as caught:
            await inbox.fetch()

    assert "/message/" not in str(caught.value)


async def test_a_server_that_is_asked_too_often(shop: builders.Shop) -> None:
    """That passes by itself: it is tried again soon, and nobody is asked to do anything."""

    async def refuse(socket: WebSocket) -> None:
        await socket.send_denial_response(Response(status_code=429))

    with serve(Starlette(routes=[WebSocketRoute("/{path:path}", refuse)])) as url:
        async with opened(shop, url) as inbox:
            with pytest.raises(ThrottleError, match="PMC: HTTP 429"):
                await inbox.fetch()


async def test_a_server_that_is_away(shop: builders.Shop, url: str, sandbox: PddSandbox) -> None:
    """It is tried again later."""
    sandbox.faults.set({"outage": 1})

    async with opened(shop, url) as inbox:
        with pytest.raises(TransientError, match="PMC: HTTP 503"):
            await inbox.fetch()
    async with opened(shop, "http://127.0.0.1:9") as inbox:
        with pytest.raises(TransientError, match="PMC: "):
            await inbox.fetch()


async def test_an_address_that_is_none(shop: builders.Shop, url: str) -> None:
    """The setting is named."""
    async with opened(shop, url, message_url="https://pmc.test") as inbox:
        with pytest.raises(PermanentError, match="message_url"):
            await inbox.fetch()


async def test_heartbeats_do_not_keep_a_look_going(shop: builders.Shop) -> None:
    """A server that never falls silent is left all the same."""

    async def beat(socket: WebSocket) -> None:
        await socket.accept()
        with suppress(WebSocketDisconnect):
            while True:
                await socket.send_text('{"commandType":"HeartBeat","time":1}')
                await anyio.sleep(0.1)

    with serve(Starlette(routes=[WebSocketRoute("/{path:path}", beat)])) as url:
        async with opened(shop, url) as inbox:
            with anyio.fail_after(20):
                messages = await inbox.fetch()

    assert [] == messages


async def test_messages_that_never_cease(shop: builders.Shop) -> None:
    """Of an app in which something always happens, what has come is stored before the look ends."""

    async def chatter(socket: WebSocket) -> None:
        await socket.accept()
        with suppress(WebSocketDisconnect):
            for number in count(1):
                await socket.send_json({"commandType": "Common", "id": number, "message": {}})
                await anyio.sleep(0.3)

    with serve(Starlette(routes=[WebSocketRoute("/{path:path}", chatter)])) as url:
        async with opened(shop, url) as inbox:
            with anyio.fail_after(20):
                messages = await inbox.fetch()

    assert messages


class Speaker:
    """A server that says what it is told to, and keeps what it hears."""

    def __init__(self, *frames: str, leaves: bool = False) -> None:
        self.frames, self.leaves = frames, leaves
        self.heard: list[Any] = []

    async def speak(self, socket: WebSocket) -> None:
        await socket.accept()
        for frame in self.frames:
            await socket.send_text(frame)
        if self.leaves:
            await socket.close(1013)
            return
        try:
            while True:
                self.heard.append(json.loads(await socket.receive_text()))
        except WebSocketDisconnect:
            pass

    @contextmanager
    def served(self) -> Iterator[str]:
        with serve(Starlette(routes=[WebSocketRoute("/{path:path}", self.speak)])) as url:
            yield url


async def test_frames_of_other_kinds(shop: builders.Shop) -> None:
    """Heartbeats, acknowledgements and what can't be read are passed over; messages without a
    type or a mall are acknowledged as they are."""
    odd = ["{", "7", '{"commandType":"HeartBeat"}', '{"commandType":"Ack","id":3}']
    message = '{"commandType":"Common","id":123456789012345678901,"sendTime":5,"message":null}'
    speaker = Speaker(*odd, '{"commandType":"Common"}', message)

    with speaker.served() as url:
        async with opened(shop, url) as inbox:
            messages = await inbox.fetch()
            await inbox.confirm(messages)
    moment = int(NOW.timestamp() * 1000)

    assert [Message("123456789012345678901", ())] == messages
    assert [
        {"commandType": "HeartBeat", "time": moment},
        {"commandType": "Ack", "time": moment, "id": 123456789012345678901, "sendTime": 5},
    ] == speaker.heard


async def test_all_malls_of_an_app(mall: PddShop, clock: SetClock, database: Database) -> None:
    """One look marks whatever mall of the app a message names, and only what it names."""
    other = PddShop(*CREDENTIALS.values(), messages=mall.messages, mall_id=9, is_permitted=True)
    pinduoduo = opsgraph_marketplaces()[0]
    keys, known = KeyRing({"k1": b"\x01" * 32}), {pinduoduo.name: pinduoduo}
    merchant_id = make_merchant(database)

    def add(number: int, url: str) -> Shop:
        new = NewShop("pinduoduo", str(number), f"Mall {number}", CREDENTIALS, {"base_url": url})
        return database.run_now(merchant_id, lambda s: register_shop(s, known, keys, new, NOW))

    with serve(PddSandbox(mall, other, clock=clock).app) as url:
        shops = [add(each.mall_id, url) for each in (mall, other)]
        other.announce(PAID, {}, NOW)
        reader = MessageReader(database, keys, known, clock)
        await reader.schedule()
        reports = [await reader.run_next(), await reader.run_next()]

    assert {(None, 1), (None, 0)} == {(each.error, each.taken) for each in reports if each}
    assert [("9", "orders")] == [
        (shop.platform_id, stream.stream)
        for shop in shops
        for stream in _states(database, shop)
        if stream.dirty_from is not None
    ]


def _states(database: Database, shop: Shop) -> list[SyncState]:
    query = select(SyncState).where(SyncState.shop_id == shop.id)
    return database.read_now(shop.merchant_id, lambda session: list(session.scalars(query)))


async def test_a_server_that_hangs_up(shop: builders.Shop) -> None:
    """What it said before comes again, so nothing is taken for read."""
    message = '{"commandType":"Common","id":1,"sendTime":5,"message":null}'

    with Speaker(message, leaves=True).served() as url:
        async with opened(shop, url) as inbox:
            with pytest.raises(TransientError, match="closed with 1013"):
                await inbox.fetch()


async def test_the_address_is_in_no_log(
    shop: builders.Shop, url: str, mall: PddShop, caplog: pytest.LogCaptureFixture
) -> None:
    """It bears the app's signature, which opens its messages for ten minutes."""
    caplog.set_level(logging.DEBUG)
    announce(mall, PAID)

    async with opened(shop, url) as inbox:
        await inbox.confirm(await inbox.fetch())

    assert "/message/" not in caplog.text


async def test_the_sandbox_wants_whole_acknowledgements(url: str, mall: PddShop) -> None:
    """One that names another mall, kind or time leaves the message where it is."""
    announce(mall, PAID)
    path = message_path(Credentials(CREDENTIALS), int(NOW.timestamp() * 1000))

    async with connect(url.replace("http", "ws") + path) as socket:
        row = json.loads(await socket.recv())
        whole = {
            "commandType": "Ack",
            "id": row["id"],
            "sendTime": row["sendTime"],
            **row["message"],
        }
        for change in ({"mallID": 7}, {"type": "x"}, {"sendTime": 0}, {"id": 7}):
            await socket.send(json.dumps({**whole, **change}))
        await socket.send('{"commandType":"HeartBeat","time":1}')
        await socket.recv()
        left = len(mall.messages.waiting)
        await socket.send(json.dumps(whole))
        await socket.send('{"commandType":"HeartBeat","time":2}')
        await socket.recv()

    assert (1, {}) == (left, mall.messages.waiting)
