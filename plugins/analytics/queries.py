"""The `analytics` namespace: the metric registry and its values."""

import enum
from datetime import date
from typing import Annotated

import strawberry

from core.errors import InputError
from core.graph.context import Context, Info
from core.graph.fields import enumeration, field
from core.graph.freshness import as_of
from core.graph.merchants import DayWindow, days_of, merchant_clock
from core.graph.scalars import BigInt, Money, money, parse_id
from core.metrics.evaluate import evaluate
from core.plugin import Metric, MetricPoint, MetricQuery


class Grain(enum.Enum):
    """How a window is cut into buckets."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    TOTAL = "total"


enumeration(
    Grain,
    name="Grain",
    description="How a window is cut into buckets.",
    values={
        Grain.DAY: "One bucket for each business day.",
        Grain.WEEK: "Weeks from Monday to Sunday.",
        Grain.MONTH: "Calendar months.",
        Grain.TOTAL: "The whole window as one bucket.",
    },
)


@strawberry.type(name="Metric", description="A named figure, defined once for everybody.")
class MetricType:
    key: str = strawberry.field(description="Stable name.")
    zh: str = strawberry.field(description="Chinese name.")
    en: str = strawberry.field(description="English name.")
    unit: str = strawberry.field(description="money, count, ratio or days.")
    direction: str = strawberry.field(description="Which way is better: up or down.")
    definition: str = strawberry.field(description="How it is computed.")
    additive: bool = strawberry.field(description="Whether buckets may be added up.")
    version: int = strawberry.field(description="Raised when the definition changes.")


@strawberry.type(name="MetricPoint", description="A metric's value in one bucket.")
class MetricPointType:
    first: date = strawberry.field(name="from", description="The bucket's first day.")
    last: date = strawberry.field(name="to", description="The bucket's last day.")
    value: float | None = strawberry.field(
        description="The value; money in minor units (use `amount`). Null with a reason."
    )
    amount: Money | None = strawberry.field(description="The value, when it is money.")
    currency: str | None = strawberry.field(description="Currency of money and of its ratios.")
    numerator: BigInt = strawberry.field(description="What is divided, or the sum itself.")
    denominator: BigInt | None = strawberry.field(description="What it is divided by.")
    reason: str | None = strawberry.field(description="Why there is no value.")
    incomplete: bool = strawberry.field(
        description="Whether the bucket has not ended, is cut by the window, or not synced yet."
    )


@strawberry.type(description="A metric over a window.")
class MetricSeries:
    metric: MetricType = strawberry.field(description="What is shown.")
    points: list[MetricPointType] = strawberry.field(
        description="Every bucket in order, per currency."
    )


@strawberry.type(description="Any registered metric over any window.")
class AnalyticsQuery:
    @field(permission="analytics:read", description="All registered metrics, of all plugins.")
    async def metrics(self, info: Info) -> list[MetricType]:
        known = info.context.metrics
        return [_metric(known[key]) for key in sorted(known)]

    @field(
        permission="analytics:read",
        description="A metric over a window (default: the last 365 days), by day, week, month or "
        "in total.",
    )
    async def metric(
        self,
        info: Info,
        key: Annotated[str, strawberry.argument(description="The metric's key, e.g. gmv.")],
        grain: Annotated[Grain, strawberry.argument(description="How to cut it.")] = Grain.DAY,
        window: Annotated[
            DayWindow | None, strawberry.argument(description="Which days; default: the last 365.")
        ] = None,
        shop_ids: Annotated[
            list[strawberry.ID] | None,
            strawberry.argument(description="Only these shops, by global id; default: all."),
        ] = None,
    ) -> MetricSeries:
        context = info.context
        metric = context.metrics.get(key)
        if metric is None:
            known = ", ".join(sorted(context.metrics))
            raise InputError(f"There is no metric {key!r}; there are: {known}.", path=["key"])
        days = await days_of(context, window, default=365)
        shops = tuple(parse_id(each, "Shop") for each in shop_ids or ())
        query = MetricQuery(days.start, days.end, grain.value, shops)
        complete = await _complete_until(context)
        points = await context.db.read(
            context.merchant_id, lambda session: evaluate(session, metric, query, complete)
        )
        return MetricSeries(metric=_metric(metric), points=[_point(metric, p) for p in points])


async def _complete_until(context: Context) -> date | None:
    """The first business day whose orders may still be missing."""
    through = await as_of(context, "orders")
    if through is None:
        return None
    return through.astimezone((await merchant_clock(context)).time_zone).date()


def _metric(metric: Metric) -> MetricType:
    return MetricType(
        key=metric.key,
        zh=metric.zh,
        en=metric.en,
        unit=metric.unit,
        direction=metric.direction,
        definition=metric.definition,
        additive=metric.additive,
        version=metric.version,
    )


def _point(metric: Metric, point: MetricPoint) -> MetricPointType:
    is_money = metric.unit == "money" and point.currency is not None
    return MetricPointType(
        first=point.start,
        last=point.end,
        value=point.value,
        amount=money(point.numerator, point.currency or "") if is_money else None,
        currency=point.currency,
        numerator=point.numerator,
        denominator=point.denominator,
        reason=point.reason,
        incomplete=point.incomplete,
    )
