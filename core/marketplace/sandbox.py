"""What every marketplace sandbox is made of: feeds, a clock, faults, a request log, a server.

A sandbox is an ASGI app that speaks a platform's wire protocol for tests, the demo and foreign
clients. It refuses what the platform refuses, and fails in the ways platforms fail on request.
"""

import asyncio
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from typing import Any, Protocol

import orjson
import uvicorn
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from core.marketplace.faults import Faults as Faults

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


class Sandbox:
    """What every sandbox has: switched faults, a log of calls, and a clock that may be skewed.

    A platform's own sandbox adds its routes and answers; `secret_params` are never logged.
    shops: what it serves; each counts in `renewals`, if it has that, how often it got new tokens.
    """

    secret_params: frozenset[str] = frozenset()
    shops: Sequence[Any] = ()

    def __init__(self, clock: Clock) -> None:
        self.faults = Faults()
        self.log = RequestLog()
        self._real = clock

    @property
    def renewals(self) -> int:
        """How often new tokens were issued."""
        return sum(getattr(shop, "renewals", 0) for shop in self.shops)

    @property
    def fault_route(self) -> Route:
        """Where faults are set as JSON, by clients outside this process."""
        return Route("/_sandbox/faults", self._set_faults, methods=["POST"])

    async def _set_faults(self, request: Request) -> Response:
        try:
            self.faults.set(await request.json())
        except (ValueError, TypeError, AttributeError) as mistake:
            return JSONResponse({"error": str(mistake)}, status_code=400)
        return Response(status_code=204)

    def _clock(self) -> datetime:
        return self._real() + timedelta(seconds=self.faults.skew)

    def _log(self, method: str, params: Mapping[str, str]) -> None:
        kept = {name: value for name, value in params.items() if name not in self.secret_params}
        self.log.add(Call(method, kept))

    async def _reply(
        self, answer: Callable[[], Any], media_type: str = "application/json"
    ) -> Response:
        """The answer (bytes, or what becomes JSON), unless a fault strikes before it."""
        faults = self.faults
        faults.begin()
        await asyncio.sleep(faults.delay())
        if faults.strikes("outage"):
            return PlainTextResponse("upstream connect error", 503)
        if faults.strikes("html"):
            return HTMLResponse("<html><body>502 Bad Gateway</body></html>")
        before = self.renewals
        made = answer()
        if isinstance(made, Response):
            return made
        body = made if isinstance(made, bytes) else orjson.dumps(made)
        is_spared = bool(faults.share) and self.renewals > before
        if not is_spared and faults.strikes("truncate"):
            body = body[: len(body) // 2]
        return Response(body, media_type=media_type)

    def _has_bad_row(self, content: Any) -> bool:
        """Whether the row that breaks every page it is on is in this answer."""
        return bool(self.faults.bad_row) and self.faults.breaks(orjson.dumps(content))


@contextmanager
def serve(app: ASGIApp, port: int = 0) -> Iterator[str]:
    """Serve an app on 127.0.0.1 from a thread of its own; yields the base URL."""
    # Named as TCP, because asyncio switches off Nagle's delays (40 ms an answer) only then.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    config = uvicorn.Config(app, lifespan="off", log_level="warning", access_log=False)
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
