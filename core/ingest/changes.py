"""What one ingest transaction changed: each row as it was and as it is."""

from dataclasses import dataclass
from typing import Any

from sqlmodel import SQLModel

from core.db.upsert import Row


@dataclass(frozen=True, slots=True)
class Change:
    """One row before and after; None where it was not there."""

    table: type[SQLModel]
    before: Row | None
    after: Row | None

    @property
    def row(self) -> Row:
        row = self.after if self.after is not None else self.before
        assert row is not None
        return row

    @property
    def word(self) -> str:
        """insert, update or delete."""
        if self.before is None:
            return "insert"
        return "delete" if self.after is None else "update"

    @property
    def key(self) -> str:
        """Primary key without the merchant, for messages."""
        table: Any = self.table.__table__  # type: ignore[attr-defined]
        return "/".join(str(self.row[c.name]) for c in table.primary_key if c.name != "merchant_id")
