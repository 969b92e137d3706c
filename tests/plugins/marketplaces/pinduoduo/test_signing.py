"""Signatures: the vectors were computed by foreign SDKs, never by our own code."""

import json
from pathlib import Path
from typing import Any

import pytest

from core.marketplace.contract import Credentials
from plugins.marketplaces.pinduoduo.client import sign, signed_form, wire
from plugins.marketplaces.pinduoduo.sandbox.gate import signature
from tests.plugins.marketplaces.pinduoduo.builders import CREDENTIALS, NOW

VECTORS = json.loads(Path(__file__).with_name("signature_vectors.json").read_text())


def signed(vector: dict[str, Any]) -> dict[str, str]:
    """A vector's parameters as they are sent; one SDK has those of the method apart."""
    inputs = dict(vector["inputs"])
    business = inputs.pop("business", {})
    inputs.pop("secret")
    return wire({**inputs.pop("params", {}), **inputs, **business})


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["note"] or "plain")
def test_requests_are_signed_as_the_sdks_sign_them(vector: dict[str, Any]) -> None:
    """Every PDD vector is reproduced to the letter, by the client and by the sandbox."""
    params, secret = signed(vector), vector["inputs"]["secret"]

    signatures = [sign(params, secret), signature(params, secret)]

    assert [vector["expected"]["sign"]] * 2 == signatures


def test_all_vectors_are_there() -> None:
    """A vector file that lost its content would make the test above pass with nothing to do."""
    sdks = {vector["sdk"].split()[0] for vector in VECTORS}

    assert (6, 3) == (len(VECTORS), len(sdks))


def test_values_have_one_way_to_be_written() -> None:
    """PDD: lists and objects are compact JSON, booleans words; what is null or empty isn't sent."""
    written = wire(
        {
            "flag": True,
            "other": False,
            "number": 5,
            "list": [{"名": "杯", "n": [1, None]}, 2],
            "object": {"a": 1},
            "null": None,
            "empty": "",
        }
    )

    assert {
        "flag": "true",
        "other": "false",
        "number": "5",
        "list": '[{"名":"杯","n":[1,null]},2]',
        "object": '{"a":1}',
    } == written


def test_floats_are_never_sent() -> None:
    """SDKs write floats in different ways: the signature of one would be luck."""
    with pytest.raises(TypeError, match="float"):
        wire({"price": 1.1})


def test_a_form_holds_no_empty_parameter() -> None:
    """A missing token stays out, and the timestamp counts seconds since 1970."""
    form = signed_form(
        "pdd.time.get", {"q": "", "name": "a&b=c+d 😀"}, Credentials(CREDENTIALS),
        access_token="", now=NOW,
    )  # fmt: skip

    assert {"q", "access_token"}.isdisjoint(form)
    assert ("1795320000", "JSON") == (form["timestamp"], form["data_type"])
