"""A mall on the sandbox: what opens it, and what is in it."""

from dataclasses import dataclass, field
from datetime import datetime

from core.marketplace.sandbox import Catalog, Feed, MemoryFeed


@dataclass
class PddShop:
    """Credentials and data of a mall. Tokens change when they are renewed.

    orders are ordered by `updated_at`, refunds by `updated_time`, reports by `date`. goods hold
    what the list shows, and under `detail` what the details show; the list keeps their order.
    A report holds its `scenesType` beside what is shown.
    expires_at: when the token ends; None for never.
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

    def renew(self, expires_at: datetime | None) -> None:
        """New tokens; the old ones are void at once, as PDD does it."""
        self.renewals += 1
        self.access_token = f"{self.mall_id}-access-{self.renewals}"
        self.refresh_token = f"{self.mall_id}-refresh-{self.renewals}"
        self.expires_at = expires_at
