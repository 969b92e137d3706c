"""Analytics: any registered metric over any window."""

from collections.abc import Sequence

from core.plugin import About, Example, Metric, Permission, SchemaPart, hookimpl
from plugins.analytics.metrics import METRICS
from plugins.analytics.queries import AnalyticsQuery


@hookimpl
def opsgraph_about() -> About:
    return About(api=">=1.0,<2")


@hookimpl
def opsgraph_permissions() -> Sequence[Permission]:
    return [Permission("analytics:read", "See metrics.")]


@hookimpl
def opsgraph_schema() -> SchemaPart:
    return SchemaPart(
        namespace="analytics",
        query=AnalyticsQuery,
        description="Any registered metric over any window.",
        permission="analytics:read",
    )


@hookimpl
def opsgraph_metrics() -> Sequence[Metric]:
    return METRICS


@hookimpl
def opsgraph_examples() -> Sequence[Example]:
    return [
        Example(
            "GMV by month",
            """query GmvByMonth {
  analytics {
    metric(key: "gmv", grain: MONTH) {
      metric { en zh unit definition }
      points { from to amount { amount currency } incomplete }
    }
  }
}""",
            description="What buyers paid, month by month, over the last 365 days.",
        )
    ]
