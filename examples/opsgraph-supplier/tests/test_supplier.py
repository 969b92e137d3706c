"""Deliveries, ratings, returns: asked as clients ask, worked on as workers work."""

import pytest
from core.models import Product
from core.testing import Bench
from sqlmodel import select

from opsgraph_supplier import repository
from opsgraph_supplier.models import SupplierComplaint

RECORD = """mutation ($input: RecordSupplierDeliveryInput!) {
  recordSupplierDelivery(input: $input) {
    delivery { supplier defectRate cost { amount currency } product { title } }
    userErrors { code path } } }"""


@pytest.fixture
def lamp(bench: Bench) -> Product:
    """A product of the merchant."""
    return bench.product(title="Lamp", code="L-1")


def record(bench: Bench, product: Product, name: str, defects: int, **more: object) -> object:
    """What the mutation answers to ten delivered units."""
    given = {
        "productId": bench.id("Product", product.id),
        "supplier": name,
        "day": "2026-11-10",
        "units": 10,
        "defective": defects,
        "cost": 4500,
    }
    return bench.ask(RECORD, {"input": given | more}).data["recordSupplierDelivery"]


def test_a_delivery(bench: Bench, lamp: Product) -> None:
    """A recorded delivery shows its rate, its cost and its product."""
    answer = record(bench, lamp, "Acme", 2)

    assert {
        "delivery": {
            "supplier": "Acme",
            "defectRate": 0.2,
            "cost": {"amount": "45.00", "currency": "CNY"},
            "product": {"title": "Lamp"},
        },
        "userErrors": [],
    } == answer


@pytest.mark.parametrize(
    ("given", "code", "path"),
    [
        ({"supplier": " "}, "BAD_INPUT", ["input", "supplier"]),
        ({"units": 0}, "BAD_INPUT", ["input", "units"]),
        ({"defective": 11}, "BAD_INPUT", ["input", "defective"]),
    ],
)
def test_what_cannot_be(
    bench: Bench, lamp: Product, given: dict[str, object], code: str, path: list[str]
) -> None:
    """A delivery that cannot be is refused with the field it is about, and nothing is stored."""
    answer = record(bench, lamp, "Acme", 2, **given)

    assert {"delivery": None, "userErrors": [{"code": code, "path": path}]} == answer
    assert [] == bench.read(repository.deliveries)


def test_ratings(bench: Bench, lamp: Product) -> None:
    """The job rates suppliers by the setting's limit, again and again with the same result."""
    record(bench, lamp, "Acme", 2)
    record(bench, lamp, "Bell", 0)

    for _ in range(2):
        bench.run_job("supplier.rate")
    answer = bench.ask(
        """{ supplier { ratings { nodes { supplier isPoor defectRate
             deliveries { totalCount } } } } }"""
    )

    assert [
        {
            "supplier": "Acme", "isPoor": True, "defectRate": 0.2,
            "deliveries": {"totalCount": 1},
        },
        {
            "supplier": "Bell", "isPoor": False, "defectRate": 0.0,
            "deliveries": {"totalCount": 1},
        },
    ] == answer.data["supplier"]["ratings"]["nodes"]  # fmt: skip


def test_products_know(bench: Bench, lamp: Product) -> None:
    """A product shows its deliveries and its last one, however many products are asked."""
    record(bench, lamp, "Acme", 0)
    for number in range(2):
        record(bench, bench.product(title=f"Lamp {number}"), "Acme", number)
    query = (
        "{ products(first: %d) { nodes { deliveries { totalCount } lastDelivery { supplier } } } }"
    )

    with bench.statements as few:
        bench.ask(query % 1)
    with bench.statements as many:
        answer = bench.ask(query % 10)

    assert 3 == sum(node["deliveries"]["totalCount"] for node in answer.data["products"]["nodes"])
    assert len(few) == len(many)


def test_the_metric(bench: Bench, lamp: Product) -> None:
    """The defect rate divides all defective units by all delivered ones."""
    record(bench, lamp, "Acme", 2)
    record(bench, lamp, "Bell", 1)

    answer = bench.ask(
        """{ analytics { metric(key: "supplier_defect_rate", grain: TOTAL,
             window: {from: "2026-11-01", to: "2026-12-01"}) {
               points { value numerator denominator } } } }"""
    )

    [point] = answer.data["analytics"]["metric"]["points"]
    assert {"value": 0.15, "numerator": "3", "denominator": "20"} == {
        name: str(point[name]) if name != "value" else point[name] for name in point
    }


def test_units_sold(bench: Bench, lamp: Product) -> None:
    """Order lines of a product are summed by business day while they are stored."""
    bench.order(lines=[{"product_id": lamp.platform_id, "quantity": 3}])

    answer = bench.ask("{ products { nodes { soldDays { nodes { units lines } } } } }")

    [product] = answer.data["products"]["nodes"]
    assert ["3"] == [str(day["units"]) for day in product["soldDays"]["nodes"]]


def test_returns_are_noted_once(bench: Bench) -> None:
    """A refund is noted when it is heard of, once, and its reason can be erased."""
    customer = bench.customer()
    order = bench.order(customer=customer)
    refund = bench.refund(order, reason="The lamp is broken.", customer_id=customer.platform_id)
    for _ in range(2):
        bench.deliver()
        bench.announce(("refunds", refund.id, "update"), stream="refunds")
    bench.deliver()

    noted = bench.read(lambda session: list(session.scalars(select(SupplierComplaint.reason))))
    bench.run(lambda session: repository.erase_complaints(session, [customer.id]))
    left = bench.read(lambda session: list(session.scalars(select(SupplierComplaint.reason))))

    assert ["The lamp is broken."] == noted
    assert [None] == left


def test_the_file(bench: Bench, lamp: Product) -> None:
    """The route answers all deliveries as CSV to those who may see them."""
    record(bench, lamp, "Acme", 2)

    answer = bench.request("GET", "/plugins/supplier/deliveries.csv")
    nobody = bench.request("GET", "/plugins/supplier/deliveries.csv", role=None)

    assert "day,supplier,units,defective\r\n2026-11-10,Acme,10,2\r\n" == answer.text
    assert 401 == nobody.status_code


def test_another_merchant(bench: Bench, other: Bench, lamp: Product) -> None:
    """What one merchant records, another one never sees."""
    record(bench, lamp, "Acme", 2)
    bench.run_job("supplier.rate")

    answer = other.ask(
        "{ supplier { deliveries { totalCount } ratings { totalCount } deliveriesAggregate { count } } }"
    )

    found = answer.data["supplier"]
    assert (0, 0) == (found["deliveries"]["totalCount"], found["ratings"]["totalCount"])


def test_settings(bench: Bench) -> None:
    """The limit has a default, and is the plugin's own."""
    assert 0.05 == bench.settings("supplier").defect_limit  # type: ignore[attr-defined]
