"""Traffic: where visits and sales come from, and what they cost."""

from collections.abc import Sequence

from core.plugin import About, Example, Metric, Permission, SchemaPart, hookimpl
from plugins.traffic.metrics import METRICS
from plugins.traffic.queries import TrafficQuery

PERMISSION = "traffic:use"


@hookimpl
def opsgraph_about() -> About:
    return About(api=">=1.0,<2")


@hookimpl
def opsgraph_permissions() -> Sequence[Permission]:
    return [Permission(PERMISSION, "Use the traffic reports.")]


@hookimpl
def opsgraph_schema() -> SchemaPart:
    return SchemaPart(
        namespace="traffic",
        query=TrafficQuery,
        description="Where visits and sales come from, and what they cost.",
        permission=PERMISSION,
    )


@hookimpl
def opsgraph_metrics() -> Sequence[Metric]:
    return METRICS


@hookimpl
def opsgraph_examples() -> Sequence[Example]:
    return [
        Example(
            "Sales by channel",
            """query SalesByChannel {
  traffic {
    salesByChannel {
      from
      to
      synthetic
      channels {
        channel
        level
        visits
        orders
        amount { amount currency }
        adSpend { amount currency }
        conversionRate
        roas
      }
      unattributed { orders amount { amount currency } }
    }
  }
}""",
            description="The last 90 days: visits, orders, sales, ad spend and ROAS per channel.",
        )
    ]
