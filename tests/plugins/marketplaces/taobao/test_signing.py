"""Signatures: the vectors were computed by foreign SDKs, never by our own code."""

import json
from pathlib import Path
from typing import Any

import pytest

from core.marketplace.contract import Credentials
from plugins.marketplaces.taobao.client import SIGN_METHODS, sign, signed_form
from plugins.marketplaces.taobao.sandbox import TopSandbox
from tests.plugins.marketplaces.taobao.builders import CREDENTIALS, DAY, NOW, Shop, pull, trade

VECTORS = json.loads(Path(__file__).with_name("signature_vectors.json").read_text())
REQUESTS = [vector for vector in VECTORS if vector["platform"] == "taobao_top"]
HANDSHAKES = [vector for vector in VECTORS if vector["platform"] == "taobao_tmc"]


@pytest.mark.parametrize("vector", REQUESTS, ids=lambda vector: vector["sdk"])
def test_requests_are_signed_as_the_sdks_sign_them(vector: dict[str, Any]) -> None:
    """Every TOP vector is reproduced to the letter."""
    inputs = vector["inputs"]

    signature = sign(inputs["params"], inputs["secret"], inputs["sign_method"])

    assert vector["expected"]["sign"] == signature


@pytest.mark.parametrize("vector", HANDSHAKES, ids=lambda vector: vector["inputs"]["app_key"])
def test_message_channel_handshakes_are_signed_the_same_way(vector: dict[str, Any]) -> None:
    """TMC's handshake is TOP's md5 over app key, group and time in milliseconds."""
    inputs = vector["inputs"]
    params = {name: str(inputs[name]) for name in ("app_key", "group_name", "timestamp")}

    signature = sign(params, inputs["secret"], "md5")

    assert vector["expected"]["sign"] == signature


def test_both_vector_sets_are_there() -> None:
    """A vector file that lost its content would make the tests above pass with nothing to do."""
    counted = (len(REQUESTS), len(HANDSHAKES))

    assert (7, 2) == counted


@pytest.mark.anyio
@pytest.mark.parametrize("sign_method", SIGN_METHODS)
async def test_the_sandbox_accepts_every_sign_method(
    sandbox: TopSandbox, shop: Shop, trade_feed: Any, sign_method: str
) -> None:
    """Text of any script, and characters that forms escape, are signed before they are encoded."""
    trade_feed.put(trade())
    shop.config = {"sign_method": sign_method}

    await pull(shop.adapter())

    assert [sign_method] == [call.params["sign_method"] for call in sandbox.log.calls]


def test_a_form_holds_no_empty_parameter() -> None:
    """SDKs disagree about signing empty values, so none is sent: a missing session stays out."""
    form = signed_form(
        "taobao.time.get",
        {"q": "", "fields": "a&b=c+d 😀"},
        Credentials(CREDENTIALS),
        session="",
        sign_method="md5",
        now=NOW,
    )

    assert "" not in form.values()
    assert {"q", "session"}.isdisjoint(form)
    assert "2026-11-22 12:00:00" == form["timestamp"]


@pytest.mark.anyio
async def test_an_unknown_sign_method_is_named(shop: Shop) -> None:
    """A typing error in the shop's settings is told with what there is to choose from."""
    shop.config = {"sign_method": "sha1"}

    with pytest.raises(Exception, match="'sha1' is none of md5, hmac, hmac-sha256"):
        await pull(shop.adapter(), window=DAY)
