"""Signatures: the vectors were computed by foreign SDKs, never by our own code."""

import json
from pathlib import Path
from typing import Any

import pytest

from core.marketplace.contract import Credentials
from plugins.marketplaces.xiaohongshu.client import sign, signed_body
from tests.plugins.marketplaces.xiaohongshu.builders import CREDENTIALS, NOW

VECTORS = json.loads(Path(__file__).with_name("signature_vectors.json").read_text())


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["inputs"]["method"])
def test_requests_are_signed_as_the_sdks_sign_them(vector: dict[str, Any]) -> None:
    """Every ARK vector is reproduced to the letter, with a secret of any script."""
    inputs = vector["inputs"]

    signature = sign(
        inputs["method"],
        inputs["appId"],
        inputs["timestamp"],
        inputs["app_secret"],
        inputs["version"],
    )

    assert vector["expected"]["sign"] == signature


def test_the_vectors_are_there() -> None:
    """A vector file that lost its content would make the test above pass with nothing to do."""
    assert 4 == len(VECTORS)
    assert {"1.0", "2.0"} == {vector["inputs"]["version"] for vector in VECTORS}


def test_business_fields_and_token_are_not_signed() -> None:
    """ARK signs appId, timestamp, version and method alone: the rest may be anything."""
    one = _body({"orderId": "P1"}, token="a")
    other = _body({"orderId": "P2", "pageNo": 3}, token="b")

    assert one["sign"] == other["sign"]


def test_a_body_holds_fields_and_system_parameters_side_by_side() -> None:
    """All in one object; system parameters are texts, and what is empty stays out."""
    body = _body({"startTime": 1795318200}, token="")

    assert 1795318200 == body["startTime"]
    assert {"appId", "method", "timestamp", "version", "sign", "startTime"} == body.keys()
    assert ("1795320000", "2.0") == (body["timestamp"], body["version"])


def _body(params: dict[str, Any], *, token: str) -> dict[str, Any]:
    credentials = Credentials(CREDENTIALS)
    return signed_body("order.getOrderList", params, credentials, token=token, now=NOW)
