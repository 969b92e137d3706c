"""What 生意参谋 and the seller centre export: traffic, which TOP does not give, and reviews."""

from core.marketplace.exports.reviews import review_layout
from core.marketplace.exports.traffic import DERIVED, NO_PLACE, traffic_columns, traffic_layouts

LAYOUTS = (
    *traffic_layouts(
        "taobao",
        "生意参谋",
        # A parent order is what a buyer paid at once, which is what an order is here.
        traffic_columns(orders=("支付父订单数",)),
        day=("统计日期",),
        channel=("流量来源", "来源名称"),
        campaign=("来源明细", "三级来源"),
        unused={
            **dict.fromkeys(("支付子订单数", "支付商品数", "支付老买家数", "下单件数"), NO_PLACE),
            **dict.fromkeys(("成功退款金额", "老买家支付金额", "店铺收藏买家数"), NO_PLACE),
            **dict.fromkeys(("直通车消耗", "钻石展位消耗", "淘宝客佣金"), "import ad spend apart"),
            **dict.fromkeys(("下单-支付转化率", "收藏加购率", "人均停留时长"), DERIVED),
            **dict.fromkeys(
                ("评价数", "有图评价数", "正面评价数", "负面评价数"), "reviews have it"
            ),
        },
    ),
    review_layout("taobao", "千牛"),
)
