"""Server-sent events: GraphQL over SSE in its "distinct connections mode".

A request that accepts `text/event-stream` gets `next` events, each with a result, and a `complete`
event at the end (github.com/enisdenjo/graphql-sse, PROTOCOL.md). One connection is one operation.
"""

import logging
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import aclosing, contextmanager
from typing import Any
from urllib.parse import parse_qsl

import anyio
import orjson

from core.errors import InputError, OpsgraphError
from core.http.graphql import JSON, RESPONSE, Answer, encoded, failure

MEDIA = "text/event-stream"
KEEP_ALIVE = 12.0
"""Seconds between two comments that tell proxies that the connection lives."""
RECHECK = 5.0
"""Seconds between two looks whether the token is still good."""
HEADERS = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-cache, no-transform"),
    (b"x-accel-buffering", b"no"),  # nginx would hold events back
)
log = logging.getLogger("opsgraph.http")
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
Check = Callable[[], Awaitable[None]]


class TooManySubscriptionsError(InputError):
    """A token follows as many subscriptions as it may."""

    code = "TOO_MANY_SUBSCRIPTIONS"


def wants_events(accept: str) -> bool:
    """Whether a client takes events, if that is what the answer is."""
    return MEDIA in accept


def wants_events_only(accept: str) -> bool:
    """Whether it takes nothing else, so that even a single answer must come as an event."""
    return MEDIA in accept and not any(
        kind in accept for kind in (RESPONSE, JSON, "application/*", "*/*")
    )


def body_of_query(query: bytes) -> bytes:
    """A request in an address, as the JSON that a POST would send; InputError if it is none."""
    given = dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True))
    body: dict[str, Any] = {
        name: given[name] for name in ("query", "operationName") if name in given
    }
    try:
        for name in ("variables", "extensions"):
            if given.get(name):
                body[name] = orjson.loads(given[name])
        return orjson.dumps(body)
    except ValueError:
        raise InputError("`variables` and `extensions` in an address are JSON.") from None


class Streams:
    """The event streams that are open, and how many of each token."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._open: Counter[int] = Counter()
        self._scopes: set[anyio.CancelScope] = set()
        self._is_closed = False

    def close(self) -> None:
        """End all streams: the server is going down. Clients connect again, to another one."""
        self._is_closed = True
        for scope in list(self._scopes):
            scope.cancel()

    @contextmanager
    def place(self, token_id: int) -> Iterator[None]:
        """One of the token's places for as long as it subscribes."""
        if self._open[token_id] >= self._most:
            raise TooManySubscriptionsError(
                f"This token has {self._most} subscriptions open in this process already: "
                "close one, or take another token."
            )
        self._open[token_id] += 1
        try:
            yield
        finally:
            self._open[token_id] -= 1
            if not self._open[token_id]:
                del self._open[token_id]

    async def send(
        self, receive: Receive, send: Send, answers: AsyncGenerator[Answer, None], check: Check
    ) -> None:
        """Send answers as events until they end, the client goes, or `check` raises."""
        stream = _Stream(send)
        await stream.begin()
        async with aclosing(answers), anyio.create_task_group() as tasks:
            self._scopes.add(tasks.cancel_scope)
            if self._is_closed:
                tasks.cancel_scope.cancel()
            try:
                tasks.start_soon(_hang_up, receive, tasks.cancel_scope)
                tasks.start_soon(stream.keep_alive)
                tasks.start_soon(_recheck, stream, check, tasks.cancel_scope)
                await stream.send_all(answers)
            finally:
                self._scopes.discard(tasks.cancel_scope)
                tasks.cancel_scope.cancel()
        with anyio.CancelScope(shield=True), anyio.move_on_after(1):
            await stream.end()


class _Stream:
    """One response of events; what it sends comes whole, whoever sends it."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._lock = anyio.Lock()

    async def begin(self) -> None:
        await self._send({"type": "http.response.start", "status": 200, "headers": HEADERS})
        await self._write(b":\n\n")  # opens the stream at the client's before the first event

    async def send_all(self, answers: AsyncGenerator[Answer, None]) -> None:
        try:
            async for answer in answers:
                await self.next(answer)
        except OpsgraphError as error:
            await self.next(failure(0, error.code, error.message))
        except Exception:
            log.exception("A subscription failed outside of any field")
            await self.next(failure(0, "INTERNAL", "Something went wrong here; the log has more."))
        await self._write(b"event: complete\ndata:\n\n")

    async def next(self, answer: Answer) -> None:
        await self._write(b"event: next\ndata: " + encoded(answer) + b"\n\n")

    async def refuse(self, error: OpsgraphError) -> None:
        await self.next(failure(0, error.code, error.message))
        await self._write(b"event: complete\ndata:\n\n")

    async def keep_alive(self) -> None:
        while True:
            await anyio.sleep(KEEP_ALIVE)
            await self._write(b":\n\n")

    async def end(self) -> None:
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _write(self, chunk: bytes) -> None:
        async with self._lock:
            await self._send({"type": "http.response.body", "body": chunk, "more_body": True})


async def _hang_up(receive: Receive, scope: anyio.CancelScope) -> None:
    """End the stream when the client has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass
    scope.cancel()


async def _recheck(stream: _Stream, check: Check, scope: anyio.CancelScope) -> None:
    """End the stream when the token has ended or may no longer do this."""
    while True:
        await anyio.sleep(RECHECK)
        try:
            await check()
        except OpsgraphError as error:
            await stream.refuse(error)
            scope.cancel()
            return
        except Exception:  # the database may be away for a moment
            log.exception("A subscription's token could not be looked up; trying again")
