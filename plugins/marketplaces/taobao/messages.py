"""TOP's messages (TMC), polled: in which streams of which shop they say something changed.

Consuming and confirming are calls of the app and need no session. A message names its seller by
number and by nick; what it holds besides is not read, since the pull reads the whole object.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from core.marketplace.contract import Message, Notice, ShopContext
from core.marketplace.errors import TransientError
from plugins.marketplaces.taobao.client import Client

CONSUME = "taobao.tmc.messages.consume"
CONFIRM = "taobao.tmc.messages.confirm"
PERMIT = "taobao.tmc.user.permit"
MOST = 200
"""Messages of one answer, and of one confirmation."""
STREAMS: Mapping[str, tuple[str, ...]] = {
    "taobao_trade_TradeRated": ("reviews",),
    "taobao_trade_": ("orders",),
    "taobao_refund_": ("refunds", "orders"),
    "taobao_item_": ("products",),
}
"""By how a topic begins; the first that fits counts. Topics come and go, these beginnings stay."""


class TmcInbox:
    """The messages of the app's group (`tmc_group` in the shop's config, else the default one)."""

    def __init__(self, context: ShopContext) -> None:
        self._client = Client(context)
        group = str(context.config.get("tmc_group") or "")
        self._group = {"group_name": group} if group else {}

    async def subscribe(self) -> None:
        """Without topics: all that the app has subscribed to. With some, others would be lost."""
        await self._client.call_once(PERMIT, {}, with_session=True)

    async def fetch(self) -> Sequence[Message]:
        """The next messages; those that were fetched and not confirmed come again after a while."""
        asked = {"quantity": str(MOST), **self._group}
        answer = await self._client.call_once(CONSUME, asked, with_session=False)
        return [_message(row) for row in _rows(answer) if row.get("id")]

    async def confirm(self, messages: Sequence[Message]) -> None:
        """TOP forgets these."""
        ids = ",".join(message.id for message in messages)
        asked = {"s_message_ids": ids, **self._group}
        await self._client.call_once(CONFIRM, asked, with_session=False)

    async def aclose(self) -> None:
        """Nothing stays open between calls."""


def _rows(answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    content = answer.get("messages") or {}
    rows = content.get("tmc_message", []) if isinstance(content, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise TransientError(f"{CONSUME}: the answer is no list of messages")
    return rows


def _message(row: Mapping[str, Any]) -> Message:
    topic = str(row.get("topic"))
    streams = next((found for start, found in STREAMS.items() if topic.startswith(start)), ())
    shops = [str(row[name]) for name in ("user_id", "user_nick") if row.get(name)]
    notices = tuple(Notice(stream, shop) for stream in streams for shop in shops or [""])
    return Message(str(row["id"]), notices)
