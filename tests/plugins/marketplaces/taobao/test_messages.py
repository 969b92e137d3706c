"""TOP's messages: subscribed to, consumed, confirmed; what they name is marked."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from core.marketplace.contract import Inbox, Message, Notice
from core.marketplace.errors import AuthError, PermanentError, TransientError
from core.marketplace.sandbox import SetClock
from plugins.marketplaces.taobao.messages import TmcInbox
from plugins.marketplaces.taobao.sandbox import MessageQueue, TopSandbox, TopShop
from tests.plugins.marketplaces.taobao.builders import NOW, Shop

pytestmark = pytest.mark.anyio
PAID = "taobao_trade_TradeBuyerPay"
BUYER = "张小明"


@pytest.fixture
def seller(top_shop: TopShop) -> TopShop:
    """A seller for whom messages are kept."""
    top_shop.user_id, top_shop.nick, top_shop.is_permitted = 2_200_001, "灯笼旗舰店", True
    return top_shop


@pytest.fixture
def clock() -> SetClock:
    """The one of both sides."""
    return SetClock(NOW)


@pytest.fixture
def shop(top_shop: TopShop, clock: SetClock) -> Shop:
    return Shop(httpx.ASGITransport(TopSandbox(top_shop, clock=clock).app), clock)


@pytest.fixture
def inbox(shop: Shop, seller: TopShop) -> Inbox:
    return TmcInbox(shop.context())


def announce(seller: TopShop, *topics: str) -> None:
    for topic in topics:
        seller.announce(topic, {"tid": 1, "buyer_nick": BUYER}, NOW)


def named(message: Message) -> set[str]:
    return {notice.stream for notice in message.notices}


@pytest.mark.parametrize(
    ("topic", "streams"),
    [
        ("taobao_trade_TradeCreate", {"orders"}),
        (PAID, {"orders"}),
        ("taobao_trade_TradeRated", {"reviews"}),
        ("taobao_refund_RefundSuccess", {"refunds", "orders"}),
        ("taobao_item_ItemUpdate", {"products"}),
        ("taobao_fenxiao_FenxiaoTrade", set()),
    ],
)
async def test_topics_name_streams(
    inbox: Inbox, seller: TopShop, topic: str, streams: set[str]
) -> None:
    """By how they begin; what is not read here is confirmed all the same."""
    announce(seller, topic)

    messages = await inbox.fetch()

    assert [streams] == [named(message) for message in messages]


async def test_a_message_names_its_seller(inbox: Inbox, seller: TopShop) -> None:
    """By number and by nick, whichever the shop is registered by; and no person."""
    announce(seller, PAID)

    messages = await inbox.fetch()

    assert (Notice("orders", "2200001"), Notice("orders", "灯笼旗舰店")) == messages[0].notices
    assert BUYER not in repr(messages)


async def test_what_is_not_confirmed_comes_again(
    inbox: Inbox, seller: TopShop, clock: SetClock
) -> None:
    """After a while, and until it is confirmed."""
    announce(seller, PAID, PAID)

    first = await inbox.fetch()
    soon = await inbox.fetch()
    clock.advance(seller.messages.again_after)
    again = await inbox.fetch()
    await inbox.confirm(again[:1])
    clock.advance(seller.messages.again_after)

    assert (2, 0, first) == (len(first), len(soon), again)
    assert again[1:] == await inbox.fetch()


async def test_messages_are_kept_once_it_is_asked_for(inbox: Inbox, seller: TopShop) -> None:
    """`taobao.tmc.user.permit` switches them on for a seller."""
    seller.is_permitted = False
    announce(seller, PAID)
    none = await inbox.fetch()

    await inbox.subscribe()
    announce(seller, PAID)

    assert (0, 1) == (len(none), len(await inbox.fetch()))


async def test_no_session_is_renewed(inbox: Inbox, seller: TopShop) -> None:
    """Consuming needs none; to switch messages on, an expired one waits for the next pull."""
    announce(seller, PAID)
    seller.expires_at = NOW - timedelta(seconds=1)

    with pytest.raises(AuthError):
        await inbox.subscribe()

    assert (1, 0) == (len(await inbox.fetch()), seller.renewals)


async def test_groups(shop: Shop, seller: TopShop) -> None:
    """`tmc_group` names the app's group; the default one is another."""
    seller.messages = MessageQueue(group="lamps")
    announce(seller, PAID)
    of_group = TmcInbox(shop.context(tmc_group="lamps"))

    messages = await of_group.fetch()
    await of_group.confirm(messages)

    assert (1, {}) == (len(messages), seller.messages.waiting)
    with pytest.raises(PermanentError, match="no such group"):
        await TmcInbox(shop.context()).fetch()


async def test_many_messages(inbox: Inbox, seller: TopShop) -> None:
    """An answer holds 200 at most, and a confirmation as many."""
    announce(seller, *[PAID] * 450)

    counts = []
    while messages := await inbox.fetch():
        await inbox.confirm(messages)
        counts.append(len(messages))

    assert ([200, 200, 50], {}) == (counts, seller.messages.waiting)


@pytest.mark.parametrize("content", [{"tmc_message": [1]}, {"tmc_message": {"id": 1}}, "none"])
async def test_an_answer_of_another_shape(content: Any) -> None:
    """It is tried again; nothing is confirmed that was not understood."""
    answer = {"tmc_messages_consume_response": {"messages": content}}
    transport = httpx.MockTransport(lambda request: httpx.Response(200, json=answer))

    with pytest.raises(TransientError, match="no list of messages"):
        await TmcInbox(Shop(transport).context()).fetch()
