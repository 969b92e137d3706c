"""What Pinduoduo's seller centre exports: traffic and reviews, which its API does not give."""

from core.marketplace.exports.reviews import review_layout
from core.marketplace.exports.traffic import DERIVED, NO_PLACE, traffic_columns, traffic_layouts

LAYOUTS = (
    *traffic_layouts(
        "pinduoduo",
        "拼多多商家后台",
        traffic_columns(
            visitors=("店铺访客数", "商品访客数"),
            buyers=("成交买家数", "支付买家数"),
            orders=("成交订单数", "支付订单数"),
            amount=("成交金额", "支付金额"),
        ),
        day=("统计日期", "统计时间"),
        channel=("流量渠道",),
        unused={
            **dict.fromkeys(("店铺浏览量", "被访问商品数", "店铺关注用户数", "退款单数"), NO_PLACE),
            **dict.fromkeys(("商品收藏用户数", "支付件数", "成交件数"), NO_PLACE),
            **dict.fromkeys(("平均访客价值", "成交老买家占比", "成交UV价值"), DERIVED),
        },
    ),
    review_layout("pinduoduo", "拼多多商家后台", rating=("描述评分", "用户评价")),
)
