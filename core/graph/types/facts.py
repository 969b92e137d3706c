"""Daily facts: traffic and ad spend."""

from datetime import date

from core.graph.declare import column, computed, money, node, one
from core.graph.scalars import BigInt
from core.models import AdSpendDay, TrafficDay


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None


_SOURCE = "platform, import, or synthetic for figures that were made up for a demo."


@node(TrafficDay, permission="traffic:read", name="TrafficDay", order="day desc")
class TrafficNode:
    """One business day of one channel, campaign and device."""

    day = column(date, "The shop's business date.", filter=True, order=True)
    channel = column(str, "The traffic channel.", filter=True, order=True)
    level = column(str, "organic, paid or social; whole for a shop's total.", filter=True)
    campaign = column(str, "The campaign; empty when there is none.", filter=True)
    device = column(str, "The device class.", filter=True)
    impressions = column(BigInt, "How often something was shown.", order=True, measure=True)
    clicks = column(BigInt, "How often it was clicked.", order=True, measure=True)
    visits = column(BigInt, "Visits to the shop.", order=True, measure=True)
    visitors = column(BigInt, "Distinct visitors of this row: not additive.", order=True)
    orders = column(BigInt, "Paid orders that the source ascribes to it.", order=True, measure=True)
    buyers = column(BigInt, "Paying buyers that the source ascribes to it.", order=True)
    amount = money("Sales that the source ascribes to it.", order=True)
    click_through_rate = computed(
        float | None,
        "CTR: clicks / impressions; null without impressions.",
        ("clicks", "impressions"),
        _ratio,
    )
    conversion_rate = computed(
        float | None, "CVR: orders / visits; null without visits.", ("orders", "visits"), _ratio
    )
    source = column(str, _SOURCE, filter=True)
    shop_id = column(str, "Global id of the shop.", filter=True, refers_to="Shop")
    shop = one("Shop", "The shop.", by="shop_id")


@node(AdSpendDay, permission="traffic:read", name="AdSpendDay", order="day desc")
class AdSpendNode:
    """One business day of one campaign."""

    day = column(date, "The shop's business date.", filter=True, order=True)
    channel = column(str, "The traffic channel.", filter=True, order=True)
    campaign = column(str, "The campaign.", filter=True, order=True)
    impressions = column(BigInt, "How often it was shown.", order=True, measure=True)
    clicks = column(BigInt, "How often it was clicked.", order=True, measure=True)
    spend = money("What it cost.", order=True)
    orders = column(BigInt, "Orders that the platform ascribes to it.", order=True, measure=True)
    amount = money("Sales that the platform ascribes to it.", order=True)
    click_through_rate = computed(
        float | None,
        "CTR: clicks / impressions; null without impressions.",
        ("clicks", "impressions"),
        _ratio,
    )
    roas = computed(
        float | None,
        "ROAS: ascribed sales / spend; null without spend.",
        ("amount", "spend"),
        _ratio,
    )
    source = column(str, _SOURCE, filter=True)
    shop_id = column(str, "Global id of the shop.", filter=True, refers_to="Shop")
    shop = one("Shop", "The shop.", by="shop_id")
