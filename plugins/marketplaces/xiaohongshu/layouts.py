"""What Xiaohongshu's seller centre (千帆) exports: traffic and reviews, which ARK does not give."""

from core.marketplace.exports.reviews import review_layout
from core.marketplace.exports.traffic import DERIVED, NO_PLACE, traffic_columns, traffic_layouts

LAYOUTS = (
    *traffic_layouts(
        "xiaohongshu",
        "小红书千帆",
        traffic_columns(
            impressions=("商品曝光次数", "笔记曝光次数"),
            clicks=("商品点击次数", "笔记点击次数"),
            visitors=("商品访客数", "店铺访客数", "商品访问人数"),
            buyers=("支付买家数", "支付用户数", "支付人数"),
            orders=("支付订单数",),
        ),
        channel=("载体", "成交渠道", "流量渠道"),
        unused={
            **dict.fromkeys(
                ("商品加购人数", "商品加购件数", "新增粉丝数", "支付商品件数"), NO_PLACE
            ),
            **dict.fromkeys(("商品曝光人数", "笔记阅读数", "退款金额（支付时间）"), NO_PLACE),
            **dict.fromkeys(("商品支付转化率", "商品点击率", "支付客单价"), DERIVED),
        },
    ),
    review_layout("xiaohongshu", "小红书千帆"),
)
