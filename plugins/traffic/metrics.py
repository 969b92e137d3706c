"""The metrics of traffic: CTR, CVR, ad spend, ROAS."""

from core.metrics.sums import sums
from core.models import AdSpendDay, TrafficDay
from core.plugin import Metric

METRICS = (
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
)
