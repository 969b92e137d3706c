"""What every table of the shared schema has in common, and how its columns are marked."""

from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKeyConstraint, Index, LargeBinary, String, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

# Names must be set before the first table exists; Alembic needs them to drop what it made.
SQLModel.metadata.naming_convention = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

PERSONAL = "personal"
REFERENCE = "reference"
Json = JSON().with_variant(JSONB(), "postgresql")


class MerchantTable(SQLModel):
    """A table whose rows each belong to one merchant: `merchant_id` leads every key of it."""

    merchant_id: int = Field(sa_type=BigInteger, primary_key=True)


class NounTable(MerchantTable):
    """A table of things with an id of their own."""

    id: int = Field(sa_type=BigInteger, primary_key=True)


def big(default: Any = ..., **options: Any) -> Any:
    """A 64-bit integer: ids, money in minor units, counts."""
    return Field(default, sa_type=BigInteger, **options)


def word(length: int = 64, default: Any = ..., **options: Any) -> Any:
    """A short string, e.g. a status or a platform's id; validated at the edge, never an enum."""
    return Field(default, sa_type=String(length), **options)


def text(default: Any = ..., **options: Any) -> Any:
    """Text of any length."""
    return Field(default, sa_type=Text, **options)


def json(default: Any = ..., **options: Any) -> Any:
    """A JSON document, read and written whole."""
    return Field(default, sa_type=Json, **options)


def blob(default: Any = ..., **options: Any) -> Any:
    """Bytes."""
    return Field(default, sa_type=LargeBinary, **options)


def personal(length: int | None = None, default: Any = ...) -> Any:
    """Text that is personal data: masked unless the reader may see it, gone after erasure."""
    kind = Text() if length is None else String(length)
    return Field(default, sa_type=kind, sa_column_kwargs={"info": {PERSONAL: True}})


def inside(parent: str, column: str) -> ForeignKeyConstraint:
    """A reference within an aggregate, e.g. order line → order; it dies with the parent."""
    return ForeignKeyConstraint(
        ["merchant_id", column],
        [f"{parent}.merchant_id", f"{parent}.id"],
        ondelete="CASCADE",
    )


def by(table: str, *columns: str) -> Index:
    """An index for reading by these columns, within one merchant."""
    return Index(f"ix_{table}_{'_'.join(columns)}", "merchant_id", *columns)


def personal_columns(table: type[SQLModel]) -> frozenset[str]:
    """Names of the columns marked personal."""
    columns = table.__table__.columns  # type: ignore[attr-defined]
    return frozenset(column.name for column in columns if column.info.get(PERSONAL))
