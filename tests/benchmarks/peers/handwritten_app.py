"""The server of the hand-written endpoints: `python -m … DATABASE_URL PORT`."""

import gc
import sys
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from secrets import randbits
from typing import Any

import asyncpg
import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from core.money import exponent

_ORDER = """id, platform_id, status, platform_status, channel, paid_amount, kind, currency,
 ordered_at, order_day, paid_at"""
ORDERS = f"""SELECT {_ORDER} FROM orders WHERE merchant_id = $1
 ORDER BY ordered_at DESC, id DESC LIMIT $2"""
ORDER = f"SELECT {_ORDER} FROM orders WHERE merchant_id = $1 AND id = $2"
ORDERS_WITH_LINES = """SELECT o.id, o.platform_id, o.ordered_at, c.id, c.nickname, ARRAY(
  SELECT ROW(l.title, l.quantity, l.amount, l.currency, p.id, p.title)
  FROM order_lines l LEFT JOIN products p ON p.merchant_id = $1 AND p.id = l.product_id
  WHERE l.merchant_id = $1 AND l.order_id = o.id ORDER BY l.ordinal, l.id LIMIT 10)
 FROM orders o LEFT JOIN customers c ON c.merchant_id = $1 AND c.id = o.customer_id
 WHERE o.merchant_id = $1 ORDER BY o.ordered_at DESC, o.id DESC LIMIT 50"""
TRAFFIC = """SELECT channel, currency, sum(impressions)::bigint, sum(clicks)::bigint,
 sum(visits)::bigint, sum(orders)::bigint, sum(amount)::bigint
 FROM traffic_days WHERE merchant_id = $1 AND day >= $2 AND day < $3 GROUP BY channel, currency"""
RENAME = "UPDATE shops SET name = $3 WHERE merchant_id = $1 AND id = $2 RETURNING name"
AUDIT = """INSERT INTO audit_entries
 (merchant_id, id, happened_at, actor, action, entity, entity_id, detail)
 VALUES ($1, $2, $3, 'benchmark', 'shop.update', 'shop', $4, '{}')"""


def money(minor: int, currency: str) -> dict[str, str]:
    digits = exponent(currency)
    text = f"{minor / 100:.2f}" if digits == 2 else f"{minor / 10**digits:.{digits}f}"
    return {"amount": text, "currency": currency}


def node_id(name: bytes, row_id: int) -> str:
    return urlsafe_b64encode(b'["%s",%d]' % (name, row_id)).rstrip(b"=").decode()


def row_id(given: str) -> int:
    return orjson.loads(urlsafe_b64decode(given + "=" * (-len(given) % 4)))[1]


def order(row: asyncpg.Record) -> dict[str, Any]:
    key, number, status, platform, channel, paid, kind, currency, ordered, day, at = row
    return {
        "id": node_id(b"Order", key),
        "number": number,
        "kind": kind,
        "status": status,
        "platformStatus": platform,
        "channel": channel,
        "paidAmount": money(paid, currency),
        "orderedAt": ordered,
        "orderDay": day,
        "paidAt": at,
    }


def line(row: asyncpg.Record) -> dict[str, Any]:
    title, quantity, amount, currency, product, name = row
    return {
        "title": title,
        "quantity": quantity,
        "amount": money(amount, currency),
        "product": product and {"id": node_id(b"Product", product), "title": name},
    }


def order_with_lines(row: asyncpg.Record) -> dict[str, Any]:
    key, number, ordered, customer, nickname, lines = row
    return {
        "id": node_id(b"Order", key),
        "number": number,
        "orderedAt": ordered,
        "customer": customer and {"id": node_id(b"Customer", customer), "nickname": nickname},
        "lines": {"nodes": [line(each) for each in lines]},
    }


def total(row: asyncpg.Record) -> dict[str, Any]:
    channel, currency, impressions, clicks, visits, orders, amount = row
    return {
        "key": {"channel": channel, "currency": currency},
        "sum": {
            "impressions": impressions,
            "clicks": clicks,
            "visits": visits,
            "orders": orders,
            "amount": money(amount, currency),
        },
    }


def answer(**data: Any) -> Response:
    return Response(orjson.dumps({"data": data}), media_type="application/json")


async def orders(request: Request) -> Response:
    given = request.query_params
    rows = await _fetch(request, ORDERS, int(given["merchant"]), int(given["first"]))
    return answer(orders={"nodes": [order(row) for row in rows]})


async def orders_with_lines(request: Request) -> Response:
    rows = await _fetch(request, ORDERS_WITH_LINES, int(request.query_params["merchant"]))
    return answer(orders={"nodes": [order_with_lines(row) for row in rows]})


async def one_order(request: Request) -> Response:
    merchant, key = int(request.query_params["merchant"]), row_id(request.path_params["id"])
    rows = await _fetch(request, ORDER, merchant, key)
    return answer(node=order(rows[0]) if rows else None)


async def traffic(request: Request) -> Response:
    given = request.query_params
    days = date.fromisoformat(given["from"]), date.fromisoformat(given["to"])
    rows = await _fetch(request, TRAFFIC, int(given["merchant"]), *days)
    return answer(trafficDaysAggregate=[total(row) for row in rows])


async def rename_shop(request: Request) -> Response:
    given = orjson.loads(await request.body())
    merchant, key = given["merchant"], row_id(request.path_params["id"])
    async with request.app.state.pool.acquire() as connection, connection.transaction():
        name = await connection.fetchval(RENAME, merchant, key, given["name"])
        entry = randbits(63), datetime.now(UTC), str(key)
        await connection.execute(AUDIT, merchant, *entry)
    shop = {"id": node_id(b"Shop", key), "name": name}
    return answer(updateShop={"shop": shop, "userErrors": []})


async def live(request: Request) -> Response:
    return Response()


async def _fetch(request: Request, query: str, *values: Any) -> list[asyncpg.Record]:
    async with request.app.state.pool.acquire() as connection:
        return await connection.fetch(query, *values)


class Connection(asyncpg.Connection):
    """A connection that needs no clean-up between requests: nothing here leaves traces."""

    def get_reset_query(self) -> str:
        return ""


def make_app(database_url: str) -> Starlette:
    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with asyncpg.create_pool(
            database_url, min_size=10, max_size=10, connection_class=Connection
        ) as app.state.pool:
            gc.collect()
            gc.freeze()
            gc.set_threshold(50_000, 20, 100)
            yield

    routes = [
        Route("/orders", orders),
        Route("/orders-with-lines", orders_with_lines),
        Route("/orders/{id}", one_order),
        Route("/traffic", traffic),
        Route("/shops/{id}", rename_shop, methods=["POST"]),
        Route("/health/live", live),
    ]
    return Starlette(routes=routes, lifespan=lifespan)


if __name__ == "__main__":
    url, port = sys.argv[1:]
    app = make_app(url)
    uvicorn.run(
        app, host="127.0.0.1", port=int(port), loop="uvloop", http="httptools", log_level="warning"
    )
