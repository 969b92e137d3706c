"""Personal data and secrets stay out of payloads, errors and representations."""

import orjson
import pytest

from core.marketplace.contract import Mapped, Page
from core.marketplace.sandbox import MemoryFeed, Row
from plugins.marketplaces.taobao.sandbox import TopSandbox, TopShop
from plugins.marketplaces.taobao.words import PERSONAL
from tests.plugins.marketplaces.taobao.builders import (
    BASE_URL,
    CREDENTIALS,
    Shop,
    answering,
    item,
    line,
    pull,
    rate,
    refund,
    trade,
)

pytestmark = pytest.mark.anyio

PRIVATE = "王小明-private"
STREAMS = {
    "orders": ("trades_sold_increment_get_response", "trades", "trade", trade(1, line(1))),
    "refunds": ("refunds_receive_get_response", "refunds", "refund", refund()),
    "reviews": ("traderates_get_response", "trade_rates", "trade_rate", rate()),
}


def gossip(row: Row) -> Row:
    """The row as a TOP would send it that tells more than it was asked for."""
    row = {**row, **dict.fromkeys(PERSONAL, PRIVATE)}
    if "orders" in row:
        row["orders"] = {"order": [gossip(each) for each in row["orders"]["order"]]}
    return row


def bodies(pages: list[Page]) -> str:
    payloads = [dict(each.payload.body) for page in pages for each in page.items]
    return orjson.dumps(payloads).decode()


@pytest.mark.parametrize("stream", STREAMS)
async def test_no_payload_holds_a_personal_value(stream: str) -> None:
    """Whatever TOP sends along: names, addresses, waybills and free text are masked."""
    root, outer, inner, row = STREAMS[stream]
    content = {"total_results": 1, outer: {inner: [gossip(row)]}}
    shop = Shop(answering(orjson.dumps({root: content})))

    pages = await pull(shop.adapter(), stream)

    assert [Mapped] == [type(each) for page in pages for each in page.items]
    assert PRIVATE not in bodies(pages)


async def test_rejected_rows_are_masked_too(shop: Shop, trade_feed: MemoryFeed) -> None:
    """A row in quarantine is read by people: it must not tell more than a mapped one."""
    trade_feed.put(trade(1, line(1, num=0), buyer_nick=PRIVATE))

    pages = await pull(shop.adapter())

    assert PRIVATE not in bodies(pages)
    assert '"num":0' in bodies(pages)


async def test_what_is_not_needed_is_not_asked_for(
    sandbox: TopSandbox, top_shop: TopShop, shop: Shop
) -> None:
    """The best mask is not to have it: names, phones and addresses are in no list of fields."""
    top_shop.items = MemoryFeed([item()], "modified", "num_iid")
    adapter = shop.adapter()

    for stream in ("orders", "refunds", "products", "reviews"):
        await pull(adapter, stream)

    asked = {name for call in sandbox.log.calls for name in call.params["fields"].split(",")}
    needed = {"buyer_nick", "nick", "content", "invoice_no"}
    assert set() == {name.split(".")[-1] for name in asked} & (PERSONAL - needed)


@pytest.mark.parametrize("secret", ["app_secret", "session", "refresh_token"])
async def test_no_representation_holds_a_secret(shop: Shop, secret: str) -> None:
    """Adapters and credentials end up in tracebacks and logs."""
    adapter = shop.adapter()
    await pull(adapter)

    shown = f"{adapter!r} {vars(adapter)!r}"

    assert CREDENTIALS[secret] not in shown
    assert BASE_URL in shown
