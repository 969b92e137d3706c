"""Orders of which one was changed once more: it stands at another time, in lists and alone."""

from typing import Any

from core.marketplace.sandbox import Catalog, MovedFeed, Row


class MovedOrders(MovedFeed):
    """A catalog of orders with one at a new `updateTime`."""

    def __init__(self, orders: Catalog, index: int, order_id: str, moment: int) -> None:
        super().__init__(orders, index, "updateTime", moment)
        self._orders = orders
        self._order_id = order_id
        self._place = index

    def by_id(self, number: Any) -> Row | None:
        """The order as it stands now."""
        return self.render(self._place) if number == self._order_id else self._orders.by_id(number)
