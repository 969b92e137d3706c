"""The `lifecycle` namespace, and RFM on `Customer`."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated

import strawberry

from core.errors import InputError
from core.graph.context import Context, Info
from core.graph.fields import Row, batched, enumeration, field
from core.graph.merchants import merchant_clock
from core.graph.scalars import Money, money, parse_id
from plugins.lifecycle.repository import purchases
from plugins.lifecycle.segments import PLAYS, RULE, Rfm, Segment, score_all

enumeration(
    Segment,
    name="RfmSegment",
    description="The eleven RFM segments; PROSPECT has not bought yet.",
    values={segment: f"{play.zh}: {play.advice}." for segment, play in PLAYS.items()}
    | {Segment.PROSPECT: "潜在客户: has not bought yet."},
)


@strawberry.type(description="A segment: how many customers, and what they are worth.")
class SegmentSize:
    segment: Segment = strawberry.field(description="Which segment.")
    zh: str = strawberry.field(description="Its Chinese name.")
    advice: str = strawberry.field(description="What usually helps.")
    customers: int = strawberry.field(description="How many customers.")
    share: float | None = strawberry.field(description="Their share of all customers.")
    amount: Money = strawberry.field(description="What they bought in all, before refunds.")
    amount_share: float | None = strawberry.field(description="Its share of all sales.")


@strawberry.type(description="RFM segments of all customers who bought.")
class RfmReport:
    as_of: date = strawberry.field(description="Recency is counted up to this day.")
    currency: str = strawberry.field(description="Only purchases in this currency count.")
    customers: int = strawberry.field(description="Customers who bought.")
    amount: Money = strawberry.field(description="What they bought in all, before refunds.")
    segments: list[SegmentSize] = strawberry.field(description="All eleven, empty ones too.")
    rule: str = strawberry.field(description="How scores are made; ties decide segments.")


@strawberry.type(description="Recency, frequency and monetary value of a customer.")
class CustomerRfm:
    segment: Segment = strawberry.field(description="The segment.")
    recency_days: int | None = strawberry.field(description="Days since the last sale.")
    orders: int = strawberry.field(description="Paid orders.")
    amount: Money = strawberry.field(description="What was paid, before refunds.")
    recency: int | None = strawberry.field(description="Score 1 (long ago) to 5 (just now).")
    frequency: int | None = strawberry.field(description="Score 1 (once) to 5 (most often).")
    monetary: int | None = strawberry.field(description="Score 1 (least) to 5 (most).")


@strawberry.type(description="Who the customers are, and what to do for them.")
class LifecycleQuery:
    @field(
        permission="lifecycle:read",
        description="RFM segments with the tie-safe scoring rule. `asOf`: only sales before the "
        "end of that day count (default: today).",
    )
    async def rfm(
        self,
        info: Info,
        as_of: Annotated[
            date | None,
            strawberry.argument(description="The last day that counts; default: today."),
        ] = None,
        currency: Annotated[
            str | None,
            strawberry.argument(description="ISO 4217 code; default: the merchant's currency."),
        ] = None,
        shop_id: Annotated[
            strawberry.ID | None,
            strawberry.argument(description="Only this shop's customers; default: all shops'."),
        ] = None,
    ) -> RfmReport:
        clock = await merchant_clock(info.context)
        if as_of is not None and as_of > clock.today:
            raise InputError("asOf lies in the future.", path=["asOf"])
        shop = None if shop_id is None else parse_id(shop_id, "Shop")
        chosen = currency or clock.currency
        scored = await _scored(info.context, chosen, shop, as_of)
        return _report(scored, as_of or clock.today, chosen)


@strawberry.type
class CustomerExtension:
    @batched(
        permission="lifecycle:read",
        description="Recency, frequency and monetary value against all customers, in the "
        "merchant's currency.",
        needs=("id",),
    )
    async def rfm(context: Context, rows: Sequence[Row]) -> list[CustomerRfm | None]:  # noqa: N805
        currency = (await merchant_clock(context)).currency
        scored = {
            each.purchases.customer_id: each
            for each in await _scored(context, currency, None, None)
        }
        return [_customer(scored.get(row["id"]), currency) for row in rows]


async def _scored(
    context: Context, currency: str, shop_id: int | None, as_of: date | None
) -> list[Rfm]:
    today = (await merchant_clock(context)).today
    before = None if as_of is None or as_of == today else _day_after(as_of)
    bought = await context.db.read(
        context.merchant_id, lambda session: purchases(session, currency, shop_id, before)
    )
    return score_all(bought, as_of or today)


def _day_after(day: date) -> date:
    return date.fromordinal(day.toordinal() + 1)


def _customer(rfm: Rfm | None, currency: str) -> CustomerRfm:
    if rfm is None:
        return CustomerRfm(
            segment=Segment.PROSPECT,
            recency_days=None,
            orders=0,
            amount=money(0, currency),
            recency=None,
            frequency=None,
            monetary=None,
        )
    return CustomerRfm(
        segment=rfm.segment,
        recency_days=rfm.recency_days,
        orders=rfm.purchases.orders,
        amount=money(rfm.purchases.amount, currency),
        recency=rfm.recency,
        frequency=rfm.frequency,
        monetary=rfm.monetary,
    )


def _report(scored: Sequence[Rfm], as_of: date, currency: str) -> RfmReport:
    groups: Mapping[Segment, list[int]] = defaultdict(list)
    for rfm in scored:
        groups[rfm.segment].append(rfm.purchases.amount)
    total = sum(rfm.purchases.amount for rfm in scored)
    segments = [
        SegmentSize(
            segment=segment,
            zh=play.zh,
            advice=play.advice,
            customers=len(groups[segment]),
            share=_share(len(groups[segment]), len(scored)),
            amount=money(sum(groups[segment]), currency),
            amount_share=_share(sum(groups[segment]), total),
        )
        for segment, play in PLAYS.items()
    ]
    return RfmReport(
        as_of=as_of,
        currency=currency,
        customers=len(scored),
        amount=money(total, currency),
        segments=segments,
        rule=RULE,
    )


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
