"""The metrics of sales: GMV, orders, units, AOV, refunds."""

from core.metrics.sums import sums
from core.models import SalesDay
from core.plugin import Metric

METRICS = (
    Metric(
        key="gmv",
        zh="支付金额",
        en="Gross merchandise value (GMV), paid",
        unit="money",
        direction="up",
        definition="what buyers paid incl. freight, before refunds, by the day of payment",
        evaluate=sums(SalesDay, "amount", money=True),
    ),
    Metric(
        key="gmv_reported",
        zh="平台口径成交金额",
        en="Turnover as the platforms count it",
        unit="money",
        direction="up",
        definition="each order's amount as its platform shows it now, on the day on which that "
        "platform counts it: Taobao, Douyin and Xiaohongshu when paid, Pinduoduo when the deal is "
        "made, JD when paid or, for cash on delivery, when placed",
        evaluate=sums(SalesDay, "reported_amount", money=True),
    ),
    Metric(
        key="orders_reported",
        zh="平台口径成交订单数",
        en="Orders as the platforms count them",
        unit="count",
        direction="up",
        definition="orders by the day on which their platform's own turnover counts them",
        evaluate=sums(SalesDay, "reported_orders"),
    ),
    Metric(
        key="orders_paid",
        zh="支付订单数",
        en="Paid orders",
        unit="count",
        direction="up",
        definition="orders by the day of payment",
        evaluate=sums(SalesDay, "orders"),
    ),
    Metric(
        key="units_paid",
        zh="支付件数",
        en="Units paid",
        unit="count",
        direction="up",
        definition="pieces in paid orders",
        evaluate=sums(SalesDay, "units"),
    ),
    Metric(
        key="order_aov",
        zh="笔单价",
        en="Average order value (AOV)",
        unit="ratio",
        direction="up",
        definition="GMV in minor units / paid orders",
        evaluate=sums(SalesDay, "amount", "orders", money=True),
        additive=False,
    ),
    Metric(
        key="refund_amount",
        zh="退款金额",
        en="Refunds",
        unit="money",
        direction="down",
        definition="money that went back, by the day it went back",
        evaluate=sums(SalesDay, "refund_amount", money=True),
    ),
    Metric(
        key="refund_rate",
        zh="退款率",
        en="Refund rate by amount",
        unit="ratio",
        direction="down",
        definition="refunds of the period / GMV of the period",
        evaluate=sums(SalesDay, "refund_amount", "amount", money=True),
        additive=False,
    ),
)
