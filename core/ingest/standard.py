"""The rollups of core: sales by shop and day, customer statistics, product and month."""

from core.ingest.rollup import Count, Distinct, Max, Min, Month, Rollup, Source, Sum
from core.models import CustomerStat, Order, OrderLine, ProductMonth, Refund, SalesDay

_SALE = {"shop_id": "shop_id", "day": "sale_day", "currency": "currency"}
_CUSTOMER = {"customer_id": "customer_id", "currency": "currency", "shop_id": "shop_id"}

SALES_DAYS = Rollup(
    SalesDay,
    sources=(
        Source(
            Order,
            key=_SALE,
            present=("sale_day",),
            measures={
                "orders": Count(),
                "buyers": Distinct("customer_id"),
                "amount": Sum("paid_amount"),
                "items_amount": Sum("items_amount"),
                "discount": Sum("discount"),
                "freight": Sum("freight"),
            },
        ),
        Source(
            OrderLine,
            key=_SALE,
            present=("sale_day",),
            measures={"lines": Count(), "units": Sum("quantity")},
        ),
        Source(
            Refund,
            key={"shop_id": "shop_id", "day": "refund_day", "currency": "currency"},
            present=("refund_day",),
            measures={"refunds": Count(), "refund_amount": Sum("amount")},
        ),
        Source(
            Order,
            key={"shop_id": "shop_id", "day": "reported_day", "currency": "currency"},
            present=("reported_day",),
            measures={"reported_orders": Count(), "reported_amount": Sum("reported_amount")},
        ),
    ),
)

CUSTOMER_STATS = Rollup(
    CustomerStat,
    sources=(
        Source(
            Order,
            key=_CUSTOMER,
            present=("customer_id", "sale_day"),
            measures={
                "orders": Count(),
                "amount": Sum("paid_amount"),
                "first_day": Min("sale_day"),
                "last_day": Max("sale_day"),
            },
        ),
        Source(
            Refund,
            key=_CUSTOMER,
            present=("customer_id", "refund_day"),
            measures={"refunds": Count(), "refund_amount": Sum("amount")},
        ),
    ),
)

PRODUCT_MONTHS = Rollup(
    ProductMonth,
    sources=(
        Source(
            OrderLine,
            key={
                "shop_id": "shop_id",
                "month": Month("sale_day"),
                "product_id": "product_id",
                "currency": "currency",
            },
            present=("product_id", "sale_day"),
            measures={"lines": Count(), "units": Sum("quantity"), "amount": Sum("amount")},
        ),
    ),
)

CORE_ROLLUPS = (SALES_DAYS, CUSTOMER_STATS, PRODUCT_MONTHS)
