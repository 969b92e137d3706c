"""Metrics that are sums of columns of a daily table: most of them are."""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import func, literal
from sqlalchemy.orm import Session
from sqlmodel import SQLModel, col, select

from core.db.functions import month_start, week_start
from core.plugin import MetricCell, MetricQuery

Evaluate = Callable[[Session, MetricQuery], Sequence[MetricCell]]


def sums(
    table: type[SQLModel], numerator: str, denominator: str | None = None, *, money: bool = False
) -> Evaluate:
    """Sum of one column, or of two for a ratio, of a table with `day` and `shop_id`.

    money: amounts of different currencies stay apart; counts are added over all of them.
    """
    model: Any = table

    def evaluate(session: Session, query: MetricQuery) -> list[MetricCell]:
        start = _bucket(model.day, query)
        currency = col(model.currency) if money else literal(None)
        lower = func.sum(getattr(model, denominator)) if denominator else literal(None)
        chosen = (
            select(start, currency, func.sum(getattr(model, numerator)), lower)
            .where(col(model.day) >= query.start, col(model.day) < query.end)
            .group_by(start, *([currency] if money else []))
            .order_by(start)
        )
        if query.shop_ids:
            chosen = chosen.where(col(model.shop_id).in_(query.shop_ids))
        if query.grain == "total":
            chosen = chosen.having(func.count() > 0)
        rows = session.execute(chosen).all()
        return [MetricCell(_date(row[0], query), row[1], _int(row[2]), row[3]) for row in rows]

    return evaluate


def _bucket(day: Any, query: MetricQuery) -> Any:
    match query.grain:
        case "day":
            return day
        case "week":
            return week_start(day)
        case "month":
            return month_start(day)
        case "total":
            return literal(query.start)


def _date(value: Any, query: MetricQuery) -> Any:
    return query.start if query.grain == "total" else value


def _int(value: Any) -> int:
    return int(value)
