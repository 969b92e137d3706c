"""What 京东商智 and JD's seller centre export: traffic and reviews, which JOS does not give."""

from core.marketplace.exports.reviews import review_layout
from core.marketplace.exports.traffic import DERIVED, NO_PLACE, traffic_columns, traffic_layouts

LAYOUTS = (
    *traffic_layouts(
        "jd",
        "京东商智",
        traffic_columns(
            impressions=("商品曝光次数", "搜索曝光次数"),
            clicks=("商品点击次数", "搜索点击次数"),
            visitors=("访客数", "店铺访客数", "商品访客数", "引入访客数"),
            buyers=("成交客户数", "引入成交客户数"),
            orders=("成交单量",),
            amount=("成交金额", "引入成交金额"),
        ),
        day=("时间", "日期"),
        channel=("一级渠道", "渠道名称"),
        campaign=("二级渠道",),
        unused={
            **dict.fromkeys(("成交商品件数", "成交子单量", "商品曝光人数", "关注客户数"), NO_PLACE),
            **dict.fromkeys(("下单客户数", "下单单量", "取消及售后退款金额"), NO_PLACE),
            **dict.fromkeys(("加购转换率", "下单转换率", "人均浏览量(人均PV)"), DERIVED),
        },
    ),
    review_layout("jd", "京麦", product_id=("商品编号", "SKUID"), rating=("评价星级",)),
)
