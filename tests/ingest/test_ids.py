"""Ids of synced nouns are frozen: changing any of these orphans every stored row."""

import pytest

from core.ingest.shape import order_rows
from core.marketplace.records import CustomerRecord, PaymentRecord, ShipmentRecord
from core.models import Customer, Order, OrderLine, Payment, Shipment, Shop, noun_id
from tests.builders import NOON
from tests.ingest.records import T0, line, order, place

VECTORS = [
    ("order", 1, 2, "3", 3454440890313911667),
    ("order", 2**63 - 1, 2**62, "2026111012345678901", 9033146786578298644),
    ("order_line", 1, 2, "3", 7337762097890285852),
    ("customer", 1, 2, "AAHd5d-灯笼", 5253243121980061005),
    ("product", 1, 2, "x" * 128, 4717285356558546542),
    ("refund", 1, 2, "", 6368605767010630655),
    ("payment", 1, 2, "o1\x1f1", 2769377953881970847),
]


@pytest.mark.parametrize(("kind", "merchant_id", "shop_id", "platform_id", "expected"), VECTORS)
def test_vectors(
    kind: str, merchant_id: int, shop_id: int, platform_id: str, expected: int
) -> None:
    """Kind, merchant, shop and platform id give this very number, for ever."""
    assert expected == noun_id(kind, merchant_id, shop_id, platform_id)


def test_an_order_is_made_of_these_ids() -> None:
    """Each row of an order takes the id of its kind and natural key."""
    shop = Shop(merchant_id=1, id=2, time_zone="Asia/Shanghai", created_at=NOON)
    record = order(
        "o1",
        lines=(line("3"),),
        customer=CustomerRecord(platform_id="AAHd5d-灯笼"),
        payments=(PaymentRecord(platform_id="1", method="m", amount=1, paid_at=T0),),
        shipments=(ShipmentRecord(platform_id="1"),),
    )

    rows = order_rows(record, place(shop))

    expected = {
        Order: noun_id("order", 1, 2, "o1"),
        OrderLine: 7337762097890285852,
        Customer: 5253243121980061005,
        Payment: 2769377953881970847,
        Shipment: noun_id("shipment", 1, 2, "o1\x1f1"),
    }
    assert expected == {table: made[0]["id"] for table, made in rows.items()}
