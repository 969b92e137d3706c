"""What Taobao's mapping leaves alone in what TOP sends, and why; and what is not asked for."""

from tests.plugins.marketplaces.feeds import under

UNREAD = {
    "orders": {
        "discounts on the way to divide_order_fee, which has them all shared out": " ".join(
            (
                "adjust_fee discount_fee total_fee",
                under("orders.order[]", "adjust_fee discount_fee part_mjz_discount total_fee"),
            )
        ),
        "what TOP has paid out to the merchant so far, without a place in the shared schema": (
            "received_payment"
        ),
        "the refund names its line": "orders.order[].refund_id",
    },
    "refunds": {
        "the order and its line tell it": "order_status outer_id title total_fee",
        "the price less refund_fee": "payment",
        "where the goods are now; has_good_return says whether they come back": "good_status",
        "TOP does not say what it can be": "dispute_type",
    },
    "products": {
        "when it was written down; list_time tells when it could be bought": (
            "created skus.sku[].created"
        ),
        "a change of a SKU changes the item": "skus.sku[].modified",
    },
    "reviews": {"the order's line tells it": "item_price item_title"},
}

UNASKED = {
    "orders": {
        "personal, and needed for no figure": (
            "aid oaid receiver_address receiver_city receiver_district receiver_mobile "
            "receiver_name receiver_phone receiver_town receiver_zip has_buyer_message"
        ),
        "the lines tell it": "num num_iid pic_path price title",
        "TOP does not say whether what was paid holds it": " ".join(
            (
                "credit_card_fee order_tax_fee order_tax_promotion_fee service_orders",
                under(
                    "orders",
                    "is_devalue_fee md_fee md_qualification sub_order_tax_fee "
                    "sub_order_tax_promotion_fee sub_order_tax_rate tax_coupon_discount tax_free",
                ),
            )
        ),
        "a catalogue's matter: the products stream tells it": under(
            "orders", "cid item_meal_id item_meal_name pic_path sku_properties_name"
        ),
        "the reviews stream tells it": (
            "buyer_rate seller_rate orders.buyer_rate orders.seller_rate"
        ),
        "a label or a step of its handling, without a place in the shared schema": " ".join(
            (
                "cross_bonded_declare is_o2o_passport mark_desc no_shipping post_gate_declare "
                "rx_audit_status seller_flag seller_nick service_type shipping_type shop_pick",
                under(
                    "orders",
                    "bind_oid end_time is_daixiao is_idle is_service_order is_www seller_type "
                    "shipping_type special_refund_type store_code ticket_expdate_key "
                    "ticket_outer_id tmser_spu_code zhengji_status",
                ),
            )
        ),
    },
    "refunds": {
        "personal, and needed for no figure": "buyer_nick desc ouid sid",
        "a label or a step of its handling, without a place in the shared schema": (
            "attribute company_name operation_contraint refund_version seller_nick sku"
        ),
    },
}
"""Fields that TOP documents and would send if they were in `fields`; of a line `orders.…`."""
