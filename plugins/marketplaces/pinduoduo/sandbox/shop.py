"""A mall on the sandbox: what opens it, and what is in it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from core.marketplace.sandbox import Catalog, Feed, MemoryFeed
from plugins.marketplaces.pinduoduo.sandbox.messages import MessageQueue


@dataclass
class PddShop:
    """Credentials and data of a mall. Tokens change when they are renewed.

    orders are ordered by `updated_at`, refunds by `updated_time`, reports by `date`. goods hold
    what the list shows, and under `detail` what the details show; the list keeps their order.
    A report holds its `scenesType` beside what is shown.
    expires_at: when the token ends; None for never.
    messages: the queue of the mall's app. is_permitted: whether messages are kept for the mall
    (`pdd.pmc.user.permit`).
    """

    client_id: str
    client_secret: str = field(repr=False)
    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    orders: Feed = field(default_factory=lambda: MemoryFeed([], "updated_at"))
    refunds: Feed = field(default_factory=lambda: MemoryFeed([], "updated_time"))
    goods: Catalog = field(default_factory=lambda: MemoryFeed([], "goods_id", "goods_id"))
    reports: Feed = field(default_factory=lambda: MemoryFeed([], "date"))
    mall_id: int = 1
    expires_at: datetime | None = None
    renewals: int = 0
    messages: MessageQueue = field(default_factory=MessageQueue)
    is_permitted: bool = False

    def announce(self, kind: str, content: Mapping[str, Any], now: datetime) -> None:
        """What PDD does when something changes: keep a message, if the mall has them on."""
        if self.is_permitted:
            self.messages.put(kind, {"mall_id": self.mall_id, **content}, self.mall_id, now)

    def renew(self, expires_at: datetime | None) -> None:
        """New tokens; the old ones are void at once, as PDD does it."""
        self.renewals += 1
        self.access_token = f"{self.mall_id}-access-{self.renewals}"
        self.refresh_token = f"{self.mall_id}-refresh-{self.renewals}"
        self.expires_at = expires_at
