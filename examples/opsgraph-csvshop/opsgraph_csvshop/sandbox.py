"""The shop itself, to test against: it asks for the key, cuts pages, and fails on request."""

import csv
import io
import secrets
import time
from argparse import ArgumentParser, Namespace
from datetime import UTC, datetime

from core.marketplace.sandbox import Clock, Sandbox, real_clock, serve
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from opsgraph_csvshop.client import COLUMNS

SIZE = 100
Order = list[dict[str, str]]
"""The lines of an order, each with the order's own columns."""


class CsvShop(Sandbox):
    """A shop with orders that a test or a demo may add and change."""

    def __init__(self, api_key: str, clock: Clock = real_clock) -> None:
        super().__init__(clock)
        self.orders: dict[str, Order] = {}
        self._api_key = api_key
        self._keys = 1
        self.app = Starlette(routes=[Route("/orders.csv", self._orders), self.fault_route])

    def put(self, order_id: str, updated_at: str, lines: int = 1, **columns: str) -> None:
        """Add an order, or change it."""
        defaults = {
            "order_id": order_id, "status": "paid", "currency": "EUR", "ordered_at": updated_at,
            "paid_at": updated_at, "updated_at": updated_at, "freight": "0.00",
            "paid": f"{10 * lines}.00", "buyer": f"buyer of {order_id}", "sku": "S-1",
            "title": "Lantern", "quantity": "1", "unit_price": "10.00", "amount": "10.00",
        }  # fmt: skip
        rows = [{**defaults, "line_id": f"{order_id}-{n}", **columns} for n in range(lines)]
        self.orders[order_id] = rows

    def new_key(self) -> str:
        """What the shop's owner makes when the old key opens nothing any more."""
        self._keys += 1
        self._api_key = f"key-{self._keys}"
        return self._api_key

    async def _orders(self, request: Request) -> Response:
        self._log("orders", dict(request.query_params))
        return await self._reply(lambda: self._answer(request), "text/csv")

    def _answer(self, request: Request) -> Response | bytes:
        refusal = self._refusal(request)
        if refusal is not None:
            return refusal
        params = request.query_params
        try:
            start, end = _moment(params["from"]), _moment(params["to"])
            page, size = int(params.get("page", "1")), int(params.get("size", SIZE))
        except (KeyError, ValueError):
            return JSONResponse({"error": "from, to and page, please"}, 400)
        found = self._between(start, end)
        rows = [row for order in found[(page - 1) * size : page * size] for row in order]
        if self._has_bad_row(rows):
            return failing()
        text = _csv(rows)
        if self.faults.strikes("truncate"):
            text = text[: len(text) // 2]
        return PlainTextResponse(text, headers={"X-Total": str(len(found))}, media_type="text/csv")

    def _refusal(self, request: Request) -> Response | None:
        if self.faults.ends_sessions():
            self._api_key = secrets.token_hex()
        key = request.headers.get("X-Api-Key", "")
        if not secrets.compare_digest(key.encode(), self._api_key.encode()):
            return JSONResponse({"error": "who are you?"}, 401)
        if self.faults.strikes("throttle"):
            wait = {"Retry-After": str(self.faults.ban_seconds)}
            return JSONResponse({"error": "slowly"}, 429, wait)
        if self.faults.strikes("fail"):
            return failing()
        return None

    def _between(self, start: datetime, end: datetime) -> list[Order]:
        """The orders that changed in [start, end), the oldest change first."""
        keys = ((_moment(rows[0]["updated_at"]), number) for number, rows in self.orders.items())
        return [self.orders[number] for moment, number in sorted(keys) if start <= moment < end]


def failing() -> Response:
    """A mistake of the shop's own, which it tells with HTTP 200."""
    return JSONResponse({"error": "in a moment"})


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _csv(rows: list[dict[str, str]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def sandbox_arguments(parser: ArgumentParser) -> None:
    """What `opsgraph csvshop-sandbox` is told."""
    parser.add_argument("--port", type=int, default=8011)
    parser.add_argument("--api-key", default="try-me")


def serve_sandbox(arguments: Namespace) -> int:
    """Serve a shop with a few orders until it is stopped."""
    shop = CsvShop(arguments.api_key)
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    for number in range(5):
        shop.put(f"o{number}", now, lines=number + 1)
    with serve(shop.app, arguments.port) as url:
        print(f"A shop at {url}; its key is {arguments.api_key}. Stop it with Ctrl-C.")
        try:
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            return 0
