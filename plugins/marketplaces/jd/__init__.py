"""JD: orders, refunds of both kinds, products and ad spend of a shop, through JOS."""

from datetime import timedelta

from core.marketplace.contract import Marketplace, Stream, StreamKind
from core.plugin import About, hookimpl
from plugins.marketplaces.jd.adapter import JdAdapter
from plugins.marketplaces.jd.layouts import LAYOUTS

REFUND_AGE = timedelta(days=30)
"""How long refunds are read again: JD filters them by application, never by change."""

STREAMS = (
    Stream("orders", StreamKind.BY_UPDATE, window=timedelta(days=7), retention=timedelta(days=90)),
    Stream(
        "refunds",
        StreamKind.BY_CREATE,
        window=timedelta(days=7),
        retention=timedelta(days=180),
        overlap=REFUND_AGE,
        every=timedelta(hours=1),
    ),
    Stream(
        "cancellations",
        StreamKind.BY_CREATE,
        window=timedelta(days=7),
        retention=timedelta(days=180),
        overlap=REFUND_AGE,
        every=timedelta(minutes=30),
    ),
    Stream("products", StreamKind.FULL_SCAN, every=timedelta(hours=6)),
    Stream(
        "ad_spend",
        StreamKind.BY_CREATE,
        window=timedelta(days=15),
        retention=timedelta(days=90),
        overlap=timedelta(days=16),  # sales are ascribed to a click for 15 days
        every=timedelta(hours=6),
    ),
)

NOT_OFFERED = {
    "reviews": "JOS has no method for reviews; import a file of them.",
    "traffic": "JOS tells no visits of shop pages; import the export of 京东商智.",
}


@hookimpl
def opsgraph_about() -> About:
    return About(api=">=1.0,<2")


@hookimpl
def opsgraph_marketplaces() -> list[Marketplace]:
    return [
        Marketplace(
            name="jd",
            title="JD",
            streams=STREAMS,
            adapter=JdAdapter,
            credentials=("app_key", "app_secret", "access_token", "refresh_token"),
            currency="CNY",
            time_zone="Asia/Shanghai",
            mapping_version=2,
            not_offered=NOT_OFFERED,
            layouts=LAYOUTS,
            budget_by="app_key",
        )
    ]
