"""A third party's plugin with tables of its own: cards in parcels, and what customers wish for."""

from collections.abc import Sequence
from datetime import date
from functools import cache
from typing import Annotated, Any

import strawberry
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import BigInteger, func
from sqlmodel import Field

from core.db.database import engine_for_owner
from core.db.roles import protect
from core.graph.context import Context
from core.graph.declare import Node, column, computed, expression, listing, many, money, node, one
from core.graph.declare import ref as row_of
from core.graph.fields import Row, batched, field
from core.graph.schema import ComposedSchema, compose
from core.graph.types.orders import OrderNode
from core.models.base import MerchantTable, NounTable, big, text, word
from core.plugin import FieldExtension, SchemaPart
from core.registry import Registry
from core.settings import Settings
from tests.tiny import house_with, make_plugin

SEE = "reviews:read"
"""The plugin's permission: one of core's, because the tests' roles know those."""
CODES = "refunds:read"
"""What one needs to see what a card is redeemed with."""


class Card(NounTable, table=True):
    """A card in the parcel of an order."""

    __tablename__ = "gifts_cards"

    order_id: int = big()
    customer_id: int | None = big(None)
    text: str = text()
    printed_on: date | None = None
    price: int = big()
    currency: str = word(3, "CNY")
    code: str = word(20, "")
    fee: int = big(0)
    removed: bool = False


class Wish(MerchantTable, table=True):
    """What a customer wishes for: one row per customer, without an id of its own."""

    __tablename__ = "gifts_wishes"

    customer_id: int = Field(sa_type=BigInteger, primary_key=True)
    text: str = text()


def _summary(words: str, printed_on: date | None) -> str:
    return f"{words} ({printed_on.year if printed_on else 'not printed'})"


@node(Card, permission=SEE, order="id", only=lambda row: row.removed.is_(False))
class CardNode:
    """A card; those that were removed do not exist for clients."""

    text = column(str, "What it says.", filter=True, order=True)
    printed_on = column(date, "When it was printed.", filter=True)
    price = money("What it costs.")
    code = column(str, "What it is redeemed with.", filter=True, order=True, permission=CODES)
    fee = money("What the printer keeps.", permission=CODES)
    length = expression(
        int, "How long the text is.", lambda row: func.length(row.text), filter=True, order=True
    )
    summary = computed(str, "Text and year.", ("text", "printed_on"), _summary)
    order = one("Order", "The order it lies in.", by="order_id")

    @field(permission=SEE, description="The text, loudly.", needs=("text",))
    async def shout(self: Any) -> str:
        return f"{self.row['text']}!"


@node(Wish, permission=SEE)
class WishNode:
    """A wish."""

    text = column(str, "What for.")


@strawberry.type
class OrderFields:
    cards = many("Card", "Cards in its parcel.", by="order_id")
    namesake = one("Card", "The card of the same number.", by="id")
    is_dear = expression(
        bool, "Whether it cost much.", lambda row: row.paid_amount > 100, filter=True, order=True
    )
    points = computed(int, "A point for each yuan.", ("paid_amount",), lambda paid: paid // 100)

    @batched(permission=SEE, description="How many orders were loaded with it.", needs=("id",))
    async def company(context: Context, rows: Sequence[Row]) -> list[int]:  # noqa: N805
        return [len(rows)] * len(rows)

    @field(permission=SEE, description="A card.", needs=("id",))
    async def first_card(self: Any) -> CardNode | None:
        return row_of(CardNode, self.row["id"])


class CustomerFields:
    cards = many("Card", "Cards they got.", by="customer_id")
    wish = one("Wish", "What they wish for.", by="id", on="customer_id")


Thing = Annotated[CardNode | OrderNode, strawberry.union("Thing", description="Either.")]


@strawberry.type
class GiftsQuery:
    cards = listing("Card", "All cards.")
    printed = listing("Card", "Printed cards.", only=lambda row: row.printed_on.is_not(None))

    @field(permission=SEE, description="Cards by their numbers.")
    async def chosen(self, ids: list[int]) -> list[CardNode | None]:
        return [row_of(CardNode, id) for id in ids]

    @field(permission=SEE, description="Cards that must be there.")
    async def sure(self, ids: list[int]) -> list[CardNode] | None:
        return [row_of(CardNode, id) for id in ids]

    @field(permission=SEE, description="A card and an order.")
    async def things(self) -> list[Thing]:
        return [row_of(CardNode, 1), row_of(OrderNode, 1)]

    @field(permission=SEE, description="The same as nodes.")
    async def anything(self) -> list[Node]:
        return [row_of(OrderNode, 1), row_of(CardNode, 1)]


PART = SchemaPart(
    namespace="gifts",
    query=GiftsQuery,
    description="Cards.",
    types=(CardNode, WishNode),
    extends=(FieldExtension("Order", OrderFields), FieldExtension("Customer", CustomerFields)),
    permission=SEE,
)


@cache
def house() -> tuple[Registry, ComposedSchema]:
    """The built-in plugins and this one, and their schema."""
    registry = house_with(gifts=make_plugin(schema=PART))
    return registry, compose(registry)


def make_tables(settings: Settings) -> None:
    """What the plugin's migration would do."""
    engine = engine_for_owner(settings)
    with engine.begin() as connection:
        migration = Operations(MigrationContext.configure(connection))
        for model in (Card, Wish):
            table = model.__table__  # type: ignore[union-attr]
            table.create(connection)
            protect(migration, table.name)
    engine.dispose()
