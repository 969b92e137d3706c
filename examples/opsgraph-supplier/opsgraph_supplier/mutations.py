"""Record a delivery, and correct one."""

from datetime import date
from typing import Annotated

import strawberry
from core.graph.context import Info
from core.graph.declare import change, ref
from core.graph.fields import UserError, mutation
from core.graph.scalars import BigInt, parse_id

from opsgraph_supplier import repository
from opsgraph_supplier.types import SupplierDeliveryNode

WRITE = "supplier:write"


@strawberry.input(description="A delivery to record.")
class RecordSupplierDeliveryInput:
    product_id: strawberry.ID = strawberry.field(description="Global id of the product.")
    supplier: str = strawberry.field(description="Who delivered.")
    day: date = strawberry.field(description="When.")
    units: BigInt = strawberry.field(description="How many.")
    defective: BigInt = strawberry.field(description="How many of them were defective.")
    cost: BigInt = strawberry.field(
        description="What they cost, in minor units of the product's currency."
    )


@strawberry.type(description="The recorded delivery.")
class RecordSupplierDeliveryPayload:
    delivery: SupplierDeliveryNode | None = strawberry.field(
        default=None, description="The delivery; null when nothing was done."
    )
    user_errors: list[UserError] = strawberry.field(
        default_factory=list, description="Why nothing was done; empty when it was."
    )


@strawberry.type
class SupplierMutation:
    update_supplier_delivery = change(
        "SupplierDelivery",
        "Correct a delivery.",
        permission=WRITE,
        fields=("units", "defective"),
        action="supplier.update",
    )

    @mutation(
        permission=WRITE,
        description="Record what a supplier delivered.",
        payload=RecordSupplierDeliveryPayload,
    )
    async def record_supplier_delivery(
        self,
        info: Info,
        input: Annotated[
            RecordSupplierDeliveryInput, strawberry.argument(description="The delivery.")
        ],
    ) -> RecordSupplierDeliveryPayload:
        context = info.context
        new = repository.NewDelivery(
            product_id=parse_id(input.product_id, "Product"),
            supplier=input.supplier.strip(),
            day=input.day,
            units=input.units,
            defective=input.defective,
            cost=input.cost,
        )
        actor, now = context.actor.name, context.now
        delivery_id = await context.db.run(
            context.merchant_id, lambda session: repository.record(session, new, actor, now)
        )
        return RecordSupplierDeliveryPayload(delivery=ref(SupplierDeliveryNode, delivery_id))
