"""Traffic as seller centres export it: a shop's total by day, or one row per day and source."""

from collections.abc import Mapping, Sequence
from typing import Any

from core.marketplace.exports.layout import CellKind, Column, Layout, Setting, Values
from core.marketplace.records import TrafficLevel, TrafficRecord

WHOLE_SHOP = "shop"
"""The channel of a shop's total."""
NO_PLACE = "the shared schema has no place for it"
DERIVED = "it follows from other columns"
Names = tuple[str, ...]

_COMMON: Mapping[str, tuple[CellKind, Names]] = {
    "impressions": (CellKind.COUNT, ("曝光量", "曝光次数", "展现量", "impressions")),
    "clicks": (CellKind.COUNT, ("点击量", "点击次数", "clicks")),
    "visits": (CellKind.COUNT, ("访问次数", "visits", "sessions")),
    "visitors": (CellKind.COUNT, ("访客数", "visitors", "unique visitors", "uv")),
    "orders": (CellKind.COUNT, ("支付订单数", "成交订单数", "orders", "paid orders")),
    "buyers": (CellKind.COUNT, ("支付买家数", "成交人数", "buyers", "paying customers")),
    "amount": (CellKind.MONEY, ("支付金额", "成交金额", "amount", "sales", "revenue")),
}
_FILLS: Mapping[str, Names] = {"visitors": ("visits",), "buyers": ("orders",)}
"""A day's visitor visited at least once, a day's buyer ordered at least once."""
DAY = Column(
    "day", ("日期", "统计日期", "时间", "数据日期", "统计时间", "date", "day"), CellKind.DAY, True
)
DEVICE = Column("device", ("终端", "终端类型", "所属终端", "device"))
CURRENCY = Column("currency", ("币种", "currency"))
CHANNEL: Names = ("流量来源", "渠道", "来源", "channel", "source", "traffic source")
CAMPAIGN: Names = ("来源明细", "计划名称", "campaign")

PAID = frozenset(
    "直通车 淘宝客 引力魔方 万相台 钻展 超级推荐 品销宝 超级直播 付费推广 付费流量 "
    "关键词推广 精准人群推广 京东快车 京挑客 京东展位 京速推 搜索推广 场景推广 全站推广 商品推广 "
    "千川 巨量千川 聚光 乘风 广告 paid cpc ppc ads".split()
)
"""Sources that are bought, by what their names contain."""
SOCIAL = frozenset(
    "微博 微信 小红书 抖音 快手 直播 短视频 逛逛 微淘 社交 笔记 达人 分享 内容 关注 群 social "
    "instagram facebook tiktok".split()
)
"""Sources that people or content bring, by what their names contain."""
UNUSED: Mapping[str, str] = {
    **dict.fromkeys(
        ("浏览量", "浏览量(PV)", "商品浏览量", "加购人数", "加购件数", "加购客户数", "收藏人数"),
        NO_PLACE,
    ),
    **dict.fromkeys(("平均停留时长", "跳失率", "支付件数", "支付商品件数", "下单金额"), NO_PLACE),
    **dict.fromkeys(("下单买家数", "下单客户数", "退款金额", "新访客数", "老访客数"), NO_PLACE),
    **dict.fromkeys(("page views", "pv", "add to cart", "bounce rate"), NO_PLACE),
    **dict.fromkeys(
        ("支付转化率", "客单价", "UV价值", "成交转化率", "下单转化率", "人均浏览量", "同比"),
        DERIVED,
    ),
    **dict.fromkeys(("环比", "较前一日", "conversion rate"), DERIVED),
}


def traffic_columns(**own: Names) -> tuple[Column, ...]:
    """The columns of figures; `own` names of a platform come before the usual ones."""
    return tuple(
        Column(name, (*own.get(name, ()), *names), kind, fills=_FILLS.get(name, ()))
        for name, (kind, names) in _COMMON.items()
    )


def level_of(channel: str) -> TrafficLevel:
    """Which level of the traffic matrix a source's name speaks of; organic if nothing else."""
    lower = channel.lower()
    if any(word in lower for word in PAID):
        return TrafficLevel.PAID
    if any(word in lower for word in SOCIAL):
        return TrafficLevel.SOCIAL
    return TrafficLevel.ORGANIC


def by_source(rows: Sequence[Values], setting: Setting) -> Mapping[str, Any]:
    """A row of one source: the level follows from its name unless a column says it."""
    values = {name: value for name, value in rows[0].items() if value is not None}
    return {"level": level_of(values["channel"]), **values}


def traffic_layouts(
    name: str,
    title: str,
    columns: tuple[Column, ...],
    *,
    day: Names = (),
    channel: Names = (),
    campaign: Names = (),
    unused: Mapping[str, str] | None = None,
) -> tuple[Layout, Layout]:
    """The two exports of a seller centre: by source, and the shop's total.

    day, channel, campaign: the platform's own headers, before the usual ones.
    """
    days = Column(DAY.field, (*day, *DAY.names), DAY.kind, True)
    source = Column("channel", (*channel, *CHANNEL), required=True)
    detail = Column("campaign", (*campaign, *CAMPAIGN))
    level = Column("level", ("level",))
    known = {**UNUSED, **(unused or {})}
    return (
        Layout(
            f"{name}.traffic_sources",
            f"{title}: traffic by source",
            "traffic",
            TrafficRecord,
            (days, source, detail, level, DEVICE, CURRENCY, *columns),
            by_source,
            any_of=tuple(_COMMON),
            unused=known,
        ),
        Layout(
            f"{name}.shop_traffic",
            f"{title}: a shop's traffic",
            "traffic",
            TrafficRecord,
            (days, DEVICE, CURRENCY, *columns),
            any_of=tuple(_COMMON),
            fixed={"channel": WHOLE_SHOP, "level": TrafficLevel.WHOLE},
            unused=known,
        ),
    )
