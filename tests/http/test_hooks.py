"""Addresses that platforms push to: only what a shop's own platform signed marks its streams."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace

import anyio
import httpx
import pytest

from core.db import Database
from core.graph.scalars import global_id
from core.marketplace.contract import Marketplace, Push, Pushes
from core.models import Shop
from core.sync.shops import NewShop, register_shop
from plugins.marketplaces.douyin.sandbox import DoudianShop, Pusher
from tests.builders import NOON, make_merchant
from tests.databases import on_sqlite
from tests.graphql import Api
from tests.sync.bazaar import state

pytestmark = pytest.mark.anyio
BUYER = "张小明"
SECRETS = {"app_key": "6886", "app_secret": "s3cr3t-of-the-app"}


@dataclass
class Seller:
    """A merchant's shop on Doudian, here and there."""

    shop: Shop
    pusher: Pusher

    @property
    def address(self) -> str:
        return f"/hooks/douyin/{global_id('Shop', self.shop.id)}"


class Street:
    """Shops on the gateway, and a client that stands for the platform."""

    def __init__(self, api: Api, database: Database) -> None:
        self.api, self.database = api, database
        self.http = httpx.AsyncClient(
            transport=httpx.ASGITransport(api.app), base_url="http://opsgraph"
        )

    def open(self, platform_id: str = "4463", merchant: str = "Lamps", **secrets: str) -> Seller:
        """Register a shop of a merchant of its own."""
        credentials = {**SECRETS, **secrets}
        new = NewShop("douyin", platform_id, "Lantern store", credentials, {})
        known = self.api.gateway.registry.marketplaces
        shop = self.database.run_now(
            make_merchant(self.database, merchant),
            lambda session: register_shop(session, known, self.api.keys, new, NOON),
        )
        there = DoudianShop(**credentials, shop_id=platform_id)
        address = f"/hooks/douyin/{global_id('Shop', shop.id)}"
        return Seller(shop, Pusher(there, address, self.http))

    def dirty(self, seller: Seller) -> set[str]:
        """The streams of a shop that are marked."""
        streams = ("orders", "refunds", "products", "ad_spend")
        found = {stream: state(self.database, seller.shop, stream) for stream in streams}
        return {stream for stream, row in found.items() if row.dirty_from is not None}


@pytest.fixture
def street(api: Api, database: Database) -> Street:
    return Street(api, database)


@pytest.fixture
def seller(street: Street) -> Seller:
    return street.open()


async def test_a_push_marks_what_it_names(street: Street, seller: Seller) -> None:
    """The platform gets the answer it waits for once the marks are stored."""
    answer = await seller.pusher.after_sale("99", "6901")

    assert (200, {"code": 0, "msg": "success"}) == (answer.status_code, answer.json())
    assert {"orders", "refunds"} == street.dirty(seller)


async def test_a_probe_is_answered_alike(street: Street, seller: Seller) -> None:
    """Doudian registers an address only if its probe is answered; nothing is marked."""
    answer = await seller.pusher.probe()

    assert (200, {"code": 0, "msg": "success"}) == (answer.status_code, answer.json())
    assert set() == street.dirty(seller)


async def test_what_is_not_signed_is_refused(street: Street, seller: Seller) -> None:
    """Another's secret, a changed body, no signature, bytes that are no text: nothing is marked."""
    signed = (await seller.pusher.probe()).request
    thief = Pusher(DoudianShop("6886", "guessed", "4463"), seller.address, street.http)
    bodies = [(signed.content + b" ", dict(signed.headers)), (b"[]", {}), (b"\xff", {})]
    bodies = [(body, {**headers, "content-length": str(len(body))}) for body, headers in bodies]

    answers = [await thief.order("6901")] + [
        await street.http.post(seller.address, content=body, headers=headers)
        for body, headers in bodies
    ]

    assert [401] * 4 == [answer.status_code for answer in answers]
    assert set() == street.dirty(seller)


@pytest.mark.parametrize("shop", [global_id("Shop", 2**62), "AAAA", "%F0%9F", "x" * 3000])
async def test_nobody_learns_which_shops_there_are(
    street: Street, seller: Seller, shop: str
) -> None:
    """A shop that isn't there is refused exactly like a wrong signature."""
    told = await street.http.post(seller.address, content=b"[]")

    answer = await street.http.post(f"/hooks/douyin/{shop}", content=b"[]")

    assert (told.status_code, told.content) == (answer.status_code, answer.content)
    assert told.headers == answer.headers


async def test_merchants_are_kept_apart(street: Street, seller: Seller) -> None:
    """One merchant's push marks no stream of another, not even if it names the other's shop."""
    other = street.open("4464", "Candles", app_secret="s3cr3t-of-another")

    await seller.pusher.send(("101", {"p_id": 1, "shop_id": 4464}))
    await seller.pusher.order("6901")

    assert ({"orders"}, set()) == (street.dirty(seller), street.dirty(other))


async def test_one_address_serves_the_shops_of_an_app(street: Street, seller: Seller) -> None:
    """Doudian knows one address per app; its messages name the shop."""
    other = street.open("4464", "Candles")

    await seller.pusher.send(("101", {"p_id": 1, "shop_id": 4464}))

    assert (set(), {"orders"}) == (street.dirty(seller), street.dirty(other))


async def test_replays_and_storms_change_nothing_more(street: Street, seller: Seller) -> None:
    """Two hundred pushes at a time are all acknowledged, and leave the one mark."""
    await seller.pusher.order("6901")
    marked = state(street.database, seller.shop)
    street.api.now = street.api.now.replace(second=3)

    answers = await asyncio.gather(*(seller.pusher.order("6901") for _ in range(200)))

    assert {200} == {answer.status_code for answer in answers}
    assert marked == state(street.database, seller.shop)


async def test_what_is_too_large_or_at_no_address(street: Street, seller: Seller) -> None:
    """A body has a limit, only POST is taken, and only of platforms that push."""
    large = b"x" * (street.api.settings.max_body_bytes + 1)
    elsewhere = seller.address.replace("douyin", "taobao")

    statuses = [
        (await street.http.post(seller.address, content=large)).status_code,
        (await street.http.get(seller.address)).status_code,
        (await street.http.post(elsewhere, content=b"[]")).status_code,
        (await street.http.post("/hooks/nowhere/x", content=b"[]")).status_code,
    ]

    assert [413, 405, 404, 404] == statuses


async def test_an_unreadable_push_is_acknowledged(
    street: Street, seller: Seller, caplog: pytest.LogCaptureFixture
) -> None:
    """Sent again it could be read no better; the log says so, and nothing of what it held."""
    answer = await seller.pusher.send(("101", f"{{{BUYER}"))

    assert 200 == answer.status_code
    assert "A push of Douyin shop can't be read: data: expected JSON in a text" in caplog.text
    assert BUYER not in caplog.text


async def test_logs_hold_nothing_of_a_push(
    street: Street, seller: Seller, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither secrets nor signatures nor persons, whether it is taken or refused."""
    caplog.set_level(logging.DEBUG)
    data = {"p_id": 1, "shop_id": 4463, "post_receiver": BUYER}
    answer = await seller.pusher.send(("101", data))
    signature = answer.request.headers["event-sign"]
    await street.http.post(seller.address, content=BUYER.encode())

    told = caplog.text

    assert [] == [each for each in (BUYER, signature, *SECRETS.values()) if each in told]


@on_sqlite
async def test_a_slow_push_is_given_up(street: Street, seller: Seller) -> None:
    """A body that doesn't come keeps nothing busy; the platform pushes again."""

    async def endless() -> AsyncIterator[bytes]:
        yield b"["
        await anyio.sleep(60)

    answer = await street.http.post(seller.address, content=endless())

    assert 503 == answer.status_code


def _raise(push: Push, *rest: object) -> bool:
    raise RuntimeError(push.body.decode())


@pytest.fixture
def careless(api: Api) -> Iterator[Marketplace]:
    """Doudian as a plugin with a bug would read it: a certain body breaks it."""
    known = api.gateway.registry.marketplaces
    usual = known["douyin"]
    known["douyin"] = replace(usual, pushes=Pushes(_raise, lambda push: ()))
    yield usual
    known["douyin"] = usual


async def test_a_check_that_breaks_is_a_refusal(
    street: Street, seller: Seller, careless: Marketplace, caplog: pytest.LogCaptureFixture
) -> None:
    """Anybody can send anything: a plugin's bug opens nothing and tells nothing."""
    answer = await street.http.post(seller.address, content=BUYER.encode())

    assert 401 == answer.status_code
    assert "Douyin shop could not check a push: RuntimeError" in caplog.text
    assert BUYER not in caplog.text
