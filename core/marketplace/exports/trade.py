"""Orders, products and ad spend in plain tables, for shops that no API reads."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from core.marketplace.errors import MappingError
from core.marketplace.exports.layout import CellKind, Column, Layout, Setting, Values
from core.marketplace.exports.traffic import CURRENCY, DAY, DERIVED, NO_PLACE
from core.marketplace.mapping import EARLIEST
from core.marketplace.records import (
    AdSpendRecord,
    OrderRecord,
    OrderStatus,
    ProductRecord,
    ProductStatus,
)

_PRIVATE = "personal, and nothing needs it"
_STATUS = {
    OrderStatus.PENDING: "待付款 等待买家付款 未付款 pending unpaid",
    OrderStatus.PAID: "待发货 已付款 买家已付款 买家已付款,等待卖家发货 paid processing",
    OrderStatus.SHIPPED: "已发货 卖家已发货 卖家已发货,等待买家确认 待收货 shipped",
    OrderStatus.DELIVERED: "已签收 已收货 delivered",
    OrderStatus.COMPLETED: "交易成功 已完成 完成 completed complete",
    OrderStatus.CANCELLED: "交易关闭 已取消 已关闭 取消 cancelled canceled closed",
}
_STATUS_OF = {word: status for status, words in _STATUS.items() for word in words.split()}
_PRODUCT_STATUS = {
    **dict.fromkeys(
        ("在售", "出售中", "上架", "已上架", "on sale", "active"), ProductStatus.ON_SALE
    ),
    **dict.fromkeys(("下架", "已下架", "仓库中", "off sale", "draft"), ProductStatus.OFF_SALE),
    **dict.fromkeys(("已删除", "删除", "removed", "archived"), ProductStatus.REMOVED),
}


def order(rows: Sequence[Values], setting: Setting) -> Mapping[str, Any]:
    """An order of one row per line; what stands for the whole order is read from the first."""
    first = rows[0]
    lines = [_line(row, place) for place, row in enumerate(rows, 1)]
    freight = first.get("freight") or 0
    paid = first.get("paid_amount")
    _share(lines, None if paid is None else paid - freight)
    items = sum(line["unit_price"] * line["quantity"] for line in lines)
    total = sum(line["amount"] for line in lines) + freight
    times = [first[name] for name in ("ordered_at", "paid_at", "ended_at") if first.get(name)]
    return {
        "platform_id": first["order_id"],
        "updated_at": first.get("updated_at") or max(times),
        "status": _order_status(first),
        "platform_status": first["status"],
        "ordered_at": first["ordered_at"],
        "paid_at": first.get("paid_at"),
        "ended_at": first.get("ended_at"),
        "items_amount": items,
        "discount": max(0, items + freight - total),
        "freight": freight,
        "paid_amount": total,
        "customer": {"platform_id": first["buyer"]} if first.get("buyer") else None,
        "lines": lines,
    }


def _order_status(values: Values) -> OrderStatus:
    status = _STATUS_OF.get(values["status"].lower().replace("，", ","), OrderStatus.UNKNOWN)
    if status is OrderStatus.CANCELLED and values.get("paid_at"):
        return OrderStatus.CLOSED
    return status


def _line(row: Values, place: int) -> dict[str, Any]:
    if not row["quantity"]:
        raise MappingError("quantity", row["quantity"], "a quantity above zero")
    return {
        "platform_id": row.get("line_id") or f"{row['order_id']}-{place}",
        "product_id": row.get("product_id"),
        "sku_id": row.get("sku_id"),
        "sku_code": row.get("sku_code"),
        "title": row.get("title") or "",
        "quantity": row["quantity"],
        "unit_price": row["unit_price"],
        "amount": row.get("line_amount"),
    }


def _share(lines: list[dict[str, Any]], paid: int | None) -> None:
    """Give lines without an amount their share of what was paid, by price; cents are kept."""
    open_ = [line for line in lines if line["amount"] is None]
    prices = [line["unit_price"] * line["quantity"] for line in open_]
    known = sum(line["amount"] for line in lines if line["amount"] is not None)
    rest, price = sum(prices) if paid is None else paid - known, sum(prices)
    for line, own in zip(open_, prices, strict=True):
        line["amount"] = rest * own // price if price else 0
        rest, price = rest - line["amount"], price - own


def product(rows: Sequence[Values], setting: Setting) -> Mapping[str, Any]:
    """A product of one row per SKU.

    Without a time of change the API's version, which has one, is always the newer one.
    """
    first = rows[0]
    updated: datetime = first.get("updated_at") or first.get("listed_at") or EARLIEST
    word = first.get("status") or ""
    return {
        "platform_id": first["product_id"],
        "updated_at": updated,
        "title": first["title"],
        "code": first.get("code"),
        "category": first.get("category"),
        "status": _PRODUCT_STATUS.get(word.lower(), ProductStatus.UNKNOWN),
        "platform_status": word,
        "price": first["price"],
        "listed_at": first.get("listed_at"),
        "skus": [
            {
                "platform_id": row["sku_id"],
                "code": row.get("sku_code"),
                "title": row.get("sku_title") or "",
                "price": row["price"],
                "stock": row.get("stock"),
            }
            for row in rows
            if row.get("sku_id")
        ],
    }


ORDERS = Layout(
    "table.orders",
    "A table of orders, a row per line",
    "orders",
    OrderRecord,
    (
        Column("order_id", ("订单编号", "订单号", "order id"), CellKind.ID, True),
        Column("line_id", ("子订单编号", "子订单号", "line id"), CellKind.ID),
        Column("status", ("订单状态", "status"), required=True),
        Column("ordered_at", ("订单创建时间", "下单时间", "ordered at"), CellKind.MOMENT, True),
        Column("paid_at", ("订单付款时间", "付款时间", "支付时间", "paid at"), CellKind.MOMENT),
        Column("ended_at", ("完成时间", "确认收货时间", "ended at"), CellKind.MOMENT),
        Column("updated_at", ("更新时间", "updated at"), CellKind.MOMENT),
        Column("buyer", ("买家ID", "客户编号", "customer id"), CellKind.ID),
        Column("product_id", ("商品ID", "宝贝ID", "商品编号", "product id"), CellKind.ID),
        Column("sku_id", ("SKU ID", "规格ID"), CellKind.ID),
        Column("sku_code", ("商家编码", "SKU编码", "sku"), CellKind.ID),
        Column("title", ("商品名称", "宝贝标题", "商品标题", "title")),
        Column("quantity", ("数量", "购买数量", "商品数量", "quantity"), CellKind.COUNT, True),
        Column("unit_price", ("单价", "商品单价", "unit price"), CellKind.MONEY, True),
        Column("line_amount", ("行金额", "商品实付金额", "line amount"), CellKind.MONEY),
        Column("freight", ("运费", "邮费", "freight", "shipping"), CellKind.MONEY),
        Column("paid_amount", ("买家实际支付金额", "实付金额", "paid amount"), CellKind.MONEY),
        CURRENCY,
    ),
    order,
    group_by="order_id",
    unused=dict.fromkeys(
        ("收货人姓名", "收货地址", "联系手机", "联系电话", "买家会员名", "买家留言"), _PRIVATE
    ),
)

PRODUCTS = Layout(
    "table.products",
    "A table of products, a row per SKU",
    "products",
    ProductRecord,
    (
        Column("product_id", ("商品ID", "宝贝ID", "商品编号", "product id"), CellKind.ID, True),
        Column("title", ("商品名称", "宝贝标题", "商品标题", "title"), required=True),
        Column("price", ("价格", "售价", "一口价", "商品价格", "price"), CellKind.MONEY, True),
        Column("code", ("货号", "商品编码", "product code"), CellKind.ID),
        Column("category", ("类目", "商品类目", "category")),
        Column("status", ("商品状态", "状态", "status")),
        Column("sku_id", ("SKU ID", "规格ID"), CellKind.ID),
        Column("sku_code", ("商家编码", "SKU编码", "sku"), CellKind.ID),
        Column("sku_title", ("规格", "规格名称", "sku title")),
        Column("stock", ("库存", "库存数量", "stock"), CellKind.COUNT),
        Column("listed_at", ("上架时间", "listed at"), CellKind.MOMENT),
        Column("updated_at", ("更新时间", "updated at"), CellKind.MOMENT),
        CURRENCY,
    ),
    product,
    group_by="product_id",
)

AD_SPEND = Layout(
    "table.ad_spend",
    "A table of ad spend by day",
    "ad_spend",
    AdSpendRecord,
    (
        DAY,
        Column("channel", ("推广渠道", "渠道", "推广类型", "channel"), required=True),
        Column("campaign", ("计划名称", "推广计划", "计划", "campaign")),
        Column("impressions", ("展现量", "曝光量", "曝光次数", "impressions"), CellKind.COUNT),
        Column("clicks", ("点击量", "点击次数", "clicks"), CellKind.COUNT),
        Column("spend", ("花费", "消耗", "推广费用", "spend", "cost"), CellKind.MONEY, True),
        Column("orders", ("总成交笔数", "成交笔数", "成交订单数", "orders"), CellKind.COUNT),
        Column("amount", ("总成交金额", "成交金额", "amount", "revenue"), CellKind.MONEY),
        CURRENCY,
    ),
    unused={
        **dict.fromkeys(
            ("点击率", "投入产出比", "平均点击花费", "点击转化率", "roi", "ctr"), DERIVED
        ),
        **dict.fromkeys(("总购物车数", "总收藏数", "收藏宝贝数"), NO_PLACE),
    },
)
