"""What JD's mapping leaves alone in the documented objects, and why; and what is not asked for."""

from tests.plugins.marketplaces.feeds import under

UNREAD = {
    "orders": {
        "orderSellerPrice is the first less the second": "orderTotalPrice sellerDiscount",
        "the order's own number, and the shop's": "couponDetailList[].orderId venderId",
        "orderState says it": "orderStateRemark",
        "where it is sent from, customs included, without a place in the shared schema": (
            "customs customsModel idSopShipmenttype itemInfoList[].newStoreId storeId storeOrder"
        ),
        "of the goods, without a place in the shared schema": under(
            "itemInfoList[]", "giftPoint productNo serviceName"
        ),
    },
    "refunds": {
        "the adapter's own copy of sameOrderServiceBill.serviceId": "id",
        "a service has one record, whatever it was asked for and paid with": (
            "afsRefundId sameOrderServiceBill.afsApplyId"
        ),
        "JD does not tell its unit; refundDetail has it in yuan": "refoundAmount",
        "the listing tells it": "refundDetail.orderId",
        "personal, and needed for no figure": under(
            "sameOrderServiceBill", "approveName approveNotes customerPin questionDesc"
        ),
        "the order's line tells it": "sameOrderServiceBill.wareName",
    },
    "cancellations": {"personal, and needed for no figure": "buyerId buyerName checkUserName"},
    "products": {
        "when it was written down; onlineTime tells when it could be bought": "created",
        "the sum of its SKUs' stocks": "stockNum",
        "the ware tells it, or the values do": under(
            "skus[]", "status wareId saleAttrs[].attrId saleAttrs[].index"
        ),
    },
}

UNASKED = {
    "personal, and needed for no figure": (
        "consigneeInfo invoiceCode invoiceEasyInfo invoiceInfo orderRemark pin realPin vatInfo "
        "venderRemark"
    ),
    "when and how it is sent, without a place in the shared schema": "deliveryType scDT",
    "a label without a place in the shared schema": "orderSign tuiHuoWuYou",
}
"""Fields of an order that JD documents and would send if they were in `optional_fields`."""
