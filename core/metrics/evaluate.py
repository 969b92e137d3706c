"""Evaluates a metric over a window: every bucket is there, and says what it is worth.

A bucket without data is zero for a sum and null for a ratio; a bucket that has not ended, or
whose data is not complete yet, is marked incomplete.
"""

from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy.orm import Session

from core.plugin import Grain, Metric, MetricCell, MetricPoint, MetricQuery

NO_DENOMINATOR = "nothing to divide by"


def evaluate(
    session: Session, metric: Metric, query: MetricQuery, complete_until: date | None
) -> list[MetricPoint]:
    """The points of a metric, by bucket and currency; `complete_until` is the first open day."""
    cells = metric.evaluate(session, query)
    named = {cell.currency for cell in cells if cell.currency is not None}
    currencies: list[str | None] = [*sorted(named)] or [None]
    found = {(cell.start, cell.currency): cell for cell in cells}
    return [
        _point(metric, query, start, currency, found.get((start, currency)), complete_until)
        for start in _starts(query)
        for currency in currencies
    ]


def _starts(query: MetricQuery) -> Sequence[date]:
    starts = [_floor(query.start, query.grain)]
    while query.grain != "total" and (following := _next(starts[-1], query.grain)) < query.end:
        starts.append(following)
    return starts


def _floor(day: date, grain: Grain) -> date:
    if grain == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if grain == "month" else day


def _next(start: date, grain: Grain) -> date:
    if grain == "month":
        return (start.replace(day=28) + timedelta(days=4)).replace(day=1)
    return start + timedelta(days=7 if grain == "week" else 1)


def _point(
    metric: Metric,
    query: MetricQuery,
    start: date,
    currency: str | None,
    cell: MetricCell | None,
    complete_until: date | None,
) -> MetricPoint:
    whole = query.end if query.grain == "total" else _next(start, query.grain)
    numerator = cell.numerator if cell else 0
    denominator = cell.denominator if cell else (0 if metric.unit == "ratio" else None)
    value, reason = _value(metric, numerator, denominator)
    cut = start < query.start or whole > query.end
    open_ = complete_until is None or whole > complete_until
    return MetricPoint(
        start=max(start, query.start),
        end=min(whole, query.end) - timedelta(days=1),
        currency=currency,
        numerator=numerator,
        denominator=denominator,
        value=value,
        reason=reason,
        incomplete=cut or open_,
    )


def _value(
    metric: Metric, numerator: int, denominator: int | None
) -> tuple[float | None, str | None]:
    if denominator is None and metric.unit != "ratio":
        return float(numerator), None
    if not denominator:
        return None, NO_DENOMINATOR
    return numerator / denominator, None
