"""A third party's plugin: a note for every order in a table of its own, and a computed field."""

from sqlalchemy import BigInteger
from sqlmodel import Field

from core.graph.declare import column, computed, node, one
from core.models.base import MerchantTable, text, word
from core.plugin import About, FieldExtension, SchemaPart, hookimpl


class OrderNote(MerchantTable, table=True):
    """What somebody wrote about an order."""

    __tablename__ = "notes_order_notes"

    id: int = Field(sa_type=BigInteger, primary_key=True)
    content: str = text()
    author: str = word(64)


@node(OrderNote, permission="orders:read", name="OrderNote")
class OrderNoteNode:
    """What somebody wrote about an order."""

    content = column(str, "The text.")
    author = column(str, "Who wrote it.")


def discount_share(discount: int, items_amount: int) -> float | None:
    """The part of the list price that was taken off."""
    return discount / items_amount if items_amount else None


class OrderFields:
    """What the plugin adds to orders."""

    discount_share = computed(
        float | None, "Discount / list price.", ("discount", "items_amount"), discount_share
    )
    note = one("OrderNote", "Its note.", by="id")


@hookimpl
def opsgraph_about() -> About:
    return About(api=">=1.0,<2")


@hookimpl
def opsgraph_schema() -> SchemaPart:
    return SchemaPart(types=(OrderNoteNode,), extends=(FieldExtension("Order", OrderFields),))
