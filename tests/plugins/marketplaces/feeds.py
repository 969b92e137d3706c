"""Feeds by stream, into which the conformance kit puts its rows."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from core.marketplace.sandbox import MemoryFeed

Make = Callable[[int, datetime, int], dict[str, Any]]


class Shelf:
    """A feed per stream, and how a row of it is made."""

    def __init__(self, **streams: tuple[MemoryFeed, Make]) -> None:
        self._streams = streams
        self._places: dict[tuple[str, int], int] = {}

    def feed(self, stream: str) -> MemoryFeed:
        return self._streams[stream][0]

    def put(self, stream: str, number: int, moment: datetime, version: int) -> None:
        """Add row `number`, or replace it."""
        feed, make = self._streams[stream]
        row = make(number, moment, version)
        place = self._places.get((stream, number))
        if place is None:
            self._places[stream, number] = feed.put(row)
        else:
            feed.replace(place, row)

    def add(self, stream: str, row: dict[str, Any]) -> None:
        """A row that never changes."""
        self.feed(stream).put(row)
