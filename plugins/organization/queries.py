"""The `organization` namespace."""

from datetime import timedelta

import strawberry

from core.graph.context import Info
from core.graph.fields import enumeration, field
from core.graph.merchants import merchant_clock
from core.graph.scalars import Money, money
from core.money import exponent
from plugins.organization.advice import VERSION, Inputs, Structure, advise
from plugins.organization.repository import Sales, sales

enumeration(
    Structure,
    name="OrganizationStructure",
    description="How the work is divided.",
    values={
        Structure.TROIKA: "铁三角: operations, marketing and service, one of each.",
        Structure.MATRIX: "矩阵: departments by skill, teams by platform across them.",
        Structure.BUSINESS_UNIT: "事业部: each line of business with everything it needs.",
    },
)


@strawberry.type(description="Which structure fits, and why.")
class StructureAdvice:
    structure: Structure = strawberry.field(description="The structure that fits.")
    reasons: list[str] = strawberry.field(description="Each states the value it rests on.")
    gmv: Money = strawberry.field(description="GMV of the last 12 months, before refunds.")
    near_border: bool = strawberry.field(
        description="Whether GMV is so near a border that the next review should agree first."
    )
    formula_version: int = strawberry.field(description="Version of the rule.")


@strawberry.type(description="Who does what.")
class OrganizationQuery:
    @field(
        permission="organization:read",
        description="The structure that fits the last 12 months' GMV, in the merchant's currency "
        "(the borders were set for CNY).",
    )
    async def structure_advice(self, info: Info) -> StructureAdvice:
        clock = await merchant_clock(info.context)
        end = clock.today + timedelta(days=1)
        found = await info.context.db.read(
            info.context.merchant_id,
            lambda session: sales(session, end - timedelta(days=365), end, clock.currency),
        )
        advice = advise(_inputs(found, clock.currency))
        return StructureAdvice(
            structure=advice.structure,
            reasons=list(advice.reasons),
            gmv=money(sum(found.by_platform.values()), clock.currency),
            near_border=advice.near_border,
            formula_version=VERSION,
        )


def _inputs(found: Sales, currency: str) -> Inputs:
    unit = 10 ** exponent(currency)
    lines = found.by_category or found.by_platform
    categories = sum(found.by_category.values())
    return Inputs(
        gmv=sum(found.by_platform.values()) / unit,
        platforms=sum(amount > 0 for amount in found.by_platform.values()),
        line_amounts=tuple(amount / unit for amount in lines.values()),
        category_hhi=(
            sum((100 * amount / categories) ** 2 for amount in found.by_category.values())
            if categories
            else None
        ),
    )
