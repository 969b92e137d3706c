"""Daily facts and events: traffic, ad spend, behaviour, signals from outside."""

from datetime import date, datetime

from core.graph.declare import column, computed, money, node, one
from core.graph.scalars import BigInt
from core.models import AdSpendDay, BehaviorEvent, ExternalSignal, TrafficDay


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


@node(BehaviorEvent, permission="traffic:read", order="happened_at desc")
class BehaviorEventNode:
    """Something a visitor did."""

    number = column(str, "What tells it from the shop's other events.", "platform_id", filter=True)
    happened_at = column(datetime, "When.", filter=True, order=True)
    day = column(date, "The shop's business date.", filter=True, order=True)
    action = column(
        str, "What was done, e.g. view, favourite, cart or buy.", filter=True, order=True
    )
    visitor = column(
        str, "The key of the visitor or device: personal, masked without the permission."
    )
    channel = column(str, "The traffic channel; empty when it is not known.", filter=True)
    value = column(BigInt, "What it was worth, in minor units of the shop's currency.", order=True)
    source = column(str, _SOURCE, filter=True)
    shop_id = column(str, "Global id of the shop.", filter=True, refers_to="Shop")
    product_id = column(str, "Global id of the product.", filter=True, refers_to="Product")
    shop = one("Shop", "The shop.", by="shop_id")
    product = one("Product", "The product, if it was synced.", by="product_id")


@node(ExternalSignal, permission="signals:read", order="day desc")
class ExternalSignalNode:
    """A fact from outside the shops, e.g. what a competitor asked for a listing on a day."""

    topic = column(str, "What sort of fact it is, e.g. competitor_price.", filter=True, order=True)
    day = column(date, "The day it is about.", filter=True, order=True)
    number = column(
        str, "What it is about, in its source's words, e.g. a listing.", "platform_id", filter=True
    )
    subject = column(str, "Whom it is about, e.g. the competitor.", filter=True, order=True)
    value = column(
        float,
        "The figure, if it has one; a price is in whole units of the shop's currency.",
        order=True,
        measure=True,
    )
    text = column(str, "What it says, e.g. the listing's title.")
    source = column(str, _SOURCE, filter=True)
    shop_id = column(
        str, "Global id of the shop whose import brought it.", filter=True, refers_to="Shop"
    )
    shop = one("Shop", "The shop whose import brought it.", by="shop_id")
