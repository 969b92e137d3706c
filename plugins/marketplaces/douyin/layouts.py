"""What 抖音电商罗盘 and the seller centre export, which Doudian does not give."""

from core.marketplace.exports.layout import CellKind, Column
from core.marketplace.exports.reviews import review_layout
from core.marketplace.exports.traffic import DERIVED, NO_PLACE, traffic_columns, traffic_layouts

# 罗盘 counts people where others count times: whoever saw a product saw it at least once, and
# whoever clicked on one came to its page.
PEOPLE = (
    Column("people_shown", ("商品曝光人数",), CellKind.COUNT, fills=("impressions",)),
    Column(
        "people_clicked",
        ("商品点击人数",),
        CellKind.COUNT,
        fills=("clicks", "visitors", "visits"),
    ),
)

LAYOUTS = (
    *traffic_layouts(
        "douyin",
        "抖音电商罗盘",
        (
            *traffic_columns(
                impressions=("商品曝光次数",),
                clicks=("商品点击次数",),
                visitors=("商品访客数",),
                buyers=("成交人数",),
                orders=("成交订单数", "成交订单量"),
                amount=("成交金额", "用户支付金额"),
            ),
            *PEOPLE,
        ),
        channel=("渠道名称", "载体", "成交载体"),
        unused={
            **dict.fromkeys(("成交件数", "退款金额（退款时间）", "退款金额（支付时间）"), NO_PLACE),
            **dict.fromkeys(("成交退款金额", "退款订单数", "退款人数", "结算金额"), NO_PLACE),
            **dict.fromkeys(
                ("商品曝光-点击转化率（人数）", "商品点击-成交转化率（人数）"), DERIVED
            ),
            **dict.fromkeys(("商品点击率", "点击成交转化率", "千次曝光成交金额", "GPM"), DERIVED),
        },
    ),
    review_layout("douyin", "抖店"),
)
