"""Pushes as Doudian sends them: signed messages to the address that an app has registered."""

import json
from collections.abc import Mapping
from itertools import count
from typing import Any

import httpx

from plugins.marketplaces.douyin.sandbox.shop import DoudianShop
from plugins.marketplaces.douyin.webhook import PROBE, SIGNATURE, push_sign

CREATED, PAID, SHIPPED, PAID_BACK, EDITED = "100", "101", "102", "206", "400"


class Pusher:
    """Pushes to `address` what changes in a shop; whoever changes a row calls it.

    An answer that is not `code` 0 is the caller's to repeat, as the platform would.
    """

    def __init__(self, shop: DoudianShop, address: str, http: httpx.AsyncClient) -> None:
        self._shop, self._address, self._http = shop, address, http
        self._numbers = count(1)

    async def probe(self) -> httpx.Response:
        """What Doudian sends when an address is registered."""
        return await self.send((PROBE, "2026-11-22 12:00:00"))

    async def order(self, order_id: str, tag: str = PAID) -> httpx.Response:
        """An order changed."""
        return await self.send((tag, {"p_id": int(order_id), "shop_id": int(self._shop.shop_id)}))

    async def after_sale(self, number: str, order_id: str) -> httpx.Response:
        """Money was paid back."""
        named = {"aftersale_id": int(number), "p_id": int(order_id)}
        return await self.send((PAID_BACK, {**named, "shop_id": int(self._shop.shop_id)}))

    async def send(self, *messages: tuple[str, str | Mapping[str, Any]]) -> httpx.Response:
        """Any messages, by tag and data, in one request."""
        body = json.dumps([self._message(tag, data) for tag, data in messages])
        signature = push_sign(self._shop.app_key, self._shop.app_secret, body)
        headers = {
            "Content-Type": "application/json",
            "app-id": self._shop.app_key,
            SIGNATURE: signature,
        }
        return await self._http.post(self._address, content=body, headers=headers)

    def _message(self, tag: str, data: str | Mapping[str, Any]) -> Mapping[str, str]:
        text = data if isinstance(data, str) else json.dumps(data)
        return {"tag": tag, "msg_id": f"m{next(self._numbers)}", "data": text}
