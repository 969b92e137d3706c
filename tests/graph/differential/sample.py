"""The nasty data in a database in memory, for those who make questions about it."""

from functools import cache

from sqlalchemy import create_engine
from sqlmodel import SQLModel

from core.models import Merchant
from tests.graph.differential.declared import Row
from tests.graph.differential.nasty import MERCHANTS, fill, stored_tables
from tests.graph.differential.reader import Reader
from tests.graph.differential.tables import Tables
from tests.graphql import policy


@cache
def sample() -> list[Reader]:
    """Who may read everything of each merchant."""
    connection = create_engine("sqlite://").connect()
    tables = [Merchant.__table__, *stored_tables()]  # type: ignore[attr-defined]
    SQLModel.metadata.create_all(connection, tables)
    fill(connection.execute)

    def read(query: object) -> list[Row]:
        return [dict(row) for row in connection.execute(query).mappings()]  # type: ignore[call-overload]

    owner = policy().of_role("owner")
    return [Reader(Tables(read, merchant), "owner", owner) for merchant in MERCHANTS]


@cache
def rows_of(name: str) -> list[Row]:
    """The rows of a type, of both merchants."""
    return [row for reader in sample() for row in reader.tables.of(name)]
