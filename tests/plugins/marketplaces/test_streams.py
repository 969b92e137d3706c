"""What merchants get from each platform, and what they are told they don't."""

import pytest

from core.cli.house import build
from core.marketplace.contract import Marketplace
from core.models import Shop, SyncState
from tests.builders import NOON, make_merchant, make_shop
from tests.graphql import Client, built_in
from tests.shell import Shell

ASKED_FOR = {"orders", "refunds", "products", "reviews", "traffic", "ad_spend"}
SHOPS = ("taobao", "jd", "pinduoduo", "douyin", "xiaohongshu", "tencent_ads")


def platforms() -> list[Marketplace]:
    return [built_in().marketplaces[name] for name in SHOPS]


@pytest.mark.parametrize("platform", platforms(), ids=SHOPS)
def test_a_stream_is_offered_or_it_is_said_why_not(platform: Marketplace) -> None:
    """Nobody waits for what never comes: every stream that others have is here or explained."""
    offered = {stream.name for stream in platform.streams}

    assert ASKED_FOR <= offered | platform.not_offered.keys()
    assert set() == offered & platform.not_offered.keys()
    assert all(reason.endswith(".") for reason in platform.not_offered.values())


def test_jd_has_two_sources_of_refunds() -> None:
    """After delivery and cancelled before it: a total needs both."""
    assert {"refunds", "cancellations"} <= {
        stream.name for stream in built_in().marketplaces["jd"].streams
    }


@pytest.mark.anyio
async def test_a_shop_says_what_is_not_offered(owner: Client, shop: Shop) -> None:
    """GraphQL shows each stream with its reason; a marketplace that is gone tells nothing."""
    make_shop(owner.api.database, shop.merchant_id, marketplace="jd", name="JD shop")

    found = await owner.data("{ shops { nodes { marketplace notOffered { stream reason } } } }")

    told = {node["marketplace"]: node["notOffered"] for node in found["shops"]["nodes"]}
    assert ["reviews", "traffic"] == [each["stream"] for each in told["jd"]]
    assert "京东商智" in told["jd"][1]["reason"]
    assert [] == told["bazaar"]


def test_the_command_line_says_what_is_not_offered(shell: Shell) -> None:
    """Once per platform, below the table of what is pulled; a platform without shops is silent."""
    db = build().db
    merchant = make_merchant(db)
    for _ in range(2):
        shop = make_shop(db, merchant, marketplace="jd", name="JD shop")
        state = SyncState(
            merchant_id=merchant, shop_id=shop.id, stream="orders", cursor={}, due_at=NOON
        )
        db.run_now(merchant, lambda session, state=state: session.add(state))

    said = shell("shops")

    assert 1 == said.out.count("JD · reviews: not offered: JOS has no method for reviews")
    assert "Pinduoduo" not in said.out
