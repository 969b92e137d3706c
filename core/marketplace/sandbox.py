"""What every marketplace sandbox is made of: feeds, a clock, faults, a request log, a server.

A sandbox is an ASGI app that speaks a platform's wire protocol for tests, the demo and foreign
clients. It refuses what the platform refuses, and fails in the ways platforms fail on request.
"""

import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from typing import Any, Protocol

import uvicorn
from starlette.types import ASGIApp

Clock = Callable[[], datetime]
"""Tells the moment it is, aware of its time zone."""
Row = dict[str, Any]
"""An object as the platform shows it."""
Key = tuple[Any, int]


class Feed(Protocol):
    """Objects of one kind, in the order of the time that the platform filters by.

    Only `keys` is held; an object is rendered when a page asks for it, so a feed may be huge.
    """

    @property
    def keys(self) -> Sequence[Key]:
        """(the time as the platform writes it: text that sorts, or a number; index), ascending."""
        ...

    def render(self, index: int) -> Row:
        """The whole object as the platform shows it; `index` comes from `keys`."""
        ...


class Catalog(Feed, Protocol):
    """A feed whose objects can also be asked for by their id."""

    def by_id(self, number: Any) -> Row | None:
        """The object of that id, a number or a text as the platform has it; None without one."""
        ...


class MemoryFeed:
    """A feed over a list, for tests: rows can be put in and replaced, also while someone pages."""

    def __init__(self, rows: Iterable[Row], time_field: str, id_field: str = "id") -> None:
        self._time = itemgetter(time_field)
        self._id_field = id_field
        self._rows = list(rows)
        self._index()

    def _index(self) -> None:
        self.keys = sorted((self._time(row), index) for index, row in enumerate(self._rows))
        self._by_id = {row.get(self._id_field): row for row in self._rows}

    def render(self, index: int) -> Row:
        return self._rows[index]

    def by_id(self, number: Any) -> Row | None:
        return self._by_id.get(number)

    def put(self, row: Row) -> int:
        """Add a row; returns its index."""
        self._rows.append(row)
        self._index()
        return len(self._rows) - 1

    def replace(self, index: int, row: Row) -> None:
        """What the platform shows instead from now on."""
        self._rows[index] = row
        self._index()


class MovedFeed:
    """A feed in which one row was changed once more: it stands at another time now."""

    def __init__(self, feed: Feed, index: int, time_field: str, moment: Any) -> None:
        self._feed = feed
        self._index = index
        self._change = {time_field: moment}
        others = [key for key in feed.keys if key[1] != index]
        self.keys = sorted([*others, (moment, index)])

    def render(self, index: int) -> Row:
        row = self._feed.render(index)
        return {**row, **self._change} if index == self._index else row


class SetClock:
    """A clock that stands still until it is moved."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, span: timedelta) -> None:
        self.now += span


def real_clock() -> datetime:
    """The moment it is, in UTC."""
    return datetime.now(UTC)


@dataclass
class Faults:
    """What shall go wrong. Counted faults strike the next calls and are used up by them.

    throttle: calls refused as too many, with `ban_seconds` to wait. fail: calls that fail on the
    platform's side. html: calls answered by a web page. truncate: answers cut off in the middle.
    slow: seconds every answer waits. expire: end the sessions now.
    reorder: id of a row that changes while it is paged, right after `reorder_after` pages; it
    goes to the time `reorder_to`, or to now.
    """

    throttle: int = 0
    ban_seconds: int = 1
    fail: int = 0
    html: int = 0
    truncate: int = 0
    slow: float = 0.0
    expire: bool = False
    reorder: int = 0
    reorder_after: int = 1
    reorder_to: str = ""

    def set(self, values: Mapping[str, Any]) -> None:
        """Set switches by name, as they come as JSON; ValueError names one that doesn't exist."""
        known = [each.name for each in fields(self)]
        for name, value in values.items():
            if name not in known:
                raise ValueError(f"no fault {name!r}; there are {', '.join(known)}")
            setattr(self, name, type(getattr(self, name))(value))

    def strikes(self, name: str) -> bool:
        """Whether a counted fault happens now; if so, there is one less of it to come."""
        left = getattr(self, name)
        if left <= 0:
            return False
        setattr(self, name, left - 1)
        return True


@dataclass(frozen=True)
class Call:
    """A request that reached the sandbox; its parameters are kept without tokens and signature."""

    method: str
    params: Mapping[str, str]


@dataclass
class RequestLog:
    """The latest calls, and how many there were of each method."""

    calls: deque[Call] = field(default_factory=lambda: deque(maxlen=1000))

    def add(self, call: Call) -> None:
        self.calls.append(call)

    def of(self, method: str) -> list[Call]:
        return [call for call in self.calls if call.method == method]


@contextmanager
def serve(app: ASGIApp, port: int = 0) -> Iterator[str]:
    """Serve an app on 127.0.0.1 from a thread of its own; yields the base URL."""
    # Named as TCP, because asyncio switches off Nagle's delays (40 ms an answer) only then.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    config = uvicorn.Config(app, lifespan="off", ws="none", log_level="warning", access_log=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    try:
        while not server.started and thread.is_alive():
            time.sleep(0.005)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listener.close()
