"""What Douyin's mapping leaves alone in the documented objects, and why."""

from tests.plugins.marketplaces.feeds import under

BOTH = (
    "app_id appointment_ship_time b_type b_type_desc biz biz_desc cancel_reason exp_ship_time "
    "main_status_desc modify_amount modify_post_amount order_expire_time order_level "
    "order_status_desc order_type_desc post_insurance_amount promise_info sub_b_type "
    "sub_b_type_desc tax_amount trade_type_desc"
)
"""Of an order as of each of its lines: labels, and when and from where it was placed."""
BUYER = "encrypt_post_receiver encrypt_post_tel mask_post_receiver mask_post_tel post_receiver "
SHARED = (
    "author_cost_amount only_platform_cost_amount order_amount promotion_amount promotion_detail "
    "promotion_platform_amount promotion_redpack_amount promotion_redpack_platform_amount "
    "promotion_redpack_talent_amount promotion_shop_amount promotion_talent_amount shop_cost_amount"
)
"""Discounts by who grants them; `platform_cost_amount` sums up who bears them."""

ORDERS = {
    "a label or a step of its handling, without a place in the shared schema": " ".join(
        (
            BOTH,
            under("sku_order_list[]", BOTH),
            "accept_order_status address_tag_ui earliest_receipt_time early_arrival open_id "
            "seller_remark_stars shop_id shop_name shop_order_tag_ui supermarket_order_serial_no "
            "target_arrival_time",
        )
    ),
    "personal, and needed for no figure": " ".join(
        (
            f"{BUYER} post_tel user_coordinate user_id_info user_tag_ui serial_number_list "
            "buyer_words seller_words d_car_shop_biz_data logistics_info[].hour_up_pickup_code",
            under("post_addr", "city detail encrypt_detail province.id street town"),
            under("mask_post_addr", "city detail province.id street town"),
            under(
                "sku_order_list[]",
                f"{BUYER} post_tel post_addr mask_post_addr author_name account_list contract_info "
                "relation_order sku_customization_info writeoff_info",
            ),
        )
    ),
    "who grants a discount; what the platform bears is told in one sum": " ".join(
        (
            SHARED,
            "post_origin_amount post_promotion_amount total_promotion_amount",
            under("sku_order_list[]", f"{SHARED} campaign_info platform_cost_amount sum_amount"),
        )
    ),
    "the line tells what is in the parcel": under(
        "logistics_info[].product_info[]",
        "outer_sku_id price product_count product_id product_id_str product_name sku_id sku_specs",
    ),
    "what the carrier adds has no place in the shared schema": "logistics_info[].added_services",
    "what a phase of a pre-sale is made of; its payment sums it up": under(
        "order_phase_list[]",
        "campaign_id channel_payment_no current_phase_status_desc phase_close_time phase_open_time "
        "phase_order_amount phase_payable_price phase_post_amount phase_promotion_amount "
        "phase_sum_amount sku_order_id sku_price total_phase",
    ),
    "the order tells it of all its lines": under(
        "sku_order_list[]",
        "channel_payment_no create_time finish_time main_status order_type parent_order_id "
        "pay_time pay_type ship_time update_time",
    ),
    "a refund tells it": under(
        "sku_order_list[]", "after_sale_info.after_sale_type after_sale_info.refund_status"
    ),
    "when the buyer said so; the carrier tells when it was there": (
        "sku_order_list[].confirm_receipt_time"
    ),
    "a catalogue's matter: the products stream tells it": under(
        "sku_order_list[]",
        "first_cid second_cid third_cid fourth_cid out_product_id product_pic spec",
    ),
    "the platform says that it is out of use, or means nothing": under(
        "sku_order_list[]",
        "cid content_id inventory_type inventory_type_desc master_sku_order_id origin_id "
        "out_warehouse_ids send_pay send_pay_desc theme_type theme_type_desc warehouse_ids",
    ),
    "of the goods or of how they are sent, without a place in the shared schema": under(
        "sku_order_list[]",
        "ad_env_type bundle_sku_info c_biz_desc card_voucher given_product_activity_info "
        "given_product_type goods_type has_tax inventory_list is_activity is_comment "
        "master_sku_order_id_list need_serial_number page_id pre_sale_type quality_check_info "
        "receive_type reduce_stock_type reduce_stock_type_desc sku_order_tag_ui "
        "sku_yun_warehouse_info source_platform store_info supplier_id",
    ),
}

REFUNDS = {
    "the adapter's own copy of aftersale_info.aftersale_id": "aftersale_id",
    "personal, and needed for no figure": " ".join(
        (
            "seller_logs order_info.related_order_info[].logistics_code",
            under("aftersale_info", "order_logistics remark return_logistics_code"),
            under(
                "refund_detail",
                "encrypt_post_receiver encrypt_post_tel_sec evidence post_address post_receiver "
                "post_tel_sec reason_remark return_address return_address_id",
            ),
        )
    ),
    "how it is decided and handled; status and refund_status sum it up": " ".join(
        (
            under(
                "aftersale_info",
                "aftersale_refund_type aftersale_sub_type aftersale_tags arbitrate_blame "
                "arbitrate_status create_time exchange_logistics_company_name exchange_sku_info "
                "got_pkg is_agree_refuse_sign left_urge_sms_count part_type reason_second_labels "
                "refund_type return_logistics_company_name risk_decision_code "
                "risk_decision_description risk_decision_reason status_deadline store_id "
                "store_name",
            ),
            under(
                "text_part",
                "aftersale_refund_type_text aftersale_status_text aftersale_type_text "
                "arbitrate_status_text bad_item_text logistics_text return_logistics_text",
            ),
            under(
                "refund_detail",
                "after_sale_status_desc after_sale_sub_type after_sale_type_text aftersale_tags "
                "exchange_sku_info got_pkg need_return_count part_type reason_code "
                "reason_second_labels refund_fail_reason refund_type refund_type_text "
                "risk_decsison_code risk_decsison_description risk_decsison_reason "
                "status_deadline store_id store_name",
            ),
            "order_info.order_flag",
        )
    ),
    "the order and its line tell it": under(
        "order_info.related_order_info[]",
        "create_time given_sku_order_ids is_oversea_order item_num logistics_company_name "
        "order_status pay_amount post_amount price product_id product_image product_name "
        "promotion_pay_amount shop_sku_code sku_spec tags tax_amount",
    ),
    "the list tells it, and it is one after-sale": " ".join(
        (
            under(
                "refund_detail",
                "after_sale_apply_count after_sale_id after_sale_order_type after_sale_status "
                "after_sale_type apply_time reason refund_post_amount refund_status update_time",
            ),
            under(
                "order_info.related_order_info[]",
                "aftersale_item_num aftersale_pay_amount aftersale_post_amount "
                "aftersale_tax_amount",
            ),
        )
    ),
    "parts of what goes back, to whom it may be; real_refund_amount is the buyer's": " ".join(
        (
            "aftersale_info.refund_tax_amount aftersale_info.return_promotion_amount",
            under(
                "refund_detail",
                "deduction_amount disable_coupon_id gold_coin_return_amount "
                "kol_discount_return_amount kol_discount_return_status "
                "platform_discount_return_amount platform_discount_return_status "
                "post_discount_return_amount post_discount_return_status "
                "refund_packing_charge_amount refund_promotion_amount refund_total_amount "
                "refund_voucher_num refund_voucher_times shop_discount_return_amount",
            ),
        )
    ),
}

PRODUCTS = {
    "texts and pictures, and how the page is laid out": "description extra img recommend_remark",
    "the deepest category is read": under(
        "category_detail",
        "first_cid first_cname second_cid second_cname third_cname fourth_cname",
    ),
    "personal, and needed for no figure": "mobile",
    "the list price before any discount, which nobody pays": "market_price",
    "what it is made of or sold with, without a place in the shared schema": (
        "channel_main_product is_package_product package_product_list sub_product_list "
        "skus[].is_suit skus[].suit_num"
    ),
    "terms of its sale, without a place in the shared schema": (
        "cos_ratio pay_type product_type skus[].settlement_price skus[].ship_rule_map "
        "skus[].customs_report_info skus[].supplier_id skus[].volume"
    ),
    "the number in a system of the merchant's; outer_product_id is the code as text": (
        "out_product_id"
    ),
    "the product tells it, or its names do": " ".join(
        (
            "spec_id",
            under(
                "skus[]",
                "create_time open_user_id product_id product_id_str spec_id spec_detail_id1 "
                "spec_detail_id2 spec_detail_id3 sell_properties[].value_spec_detail_id",
            ),
        )
    ),
    "stock set apart for campaigns and channels; what can be sold to anybody is read": under(
        "skus[]",
        "channel_stock_num normal_stock_num prehold_stock_map prehold_stock_num "
        "prehold_step_stock_num prom_step_stock_num prom_stock_num",
    ),
}

UNREAD = {"orders": ORDERS, "refunds": REFUNDS, "products": PRODUCTS}
