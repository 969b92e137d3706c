"""The conformance kit fails a marketplace whose mapping ignores a field, or that lies about one."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from core.marketplace.conformance import Subject
from core.testing.stand import Stand
from tests.plugins.marketplaces.pinduoduo import test_conformance as pinduoduo
from tests.plugins.marketplaces.pinduoduo.unread import UNREAD

REASON = "given away: nobody paid for it, so it is no line"
ORDERS = UNREAD["orders"]


class Kit(pinduoduo.TestPinduoduo):
    """The kit on Pinduoduo, which tells of its mapping what a test likes."""

    __test__ = False

    def __init__(self, unread: Mapping[str, Mapping[str, str]]) -> None:
        self._unread = unread

    def subject(self) -> Subject:
        return replace(super().subject(), unread=self._unread)


@pytest.mark.parametrize(
    ("unread", "says"),
    [
        (
            {**UNREAD, "orders": {**ORDERS, REASON: ""}},
            r"orders: each of these is read nowhere: map it, or name it in Subject\.unread with "
            r"the reason why not\n  gift_list$",
        ),
        ({}, r"(?s)orders: each of these is read nowhere.*refunds: each of these is read nowhere"),
        (
            {**UNREAD, "orders": {**ORDERS, REASON: "gift_list order_sn item_list"}},
            r"orders: each of these is read, or a part of it, although.*\n  item_list order_sn$",
        ),
        (
            {**UNREAD, "orders": {**ORDERS, REASON: "gift_list gifts"}},
            r"orders: each of these is in no row, although.*\n  gifts$",
        ),
        ({**UNREAD, "order": {"": "remark"}}, r"order: each of these is in no row"),
    ],
    ids=["ignored", "nothing named", "named but read", "named but absent", "no such stream"],
)
def test_fields(
    unread: Mapping[str, Mapping[str, str]], says: str, stand: Stand, tmp_path: Path
) -> None:
    """The failure names the stream, what is wrong, what to do, and the fields."""
    with pytest.raises(AssertionError, match=says):
        Kit(unread).test_fields_are_read(stand, tmp_path)
