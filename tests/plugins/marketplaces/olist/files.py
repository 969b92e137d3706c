"""The files of a tiny shop on Olist; everything in them is synthetic."""

from core.importing.run import File

_TEXTS = {
    "orders": """\
order_id,customer_id,order_status,order_purchase_timestamp,order_approved_at,\
order_delivered_carrier_date,order_delivered_customer_date,order_estimated_delivery_date
o1,c1,delivered,2018-01-01 23:30:00,2018-01-02 00:10:00,2018-01-03 09:00:00,\
2018-01-10 12:00:00,2018-01-11 00:00:00
o2,c2,delivered,2018-02-01 10:00:00,2018-02-01 10:10:00,2018-02-02 09:00:00,\
2018-02-12 12:00:00,2018-02-10 00:00:00
o3,c3,canceled,2018-03-01 10:00:00,,,,2018-03-20 00:00:00
o4,c4,unavailable,2018-03-02 10:00:00,2018-03-02 11:00:00,,,2018-03-20 00:00:00
""",
    "order_items": """\
order_id,order_item_id,product_id,seller_id,shipping_limit_date,price,freight_value
o1,1,p1,s1,2018-01-05 00:00:00,100.00,10.5
o1,2,p2,s2,2018-01-05 00:00:00,50.9,0.0
o2,1,p1,s1,2018-02-05 00:00:00,110.00,12.00
o3,1,p1,s1,2018-03-05 00:00:00,99.00,9.00
""",
    "order_payments": """\
order_id,payment_sequential,payment_type,payment_installments,payment_value
o1,1,credit_card,3,150.0
o1,2,voucher,1,11.4
o2,1,credit_card,1,122.00
o3,1,boleto,1,108.00
o4,1,boleto,1,30.00
""",
    "customers": """\
customer_id,customer_unique_id,customer_zip_code_prefix,customer_city,customer_state
c1,u1,01310,sao paulo,SP
c2,u1,01310,sao paulo,SP
c3,u2,20231,rio de janeiro,RJ
c4,u3,80010,curitiba,PR
""",
    "products": """\
product_id,product_category_name,product_name_lenght,product_description_lenght,\
product_photos_qty,product_weight_g,product_length_cm,product_height_cm,product_width_cm
p1,bebes,49,728,4,7150,50,19,45
p2,sem_nome,10,20,1,100,1,1,1
""",
    "order_reviews": """\
review_id,order_id,review_score,review_comment_title,review_comment_message,\
review_creation_date,review_answer_timestamp
r1,o1,5,Bom,"Chegou
bem",2018-01-11 00:00:00,2018-01-12 08:00:00
r2,o2,1,,,2018-02-13 00:00:00,2018-02-14 08:00:00
r2,o3,3,,,2018-03-13 00:00:00,2018-03-14 08:00:00
""",
    "sellers": """\
seller_id,seller_zip_code_prefix,seller_city,seller_state
s1,13023,campinas,SP
""",
}

_NAMES = "product_category_name,product_category_name_english\nbebes,baby\nsozinho,alone\n"


def olist(*names: str, **changed: str) -> list[File]:
    """Files by their short names, all of them by default; others may have other content."""
    texts = {name: text for name, text in _TEXTS.items() if not names or name in names} | changed
    files = [File(f"olist_{name}_dataset.csv", text.encode()) for name, text in texts.items()]
    if not names:
        files.append(File("product_category_name_translation.csv", _NAMES.encode()))
    return files


def text_of(name: str) -> str:
    """The content of a file, to be changed."""
    return _TEXTS[name]
