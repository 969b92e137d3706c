"""A merchant on the sandbox: what opens the shop, and what is in it."""

from dataclasses import dataclass, field
from datetime import datetime

from core.marketplace.sandbox import Catalog, Feed, MemoryFeed


@dataclass
class JosShop:
    """Credentials and data of a shop. Tokens change when they are renewed.

    orders are ordered by `modified`, services and cancellations by the time of application, wares
    by `modified`, ad days by their day. refunds: the money of services, by service number. A ware
    has its SKUs under `skus`. Keys that begin with `_` are the feed's own and never shown.
    expires_at: when the access token ends; None for never.
    """

    app_key: str
    app_secret: str = field(repr=False)
    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    orders: Feed = field(default_factory=lambda: MemoryFeed([], "modified", "orderId"))
    services: Feed = field(default_factory=lambda: MemoryFeed([], "_applied"))
    refunds: Catalog = field(default_factory=lambda: MemoryFeed([], "_at", "_service"))
    cancellations: Feed = field(default_factory=lambda: MemoryFeed([], "applyTime"))
    wares: Catalog = field(default_factory=lambda: MemoryFeed([], "_modified", "wareId"))
    ad_days: Feed = field(default_factory=lambda: MemoryFeed([], "_day"))
    expires_at: datetime | None = None
    renewals: int = 0

    def renew(self, expires_at: datetime) -> None:
        """New tokens; the old ones are void at once."""
        self.renewals += 1
        self.access_token = f"{self.app_key}-access-{self.renewals}"
        self.refresh_token = f"{self.app_key}-refresh-{self.renewals}"
        self.expires_at = expires_at
