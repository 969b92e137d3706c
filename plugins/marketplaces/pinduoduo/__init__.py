"""Pinduoduo: orders, refunds, products and ad reports of a shop, through the open platform."""

from datetime import timedelta

from core.marketplace.contract import Marketplace, Messages, Stream, StreamKind
from core.plugin import About, hookimpl
from plugins.marketplaces.pinduoduo.adapter import PinduoduoAdapter
from plugins.marketplaces.pinduoduo.layouts import LAYOUTS
from plugins.marketplaces.pinduoduo.messages import PmcInbox

HALF_HOUR = timedelta(minutes=30)
THREE_MONTHS = timedelta(days=90)
LAG = timedelta(seconds=380)
"""A window ends three minutes before PDD's time at the latest: nearer ones may lack orders. Three
more, and a little, are for a clock of ours that is ahead."""

STREAMS = (
    Stream("orders", StreamKind.BY_UPDATE, window=HALF_HOUR, retention=THREE_MONTHS, lag=LAG),
    Stream(
        "refunds",
        StreamKind.BY_UPDATE,
        window=HALF_HOUR,
        retention=THREE_MONTHS,
        lag=LAG,
        every=timedelta(minutes=15),  # each takes a call per status
    ),
    Stream("products", StreamKind.FULL_SCAN, every=timedelta(hours=6)),
    Stream(
        "ad_spend",
        StreamKind.BY_CREATE,
        window=timedelta(days=30),
        retention=timedelta(days=89),  # the whole first day must lie within PDD's 90
        overlap=timedelta(days=15),  # sales are ascribed to a click for days
        every=timedelta(hours=1),
    ),
)

LOOK = timedelta(seconds=30)
"""Between two looks at the messages: each connects anew."""

NOT_OFFERED = {
    "customers": "PDD gives buyers no number, so nobody can be recognised.",
    "reviews": "PDD has no method for reviews; import a file of them.",
    "traffic": "PDD tells no visits of shop pages; import the seller centre's export.",
}


@hookimpl
def opsgraph_about() -> About:
    return About(api=">=1.0,<2")


@hookimpl
def opsgraph_marketplaces() -> list[Marketplace]:
    return [
        Marketplace(
            name="pinduoduo",
            title="Pinduoduo",
            streams=STREAMS,
            adapter=PinduoduoAdapter,
            credentials=("client_id", "client_secret", "access_token", "refresh_token"),
            currency="CNY",
            time_zone="Asia/Shanghai",
            mapping_version=3,
            not_offered=NOT_OFFERED,
            layouts=LAYOUTS,
            messages=Messages(PmcInbox, LOOK),
            app=("client_id", "client_secret"),
            requests_per_second=8.0,  # the tightest limit is 100 refund lists in 10 seconds
        )
    ]
