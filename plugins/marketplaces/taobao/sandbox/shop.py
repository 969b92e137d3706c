"""A seller on the sandbox: what opens the shop, and what is in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from core.marketplace.sandbox import Catalog, Feed, MemoryFeed, Row
from plugins.marketplaces.taobao.sandbox.messages import MessageQueue


@dataclass
class TopShop:
    """Credentials and data of a shop. Tokens change when they are renewed.

    trades, refunds and items are ordered by `modified`, rates by `created`.
    expires_at: when the session ends; None for never.
    user_id, nick: who the seller is in messages. messages: the queue of the shop's app.
    ad_days: Alimama's rows, a day of a campaign each.
    is_permitted: whether messages are kept for the seller (`taobao.tmc.user.permit`).
    """

    app_key: str
    app_secret: str = field(repr=False)
    session: str = field(repr=False)
    refresh_token: str = field(repr=False)
    trades: Feed = field(default_factory=lambda: MemoryFeed([], "modified"))
    refunds: Feed = field(default_factory=lambda: MemoryFeed([], "modified"))
    items: Catalog = field(default_factory=lambda: MemoryFeed([], "modified", "num_iid"))
    rates: Feed = field(default_factory=lambda: MemoryFeed([], "created"))
    ad_days: Sequence[Row] = ()
    expires_at: datetime | None = None
    renewals: int = 0
    user_id: int = 0
    nick: str = ""
    messages: MessageQueue = field(default_factory=MessageQueue)
    is_permitted: bool = False

    def announce(self, topic: str, content: Mapping[str, Any], now: datetime) -> None:
        """What TOP does when something changes: keep a message, if the seller has them on."""
        if self.is_permitted:
            self.messages.put(topic, content, user_id=self.user_id, nick=self.nick, now=now)

    def renew(self, expires_at: datetime | None) -> None:
        """New tokens; the old ones are void at once, as TOP does it."""
        self.renewals += 1
        self.session = f"{self.app_key}-session-{self.renewals}"
        self.refresh_token = f"{self.app_key}-refresh-{self.renewals}"
        self.expires_at = expires_at
