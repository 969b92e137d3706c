"""Customers as a matter for tests of the database."""

from sqlalchemy import select

from core.db import Database
from core.models import Customer, random_id

SHOP = 5


def make_customer(merchant_id: int, nickname: str, customer_id: int | None = None) -> Customer:
    """A customer that nobody has stored yet."""
    number = customer_id or random_id()
    return Customer(
        merchant_id=merchant_id, id=number, shop_id=SHOP, platform_id=str(number), nickname=nickname
    )


def nicknames(database: Database, merchant_id: int) -> list[str | None]:
    """The customers of a merchant, in order."""
    query = select(Customer.nickname).order_by(Customer.nickname)
    return database.read_now(merchant_id, lambda session: list(session.scalars(query)))
