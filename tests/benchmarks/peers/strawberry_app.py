"""The server of the plain Strawberry peer: `python -m … DATABASE_URL PORT`."""

import base64
import gc
import json
import sys
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from enum import Enum
from secrets import randbits
from typing import Any, NewType

import asyncpg
import orjson
import strawberry
import uvicorn
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route
from strawberry.asgi import GraphQL
from strawberry.dataloader import DataLoader
from strawberry.extensions import ParserCache, ValidationCache
from strawberry.schema.config import StrawberryConfig
from strawberry.types import Info

from core.money import decimal_text

BigInt = NewType("BigInt", int)
LARGE = strawberry.scalar(name="BigInt", serialize=int, parse_value=int)


ORDER = "SELECT * FROM orders WHERE merchant_id = $1 AND id = $2"
ORDERS = """SELECT * FROM orders WHERE merchant_id = $1
 ORDER BY ordered_at DESC, id DESC LIMIT $2"""
CUSTOMERS = "SELECT * FROM customers WHERE merchant_id = $1 AND id = ANY ($2)"
PRODUCTS = "SELECT * FROM products WHERE merchant_id = $1 AND id = ANY ($2)"
LINES = """SELECT * FROM (
  SELECT *, row_number() OVER (PARTITION BY order_id ORDER BY ordinal, id) AS place
  FROM order_lines WHERE merchant_id = $1 AND order_id = ANY ($2)
 ) AS lines WHERE place <= $3 ORDER BY place"""
TRAFFIC = """SELECT channel, currency, sum(impressions)::bigint AS impressions,
 sum(clicks)::bigint AS clicks, sum(visits)::bigint AS visits, sum(orders)::bigint AS orders,
 sum(amount)::bigint AS amount
 FROM traffic_days WHERE merchant_id = $1 AND day >= $2 AND day < $3 GROUP BY channel, currency"""
RENAME = "UPDATE shops SET name = $3 WHERE merchant_id = $1 AND id = $2 RETURNING *"
AUDIT = """INSERT INTO audit_entries
 (merchant_id, id, happened_at, actor, action, entity, entity_id, detail)
 VALUES ($1, $2, $3, 'benchmark', 'shop.update', 'shop', $4, '{}')"""


class Data:
    """What one request reads: rows of one merchant, and the DataLoaders that batch them."""

    def __init__(self, pool: asyncpg.Pool, merchant: int) -> None:
        self.pool, self.merchant = pool, merchant
        self.customers = DataLoader(lambda keys: self._by_id(CUSTOMERS, keys))
        self.products = DataLoader(lambda keys: self._by_id(PRODUCTS, keys))
        self.lines = DataLoader(self._lines)

    async def fetch(self, query: str, *values: Any) -> list[asyncpg.Record]:
        return await self.pool.fetch(query, self.merchant, *values)

    async def _by_id(self, query: str, keys: list[int]) -> list[asyncpg.Record | None]:
        found = {row["id"]: row for row in await self.fetch(query, keys)}
        return [found.get(key) for key in keys]

    async def _lines(self, keys: list[tuple[int, int]]) -> list[list[asyncpg.Record]]:
        """The first lines of each order; keys are (order, how many)."""
        groups = defaultdict(list)
        orders, most = [order for order, _ in keys], max(count for _, count in keys)
        for row in await self.fetch(LINES, orders, most):
            groups[row["order_id"]].append(row)
        return [groups[order][:count] for order, count in keys]


def node_id(name: str, key: int) -> strawberry.ID:
    text = json.dumps([name, key], separators=(",", ":"))
    return strawberry.ID(base64.urlsafe_b64encode(text.encode()).decode().rstrip("="))


def row_id(given: str) -> int:
    return json.loads(base64.urlsafe_b64decode(given + "=" * (-len(given) % 4)))[1]


@strawberry.type
class Money:
    amount: str
    currency: str


def money(minor: int, currency: str) -> Money:
    return Money(amount=decimal_text(minor, currency), currency=currency)


@strawberry.type
class Customer:
    id: strawberry.ID
    nickname: str | None


@strawberry.type
class Product:
    id: strawberry.ID
    title: str


@strawberry.type
class OrderLine:
    row: strawberry.Private[asyncpg.Record]
    title: str
    quantity: BigInt

    @classmethod
    def of(cls, row: asyncpg.Record) -> "OrderLine":
        return cls(row=row, title=row["title"], quantity=BigInt(row["quantity"]))

    @strawberry.field
    def amount(self) -> Money:
        return money(self.row["amount"], self.row["currency"])

    @strawberry.field
    async def product(self, info: Info) -> Product | None:
        if self.row["product_id"] is None:
            return None
        found = await info.context["data"].products.load(self.row["product_id"])
        return found and Product(id=node_id("Product", found["id"]), title=found["title"])


@strawberry.type
class OrderLines:
    nodes: list[OrderLine]


@strawberry.interface
class Node:
    id: strawberry.ID


@strawberry.type
class Order(Node):
    row: strawberry.Private[asyncpg.Record]
    number: str
    kind: str
    status: str
    platform_status: str
    channel: str
    ordered_at: datetime
    order_day: date
    paid_at: datetime | None

    @classmethod
    def of(cls, row: asyncpg.Record) -> "Order":
        return cls(
            row=row,
            id=node_id("Order", row["id"]),
            number=row["platform_id"],
            kind=row["kind"],
            status=row["status"],
            platform_status=row["platform_status"],
            channel=row["channel"],
            ordered_at=row["ordered_at"],
            order_day=row["order_day"],
            paid_at=row["paid_at"],
        )

    @strawberry.field
    def paid_amount(self) -> Money:
        return money(self.row["paid_amount"], self.row["currency"])

    @strawberry.field
    async def customer(self, info: Info) -> Customer | None:
        if self.row["customer_id"] is None:
            return None
        found = await info.context["data"].customers.load(self.row["customer_id"])
        return found and Customer(id=node_id("Customer", found["id"]), nickname=found["nickname"])

    @strawberry.field
    async def lines(self, info: Info, first: int = 50) -> OrderLines:
        found = await info.context["data"].lines.load((self.row["id"], first))
        return OrderLines(nodes=[OrderLine.of(row) for row in found])


@strawberry.type
class Orders:
    nodes: list[Order]


@strawberry.input
class DayRange:
    gte: date
    lt: date


@strawberry.input
class TrafficFilter:
    day: DayRange


@strawberry.enum
class TrafficField(Enum):
    CHANNEL = "channel"


@strawberry.input
class TrafficGroup:
    field: TrafficField


@strawberry.type
class TrafficKey:
    channel: str
    currency: str


@strawberry.type
class TrafficSum:
    impressions: BigInt
    clicks: BigInt
    visits: BigInt
    orders: BigInt
    amount: Money


@strawberry.type
class TrafficTotal:
    key: TrafficKey
    sum: TrafficSum


COUNTS = ("impressions", "clicks", "visits", "orders")


def total(row: Any) -> TrafficTotal:
    counts = {name: BigInt(row[name]) for name in COUNTS}
    return TrafficTotal(
        key=TrafficKey(channel=row["channel"], currency=row["currency"]),
        sum=TrafficSum(**counts, amount=money(row["amount"], row["currency"])),
    )


@strawberry.type
class Query:
    @strawberry.field
    async def orders(self, info: Info, first: int = 50) -> Orders:
        found = await info.context["data"].fetch(ORDERS, first)
        return Orders(nodes=[Order.of(row) for row in found])

    @strawberry.field
    async def node(self, info: Info, id: strawberry.ID) -> Node | None:
        found = await info.context["data"].fetch(ORDER, row_id(id))
        return Order.of(found[0]) if found else None

    @strawberry.field
    async def traffic_days_aggregate(
        self, info: Info, filter: TrafficFilter, group_by: list[TrafficGroup]
    ) -> list[TrafficTotal]:
        found = await info.context["data"].fetch(TRAFFIC, filter.day.gte, filter.day.lt)
        return [total(row) for row in found]


@strawberry.type
class Shop:
    id: strawberry.ID
    name: str


@strawberry.type
class UserError:
    code: str


@strawberry.input
class UpdateShopInput:
    id: strawberry.ID
    name: str


@strawberry.type
class UpdateShopPayload:
    shop: Shop | None
    user_errors: list[UserError]


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def update_shop(self, info: Info, input: UpdateShopInput) -> UpdateShopPayload:
        data, key = info.context["data"], row_id(input.id)
        async with data.pool.acquire() as connection, connection.transaction():
            row = await connection.fetchrow(RENAME, data.merchant, key, input.name)
            if row is None:
                return UpdateShopPayload(shop=None, user_errors=[UserError(code="NOT_FOUND")])
            entry = randbits(63), datetime.now(UTC), str(key)
            await connection.execute(AUDIT, data.merchant, *entry)
        shop = Shop(id=node_id("Shop", row["id"]), name=row["name"])
        return UpdateShopPayload(shop=shop, user_errors=[])


class Application(GraphQL):
    """Strawberry's ASGI app, with loaders for each request."""

    async def get_context(self, request: Any, response: Any) -> dict[str, Any]:
        merchant = int(request.headers["merchant"])
        return {"data": Data(request.app.state.pool, merchant)}

    def encode_json(self, data: object) -> bytes:
        return orjson.dumps(data)


SCHEMA = strawberry.Schema(
    Query,
    Mutation,
    types=[Order],
    # Strawberry's own caches of parsed and validated documents.
    extensions=[lambda: ParserCache(maxsize=100), lambda: ValidationCache(maxsize=100)],
    config=StrawberryConfig(scalar_map={BigInt: LARGE}),
)


async def live(request: Any) -> Response:
    return Response()


def make_app(database_url: str) -> Starlette:
    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with asyncpg.create_pool(database_url, min_size=10) as app.state.pool:
            gc.collect()
            gc.freeze()
            yield

    graphql = Application(SCHEMA, graphql_ide=None)
    routes = [Route("/health/live", live), Route("/graphql", graphql)]
    return Starlette(routes=routes, lifespan=lifespan)


if __name__ == "__main__":
    url, port = sys.argv[1:]
    app = make_app(url)
    uvicorn.run(
        app, host="127.0.0.1", port=int(port), loop="uvloop", http="httptools", log_level="warning"
    )
