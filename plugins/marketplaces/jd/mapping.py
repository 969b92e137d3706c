"""From JD's objects to canonical records: the one place that knows what JD's figures mean.

Money is yuan in text, but fen in the refunds of cancelled orders; times are Chinese wall clock or
milliseconds. Orders have a module of their own.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from core.marketplace.errors import MappingError
from core.marketplace.fields import Row, Unknown, text, unknown
from core.marketplace.mapping import PLANNED, platform_id
from core.marketplace.records import (
    AdSpendRecord,
    ProductRecord,
    ProductStatus,
    Record,
    RefundKind,
    RefundRecord,
    RefundStatus,
)
from plugins.marketplaces.jd.fields import (
    Units,
    identity,
    identity_if_any,
    needed,
    part,
    rows,
    whole,
    word,
)
from plugins.marketplaces.jd.orders import OrderMapper
from plugins.marketplaces.jd.words import (
    AFTERSALE_STATUS,
    CANCELLATION_STATUS,
    PRODUCT_STATUS,
)

PERSONAL = frozenset(
    "pin realPin customerPin buyerId buyerName customerName customerTel fullname telephone mobile "
    "fullAddress county town encrypt_fullname encrypt_telephone encrypt_mobile "
    "encrypt_fullAddress consigneeInfo invoiceInfo invoiceEasyInfo invoiceCode vatInfo orderRemark "
    "venderRemark waybill expressNo questionDesc approveNotes approveName checkUserName remark "
    "operatorRemark".split()
)
"""What names a person, reaches one, or is written by one; a waybill number leads to an address.
Kept: `open_id_buyer` and `xid_buyer`, the pseudonyms that make a customer, and `applyReason`, which
buyers choose from JD's list."""

DETAIL = "refundDetail"
"""Where the adapter puts the money of an after-sale, which comes from another method."""
CHANNEL = "jd_kuaiche"


@dataclass(frozen=True)
class Mapper:
    """Maps the rows of one page."""

    units: Units

    def order(self, order: Row) -> tuple[Record, Unknown]:
        """An order with its lines, payment, parcels and buyer."""
        return OrderMapper(self.units).order(order)

    # --- refunds -----------------------------------------------------------------------------

    def aftersale(self, row: Row) -> tuple[RefundRecord, Unknown]:
        """A refund after delivery, known by its service number: its money is told per service."""
        bill = part(row, "sameOrderServiceBill")
        state = word(row, "status")
        status = AFTERSALE_STATUS.get(state, RefundStatus.UNKNOWN)
        order, ware = identity_if_any(bill, "orderId"), identity_if_any(bill, "wareId")
        requested = self.units.time(bill, "afsApplyTime")
        completed = self.units.time_if_any(row, "completeTime")
        approved = self.units.time_if_any(bill, "approveDate")
        record = RefundRecord.model_validate(
            {
                "platform_id": f"service-{identity(bill, 'serviceId')}",
                "updated_at": max(filter(None, (requested, approved, completed))),
                "order_id": order,
                "line_id": f"{order}-{ware}" if order and ware else None,
                "status": status,
                "platform_status": state,
                "phase": "aftersale",
                "reason": text(bill, "applyReason"),
                "currency": self.units.currency,
                "amount": self._refunded(row, status),
                "requested_at": requested,
                "refunded_at": completed if status is RefundStatus.REFUNDED else None,
            }
        )
        return record, unknown("status", [state], AFTERSALE_STATUS)

    def _refunded(self, row: Row, status: RefundStatus) -> int:
        """Yuan of the refund's own method: the unit of the listing's `refoundAmount` is not told.

        The estimate (what can be refunded at most) stands in until there is an actual amount.
        """
        detail = row.get(DETAIL)
        detail = detail if isinstance(detail, dict) else {}
        actual = detail.get("afsActualRefundDetail")
        if isinstance(actual, dict):
            return self.units.yuan_needed(actual, "actualRefundAmount")
        if status is RefundStatus.REFUNDED:
            raise MappingError("afsActualRefundDetail", actual, "the amount that was refunded")
        estimate = detail.get("afsEstimateRefundDetail")
        if isinstance(estimate, dict):
            return self.units.yuan_needed(estimate, "maxRefundAmount")
        return 0

    def cancellation(self, row: Row) -> tuple[RefundRecord, Unknown]:
        """A refund of an order cancelled before it was shipped; its sum is in fen."""
        state = needed(word(row, "status"), row, "status")
        status = CANCELLATION_STATUS.get(state, RefundStatus.UNKNOWN)
        requested = self.units.time(row, "applyTime")
        checked = self.units.time_if_any(row, "checkTime")
        updated = self.units.time_if_any(row, "modified") or checked or requested
        record = RefundRecord.model_validate(
            {
                "platform_id": f"cancel-{identity(row, 'id')}",
                "updated_at": updated,
                "order_id": identity_if_any(row, "orderId"),
                "customer_id": identity_if_any(row, "open_id_buyer"),
                "refund_kind": RefundKind.MONEY,
                "status": status,
                "platform_status": state,
                "phase": "cancel",
                "currency": self.units.currency,
                "amount": whole(row, "applyRefundSum"),
                "goods_returned": False,
                "requested_at": requested,
                "refunded_at": (checked or updated) if status is RefundStatus.REFUNDED else None,
            }
        )
        return record, unknown("status", [state], CANCELLATION_STATUS)

    # --- products and ads --------------------------------------------------------------------

    def ware(self, ware: Row) -> tuple[ProductRecord, Unknown]:
        """A listing with its SKUs and their stock."""
        state = needed(word(ware, "wareStatus"), ware, "wareStatus")
        record = ProductRecord.model_validate(
            {
                "platform_id": identity(ware, "wareId"),
                "updated_at": self.units.time(ware, "modified"),
                "title": text(ware, "title"),
                "code": ware.get("outerId") or ware.get("itemNum") or None,
                "category": identity_if_any(ware, "categoryId"),
                "status": PRODUCT_STATUS.get(state, ProductStatus.UNKNOWN),
                "platform_status": state,
                "currency": self.units.currency,
                "price": self.units.yuan_needed(ware, "jdPrice"),
                "listed_at": self.units.time_if_any(ware, "onlineTime", ahead=PLANNED),
                "skus": [self._sku(sku) for sku in rows(ware, "skus")],
            }
        )
        return record, unknown("wareStatus", [state], PRODUCT_STATUS)

    def _sku(self, sku: Row) -> dict[str, Any]:
        return {
            "platform_id": identity(sku, "skuId"),
            "code": sku.get("outerId") or None,
            "title": _sku_title(sku),
            "price": self.units.yuan_needed(sku, "jdPrice"),
            "stock": None if sku.get("stockNum") is None else whole(sku, "stockNum"),
        }

    def campaign_day(self, row: Row) -> tuple[AdSpendRecord, Unknown]:
        """One day of a campaign, known by its number: names may change. Money is yuan in text."""
        figures = part(row, "figureData")
        campaign = identity_if_any(figures, "CampaignId") or platform_id(row.get("id"), "id")
        record = AdSpendRecord(
            day=_day(figures.get("date") or row.get("date")),
            channel=CHANNEL,
            campaign=campaign,
            currency=self.units.currency,
            impressions=whole(figures, "Impressions"),
            clicks=whole(figures, "Clicks"),
            spend=self.units.yuan_needed(figures, "Cost"),
            orders=whole(figures, "TotalOrderCnt"),
            amount=self.units.yuan_needed(figures, "TotalOrderSum"),
        )
        return record, ()


def _sku_title(sku: Row) -> str:
    """`红;L`, from the names of the SKU's properties; else JD's long name."""
    names = [
        str(alias)
        for attribute in rows(sku, "saleAttrs")
        for alias in attribute.get("attrValueAlias") or []
    ]
    return ";".join(names) or text(sku, "skuName")


def _day(value: Any) -> date:
    """A day as `yyyyMMdd` or `yyyy-MM-dd`, a time behind it ignored."""
    try:
        return date.fromisoformat(str(value)[:10].strip())
    except ValueError:
        raise MappingError("date", value, "a day as yyyyMMdd") from None
