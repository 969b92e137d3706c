"""A seller on the sandbox: what opens the shop, and what is in it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from core.marketplace.sandbox import Catalog, MemoryFeed, MovedFeed, Row


@dataclass
class DoudianShop:
    """Credentials and data of a shop. Tokens change when they are renewed.

    The times in the feeds' keys are unix seconds.
    orders: as `order/searchList` shows them, found by `order_id`.
    after_sales: rows of `aftersale_id`, `update_time`, `item` as `afterSale/List` shows it, and
    `detail`, the `after_sale_info` of `afterSale/Detail`.
    products: as `product/listV2` shows them, with their SKUs under `skus`.
    own_app: whether the app is the shop's own, so that it gets tokens for its `shop_id` alone.
    expires_at: when the access token ends; None for never.
    previous: a token that was replaced before its end, and until when it is still good.
    """

    app_key: str
    app_secret: str = field(repr=False)
    shop_id: str
    access_token: str = field(default="", repr=False)
    refresh_token: str = field(default="", repr=False)
    code: str = field(default="", repr=False)
    own_app: bool = True
    orders: Catalog = field(default_factory=lambda: MemoryFeed([], "update_time", "order_id"))
    after_sales: Catalog = field(
        default_factory=lambda: MemoryFeed([], "update_time", "aftersale_id")
    )
    products: Catalog = field(default_factory=lambda: MemoryFeed([], "update_time", "product_id"))
    expires_at: datetime | None = None
    previous: tuple[str, datetime] | None = field(default=None, repr=False)
    renewals: int = 0

    def renew(self, expires_at: datetime | None, old_good_until: datetime | None = None) -> None:
        """New tokens. The old ones are void, or the access token only later."""
        self.previous = (self.access_token, old_good_until) if old_good_until else None
        self.renewals += 1
        self.access_token = f"{self.shop_id}-access-{self.renewals}"
        self.refresh_token = f"{self.shop_id}-refresh-{self.renewals}"
        self.expires_at = expires_at


class Moved(MovedFeed):
    """A catalog in which one row was changed once more: it stands at another time now."""

    def __init__(self, catalog: Catalog, index: int, moment: int) -> None:
        super().__init__(catalog, index, "update_time", moment)
        self._catalog = catalog

    def by_id(self, number: Any) -> Row | None:
        return self._catalog.by_id(number)
