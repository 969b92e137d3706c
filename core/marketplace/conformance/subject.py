"""What is tested: a marketplace, the sandbox it reads, and how rows get into that sandbox."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx

from core.marketplace.contract import Marketplace
from core.marketplace.sandbox import Sandbox, SetClock

Put = Callable[[str, int, datetime, int], None]


@dataclass
class Subject:
    """A marketplace and a sandbox of one shop, empty and new.

    app: the sandbox's ASGI application. clock: what the sandbox was made with.
    credentials, config: what the shop is registered with; `base_url` may be any http URL, and
        `retention_days` should be so small that a pull takes few requests.
    platform_id: the number of the shop on the platform.
    put: `put(stream, number, moment, version)` adds row `number` of "orders" or "refunds", or
        replaces it: it changed at `moment`, and version 0, 1, 2 … differ in what is stored.
    put_broken: `put_broken(moment)` adds an order that cannot be mapped.
    put_unknown: `put_unknown(moment)` adds an order whose status is a word that nobody knows.
    row_id: the id of an order by its number, as it stands in the sandbox's answers.
    authorise: issues new credentials, as when the merchant authorises the app anew.
    personal: names, phone numbers, addresses that stand in the rows and must be kept nowhere.
    signed: parameters that, changed by one character, make the platform refuse the request;
        none for a platform that does not sign.
    renews: whether an expired session is renewed by the adapter itself; where it isn't, the pull
        must fail until the merchant has authorised the app anew.
    clock_tolerance: by how much the platform lets a caller's clock be wrong; None if it does not
        look at it.
    unread: what the mapping leaves alone on purpose, by stream: the reason, and dotted paths with
        spaces between them. `lines[].picture` names one field, `lines` all that it holds. The list
        must be true: what is read, or in no row, may not be named.
    also: further streams that `put` can add rows of, such as "products"; of these only the fields
        are tried.
    """

    marketplace: Marketplace
    sandbox: Sandbox
    app: Any
    clock: SetClock
    credentials: Mapping[str, str] = field(repr=False)
    config: Mapping[str, Any]
    put: Put
    put_broken: Callable[[datetime], None]
    put_unknown: Callable[[datetime], None]
    row_id: Callable[[int], str]
    authorise: Callable[[], Mapping[str, str]]
    platform_id: str = "1"
    streams: tuple[str, ...] = ("orders", "refunds")
    personal: tuple[str, ...] = field(default=(), repr=False)
    signed: tuple[str, ...] = ()
    renews: bool = True
    clock_tolerance: timedelta | None = None
    unread: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    also: tuple[str, ...] = ()


@dataclass
class Wire(httpx.AsyncBaseTransport):
    """Reaches the sandbox without a socket; what may happen on the way is a trial's to say.

    before: called before each request with its number. tampered: the parameter that is changed.
    loses_tokens: whether the next answer with new tokens is cut off.
    """

    subject: Subject
    before: Callable[[int], None]
    tampered: str = ""
    loses_tokens: bool = False
    requests: int = 0

    def __post_init__(self) -> None:
        self._inner = httpx.ASGITransport(self.subject.app)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.requests += 1
        self.before(self.requests)
        if self.tampered:
            request = _tamper(request, self.tampered)
        if self.loses_tokens:
            return await self._without_tokens(request)
        return await self._inner.handle_async_request(request)

    async def _without_tokens(self, request: httpx.Request) -> httpx.Response:
        """The answer, cut off if it holds new tokens."""
        renewals = self.subject.sandbox.renewals
        response = await self._inner.handle_async_request(request)
        if self.subject.sandbox.renewals == renewals:
            return response
        self.loses_tokens = False
        body = await response.aread()
        return httpx.Response(response.status_code, content=body[: len(body) // 2])


def _tamper(request: httpx.Request, name: str) -> httpx.Request:
    """The request with the last character of a parameter changed, in its URL or body."""
    place = re.compile(rf'((?:^|[?&"]){name}"?[=:]\s*"?)([^&",}}]+)'.encode())

    def change(found: re.Match[bytes]) -> bytes:
        value = found[2]
        return found[1] + value[:-1] + (b"1" if value.endswith(b"0") else b"0")

    url = place.sub(change, str(request.url).encode()).decode()
    body = place.sub(change, request.content)
    headers = [(key, value) for key, value in request.headers.items() if key != "content-length"]
    return httpx.Request(request.method, url, headers=headers, content=body)
