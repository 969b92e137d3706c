"""Tencent Ads: what an advertiser's campaigns cost on WeChat and Tencent's other media.

It belongs to none of the shop platforms, so an advertising account is registered like a shop, with
the account's number as its own. It has one stream.
"""

from datetime import timedelta

from core.marketplace.contract import Marketplace, Stream, StreamKind
from core.plugin import About, hookimpl
from plugins.marketplaces.tencent_ads.adapter import TencentAdsAdapter

STREAMS = (
    Stream(
        "ad_spend",
        StreamKind.BY_CREATE,
        window=timedelta(days=30),
        retention=timedelta(days=90),
        overlap=timedelta(days=16),  # orders are ascribed to a click for 15 days
        every=timedelta(hours=3),
    ),
)
AN_ACCOUNT = "An advertising account sells nothing itself: register the shops that do."
NOT_OFFERED = dict.fromkeys(("orders", "products", "refunds", "reviews", "traffic"), AN_ACCOUNT)


@hookimpl
def opsgraph_about() -> About:
    return About(api=">=1.0,<2")


@hookimpl
def opsgraph_marketplaces() -> list[Marketplace]:
    return [
        Marketplace(
            name="tencent_ads",
            title="Tencent Ads",
            streams=STREAMS,
            adapter=TencentAdsAdapter,
            # To renew the token, which lives a day: client_id, client_secret, refresh_token.
            credentials=("access_token",),
            currency="CNY",
            time_zone="Asia/Shanghai",
            not_offered=NOT_OFFERED,
        )
    ]
