"""What Xiaohongshu's mapping leaves alone in the documented objects, and why."""

from tests.plugins.marketplaces.feeds import under

UNREAD = {
    "orders": {
        "personal, and needed for no figure": (
            "customerRemark openAddressId receiverAddress receiverCityId receiverCityName "
            "receiverDistrictId receiverDistrictName receiverName receiverPhone sellerRemark "
            "skuList[].kolName skuList[].skuIdentifyCodeInfo"
        ),
        "the name beside it is read": "receiverCountryId receiverProvinceId",
        "how and when it is sent, customs included, without a place in the shared schema": (
            "boundExtendInfo customsCode logistics logisticsMode planInfoId planInfoName "
            "presaleDeliveryEndTime presaleDeliveryStartTime promiseLastDeliveryTime "
            "simpleDeliveryOrderList[].skuIdList simpleDeliveryOrderList[].status "
            "skuList[].deliveryMode skuList[].isChannel totalNetWeightAmount transferExtendInfo "
            "whcode"
        ),
        "the buyer pays, and the platform bears, what other fields tell in full": (
            "merchantActualReceiveAmount totalChangePriceAmount totalMerchantDiscount"
        ),
        "ARK does not say whether totalPayAmount holds it": "outPromotionAmount",
        "cancelled is a status; an open request may come to nothing": "cancelStatus",
        "an exchange's first order: no order it was split from": "originalOrderId",
        "a label without a place in the shared schema": (
            "orderTagList sellerRemarkFlag shopId shopName subsidySkuIdentifyCodeRequiredInfo "
            "subsidySupplierId subsidySupplierName subsidyWpServiceCode"
        ),
        "a catalogue's matter: the products stream tells it": under(
            "skuList[]", "itemName skuImage skuSpec totalNetWeight"
        ),
        "the SKU tells it for all its pieces": under(
            "skuList[].skuDetailList[]",
            "barcode erpCode merchantDiscountPerSku paidAmountPerSku pricePerSku redDiscountPerSku "
            "registerName scSkuCode skuId skuName taxPerSku",
        ),
    },
    "refunds": {
        "personal, and needed for no figure": "desc openAddressId proofPhotos returnAddress",
        "reasonNameZh says it in words": "reasonId",
        "how it is decided and handled, which the status sums up": (
            "cargoStatus closeReasonZh exchangeSKUs expireTime returnsTag supportCarriageInsurance"
        ),
        "parts of the sum that is refunded": "appliedSkusAmountYuan skus[].appliedTotalAmountYuan",
        "the order and its line tell it": under(
            "skus[]", "barcode boughtCount image price scskucode skuERPCode skuName variants"
        ),
    },
    "products": {
        "texts and pictures": "attributes imageDescriptions images",
        "of the goods, without a place in the shared schema": "brandId shippingTemplateId",
        "the item tells it": "skuInfos[].itemId",
    },
}
