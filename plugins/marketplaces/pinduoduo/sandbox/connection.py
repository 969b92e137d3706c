"""PMC's WebSocket on the sandbox: what waits is sent to whoever connects with the app's signature.

How long PDD waits for a heartbeat is not known; clients send one every 5 or 10 seconds.
"""

import base64
import hashlib
import hmac
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

import anyio
import orjson
from starlette.responses import PlainTextResponse
from starlette.websockets import WebSocket, WebSocketDisconnect

from plugins.marketplaces.pinduoduo.sandbox.messages import MessageQueue, milliseconds
from plugins.marketplaces.pinduoduo.sandbox.shop import PddShop

SKEW = timedelta(minutes=10)
MILLISECOND = timedelta(milliseconds=1)
PATIENCE = 30.0
"""Seconds without a frame of the client after which a connection is closed."""
LOOK = 0.02
"""Seconds between two looks at the queue: tests fill it from other threads."""


class MessageServer:
    """Serves one connection at a time: a heartbeat for each heartbeat, and what waits."""

    def __init__(self, shops: Sequence[PddShop], clock: Callable[[], datetime]) -> None:
        self._shops, self._clock = shops, clock
        self._sent: set[int] = set()

    async def serve(self, socket: WebSocket) -> None:
        """Until the client leaves, or says nothing for too long."""
        queues = self._queues(**socket.path_params)
        if not queues:
            await socket.send_denial_response(PlainTextResponse("unauthorized", 401))
            return
        await socket.accept()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._send, socket, queues)
            await self._listen(socket, queues)
            tasks.cancel_scope.cancel()

    def _queues(self, client_id: str, time: str, sign: str) -> list[MessageQueue]:
        """Those of the app that signed the address a moment ago; none for anybody else."""
        if not time.isdigit() or abs(int(time) - milliseconds(self._clock())) > SKEW / MILLISECOND:
            return []
        shops = [shop for shop in self._shops if shop.client_id == client_id]
        expected = {_signature(client_id, time, shop.client_secret) for shop in shops}
        if not any(hmac.compare_digest(each.encode(), sign.encode()) for each in expected):
            return []
        return list({id(shop.messages): shop.messages for shop in shops}.values())

    async def _send(self, socket: WebSocket, queues: Sequence[MessageQueue]) -> None:
        with suppress(WebSocketDisconnect):
            while True:
                rows = [row for queue in queues for row in queue.waiting.values()]
                for row in [row for row in rows if row["id"] not in self._sent]:
                    self._sent.add(row["id"])
                    await socket.send_text(orjson.dumps(row).decode())
                await anyio.sleep(LOOK)

    async def _listen(self, socket: WebSocket, queues: Sequence[MessageQueue]) -> None:
        try:
            while True:
                with anyio.fail_after(PATIENCE):
                    frame = orjson.loads(await socket.receive_text())
                if frame["commandType"] == "HeartBeat":
                    await socket.send_text(orjson.dumps(frame).decode())
                elif frame["commandType"] == "Ack":
                    for queue in queues:
                        queue.acknowledge(frame)
        except WebSocketDisconnect:
            return
        except (TimeoutError, ValueError, KeyError, TypeError):
            await socket.close(1008)


def _signature(client_id: str, time: str, secret: str) -> str:
    """Written apart from the client's, so that the two cannot share a mistake."""
    text = "".join((client_id, time, secret)).encode()
    digest = hashlib.new("md5", text, usedforsecurity=False).hexdigest()
    return base64.b64encode(digest.encode()).decode()
