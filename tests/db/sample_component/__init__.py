"""A third party's tables beside core's: notes on customers, and tags that die with their note."""

from pathlib import Path

from sqlalchemy import ForeignKeyConstraint

from core.models.base import NounTable, big, by, inside, text, word
from core.plugin import Component


class SampleNote(NounTable, table=True):
    """A note on a customer; it goes when the customer goes."""

    __tablename__ = "sample_notes"
    __table_args__ = (
        ForeignKeyConstraint(
            ["merchant_id", "customer_id"],
            ["customers.merchant_id", "customers.id"],
            ondelete="CASCADE",
        ),
        by("sample_notes", "customer_id"),
    )

    customer_id: int = big()
    content: str = text()
    author: str = word(40, "nobody")


class SampleTag(NounTable, table=True):
    """A tag of a note."""

    __tablename__ = "sample_tags"
    __table_args__ = (inside("sample_notes", "note_id"),)

    note_id: int = big()
    label: str = word(20)


SAMPLE = Component(
    name="sample",
    migrations=str(Path(__file__).parent / "versions"),
    tables=frozenset({"sample_notes", "sample_tags"}),
)
