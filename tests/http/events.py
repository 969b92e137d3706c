"""A client of server-sent events, as simple as the protocol."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import anyio
import httpx

PATIENCE = 20
"""Seconds after which a test gives up on an event."""


@dataclass
class Events:
    """An open stream. `ended`: whether `complete` has come."""

    response: httpx.Response
    lines: AsyncIterator[str]
    ended: bool = False

    async def next(self) -> Any:
        """The next result; None when the stream is complete."""
        with anyio.fail_after(PATIENCE):
            while True:
                event = [await anext(self.lines)]
                while event[-1]:
                    event.append(await anext(self.lines))
                fields = dict(line.split(":", 1) for line in event if line)
                if fields.get("event", "").strip() == "complete":
                    self.ended = True
                    return None
                if "data" in fields:
                    return json.loads(fields["data"])

    async def progress(self) -> Any:
        """The next result of `syncProgress`."""
        answer = await self.next()
        assert "errors" not in answer, answer
        return answer["data"]["syncProgress"]

    async def until(self, kind: str) -> list[Any]:
        """What comes up to the first event of this kind, that one included."""
        found = [await self.progress()]
        while found[-1]["kind"] != kind:
            found.append(await self.progress())
        return found

    async def rest(self) -> list[Any]:
        """All that comes until the stream is complete."""
        found = []
        while (answer := await self.next()) is not None:
            found.append(answer)
        return found


@asynccontextmanager
async def subscribed(
    url: str, token: str, query: str, accept: str = "text/event-stream"
) -> AsyncIterator[Events]:
    """The stream of an operation."""
    headers = {"Authorization": f"Bearer {token}", "Accept": accept}
    async with (
        httpx.AsyncClient(timeout=PATIENCE) as client,
        client.stream("POST", f"{url}/graphql", json={"query": query}, headers=headers) as response,
    ):
        yield Events(response, response.aiter_lines())
