"""Douyin shop (Doudian): orders, after-sales and products of a shop, and what its ads cost."""

from datetime import timedelta

from core.marketplace.contract import Marketplace, Stream, StreamKind
from core.plugin import About, hookimpl
from plugins.marketplaces.douyin.adapter import DouyinAdapter
from plugins.marketplaces.douyin.layouts import LAYOUTS
from plugins.marketplaces.douyin.webhook import PUSHES

STREAMS = (
    Stream("orders", StreamKind.BY_UPDATE, window=timedelta(days=1), retention=timedelta(days=90)),
    Stream("refunds", StreamKind.BY_UPDATE, window=timedelta(days=1), retention=timedelta(days=90)),
    Stream("products", StreamKind.FULL_SCAN, every=timedelta(hours=6)),
    Stream(
        "ad_spend",
        StreamKind.BY_CREATE,
        window=timedelta(days=7),
        retention=timedelta(days=90),
        overlap=timedelta(days=7),  # orders are ascribed to an ad for days after the click
        every=timedelta(hours=1),
    ),
)

NOT_OFFERED = {
    "reviews": "Doudian shows scores, no texts; import a file of reviews.",
    "traffic": "Doudian tells no visits of shop pages; import the export of 抖音罗盘.",
}


@hookimpl
def opsgraph_about() -> About:
    return About(api=">=1.0,<2")


@hookimpl
def opsgraph_marketplaces() -> list[Marketplace]:
    return [
        Marketplace(
            name="douyin",
            title="Douyin shop",
            streams=STREAMS,
            adapter=DouyinAdapter,
            # Also: access_token and refresh_token, or code, of an app for many shops; without
            # them the app is taken for the shop's own. For ads: ads_app_id, ads_secret,
            # ads_access_token, ads_refresh_token, ads_advertiser_ids.
            credentials=("app_key", "app_secret"),
            currency="CNY",
            time_zone="Asia/Shanghai",
            mapping_version=3,
            not_offered=NOT_OFFERED,
            layouts=LAYOUTS,
            pushes=PUSHES,
            app=("app_key", "app_secret"),
        )
    ]
