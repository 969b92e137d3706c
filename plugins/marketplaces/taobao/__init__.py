"""Taobao and Tmall: orders, refunds, products, reviews and ad spend of a shop, through TOP."""

from datetime import timedelta

from core.marketplace.contract import Marketplace, Messages, Stream, StreamKind
from core.plugin import About, hookimpl
from plugins.marketplaces.taobao.adapter import TaobaoAdapter
from plugins.marketplaces.taobao.datasets import DATASETS
from plugins.marketplaces.taobao.layouts import LAYOUTS
from plugins.marketplaces.taobao.messages import TmcInbox

STREAMS = (
    Stream("orders", StreamKind.BY_UPDATE, window=timedelta(days=1), retention=timedelta(days=90)),
    Stream("refunds", StreamKind.BY_UPDATE, window=timedelta(days=1), retention=timedelta(days=90)),
    Stream("products", StreamKind.FULL_SCAN, every=timedelta(hours=6)),
    Stream(
        "reviews",
        StreamKind.BY_CREATE,
        window=timedelta(days=180),
        retention=timedelta(days=180),
        every=timedelta(hours=1),
    ),
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
    "traffic": "TOP tells no visits of shop pages; import the export of 生意参谋.",
}


@hookimpl
def opsgraph_about() -> About:
    return About(api=">=1.0,<2")


@hookimpl
def opsgraph_marketplaces() -> list[Marketplace]:
    return [
        Marketplace(
            name="taobao",
            title="Taobao/Tmall",
            streams=STREAMS,
            adapter=TaobaoAdapter,
            credentials=("app_key", "app_secret", "session", "refresh_token"),
            currency="CNY",
            time_zone="Asia/Shanghai",
            mapping_version=3,
            not_offered=NOT_OFFERED,
            layouts=(*LAYOUTS, *DATASETS),
            messages=Messages(TmcInbox),
            app=("app_key", "app_secret"),
            budget_by="app_key",  # "App Call Limited": calls are counted per app
        )
    ]
