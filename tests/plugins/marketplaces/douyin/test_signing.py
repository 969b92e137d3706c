"""Signatures: the vectors were computed by foreign SDKs, never by our own code."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest

from core.marketplace.contract import Credentials, Push
from core.marketplace.signing import keyed_hash, sorted_pairs
from plugins.marketplaces.douyin.client import param_json, sign, signed_query
from plugins.marketplaces.douyin.oceanengine import query_text
from plugins.marketplaces.douyin.webhook import is_genuine
from tests.plugins.marketplaces.douyin.builders import CREDENTIALS, NOW, Shop, pull

VECTORS = json.loads(Path(__file__).with_name("signature_vectors.json").read_text())


def of(platform: str) -> list[dict[str, Any]]:
    return [vector for vector in VECTORS if vector["platform"] == platform]


def written(inputs: dict[str, Any]) -> str:
    """The param_json that we send for a vector's parameters."""
    if "param_json" in inputs:
        return str(inputs["param_json"])
    return param_json(json.loads(inputs["business_json_unsorted"])).decode()


@pytest.mark.parametrize("vector", of("doudian"), ids=lambda vector: vector["inputs"]["method"])
def test_requests_are_signed_as_the_sdks_sign_them(vector: dict[str, Any]) -> None:
    """Every Doudian vector is reproduced to the letter: app_key, method, body, time and version."""
    inputs = vector["inputs"]
    signed = {name: inputs[name] for name in ("app_key", "method", "timestamp", "v")}

    signature = sign({**signed, "param_json": written(inputs)}, inputs["app_secret"])

    assert vector["expected"]["sign"] == signature


@pytest.mark.parametrize("vector", of("doudian"), ids=lambda vector: vector["inputs"]["method"])
def test_parameters_are_written_as_the_sdks_write_them(vector: dict[str, Any]) -> None:
    """Keys sorted at every depth, nothing escaped, null kept: equal to Go's and PHP's output."""
    inputs = vector["inputs"]
    expected = vector["expected"].get("param_json", inputs.get("param_json"))

    text = param_json(json.loads(inputs.get("business_json_unsorted") or inputs["param_json"]))

    assert expected.encode() == text


@pytest.mark.parametrize("vector", of("doudian_spi"), ids=lambda vector: vector["sdk"])
def test_calls_that_come_in_are_signed_without_method_and_version(vector: dict[str, Any]) -> None:
    """SPI's signature is the same step over three parameters."""
    inputs = vector["inputs"]
    pairs = sorted_pairs({name: inputs[name] for name in ("app_key", "param_json", "timestamp")})
    secret = inputs["app_secret"]

    signature = keyed_hash(secret, f"{secret}{pairs}{secret}", "sha256")

    assert vector["expected"]["sign"] == signature


@pytest.mark.parametrize("vector", of("doudian_push"), ids=lambda vector: vector["sdk"])
def test_pushed_messages_are_verified(vector: dict[str, Any]) -> None:
    """`event-sign` is the MD5 of app key, raw body and secret; another body or sign is refused."""
    inputs = vector["inputs"]
    told, body = vector["expected"]["event-sign"], inputs["raw_body"].encode()
    credentials = Credentials({name: inputs[name] for name in ("app_key", "app_secret")})

    judged = [
        is_genuine(Push({"event-sign": event_sign}, raw_body), credentials)
        for raw_body, event_sign in [(body, told), (body + b" ", told), (body, ""), (b"\xff", told)]
    ]

    assert [True, False, False, False] == judged


@pytest.mark.parametrize("vector", of("oceanengine_query"), ids=lambda vector: vector["note"][:30])
def test_ad_queries_are_written_as_the_sdk_writes_them(vector: dict[str, Any]) -> None:
    """OceanEngine has no signature: texts go raw, everything else as compact JSON."""
    query = query_text(vector["inputs"]["values"])

    assert vector["expected"]["query"] == query


def test_every_set_of_vectors_is_there() -> None:
    """A vector file that lost its content would make the tests above pass with nothing to do."""
    platforms = ("doudian", "doudian_spi", "doudian_push", "oceanengine_query")

    assert [7, 1, 1, 2] == [len(of(platform)) for platform in platforms]


@pytest.mark.parametrize("value", [1.0, {"a": [0.5]}, [{"b": 2.0}]])
def test_fractions_are_never_sent(value: Any) -> None:
    """SDKs write 1.0 as 1, 1.0 or 1.000000: Doudian's parameters are whole numbers."""
    with pytest.raises(ValueError, match="whole numbers"):
        param_json({"value": value})


def test_a_call_without_token_sends_none() -> None:
    """Tokens are got without one: an empty parameter would be one more thing to disagree about."""
    query = signed_query("/token/create", b"{}", app_key="1", secret="k", token="", now=NOW)

    assert "access_token" not in query
    assert ("token.create", "1795320000", "2") == (
        query["method"],
        query["timestamp"],
        query["v"],
    )


@pytest.mark.anyio
async def test_what_is_signed_is_what_is_sent() -> None:
    """The body on the wire gives the signature in the query; the token is not part of it."""
    sent = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200, json={"code": 10000, "data": {"total": 0}})

    await pull(Shop(httpx.MockTransport(answer)).adapter())

    query = dict(parse_qsl(sent[0].url.query.decode()))
    signed = {name: query[name] for name in ("app_key", "method", "timestamp", "v")}
    body = sent[0].content.decode()
    assert query["sign"] == sign({**signed, "param_json": body}, CREDENTIALS["app_secret"])
    assert (CREDENTIALS["access_token"], "hmac-sha256", "application/json") == (
        query["access_token"],
        query["sign_method"],
        sent[0].headers["Content-Type"],
    )
