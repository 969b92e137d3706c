"""One client on SQLite, in this process: the gateway beside the same SQL by hand."""

import json
import sqlite3
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import orjson
import uvloop
from sqlalchemy import create_engine, insert, select
from starlette.applications import Starlette

from core.cli.house import tune_collector
from core.db.database import engine_for_owner
from core.db.engines import READER_CACHE_KB, prepare
from core.db.upsert import table_of
from core.graph.engine.run import Trace
from core.graph.schema import compose
from core.http.app import make_app
from core.http.gateway import Gateway
from core.models import Customer, Merchant, Order, OrderLine, Product, Shop, TrafficDay
from core.security.permissions import make_policy
from core.settings import Settings
from gateway import build
from tests.benchmarks.bench import Bench, say
from tests.benchmarks.cluster import BenchDatabase
from tests.benchmarks.data import Merchant as Asking
from tests.benchmarks.data import Size, make_tokens, run_opsgraph
from tests.benchmarks.load import Ask
from tests.benchmarks.peers.opsgraph import Opsgraph
from tests.benchmarks.questions import QUESTIONS, Case, make_cases, variables
from tests.benchmarks.report import limit, table

Statement = tuple[str, Sequence[Any]]

ASKED = ("Q1", "Q2", "Q3", "Q4", "Q5")
SIZE = Size(orders=10_000, merchants=2)
TABLES = (Merchant, Shop, Customer, Product, Order, OrderLine, TrafficDay)
REPEATS = 100
MOST = 1.3
BATCH = 5000


def run(bench: Bench) -> str:
    """Fill a file with rows of PostgreSQL's data, then ask one question after the other."""
    questions = [name for name in bench.options.questions if name in ASKED]
    with bench.scratch("bench_sqlite", SIZE) as source, tempfile.TemporaryDirectory() as folder:
        environment = {"OPSGRAPH_DATA_DIR": folder}
        run_opsgraph(environment, "db", "upgrade")
        settings = Settings(_env_file=None, data_dir=Path(folder))
        _copy(source, settings)
        cases = _cases(settings, environment)
        say("measuring SQLite in this process")
        rows = uvloop.run(_measure(settings, questions, cases))
    header = ["", "gateway, ms", "the same SQL by hand, ms", "ratio", "at most", "verdict"]
    text = (
        f"One client, no socket: the ASGI application is called, and in turn its SQL is run with "
        f"`sqlite3` and the rows are given to `json.dumps`. {SIZE.orders * SIZE.merchants:,} "
        f"orders of {SIZE.merchants} merchants; medians of {REPEATS} pairs."
    )
    return f"## SQLite, a single client\n\n{text}\n\n{table(header, rows)}"


def _copy(source: BenchDatabase, settings: Settings) -> None:
    """The rows of PostgreSQL, stored in SQLite as the product stores them."""
    say("copying the data to SQLite")
    reader = create_engine(source.url("postgres").replace("postgresql:", "postgresql+psycopg:"))
    writer = engine_for_owner(settings)
    with reader.connect() as reading, writer.begin() as writing:
        for model in TABLES:
            made = table_of(model)
            found = reading.execution_options(yield_per=BATCH).execute(select(made))
            for rows in found.mappings().partitions():
                writing.execute(insert(made), [dict(row) for row in rows])
    reader.dispose()
    writer.dispose()


def _cases(settings: Settings, environment: dict[str, str]) -> list[Case]:
    orders, merchants = table_of(Order), table_of(Merchant)
    engine = engine_for_owner(settings)
    with engine.connect() as connection:
        ids = {
            merchant_id: tuple(
                connection.scalars(
                    select(orders.c.id).where(orders.c.merchant_id == merchant_id).limit(REPEATS)
                )
            )
            for merchant_id in connection.scalars(select(merchants.c.id)).all()
        }
    engine.dispose()
    tokens = make_tokens(environment, list(ids))
    asking = [Asking(0, merchant, tokens[merchant], (0,), ids[merchant]) for merchant in ids]
    return make_cases(asking, REPEATS)


async def _measure(
    settings: Settings, questions: Sequence[str], cases: Sequence[Case]
) -> list[list[str]]:
    house = build(settings)
    gateway = Gateway(
        settings=settings,
        db=house.db,
        registry=house.registry,
        schema=compose(house.registry),
        policy=make_policy(house.registry.permissions),
        keys=house.keys,
        chains=house.chains,
    )
    app = make_app(gateway, ())
    tune_collector()
    async with app.router.lifespan_context(app):
        return [await _row(gateway, app, question, cases) for question in questions]


async def _row(gateway: Gateway, app: Starlette, question: str, cases: Sequence[Case]) -> list[str]:
    """Times of both, and their ratio pair by pair; everything is asked once before, to warm up."""
    by_hand = _connect(gateway.settings)
    pairs = []
    for case in (*cases, *cases):
        statements = await _statements(gateway, question, case)
        pair = await _time_gateway(app, Opsgraph().ask(question, case), question)
        pairs.append((pair, _time_by_hand(by_hand, statements)))
    by_hand.close()
    pairs = pairs[len(cases) :]
    ours, theirs = (median(each) for each in zip(*pairs, strict=True))
    ratio = median(a / b for a, b in pairs)
    shown = [f"{ours:.3f}", f"{theirs:.3f}", f"{ratio:.2f}"]
    return [question, *shown, f"{MOST:g}", limit(ratio, MOST)]


async def _statements(gateway: Gateway, question: str, case: Case) -> list[Statement]:
    """The SQL with which the engine answers a case, and the values that are bound."""
    actor = await gateway.actor(f"Bearer {case.merchant.token}")
    operation = gateway.engine.operation(QUESTIONS[question].document, None)
    traces: list[Trace] = []
    given = variables(question, case)
    await gateway.engine.execute(operation, given, gateway.context(actor), traces)
    return [(trace.sql, trace.values) for trace in traces]


async def _time_gateway(app: Starlette, ask: Ask, question: str) -> float:
    """Milliseconds of one request."""
    begun = perf_counter()
    body = await _call(app, ask)
    taken = (perf_counter() - begun) * 1e3
    Opsgraph().content(question, orjson.loads(body))
    return taken


def _time_by_hand(connection: sqlite3.Connection, statements: Sequence[Statement]) -> float:
    """Milliseconds of the same statements and the JSON of their rows."""
    begun = perf_counter()
    for sql, values in statements:
        json.dumps(connection.execute(sql, values).fetchall())
    return (perf_counter() - begun) * 1e3


def _connect(settings: Settings) -> sqlite3.Connection:
    """A connection set up like those of the gateway."""
    connection = sqlite3.connect(settings.data_dir / "opsgraph.sqlite3", cached_statements=200)
    prepare(connection, writes=False, cache_kb=READER_CACHE_KB)
    return connection


async def _call(app: Starlette, ask: Ask) -> bytes:
    """The body of an answer, from the application itself."""
    sent: list[dict[str, Any]] = []
    messages = iter([{"type": "http.request", "body": ask.body, "more_body": False}])

    async def receive() -> dict[str, Any]:
        return next(messages)

    async def send(message: Any) -> None:
        sent.append(message)

    await app(_scope(ask), receive, send)
    return b"".join(message.get("body", b"") for message in sent)


def _scope(ask: Ask) -> dict[str, Any]:
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": ask.method,
        "scheme": "http",
        "path": ask.path,
        "raw_path": ask.path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(n.lower().encode(), v.encode()) for n, v in ask.headers.items()],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 2),
    }
