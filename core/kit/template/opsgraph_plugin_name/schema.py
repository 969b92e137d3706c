"""What GraphQL shows: a type, a namespace, a field on `Product`, and a mutation."""

from datetime import date

import strawberry
from core.graph.declare import change, column, listing, many, money, node, one

from opsgraph_plugin_name.models import Flag


@node(Flag, permission="plugin_name:read", order="day desc")
class PluginNameFlag:
    """A product that sells for less than the floor."""

    day = column(date, "Since when.", filter=True, order=True)
    shortfall = money("How much is missing.", order=True)
    comment = column(str, "What somebody says of it.", filter=True)
    product = one("Product", "The product.", by="product_id")


class ProductFields:
    plugin_name_flags = many(
        "PluginNameFlag",
        "Whether it sells too low.",
        by="product_id",
    )


@strawberry.type(description="Products that sell for less than the floor.")
class PluginNameQuery:
    flags = listing("PluginNameFlag", "All flags.")


class PluginNameMutation:
    update_plugin_name_flag = change(
        "PluginNameFlag",
        "Comment on a flag.",
        permission="plugin_name:write",
        fields=("comment",),
        action="plugin_name.comment",
    )
