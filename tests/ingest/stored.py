"""What the tables hold after a page."""

from typing import Any, TypeVar

from sqlmodel import SQLModel, select

from core.db import Database
from core.models import Shop

Row = TypeVar("Row", bound=SQLModel)


def rows(database: Database, shop: Shop, table: type[Row]) -> list[Row]:
    """All rows of a table that the shop's merchant has."""
    return database.read_now(
        shop.merchant_id, lambda session: list(session.scalars(select(table)).all())
    )


def only(database: Database, shop: Shop, table: type[Row]) -> Row:
    """The one row of a table."""
    [row] = rows(database, shop, table)
    return row


def column(database: Database, shop: Shop, table: type[SQLModel], name: str) -> list[Any]:
    """The values of one column, sorted."""
    return sorted(getattr(row, name) for row in rows(database, shop, table))
