"""A plugin that declares fields of every kind, so that the questions meet each of them.

The built-in types have neither expressions nor fields with a permission of their own, no relation
through other columns than ids, and no type that shows only some rows of its table.
"""

from datetime import date, datetime
from functools import cache

import strawberry
from sqlalchemy import Float, cast

from core.graph.context import Info
from core.graph.declare import column, computed, expression, listing, many, money, node, one, ref
from core.graph.fields import field
from core.graph.scalars import BigInt
from core.graph.schema import ComposedSchema, compose
from core.graph.types import OrderNode
from core.models import Order
from core.plugin import FieldExtension, SchemaPart
from core.registry import Registry
from tests.tiny import house_with, make_plugin

FAVOURITE, NOWHERE = 3, 424_242
"""The order that a resolver refers to, and one that does not exist."""


@node(
    Order,
    permission="risk:read",
    name="BigOrder",
    stream="refunds",
    order="currency, paid_amount desc",
    only=lambda row: row.paid_amount > 50,
)
class BigOrderNode:
    """Orders beyond a limit: a second type over a table."""

    number = column(str, "Its number.", "platform_id", filter=True, order=True)
    currency = column(str, "Its currency.", filter=True)
    paid = money("What was paid.", "paid_amount", order=True)
    minor = column(
        BigInt, "The same, to filter by.", "paid_amount", filter=True, order=True, measure=True,
        permission="tokens:read",
    )  # fmt: skip
    source = column(str, "Where from.", "channel", filter=True, permission="tokens:read")
    ended_at = column(datetime, "When it ended.", order=True, permission="sync:read")
    order = one("Order", "The order itself.", by="id")
    customer = one("Customer", "Who placed it.", by="customer_id")
    lines = many("OrderLine", "What was ordered.", by="order_id")


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


class OrderFields:
    """What the plugin adds to orders."""

    is_large = expression(
        bool, "Whether it is.", lambda r: r.paid_amount > 100, filter=True, order=True
    )
    label = expression(
        str, "Two words.", lambda r: r.status + "/" + r.channel, filter=True, order=True
    )
    reported = expression(
        BigInt | None, "In cents.", lambda r: r.reported_amount, filter=True, order=True
    )
    ended = expression(datetime | None, "When.", lambda r: r.ended_at, filter=True, order=True)
    day = expression(date | None, "The day.", lambda r: r.sale_day, filter=True, order=True)
    third = expression(float, "A third.", lambda r: cast(r.discount, Float) / 3, order=True)
    guarded = expression(
        str, "For some.", lambda r: r.platform_status, filter=True, order=True,
        permission="tokens:read",
    )  # fmt: skip
    discount_rate = computed(float | None, "Its share.", ("discount", "items_amount"), _share)
    secret_words = computed(
        str, "For some.", ("status", "kind"), lambda a, b: f"{a} {b}", permission="personal:read"
    )
    big = one("BigOrder", "The same as a big order.", by="id")
    siblings = many("Order", "All of its customer.", by="customer_id", on="customer_id")
    stats = many("CustomerStat", "Of its customer.", by="customer_id", on="customer_id")


@strawberry.type
class AwkwardQuery:
    """The plugin's namespace."""

    big_orders = listing("BigOrder", "All of them.")
    paid = listing("Order", "Paid ones.", only=lambda row: row.paid_at.is_not(None))

    @field(permission="orders:read", description="An order.")
    async def favourite(self, info: Info) -> OrderNode | None:
        return ref(OrderNode, FAVOURITE)

    @field(permission="orders:read", description="Orders, one of which does not exist.")
    async def favourites(self, info: Info) -> list[OrderNode | None] | None:
        return [ref(OrderNode, each) for each in (FAVOURITE, NOWHERE, 1)]


@cache
def registry() -> Registry:
    """The built-in plugins and this one."""
    part = SchemaPart(
        namespace="awkward",
        description="Declarations of every kind.",
        query=AwkwardQuery,
        types=(BigOrderNode,),
        extends=(FieldExtension("Order", OrderFields),),
        permission="sync:read",
    )
    return house_with(awkward=make_plugin(schema=part))


@cache
def schema() -> ComposedSchema:
    """The schema of them all."""
    return compose(registry())
