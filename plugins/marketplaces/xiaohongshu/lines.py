"""The lines of an order: what was paid for each SKU, and how the parts add up to the whole.

ARK tells a payment per SKU (`totalPaidAmount`) and one for the order (`totalPayAmount`, with
freight and deposit). It doesn't say whether deposit and customs tax are within the payment per
SKU, so the order's own sum decides; where nothing adds up, the difference is counted on the run.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar

from core.marketplace.errors import MappingError
from core.marketplace.fields import Row, rows, text, whole, word
from core.marketplace.mapping import platform_id
from core.marketplace.records import SourceKind
from plugins.marketplaces.xiaohongshu.values import fen, fen_needed, id_if_any

GIFT = "1"
INFLUENCER = "kol"
"""The channel of an order that came from someone's live stream or shopping list."""
UNEXPLAINED = "totalPayAmount=not the sum of its parts"

P = ParamSpec("P")
T = TypeVar("T")
Extra = Callable[[Row, list[Row]], list[int]]


@dataclass(frozen=True)
class Lines:
    """An order's lines, ready to be validated. notes: what is to be counted on the run."""

    lines: list[dict[str, Any]]
    channel: str
    notes: tuple[str, ...]

    @property
    def amount(self) -> int:
        """What was paid for all of them."""
        return sum(line["amount"] for line in self.lines)


def line_id(order_id: str, sku_id: str) -> str:
    """Our id of a line: ARK shows equal SKUs of an order as one."""
    return f"{order_id}-{sku_id}"


def order_lines(order: Row, order_id: str, freight: int, *, is_sale: bool, is_paid: bool) -> Lines:
    """The lines of an order; MappingError names the place of the line that can't be used."""
    skus = rows(order, "skuList")
    if not skus:
        raise MappingError("skuList", order.get("skuList"), "at least one line")
    paid = [_placed(place, fen_needed, sku, "totalPaidAmount") for place, sku in enumerate(skus)]
    amounts = _explained(order, skus, paid, freight)
    lines: list[dict[str, Any]] = []
    for place, (sku, amount) in enumerate(zip(skus, amounts or paid, strict=True)):
        line = _placed(place, _line, sku, order_id, amount, is_sale)
        lines.append({**line, "platform_id": _fresh(line["platform_id"], lines)})
    is_open = fen(order, "totalPayAmount") is not None and is_paid and amounts is None
    channel = INFLUENCER if any(id_if_any(sku, "kolId") for sku in skus) else ""
    return Lines(lines, channel, (UNEXPLAINED,) if is_open else ())


def _explained(order: Row, skus: list[Row], paid: list[int], freight: int) -> list[int] | None:
    """What was paid for each line so that all lines and the freight are the order's payment."""
    total = fen(order, "totalPayAmount")
    for extras in ADDED:
        columns = [paid, *(extra(order, skus) for extra in extras)]
        amounts = [sum(parts) for parts in zip(*columns, strict=True)]
        if sum(amounts) + freight == total:
            return amounts
    return None


def _deposits(order: Row, skus: list[Row]) -> list[int]:
    """The deposit in each line; all of it in the only line."""
    if len(skus) == 1:
        return [fen(order, "totalDepositAmount") or 0]
    return [
        sum((fen(part, "depositAmountPerSku") or 0) * whole(part, "quantity") for part in parts)
        for parts in (rows(sku, "skuDetailList") for sku in skus)
    ]


def _taxes(order: Row, skus: list[Row]) -> list[int]:
    return [fen(sku, "totalTaxAmount") or 0 for sku in skus]


ADDED: tuple[tuple[Extra, ...], ...] = ((), (_deposits,), (_taxes,), (_deposits, _taxes))
"""What may come on top of the payments per SKU, in the order in which it is tried."""


def _line(sku: Row, order_id: str, amount: int, is_sale: bool) -> dict[str, Any]:
    quantity = whole(sku, "skuQuantity")
    if quantity < 0 or (is_sale and quantity == 0):
        raise MappingError("skuQuantity", quantity, "a quantity above zero")
    sku_id = platform_id(sku.get("skuId"), "skuId")
    unit_price = _unit_price(sku, quantity, amount)
    return {
        "platform_id": line_id(order_id, sku_id) + ("-gift" if word(sku, "skuTag") == GIFT else ""),
        "product_id": id_if_any(sku, "itemId"),
        "sku_id": sku_id,
        "sku_code": sku.get("erpcode") or None,
        "title": text(sku, "skuName"),
        "quantity": quantity,
        "unit_price": unit_price,
        "discount": max(0, unit_price * quantity - amount),
        "amount": amount,
        "platform_refund_status": word(sku, "skuAfterSaleStatus"),
        **_source(sku),
    }


def _source(sku: Row) -> dict[str, Any]:
    """The host whose stream or list it was bought from; not told of what went through a cart."""
    host = id_if_any(sku, "kolId")
    return {"source_kind": SourceKind.AUTHOR, "source_id": host} if host else {}


def _unit_price(sku: Row, quantity: int, amount: int) -> int:
    """The price it was listed at; for bundles what was paid and given off, per piece.

    Both parties' discounts count: the merchant's and the platform's red packets.
    """
    parts = rows(sku, "skuDetailList")
    if len(parts) == 1 and parts[0].get("quantity") == quantity:
        listed = fen(parts[0], "rawPricePerSku")
        if listed:
            return listed
    given = (fen(sku, "totalMerchantDiscount") or 0) + (fen(sku, "totalRedDiscount") or 0)
    return (amount + given) // quantity if quantity else 0


def _fresh(wanted: str, lines: list[dict[str, Any]]) -> str:
    """The id, or one with a number behind it should ARK show an SKU twice after all."""
    taken = {line["platform_id"] for line in lines}
    numbers = (f"{wanted}-{number}" for number in range(2, len(lines) + 2))
    return wanted if wanted not in taken else next(each for each in numbers if each not in taken)


def _placed(place: int, read: Callable[P, T], *args: P.args, **named: P.kwargs) -> T:
    """What `read` gives; its error names the line it happened in."""
    try:
        return read(*args, **named)
    except MappingError as failure:
        where = f"skuList[{place}].{failure.where}"
        raise MappingError(where, failure.value, failure.expected) from None
