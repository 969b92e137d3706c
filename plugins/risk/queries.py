"""The `risk` namespace, and exposure on `Shop`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import strawberry

from core.graph.context import Context, Info
from core.graph.fields import Row, batched, enumeration, field
from core.graph.merchants import merchant_clock
from core.graph.scalars import Money, global_id, money
from plugins.risk import repository
from plugins.risk.concentration import VERSION, Band, Concentration, concentration

TOP = 20
enumeration(
    Band,
    name="RiskBand",
    description="How worrying a concentration is.",
    values={Band.GREEN: "Fine.", Band.AMBER: "To watch.", Band.RED: "To act on."},
)


@strawberry.type(description="One part's share of the sales.")
class Share:
    name: str = strawberry.field(
        description="The platform, or the product's title, which needs `products:read`."
    )
    id: strawberry.ID | None = strawberry.field(
        description="Global id, for products; needs `products:read`."
    )
    amount: Money = strawberry.field(description="What was paid, before refunds.")
    share: float = strawberry.field(description="Its share, 0 to 1.")


@strawberry.type(description="How much hangs on few.")
class ConcentrationReport:
    first: date = strawberry.field(name="from", description="The first business day.")
    last: date = strawberry.field(name="to", description="The last business day.")
    hhi: float = strawberry.field(description="Herfindahl-Hirschman index, up to 10,000.")
    effective_number: float = strawberry.field(
        description="10,000 / HHI: as if there were so many equal ones."
    )
    band: Band = strawberry.field(description="AMBER from 4,000, RED from 6,000.")
    count: int = strawberry.field(description="How many parts have sales.")
    shares: list[Share] = strawberry.field(description=f"The largest first, {TOP} at the most.")
    formula_version: int = strawberry.field(description="Version of formula and lines.")


@strawberry.type(description="A shop's weight in the merchant's sales of the last 12 months.")
class ShopExposure:
    amount: Money = strawberry.field(description="What was paid, before refunds.")
    share: float | None = strawberry.field(description="Its share, 0 to 1; null without sales.")
    hhi: float | None = strawberry.field(description="HHI of the sales over all shops.")


@dataclass(frozen=True)
class _Year:
    start: date
    end: date
    currency: str


async def _year(context: Context) -> _Year:
    """The last twelve months up to today, in the merchant's currency."""
    clock = await merchant_clock(context)
    end = clock.today + timedelta(days=1)
    return _Year(end - timedelta(days=365), end, clock.currency)


@strawberry.type(description="What could hurt the business.")
class RiskQuery:
    @field(
        permission="risk:read",
        description="Concentration of the last 12 months' sales on platforms; null without sales.",
    )
    async def platform_concentration(self, info: Info) -> ConcentrationReport | None:
        year = await _year(info.context)
        amounts = await info.context.db.read(
            info.context.merchant_id,
            lambda session: repository.sales_by_platform(
                session, year.start, year.end, year.currency
            ),
        )
        found = concentration(amounts)
        return None if found is None else _report(found, year, {})

    @field(
        permission="risk:read",
        description="Concentration of the sales on products, over the calendar months that begin "
        "in the last 12 months; null without sales.",
    )
    async def product_concentration(self, info: Info) -> ConcentrationReport | None:
        year = await _year(info.context)
        amounts = await info.context.db.read(
            info.context.merchant_id,
            lambda session: repository.sales_by_product(
                session, year.start, year.end, year.currency
            ),
        )
        found = concentration({str(key): amount for key, amount in amounts.items()})
        if found is None:
            return None
        return _report(found, year, await _products(info.context, found))


@dataclass(frozen=True)
class _Part:
    """How a part is shown."""

    name: str
    id: strawberry.ID | None = None


async def _products(context: Context, found: Concentration) -> dict[str, _Part]:
    """The largest products, by their row id; nameless for those who may not see products."""
    top = [name for name, _, _ in found.shares[:TOP]]
    if not context.actor.may("products:read"):
        return {name: _Part("(needs products:read)") for name in top}
    titles = await context.db.read(
        context.merchant_id,
        lambda session: repository.product_titles(session, [int(name) for name in top]),
    )
    return {
        name: _Part(titles.get(int(name), "(not synced)"), global_id("Product", int(name)))
        for name in top
    }


def _report(found: Concentration, year: _Year, parts: Mapping[str, _Part]) -> ConcentrationReport:
    return ConcentrationReport(
        first=year.start,
        last=year.end - timedelta(days=1),
        hhi=found.hhi,
        effective_number=found.effective_number,
        band=found.band,
        count=len(found.shares),
        shares=[
            _share(parts.get(name, _Part(name)), money(amount, year.currency), share)
            for name, amount, share in found.shares[:TOP]
        ],
        formula_version=VERSION,
    )


def _share(part: _Part, amount: Money, share: float) -> Share:
    return Share(name=part.name, id=part.id, amount=amount, share=share)


@strawberry.type
class ShopExtension:
    @batched(
        permission="risk:read",
        description="The shop's weight in the sales of the last 12 months.",
        needs=("id",),
    )
    async def exposure(context: Context, rows: Sequence[Row]) -> list[ShopExposure | None]:  # noqa: N805
        year = await _year(context)
        amounts = await context.db.read(
            context.merchant_id,
            lambda session: repository.sales_by_shop(session, year.start, year.end, year.currency),
        )
        found = concentration({str(key): amount for key, amount in amounts.items()})
        shares = {} if found is None else {int(name): share for name, _, share in found.shares}
        return [
            ShopExposure(
                amount=money(amounts.get(row["id"], 0), year.currency),
                share=shares.get(row["id"], 0.0) if found else None,
                hhi=None if found is None else found.hhi,
            )
            for row in rows
        ]
