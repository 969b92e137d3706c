"""The sandbox judges requests that foreign clients really sent: recorded once, byte by byte.

Recorded on a loopback address from `doudian` 0.6 and `mcp-cn-commerce` 0.1.6, which share no code
with us: so adapter and sandbox cannot share one mistake about signatures.
"""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from core.marketplace.sandbox import MemoryFeed, SetClock
from plugins.marketplaces.douyin.sandbox import DoudianSandbox, DoudianShop
from tests.plugins.marketplaces.douyin.builders import (
    CREDENTIALS,
    SHOP_ID,
    after_sale,
    product,
    sku,
    stored,
)

RECORDED = json.loads(Path(__file__).with_name("foreign_requests.json").read_text())
THEN = RECORDED["recorded_at"]
pytestmark = pytest.mark.anyio


def told(request: dict[str, Any]) -> str:
    return f"{request['client'].split()[0]} {request['path']} {request['body'][:25]}"


def expected(request: dict[str, Any]) -> tuple[int, str]:
    """All is well, but for what the clients do in their own ways."""
    if r"\u" in request["body"]:  # doudian 0.6 escapes what every other SDK sends raw
        return 40003, "isv.signature-invalid"
    if '"page":"0"' in request["body"]:  # mcp-cn-commerce's products are not verified, it says
        return 40004, "isv.parameter-invalid:page"
    return 10000, ""


@pytest.mark.parametrize("request_", RECORDED["requests"], ids=told)
@pytest.mark.parametrize("is_tampered", [False, True])
async def test_what_foreign_clients_sent(request_: dict[str, Any], is_tampered: bool) -> None:
    """Accepted as it was sent, its time in seconds or as a wall clock; refused with a change."""
    app = {name: CREDENTIALS[name] for name in ("app_key", "access_token", "refresh_token")}
    seller = DoudianShop(**app, app_secret="s3cr3t-0001", shop_id=SHOP_ID)
    seller.after_sales = MemoryFeed([stored(after_sale("99"))], "update_time", "aftersale_id")
    seller.products = MemoryFeed(
        [product(3_500_000_000_000_000_001, sku(1))], "update_time", "product_id"
    )
    sandbox = DoudianSandbox(seller, clock=SetClock(datetime.fromtimestamp(THEN, UTC)))
    body = request_["body"].replace(":", ": ", 1) if is_tampered else request_["body"]

    async with httpx.AsyncClient(transport=httpx.ASGITransport(sandbox.app)) as http:
        url = f"http://doudian.test{request_['path']}?{request_['query']}"
        answer = (await http.post(url, content=body.encode())).json()

    judged = (40003, "isv.signature-invalid") if is_tampered else expected(request_)
    assert judged == (answer["code"], answer["sub_code"])


def test_every_client_was_recorded() -> None:
    """A file that lost its content would make the test above pass with nothing to do."""
    counted = [request["client"].split()[0] for request in RECORDED["requests"]]

    assert {"doudian": 5, "mcp-cn-commerce": 5} == {name: counted.count(name) for name in counted}
