"""GraphQL types over the tables, the `supplier` namespace, and what `Product` gets."""

from collections.abc import Sequence
from datetime import date, datetime

import strawberry
from core.graph.context import Context
from core.graph.declare import column, computed, listing, many, money, node, one, ref
from core.graph.fields import Row, batched
from core.graph.scalars import BigInt

from opsgraph_supplier import repository
from opsgraph_supplier.models import (
    SupplierComplaint,
    SupplierDelivery,
    SupplierProductDay,
    SupplierRating,
)

READ = "supplier:read"


def _rate(defective: int, units: int) -> float | None:
    return defective / units if units else None


@node(SupplierDelivery, permission=READ, order="day desc")
class SupplierDeliveryNode:
    """Units of a product that a supplier delivered on a day."""

    supplier = column(str, "Who delivered.", filter=True, order=True)
    day = column(date, "When.", filter=True, order=True)
    units = column(BigInt, "How many.", order=True, measure=True)
    defective = column(BigInt, "How many of them were defective.", order=True, measure=True)
    cost = money("What they cost together.", order=True)
    defect_rate = computed(float | None, "Defective units ÷ units.", ("defective", "units"), _rate)
    product = one("Product", "What was delivered.", by="product_id")
    rating = one("SupplierRating", "How the supplier fares.", by="supplier", on="supplier")


@node(SupplierRating, permission=READ, order="supplier")
class SupplierRatingNode:
    """How a supplier fares, by what it delivered lately."""

    supplier = column(str, "Who.", filter=True, order=True)
    units = column(BigInt, "Units delivered.", order=True)
    defective = column(BigInt, "How many of them were defective.", order=True)
    is_poor = column(bool, "Whether more are defective than the limit allows.", filter=True)
    rated_at = column(datetime, "When this was found out.")
    defect_rate = computed(float | None, "Defective units ÷ units.", ("defective", "units"), _rate)
    deliveries = many("SupplierDelivery", "What it delivered.", by="supplier", on="supplier")


@node(SupplierComplaint, permission=READ, order="noted_at desc")
class SupplierComplaintNode:
    """A refund that may be a supplier's fault."""

    reason = column(str, "What the customer said.")
    noted_at = column(datetime, "When it was noted.", order=True)
    line = one("OrderLine", "What came back.", by="line_id")


@node(SupplierProductDay, permission=READ, order="day desc")
class SupplierProductDayNode:
    """Units of a product that were sold on a business day."""

    day = column(date, "The day.", filter=True, order=True)
    lines = column(BigInt, "Order lines.", measure=True)
    units = column(BigInt, "Units.", measure=True)


@strawberry.type
class ProductFields:
    deliveries = many("SupplierDelivery", "What suppliers delivered of it.", by="product_id")
    sold_days = many("SupplierProductDay", "Units sold by day.", by="product_id")

    @batched(
        permission=READ,
        description="The last delivery; null without any.",
        needs=("id",),
    )
    async def last_delivery(
        context: Context, rows: Sequence[Row]
    ) -> list[SupplierDeliveryNode | None]:
        ids = [row["id"] for row in rows]
        found = await context.db.read(
            context.merchant_id, lambda session: repository.last_deliveries(session, ids)
        )
        return [ref(SupplierDeliveryNode, found[id]) if id in found else None for id in ids]


@strawberry.type(description="Who delivers what, and how well.")
class SupplierQuery:
    deliveries = listing("SupplierDelivery", "All deliveries, the newest first.")
    ratings = listing("SupplierRating", "All suppliers that were rated.")
    complaints = listing("SupplierComplaint", "Refunds that may be a supplier's fault.")
