"""From Doudian's products to canonical records; their SKUs and stock are fetched apart."""

from datetime import datetime
from typing import Any

from core.marketplace.fields import (
    Row,
    Unknown,
    part,
    rows,
    text,
    unknown,
    whole,
    word,
    word_needed,
)
from core.marketplace.records import ProductRecord, ProductStatus
from plugins.marketplaces.douyin import words
from plugins.marketplaces.douyin.values import (
    fen,
    fen_if_any,
    identity,
    identity_if_any,
    moment,
    moment_if_any,
)


def map_product(product: Row, currency: str, latest: datetime) -> tuple[ProductRecord, Unknown]:
    """A listing; `skus` were fetched apart. Lists tell no price of their own any more."""
    skus = [_sku(sku) for sku in rows(product, "skus")]
    status, check = word_needed(product, "status"), word(product, "check_status")
    record = ProductRecord.model_validate(
        {
            "platform_id": identity(product, "product_id"),
            "updated_at": moment(product, "update_time", latest),
            "title": text(product, "name"),
            "code": product.get("outer_product_id") or None,
            "category": _category(product),
            "status": _product_status(status, check),
            "platform_status": f"{status}/{check}",
            "currency": currency,
            "price": _price(product, status, [sku["price"] for sku in skus]),
            "listed_at": moment_if_any(product, "create_time", latest),
            "skus": skus,
        }
    )
    kinds = {word(sku, "sku_type") for sku in rows(product, "skus")} - {""}
    return record, (
        *unknown("status", [status], words.PRODUCT_STATUS),
        *unknown("check_status", {check} - {""}, words.CHECK_STATUS),
        *unknown("skus.sku_type", kinds, {"0", "1", "10"}),
    )


def _sku(sku: Row) -> dict[str, Any]:
    return {
        "platform_id": identity(sku, "id"),
        "code": sku.get("code") or identity_if_any(sku, "out_sku_id"),
        "title": _sku_title(sku),
        "price": fen(sku, "price"),
        "stock": _stock(sku),
    }


def _product_status(status: str, check: str) -> ProductStatus:
    """What is online can be bought, unless the platform banned it."""
    if status == "0" and check == words.BANNED:
        return ProductStatus.OFF_SALE
    return words.PRODUCT_STATUS.get(status, ProductStatus.UNKNOWN)


def _price(product: Row, status: str, prices: list[int]) -> int:
    """The lowest of its SKUs; of a deleted product, which nobody can buy, 0 if none is told."""
    if prices:
        return min(prices)
    if product.get("discount_price") is None and status == "2":
        return 0
    return fen(product, "discount_price")


def _category(product: Row) -> str | None:
    """The deepest category that is set."""
    detail = part(product, "category_detail")
    return identity_if_any(detail, "fourth_cid", "third_cid", "second_cid", "first_cid")


def _sku_title(sku: Row) -> str:
    names = [text(each, "value_name") for each in rows(sku, "sell_properties")]
    names = names or [text(sku, f"spec_detail_name{level}") for level in (1, 2, 3)]
    return ";".join(filter(None, names))


def _stock(sku: Row) -> int | None:
    """What can be sold: plain stock, the sum of all warehouses, or stock in steps with the rest."""
    kind = word(sku, "sku_type")
    if kind == "1":
        stocks = part(sku, "stock_map")
        return sum(whole(stocks, warehouse) for warehouse in stocks)
    if kind == "10":
        return fen_if_any(sku, "stock_num") + fen_if_any(sku, "step_stock_num")
    return whole(sku, "stock_num") if kind in {"", "0"} and "stock_num" in sku else None
