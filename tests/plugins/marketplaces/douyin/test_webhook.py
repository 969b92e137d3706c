"""Pushed messages: what they say has changed."""

import json
from typing import Any

import pytest

from core.marketplace.contract import Notice, Push
from core.marketplace.errors import MappingError
from plugins.marketplaces.douyin.webhook import PUSHES


def pushed(*messages: tuple[str, Any]) -> bytes:
    """A body as Doudian writes it: each message's data is JSON within a text."""
    return json.dumps(
        [{"tag": tag, "msg_id": "m", "data": json.dumps(data)} for tag, data in messages]
    ).encode()


def named(body: bytes) -> tuple[Notice, ...]:
    return tuple(PUSHES.notices(Push({}, body)))


@pytest.mark.parametrize("tag", ["100", "101", "102", "103", "106"])
def test_an_order_that_changed(tag: str) -> None:
    """Created, paid, shipped, completed, cancelled: `p_id` names the order."""
    body = pushed((tag, {"p_id": 6900000000000000001, "s_ids": [1], "shop_id": 4463798}))

    assert (Notice("orders", "4463798"),) == named(body)


def test_an_after_sale_changes_its_order_too() -> None:
    """206, money paid back: the refund is to be read again, and the order it belongs to."""
    body = pushed(("206", {"aftersale_id": 99, "p_id": 69, "s_id": 70, "shop_id": 1}))

    assert (Notice("refunds", "1"), Notice("orders", "1")) == named(body)


def test_a_product_that_changed() -> None:
    """Product messages name the product alone."""
    body = pushed(("400", {"product_id": 3500, "event": 1, "shop_id": 1}))

    assert (Notice("products", "1"),) == named(body)


def test_several_messages_about_one_order_name_it_once() -> None:
    """Messages come in lists, late and twice: what is dirty is dirty once."""
    body = pushed(
        ("100", {"p_id": 1, "shop_id": 1}),
        ("101", {"p_id": 1, "shop_id": 1}),
        ("101", {"p_id": 1, "shop_id": 2}),
    )

    assert (Notice("orders", "1"), Notice("orders", "2")) == named(body)


@pytest.mark.parametrize(
    "body",
    [
        b'[{"tag":"0","msg_id":"0","data":"2026-11-22 12:00:00"}]',
        b"[]",
        pushed(("0", {"p_id": 1})),
        pushed(("777", {"material_id": "x"})),
        pushed(("101", [1])),
    ],
)
def test_probes_and_other_messages_change_nothing(body: bytes) -> None:
    """Tag 0 tries the address; materials and the like are not read here."""
    assert () == named(body)


@pytest.mark.parametrize("body", [b"", b"<html>", b"5", b'["x"]', b'[{"tag":"1","data":"{"}]'])
def test_what_is_no_message_is_refused(body: bytes) -> None:
    """Nothing is guessed; the error holds nothing of the body, which may name a person."""
    with pytest.raises(MappingError) as caught:
        named(body)

    assert caught.value.value in {"", "int", "str", "list"}


def test_the_answer_is_what_doudian_waits_for() -> None:
    """Any other answer makes it send the message again."""
    assert {"code": 0, "msg": "success"} == json.loads(PUSHES.accepted.body)
