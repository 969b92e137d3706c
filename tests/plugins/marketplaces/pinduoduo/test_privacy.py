"""Personal data and secrets stay out of payloads, errors and representations."""

import logging

import orjson
import pytest

from core.marketplace.contract import Mapped, Page
from core.marketplace.errors import MarketplaceError
from core.marketplace.sandbox import MemoryFeed, Row
from plugins.marketplaces.pinduoduo.mapping import PERSONAL
from plugins.marketplaces.pinduoduo.sandbox import PddSandbox
from tests.plugins.marketplaces.pinduoduo.builders import (
    BASE_URL,
    CREDENTIALS,
    Shop,
    answering,
    item,
    order,
    pull,
    refund,
)

pytestmark = pytest.mark.anyio

PRIVATE = "王小明-private"
STREAMS = {
    "orders": ("order_sn_increment_get_response", "order_sn_list", order(1)),
    "refunds": ("refund_increment_get_response", "refund_list", refund()),
}


def gossip(row: Row) -> Row:
    """The row with every personal field there is, also within its lists."""
    cards = [{"card_no": PRIVATE, "mask_password": PRIVATE}]
    parcels = [{"tracking_number": PRIVATE, "logistics_id": 1}]
    told = {**row, **dict.fromkeys(PERSONAL, PRIVATE)}
    return {**told, "card_info_list": cards, "extra_delivery_list": parcels}


def bodies(pages: list[Page]) -> str:
    payloads = [dict(each.payload.body) for page in pages for each in page.items]
    return orjson.dumps(payloads).decode()


@pytest.mark.parametrize("stream", STREAMS)
async def test_no_payload_holds_a_personal_value(stream: str) -> None:
    """PDD can't be asked for some fields only: names, addresses, waybills and cards are masked."""
    root, name, row = STREAMS[stream]
    body = orjson.dumps({root: {"total_count": 1, name: [gossip(row)]}})

    pages = await pull(Shop(answering(body)).adapter(), stream)

    assert {Mapped} == {type(each) for page in pages for each in page.items}
    assert PRIVATE not in bodies(pages)


async def test_rejected_rows_are_masked_too(shop: Shop, order_feed: MemoryFeed) -> None:
    """A row in quarantine is read by people: it must not tell more than a mapped one."""
    order_feed.put(order(1, item(goods_count=0), buyer_memo=PRIVATE, receiver_phone=PRIVATE))

    pages = await pull(shop.adapter())

    assert PRIVATE not in bodies(pages)
    assert '"goods_count":0' in bodies(pages)


async def test_a_personal_value_that_is_refused_is_not_told(
    shop: Shop, order_feed: MemoryFeed
) -> None:
    """The quarantine shows the offending value, unless it is somebody's."""
    order_feed.put(order(1, tracking_number=[PRIVATE]))

    (page,) = await pull(shop.adapter())

    (bad,) = page.items
    assert PRIVATE not in repr(bad)


@pytest.mark.parametrize("secret", ["client_secret", "access_token", "refresh_token"])
async def test_no_representation_holds_a_secret(shop: Shop, secret: str) -> None:
    """Adapters and credentials end up in tracebacks and logs."""
    adapter = shop.adapter()
    await pull(adapter)

    shown = f"{adapter!r} {vars(adapter)!r}"

    assert CREDENTIALS[secret] not in shown
    assert BASE_URL in shown


@pytest.mark.parametrize("fault", ["throttle", "fail", "html", "truncate"])
async def test_nothing_secret_is_logged(
    sandbox: PddSandbox, shop: Shop, caplog: pytest.LogCaptureFixture, fault: str
) -> None:
    """Neither a good call, nor a renewal, nor a failure leaves a secret in a log."""
    caplog.set_level(logging.DEBUG)
    adapter = shop.adapter()
    sandbox.faults.set({"expire": True})
    await pull(adapter)
    sandbox.faults.set({fault: 1})

    with pytest.raises(MarketplaceError):
        await pull(adapter)

    known = [*CREDENTIALS.items(), *shop.saved[0].values.items()]
    assert not [value for name, value in known if name != "client_id" and value in caplog.text]
