"""A seller on the sandbox: what opens the shop, and what is in it."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from core.marketplace.sandbox import Catalog, MemoryFeed

RENEWABLE = timedelta(minutes=30)
AFTERLIFE = timedelta(minutes=5)


@dataclass
class ArkShop:
    """Credentials and data of a shop. Tokens change when they are renewed.

    code: what an authorisation gave, to be exchanged for tokens; empty for none.
    orders are ordered by `updateTime`, after_sales by `updatedAt`, items by `createTime`, all in
    unix milliseconds; items hold their SKUs as `skuInfos`.
    expires_at: when the access token ends; None for never.
    """

    app_id: str
    app_secret: str = field(repr=False)
    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    code: str = field(default="", repr=False)
    seller_id: str = "60a3f5c0e4b0a1b2c3d4e5f6"
    orders: Catalog = field(default_factory=lambda: MemoryFeed([], "updateTime", "orderId"))
    after_sales: Catalog = field(default_factory=lambda: MemoryFeed([], "updatedAt", "returnsId"))
    items: Catalog = field(default_factory=lambda: MemoryFeed([], "createTime", "id"))
    expires_at: datetime | None = None
    renewals: int = 0
    _former: tuple[str, datetime] = field(default=("", datetime.min), repr=False)

    def opens(self, token: str, now: datetime) -> bool:
        """Whether a token opens the shop: the present one, or the one before for five minutes."""
        if token == self.access_token:
            return self.expires_at is None or now < self.expires_at
        former, ends_at = self._former
        return bool(former) and token == former and now < ends_at

    def renew(self, now: datetime, lifetime: timedelta) -> None:
        """New tokens, but only in the last half hour of the old one and after it."""
        if self.expires_at is None or now < self.expires_at - RENEWABLE:
            return
        ends_at = min(self.expires_at, now + AFTERLIFE)
        self._former = (self.access_token, ends_at)
        self._issue(now + lifetime)

    def exchange(self, now: datetime, lifetime: timedelta) -> None:
        """The first tokens of an authorisation; its code is used up."""
        self.code = ""
        self._issue(now + lifetime)

    def _issue(self, expires_at: datetime) -> None:
        self.renewals += 1
        self.access_token = f"token-{self.seller_id}-{self.renewals}"
        self.refresh_token = f"refresh-{self.seller_id}-{self.renewals}"
        self.expires_at = expires_at
