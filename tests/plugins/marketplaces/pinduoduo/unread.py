"""What Pinduoduo's mapping leaves alone in the documented objects, and why."""

from tests.plugins.marketplaces.feeds import under

UNREAD = {
    "orders": {
        "personal, and needed for no figure": (
            "address address_mask receiver_address receiver_address_mask receiver_name "
            "receiver_name_mask receiver_phone receiver_phone_mask town town_id buyer_memo remark "
            "card_info_list inner_transaction_id"
        ),
        "PDD tells no buyer, so there is no customer whose region it could be": (
            "country country_id province province_id city city_id"
        ),
        "a catalogue's matter: the products stream tells it": (
            "cat_id_1 cat_id_2 cat_id_3 cat_id_4 item_list[].goods_img item_list[].goods_spec "
            "item_list[].outer_goods_id"
        ),
        "given away: nobody paid for it, so it is no line": "gift_list",
        "PDD does not say whether what was paid holds it beside the services' fees": (
            "delivery_home_value delivery_install_value home_install_value"
        ),
        "pay_amount and advanced_paid_fee tell the same money": (
            "step_order_info.step_discount_amount step_order_info.step_paid_fee"
        ),
        "group_status says whether the group is full, and capital_free_discount what its leader "
        "saves": "group_order_id group_role",
        "for the warehouse: when and how to send it": (
            "bonded_warehouse order_depot_info last_ship_time urge_shipping_time pre_sale_time "
            "is_pre_sale delivery_one_day free_sf home_delivery_type self_contained shipping_type "
            "yyps_date yyps_time is_stock_out stock_out_handle_status risk_control_status "
            "ship_additional_link_order ship_additional_origin_order"
        ),
        "a label without a place in the shared schema": (
            "duoduo_wholesale invoice_status is_lucky_flag mkt_biz_type only_support_replace "
            "order_tag_list remark_tag remark_tag_name return_freight_payer "
            "service_fee_detail[].service_name support_nationwide_warranty"
        ),
    },
    "refunds": {
        "the order and its line tell it": (
            "confirm_time discount_amount good_image goods_id goods_name goods_price order_amount "
            "outer_goods_id outer_id"
        ),
        "how the goods travel back has no place in the shared schema": (
            "shipping_name tracking_number"
        ),
        "what the buyer says of the parcel, not where it is": ("user_shipping_status"),
        "how it was decided, which the status sums up": (
            "dispute_refund_status speed_refund_flag speed_refund_status"
        ),
    },
    "products": {
        "the goods' details tell it": (
            "goods_quantity goods_reserve_quantity image_url is_more_sku is_onsale sku_list "
            "thumb_url"
        ),
        "the list tells it": "detail.goods_id detail.goods_name",
        "texts and pictures": under(
            "detail",
            "carousel_gallery_list detail_gallery_list goods_desc image_url sku_list[].thumb_url "
            "tiny_name video_gallery warm_tips",
        ),
        "what a single buyer pays, and the list price; the group's price is what most pay": (
            "detail.market_price detail.sku_list[].price"
        ),
        "stock that is kept back for campaigns; what can be sold is read": (
            "detail.sku_list[].reserve_quantity"
        ),
        "its names say it": under(
            "detail.sku_list[]",
            "sku_property_list spec[].parent_id spec[].spec_id",
        ),
        "of the goods, without a place in the shared schema": under(
            "detail",
            "country_id customs elec_goods_attributes goods_property_list goods_trade_attr "
            "goods_travel_attr goods_type is_customs out_source_goods_id out_source_type "
            "oversea_goods oversea_type second_hand size_spec_id skuType sku_list[].length "
            "sku_list[].out_source_sku_id sku_list[].oversea_sku sku_list[].weight",
        ),
        "terms of its sale and of how it is sent, without a place in the shared schema": under(
            "detail",
            "bad_fruit_claim buy_limit cost_template_id customer_num delivery_one_day "
            "delivery_type invoice_status is_folt is_group_pre_sale is_pre_sale is_refundable "
            "is_sku_pre_sale lack_of_weight_claim mai_jia_zi_ti order_limit pre_sale_time "
            "quan_guo_lian_bao shang_men_an_zhuang shipment_limit_second "
            "sku_list[].limit_quantity sku_list[].sku_pre_sale_time song_huo_an_zhuang "
            "song_huo_ru_hu two_pieces_discount warehouse zhi_huan_bu_xiu",
        ),
    },
}
