"""What is tested: a marketplace, the sandbox it reads, and how rows get into that sandbox."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx

from core.marketplace.contract import Marketplace
from core.marketplace.sandbox import Sandbox, SetClock

Put = Callable[[str, int, datetime, int], None]


@dataclass
class Subject:
    """A marketplace and a sandbox of one shop, empty and new.

    app: the sandbox's ASGI application. clock: what the sandbox was made with.
    credentials, config: what the shop is registered with; `base_url` may be any http URL.
    platform_id: the number of the shop on the platform.
    put: `put(stream, number, moment, version)` adds row `number` of "orders" or "refunds", or
        replaces it: it changed at `moment`, and version 0, 1, 2 … differ in what is stored.
    put_broken: `put_broken(moment)` adds an order that cannot be mapped.
    row_id: the id of an order by its number, as it stands in the sandbox's answers.
    secrets: texts besides the credentials that must show up nowhere, e.g. names of buyers.
    signed: parameters that, changed by one character, make the platform refuse the request;
        none for a platform that does not sign.
    renews: whether an expired session is renewed by the adapter itself.
    renewals: how often the sandbox has issued new tokens.
    """

    marketplace: Marketplace
    sandbox: Sandbox
    app: Any
    clock: SetClock
    credentials: Mapping[str, str] = field(repr=False)
    config: Mapping[str, Any]
    put: Put
    put_broken: Callable[[datetime], None]
    row_id: Callable[[int], str]
    platform_id: str = "1"
    streams: tuple[str, ...] = ("orders", "refunds")
    secrets: tuple[str, ...] = field(default=(), repr=False)
    signed: tuple[str, ...] = ()
    renews: bool = True
    renewals: Callable[[], int] = lambda: 0


class Wire(httpx.AsyncBaseTransport):
    """Reaches the sandbox without a socket; before each request something may happen."""

    def __init__(self, app: Any, before: Callable[[int], None], tampered: str = "") -> None:
        self._inner = httpx.ASGITransport(app)
        self._before = before
        self._tampered = tampered
        self.requests = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.requests += 1
        self._before(self.requests)
        if self._tampered:
            request = _tamper(request, self._tampered)
        return await self._inner.handle_async_request(request)


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
