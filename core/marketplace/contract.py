"""What a marketplace plugin provides, and what it is given.

A marketplace is a `Marketplace`: its streams, and a factory for an adapter of one shop. An
adapter signs, pages, classifies errors and maps; when to pull what, retries, budgets, leases and
storage are `core.sync`'s and `core.ingest`'s business.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import httpx

import core.marketplace.addresses  # noqa: F401  (whoever calls a platform hides addresses)
from core.marketplace.errors import MappingError
from core.marketplace.exports.layout import Layout
from core.marketplace.records import Record
from core.marketplace.renewal import AUTHORIZATION_ENDS, TOKEN_ENDS


class StreamKind(StrEnum):
    """How a stream is read."""

    BY_UPDATE = "by_update"  # windows over the time of change; the cursor is a time
    BY_CREATE = "by_create"  # windows over the time of creation, the recent past read again
    FULL_SCAN = "full_scan"  # everything, each time


@dataclass(frozen=True)
class Stream:
    """One kind of thing that can be pulled from a shop.

    name: "orders", "refunds", "products", "reviews", …
    window: the longest span one request may ask for (None for full scans).
    retention: how far back the platform answers; older starts are moved up to it.
    overlap: how much of the last window is read again, because platforms write late.
    every: how long after a good run the next one is due.
    lag: how close to now a window may end (some platforms refuse the last minutes).
    """

    name: str
    kind: StreamKind
    window: timedelta | None = None
    retention: timedelta | None = None
    overlap: timedelta = timedelta(seconds=300)
    every: timedelta = timedelta(minutes=5)
    lag: timedelta = timedelta(0)


@dataclass(frozen=True)
class Window:
    """Half-open span of aware UTC times, [start, end)."""

    start: datetime
    end: datetime


@dataclass(frozen=True)
class Payload:
    """The platform's own object behind a record: what is kept as the raw payload.

    body: JSON-ready mapping, personal fields already masked.
    """

    body: Mapping[str, Any]


@dataclass(frozen=True)
class Mapped:
    """A record and the payload it came from."""

    record: Record
    payload: Payload
    unknown: tuple[str, ...] = ()
    """Platform words that our mapping does not know yet, as `field=value`; counted on the run."""


@dataclass(frozen=True)
class Rejected:
    """An object that cannot be mapped; it goes to quarantine with the offending value."""

    kind: str
    platform_id: str
    error: MappingError
    payload: Payload


@dataclass(frozen=True)
class Page:
    """One answer of the platform, mapped.

    resume: what `pull` needs to go on after this page; None when the window is finished.
    reported: the platform's own count for the whole window, where it gives one.
    requests: how many calls this page took.
    """

    items: tuple[Mapped | Rejected, ...]
    resume: str | None
    reported: int | None = None
    requests: int = 1


@dataclass(frozen=True)
class Credentials:
    """What opens a shop. Values are secrets: they never appear in repr, logs or errors."""

    values: Mapping[str, str] = field(repr=False)

    def __getitem__(self, name: str) -> str:
        return self.values[name]

    def get(self, name: str, default: str = "") -> str:
        return self.values.get(name, default)


SaveCredentials = Callable[[Credentials], Awaitable[None]]
"""Stores renewed tokens at once: most platforms void the old ones when they issue new ones."""


@dataclass(frozen=True)
class ShopContext:
    """The shop an adapter is made for.

    config: public settings of the shop, e.g. `base_url`, `retention_days`.
    """

    platform_id: str
    time_zone: ZoneInfo
    currency: str
    credentials: Credentials
    save_credentials: SaveCredentials
    config: Mapping[str, Any]
    http: httpx.AsyncClient
    now: Callable[[], datetime]


class Adapter(Protocol):
    """Reads one shop."""

    def pull(self, stream: str, window: Window, resume: str | None) -> AsyncIterator[Page]:
        """Yield the pages of a window, in an order in which nothing is missed.

        `resume` is the mark of the last page that was stored, or None. The whole window may be
        read again at any time. Raises `MarketplaceError`; refreshes the token by itself.
        """
        ...


@dataclass(frozen=True)
class Notice:
    """A stream in which something changed, as the platform says by itself.

    Notices come late, twice, in any order or never. So nothing is read from them: the stream is
    pulled soon, and polling stays the truth.
    shop: the platform's id of the shop; empty: the one whose address or messages it came by.
    Another one is heard only if it is on the same app, see `Marketplace.app`.
    """

    stream: str
    shop: str = ""


@dataclass(frozen=True)
class Push:
    """A request of the platform to our address for a shop.

    headers: by their names in lower case. body: the bytes as they came, for signatures.
    url: the address as it was called, which some platforms sign.
    """

    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    url: str = ""


@dataclass(frozen=True)
class PushAnswer:
    """What a platform wants to hear, or else it pushes the same again."""

    status: int = 200
    body: bytes = b""
    media_type: str = "application/json"


@dataclass(frozen=True)
class Pushes:
    """How a platform's pushes are read: pure functions, done in milliseconds.

    is_genuine: whether the shop's own credentials signed it, compared in constant time. It must
    answer for any bytes, and is asked with made-up credentials for a shop that isn't there.
    notices: what a genuine one names; a probe or a ping names nothing and is answered alike.
    MappingError if it cannot be read.
    accepted: the answer once the notices are stored. refused: to what is not genuine.
    """

    is_genuine: Callable[[Push, Credentials], bool]
    notices: Callable[[Push], Iterable[Notice]]
    accepted: PushAnswer = PushAnswer()
    refused: PushAnswer = PushAnswer(401)


@dataclass(frozen=True)
class Message:
    """A message that the platform keeps until it is confirmed. notices: none is fine."""

    id: str
    notices: tuple[Notice, ...]


class Inbox(Protocol):
    """Reads the messages that a platform keeps for one shop. Raises `MarketplaceError`.

    It renews no token: the pulls do, and of two renewals at a time one would be void.
    """

    async def subscribe(self) -> None:
        """Have the platform keep messages for the shop; called before the first fetch and daily."""
        ...

    async def fetch(self) -> Sequence[Message]:
        """The next messages that are not confirmed; none when there are no more."""
        ...

    async def confirm(self, messages: Sequence[Message]) -> None:
        """Have the platform forget these; called once their notices are stored."""
        ...

    async def aclose(self) -> None:
        """Let go of what is open, e.g. a connection; called at the end, whatever has happened."""
        ...


@dataclass(frozen=True)
class Messages:
    """Messages that are fetched and confirmed.

    every: time between two looks at a quiet inbox; `messages_every` in a shop's config, in
    seconds, goes before it, and 0 is never.
    """

    inbox: Callable[[ShopContext], Inbox]
    every: timedelta = timedelta(seconds=10)


@dataclass(frozen=True)
class Marketplace:
    """A platform: how it is called, what it offers, how to open a shop on it.

    credentials: names of the secrets a shop needs.
    mapping_version: raised whenever a mapping changes: records that come again are then mapped
        and stored anew, even if the platform's object has not changed.
    requests_per_second: the budget of one shop unless its config says otherwise.
    layouts: what its seller centre exports, for what its API does not give.
    pushes, messages: how the platform says that something changed, if it does.
    app: names of the credentials that are equal for all shops of one app; notices may name
        another shop of it. Empty: each shop hears only what comes for itself.
    not_offered: what merchants look for and this platform has no API for: the stream that others
        have, and in one sentence why not and what to do. Merchants are shown it.
    budget_by: the credential by which the platform counts calls, e.g. "app_key": shops of a
        merchant that have the same one share a budget. Empty: each shop has its own.
    token_ends, authorization_ends: the credentials that hold when the token ends, and when the
        refresh token does and the merchant must authorise anew: seconds or milliseconds since
        1970, empty or missing when the platform does not tell (`core.marketplace.renewal.ends`).
    """

    name: str
    title: str
    streams: tuple[Stream, ...]
    adapter: Callable[[ShopContext], Adapter]
    credentials: tuple[str, ...]
    currency: str
    time_zone: str
    mapping_version: int = 1
    requests_per_second: float = 10.0
    layouts: tuple[Layout, ...] = ()
    pushes: Pushes | None = None
    messages: Messages | None = None
    app: tuple[str, ...] = ()
    not_offered: Mapping[str, str] = field(default_factory=dict)
    budget_by: str = ""
    token_ends: str = TOKEN_ENDS
    authorization_ends: str = AUTHORIZATION_ENDS

    def rate(self, config: Mapping[str, Any]) -> float:
        """Requests per second to a shop of this config."""
        return float(config.get("requests_per_second", self.requests_per_second))

    def stream(self, name: str) -> Stream:
        """The stream of that name; KeyError names the ones there are."""
        for stream in self.streams:
            if stream.name == name:
                return stream
        offered = ", ".join(stream.name for stream in self.streams)
        raise KeyError(f"{self.name} has no stream {name!r}; it offers {offered}")
