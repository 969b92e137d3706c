"""What became of the rows of a file: records, refused rows, and rows that are none."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from core.ingest.rows import key_columns
from core.ingest.shape import FACTS
from core.marketplace.contract import Mapped, Rejected
from core.marketplace.records import PlatformRecord, Record


@dataclass(frozen=True)
class Refusal:
    """A cell that cannot be used. line: in the file. value: masked if it is personal."""

    line: int
    column: str
    value: str
    expected: str


@dataclass(frozen=True)
class LeftOut:
    """A row that is no record, and why."""

    line: int
    why: str


@dataclass(frozen=True)
class Item:
    """A record and the lines it stands in."""

    lines: tuple[int, ...]
    mapped: Mapped


@dataclass
class Reading:
    """All rows of a file. rejected: what quarantine keeps of the refused ones."""

    items: list[Item] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)

    @property
    def records(self) -> list[Record]:
        """What the rows became."""
        return [item.mapped.record for item in self.items]

    @property
    def refused_lines(self) -> set[int]:
        """Lines that are refused."""
        return {refusal.line for refusal in self.refused}

    @property
    def accepted_lines(self) -> int:
        """How many rows became records."""
        return len({line for item in self.items for line in item.lines})


def row_name(file: str, line: int) -> str:
    """What a refused row is called in quarantine; the same row of a mended file resolves it."""
    return f"{file[-100:]} line {line}"


def natural_key(record: Record) -> tuple[Any, ...]:
    """What makes two records of a shop the same one."""
    if isinstance(record, PlatformRecord):
        return (record.kind, record.platform_id)
    table, _ = FACTS[type(record)]
    return tuple(getattr(record, name) for name in key_columns(table) if name != "shop_id")


def period(items: Iterable[Item]) -> tuple[date, date] | None:
    """The first and last day, or moment's day in UTC, of some records."""
    days = [day for item in items if (day := _day_of(item.mapped.record)) is not None]
    return (min(days), max(days)) if days else None


def _day_of(record: Record) -> date | None:
    for name in ("day", "reviewed_at", "ordered_at", "happened_at", "requested_at"):
        value = getattr(record, name, None)
        if isinstance(value, datetime):
            return value.date()
        if isinstance(value, date):
            return value
    return None
