"""Feeds by stream, into which the conformance kit puts its rows, and rows to put there."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from core.marketplace.sandbox import MemoryFeed

Make = Callable[[int, datetime, int], dict[str, Any]]


def whole(marketplace: str, kind: str) -> dict[str, Any]:
    """An object with all fields that the platform's documentation names, in a small shop's words.

    Who is named in one is a marker: what is personal shows wherever it gets to.
    """
    return dict(
        orjson.loads((Path(__file__).parent / marketplace / "whole" / f"{kind}.json").read_bytes())
    )


def under(path: str, names: str) -> str:
    """These fields of the part at a path, as `Subject.unread` names them."""
    return " ".join(f"{path}.{name}" for name in names.split())


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
