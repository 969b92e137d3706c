"""Xiaohongshu (RED): orders, after-sales and products of a shop, through its ARK open platform."""

from datetime import timedelta

from core.marketplace.contract import Marketplace, Stream, StreamKind
from core.plugin import About, hookimpl
from plugins.marketplaces.xiaohongshu.adapter import XiaohongshuAdapter
from plugins.marketplaces.xiaohongshu.client import EXPIRY, REFRESH_EXPIRY
from plugins.marketplaces.xiaohongshu.layouts import LAYOUTS

HALF_AN_HOUR = timedelta(minutes=30)
KEPT = timedelta(days=90)
"""How far back a first pull goes. The platform tells no limit; `retention_days` asks for more."""

STREAMS = (
    Stream("orders", StreamKind.BY_UPDATE, window=HALF_AN_HOUR, retention=KEPT),
    Stream("refunds", StreamKind.BY_UPDATE, window=HALF_AN_HOUR, retention=KEPT),
    Stream("products", StreamKind.FULL_SCAN, every=timedelta(hours=6)),
)

NOT_OFFERED = {
    "ad_spend": "ARK has no ad reports; import the spend of 聚光 from a file.",
    "notes": "ARK tells neither followers nor figures of notes; no import has a place for them.",
    "reviews": "ARK has no method for reviews; import a file of them.",
    "traffic": "ARK tells no visits of shop pages; import the seller centre's export.",
}


@hookimpl
def opsgraph_about() -> About:
    return About(api=">=1.0,<2")


@hookimpl
def opsgraph_marketplaces() -> list[Marketplace]:
    return [
        Marketplace(
            name="xiaohongshu",
            title="Xiaohongshu",
            streams=STREAMS,
            adapter=XiaohongshuAdapter,
            # Beside these: `access_token` and `refresh_token`, or the `code` of an authorisation.
            credentials=("app_id", "app_secret"),
            currency="CNY",
            time_zone="Asia/Shanghai",
            mapping_version=2,
            not_offered=NOT_OFFERED,
            layouts=LAYOUTS,
            requests_per_second=20.0,  # every changed order is a call; an app has 100 a second
            budget_by="app_id",
            token_ends=EXPIRY,
            authorization_ends=REFRESH_EXPIRY,
        )
    ]
