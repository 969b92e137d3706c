"""PDD's messages (PMC), over a WebSocket: which streams of which mall they say have changed.

PDD sends what waits as soon as an app connects, and sends again what was not acknowledged. So a
look connects, takes what comes until nothing does, acknowledges it once it is stored, and leaves:
nothing has to stay connected, and a worker that dies loses nothing. Protocol: client code of
others (pdd-rs, pdd-sdk-php); PDD's own page of it is not public.
"""

import base64
import hashlib
import json
import logging
import ssl
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any
from urllib.parse import quote, urlsplit

import anyio
import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, InvalidURI, WebSocketException

from core.marketplace.contract import Credentials, Message, Notice, ShopContext
from core.marketplace.errors import (
    MarketplaceError,
    PermanentError,
    ThrottleError,
    TransientError,
)
from plugins.marketplaces.pinduoduo.client import Client

SERVER = "wss://message-api.pinduoduo.com"
PERMIT = "pdd.pmc.user.permit"
QUIET = 1.0
"""Seconds without a message after which nothing more is expected."""
LISTENING = 3.0
"""Seconds of one fetch, however much comes: a look of many fetches has a minute."""
OPENING, CLOSING = 10.0, 1.0
"""Seconds for shaking hands, and for taking leave."""
MOST = 200
"""Messages of one fetch, so that they are stored and acknowledged before many more come."""
STREAMS: Mapping[str, tuple[str, ...]] = {
    "pdd_trade_": ("orders",),
    "pdd_refund_": ("refunds", "orders"),
    "pdd_goods_": ("products",),
}
"""By how a type begins: what types there are is known from clients only, these beginnings stay."""

wire = logging.getLogger("opsgraph.pinduoduo.wire")
wire.setLevel(logging.WARNING)  # below, the library writes addresses, with the app's signature


def message_server(config: Mapping[str, Any]) -> str:
    """Where messages come from: `message_url` of a shop's config, else the host of `base_url`.

    So a shop that is led to another gateway sends PDD's own server nothing.
    """
    if url := config.get("message_url"):
        return str(url).rstrip("/")
    if not (base := config.get("base_url")):
        return SERVER
    parts = urlsplit(str(base))
    return f"{'wss' if parts.scheme == 'https' else 'ws'}://{parts.netloc}"


def message_path(credentials: Credentials, milliseconds: int) -> str:
    """What is asked for to open the messages of an app; the last part signs the others."""
    app, secret = credentials["client_id"], credentials["client_secret"]
    digest = hashlib.md5(f"{app}{milliseconds}{secret}".encode(), usedforsecurity=False)
    sign = base64.b64encode(digest.hexdigest().encode()).decode()
    return f"/message/{quote(app, safe='')}/{milliseconds}/{quote(sign, safe='')}"


@cache
def _trusted() -> ssl.SSLContext:
    """Whom HTTP trusts too."""
    return httpx.create_ssl_context()


class PmcInbox:
    """The messages of the shop's app; they name their mall, so each shop of the app hears its own.

    Between two looks PDD keeps what comes, for seven days.
    """

    def __init__(self, context: ShopContext) -> None:
        self._context = context
        self._client = Client(context)
        self._server = message_server(context.config)
        self._socket: ClientConnection | None = None
        self._open: dict[str, Mapping[str, Any]] = {}

    async def subscribe(self) -> None:
        """Without topics: all that the app has subscribed to. With some, others would be lost."""
        await self._client.call_once(PERMIT, {})

    async def fetch(self) -> Sequence[Message]:
        """The messages that come within a moment, `MOST` at most."""
        frames: dict[str, Mapping[str, Any]] = {}
        try:
            socket = self._socket = self._socket or await self._connect()
            await socket.send(self._frame("HeartBeat"))
            end = anyio.current_time() + LISTENING
            with anyio.move_on_after(QUIET) as quiet:
                while len(frames) < MOST:
                    if frame := _read(await socket.recv()):
                        frames[str(frame["id"])] = frame
                        quiet.deadline = min(anyio.current_time() + QUIET, end)
        except (WebSocketException, OSError) as failure:
            raise _error(failure) from None
        self._open |= frames
        return [_message(number, frame) for number, frame in frames.items()]

    async def confirm(self, messages: Sequence[Message]) -> None:
        """Acknowledge these; what PDD did not hear of comes again."""
        try:
            for message in messages:
                frame = self._open.pop(message.id)
                content = frame.get("message")
                content = content if isinstance(content, dict) else {}
                ack = self._frame(
                    "Ack",
                    id=frame["id"],
                    sendTime=frame.get("sendTime"),
                    type=content.get("type"),
                    mallID=content.get("mallID"),
                )
                assert self._socket is not None
                await self._socket.send(ack)
        except (WebSocketException, OSError) as failure:
            raise _error(failure) from None

    async def aclose(self) -> None:
        """Take leave, which also waits until what was sent has left."""
        if self._socket is not None:
            with anyio.CancelScope(shield=True):  # `CLOSING` is its limit
                await self._socket.close()

    async def _connect(self) -> ClientConnection:
        path = message_path(self._context.credentials, self._milliseconds())
        return await connect(
            self._server + path,
            ssl=_trusted() if self._server.startswith("wss:") else None,
            open_timeout=OPENING,
            close_timeout=CLOSING,
            logger=wire,
        )

    def _frame(self, command: str, **parts: Any) -> str:
        told = {name: value for name, value in parts.items() if value is not None}
        return json.dumps({"commandType": command, "time": self._milliseconds(), **told})

    def _milliseconds(self) -> int:
        return int(self._context.now().timestamp() * 1000)


def _read(text: str | bytes) -> Mapping[str, Any] | None:
    """A message's frame; None for heartbeats and what else is to be passed over."""
    try:
        frame = json.loads(text)  # numbers of any length stay exact
    except ValueError:
        return None
    is_message = isinstance(frame, dict) and frame.get("commandType") == "Common"
    return frame if is_message and frame.get("id") else None


def _message(number: str, frame: Mapping[str, Any]) -> Message:
    """What it holds besides is not read, since the pull reads the whole object."""
    content = frame.get("message")
    content = content if isinstance(content, dict) else {}
    kind, mall = str(content.get("type")), content.get("mallID")
    streams = next((found for start, found in STREAMS.items() if kind.startswith(start)), ())
    return Message(number, tuple(Notice(each, str(mall or "")) for each in streams))


def _error(failure: Exception) -> MarketplaceError:
    """Its kind alone is told: the texts of libraries may hold the address and its signature."""
    if isinstance(failure, InvalidURI):
        return PermanentError("PMC: message_url in the shop's config is no address of a WebSocket")
    code = failure.response.status_code if isinstance(failure, InvalidStatus) else 0
    if code == 429:
        return ThrottleError("PMC: HTTP 429", platform_code="429")
    if 400 <= code < 500:
        return PermanentError(
            f"PMC: HTTP {code}; look at client_id and client_secret, at the clock, and whether "
            "the app has messages in PDD's console",
            platform_code=str(code),
        )
    told = f"HTTP {code}" if code else ""
    if isinstance(failure, ConnectionClosed) and failure.rcvd is not None:
        told = f"closed with {failure.rcvd.code}"
    return TransientError(f"PMC: {told or type(failure).__name__}")
