"""Signatures: the vectors were computed by foreign SDKs, never by our own code."""

import json
from pathlib import Path
from typing import Any

import pytest

from core.marketplace.contract import Credentials
from plugins.marketplaces.jd.client import PARAMS, sign, signed_form
from tests.plugins.marketplaces.jd.builders import CREDENTIALS, NOW

VECTORS = json.loads(Path(__file__).with_name("signature_vectors.json").read_text())


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["sdk"][:30])
def test_requests_are_signed_as_the_sdks_sign_them(vector: dict[str, Any]) -> None:
    """Every JD vector is reproduced to the letter."""
    inputs = vector["inputs"]

    signature = sign(inputs["params"], inputs["secret"])

    assert vector["expected"]["sign"] == signature


def test_the_vectors_are_there() -> None:
    """A vector file that lost its content would make the test above pass with nothing to do."""
    platforms = [vector["platform"] for vector in VECTORS]

    assert ["jd_jos"] * 4 == platforms


def test_the_json_that_is_signed_is_the_json_that_is_sent() -> None:
    """JD checks the text itself: sorted, compact, and Chinese as it is written."""
    form = signed_form(
        "jingdong.pop.order.search",
        {"page": "1", "dateType": 0, "名": "杯 &=+"},
        Credentials(CREDENTIALS),
        access_token="t",
        now=NOW,
    )

    unsigned = {name: value for name, value in form.items() if name != "sign"}
    assert '{"dateType":0,"page":"1","名":"杯 &=+"}' == form[PARAMS]
    assert "2026-11-22 12:00:00" == form["timestamp"]
    assert sign(unsigned, CREDENTIALS["app_secret"]) == form["sign"]


def test_no_business_parameters_are_an_empty_object() -> None:
    """JD wants the parameter all the same."""
    form = signed_form(
        "jingdong.vender.shop.query", {}, Credentials(CREDENTIALS), access_token="t", now=NOW
    )

    assert "{}" == form[PARAMS]
