"""Weekend: which orders came in on a Saturday or a Sunday."""

from collections.abc import Sequence
from datetime import date

from core.graph.declare import computed, expression
from core.plugin import About, FieldExtension, Permission, SchemaPart, hookimpl
from sqlalchemy import extract

NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def _weekday(day: date) -> str:
    return NAMES[day.weekday()]


class OrderFields:
    """What every order gets; the day is the shop's business date."""

    is_weekend = expression(
        bool,
        "Whether it came in on a Saturday or a Sunday of the shop's calendar.",
        lambda row: extract("dow", row.order_day).in_((0, 6)),
        filter=True,
    )
    weekday = computed(str, "The day of the week it came in.", ("order_day",), _weekday)


@hookimpl
def opsgraph_about() -> About:
    return About(api=">=1.0,<2")


@hookimpl
def opsgraph_permissions() -> Sequence[Permission]:
    return [Permission("weekend:read", "See which orders came in at the weekend.")]


@hookimpl
def opsgraph_schema() -> SchemaPart:
    return SchemaPart(extends=(FieldExtension("Order", OrderFields),), permission="weekend:read")
