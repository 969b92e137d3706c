"""A visit counts once: a whole and its parts (channels, campaigns, devices) are never both stored.

Exports of one day differ by what somebody ticked in the seller centre: a total, sources, sources
with details, one device or all. Within one file sums are told apart by their words. A row that says
no campaign counts all campaigns of its channel, but where its file has others beside it.
"""

from collections.abc import Collection, Iterable, Iterator
from datetime import date
from functools import cached_property
from typing import Any, NamedTuple

from sqlmodel import col, select

from core.db import MerchantSession
from core.marketplace.exports.traffic import WHOLE_SHOP
from core.marketplace.records import Record, TrafficRecord
from core.models import TrafficDay

ALL = ""
_Tree = dict[Any, Any]


class Visits(NamedTuple):
    """Which visits a row counts: a day's, of one channel, campaign and device, or of all."""

    day: date
    channel: str
    campaign: str
    device: str


def visits_of(records: Iterable[Record]) -> list[Visits]:
    """What the rows of a traffic file count."""
    traffic = (each for each in records if isinstance(each, TrafficRecord))
    return [_visits(each.day, each.channel, each.campaign, each.device) for each in traffic]


def stored_visits(session: MerchantSession, shop_id: int, days: Collection[date]) -> set[Visits]:
    """What is stored of a shop, from the first of these days to the last."""
    if not days:
        return set()
    day = col(TrafficDay.day)
    query = select(day, TrafficDay.channel, TrafficDay.campaign, TrafficDay.device).where(
        TrafficDay.shop_id == shop_id, day.between(min(days), max(days))
    )
    return {_visits(*row) for row in session.execute(query)}


class Told:
    """The visits that the rows of a file count; what it tells again of stored ones, it replaces."""

    def __init__(self, rows: Iterable[Visits]) -> None:
        self._rows = frozenset(rows)

    def expectations(self, rows: Iterable[Visits], known: Collection[Visits]) -> Iterator[str]:
        """What was expected instead of each row that would count known visits again, else ""."""
        others = _tree(each for each in known if each not in self._rows)
        for row in rows:
            twice = next(_same_visits(others, row), None)
            is_rest = twice is not None and row in known and self._has_beside(row)
            other = "" if twice is None or is_rest else _named(twice, row)
            yield other and f"a day without {other}: both would count the same visits twice"

    def _has_beside(self, row: Visits) -> bool:
        """Whether the file tells parts beside this row, which then counts the rest alone."""
        return any(each != row for each in _same_visits(self._all, row))

    @cached_property
    def _all(self) -> _Tree:
        return _tree(self._rows)


def _visits(day: date, channel: str, campaign: str, device: str) -> Visits:
    return Visits(day, ALL if channel == WHOLE_SHOP else channel, campaign, device)


def _tree(visits: Iterable[Visits]) -> _Tree:
    """By day, then channel, campaign and device: a year of sources is too much to go through."""
    tree: _Tree = {}
    for each in visits:
        node = tree
        for part in each:
            node = node.setdefault(part, {})
    return tree


def _same_visits(tree: _Tree, row: Visits) -> Iterator[Visits]:
    """Those in the tree that count visits of this row: each part says the same, or all."""
    for parts in _paths(tree.get(row.day, {}), row[1:]):
        yield Visits(row.day, *parts)


def _paths(tree: _Tree, parts: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if not parts:
        yield ()
        return
    for part in tree if parts[0] == ALL else (parts[0], ALL):
        if part in tree:
            yield from ((part, *rest) for rest in _paths(tree[part], parts[1:]))


def _named(other: Visits, row: Visits) -> str:
    """What the other is, seen from the row."""
    if other.channel != row.channel:
        return "the shop's total" if other.channel == ALL else "traffic by channel"
    of = repr(row.channel) if row.channel else "the shop"
    if other.campaign != row.campaign:
        return f"{of} as a whole" if other.campaign == ALL else f"{of} by campaign"
    return f"{of} on all devices" if other.device == ALL else f"{of} by device"
