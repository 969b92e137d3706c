"""Traffic: where visits and sales come from, and what they cost."""

from collections.abc import Sequence

from core.metrics.sums import sums
from core.models import AdSpendDay, TrafficDay
from core.plugin import Example, Metric, Permission, SchemaPart, hookimpl
from plugins.traffic.queries import TrafficQuery

PERMISSION = "traffic:use"


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
    return [
        Metric(
            key="ctr",
            zh="点击率",
            en="Click-through rate (CTR)",
            unit="ratio",
            direction="up",
            definition="clicks / impressions",
            evaluate=sums(TrafficDay, "clicks", "impressions"),
            additive=False,
        ),
        Metric(
            key="cvr",
            zh="转化率",
            en="Conversion rate of visits (CVR)",
            unit="ratio",
            direction="up",
            definition="ascribed paid orders / visits",
            evaluate=sums(TrafficDay, "orders", "visits"),
            additive=False,
        ),
        Metric(
            key="ad_spend",
            zh="广告花费",
            en="Ad spend",
            unit="money",
            direction="down",
            definition="what ads cost",
            evaluate=sums(AdSpendDay, "spend", money=True),
        ),
        Metric(
            key="roas",
            zh="广告支出回报率",
            en="Return on ad spend (ROAS)",
            unit="ratio",
            direction="up",
            definition="ascribed sales / ad spend; the seed's 'ROI 1:4' is ROAS >= 4",
            evaluate=sums(AdSpendDay, "amount", "spend", money=True),
            additive=False,
        ),
    ]


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
