"""How fast orders get in: through a platform's HTTP, as records, and as bare rows."""

import asyncio
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from tests.benchmarks.bench import Bench, say
from tests.benchmarks.ingest.sandboxes import launch
from tests.benchmarks.ingest.stores import postgres_stores, sqlite_stores
from tests.benchmarks.ingest.ways import Item, ingest, insert, noting, open_shop, pull, read_rows
from tests.benchmarks.report import table
from tests.benchmarks.servers import running
from tests.plugins.marketplaces.busy import LINES, PLATFORMS, Platform

ORDERS = 2000
ROUNDS = 3


@dataclass
class Times:
    """Seconds of each way, round by round, and how many requests a pull took."""

    pulled: list[float] = field(default_factory=list)
    ingested: list[float] = field(default_factory=list)
    inserted: list[float] = field(default_factory=list)
    requests: int = 0


def run(bench: Bench) -> str:
    """Every platform on both databases."""
    orders = min(ORDERS, bench.options.orders // 20)
    rows = []
    with ExitStack() as stack:
        makers = {
            "SQLite": stack.enter_context(sqlite_stores()),
            "PostgreSQL": stack.enter_context(postgres_stores(bench.cluster)),
        }
        for name, platform in PLATFORMS.items():
            with running(name, launch(name, orders)) as server:
                address = f"http://127.0.0.1:{server.port}"
                for kind, make in makers.items():
                    say(f"pulling {orders:,} orders of {name} into {kind}, {ROUNDS} times")
                    rows.append(
                        [
                            f"{name}, {kind}",
                            *_figures(_measure(make, platform, address, orders), orders),
                        ]
                    )
    header = [
        "",
        "requests",
        "through HTTP, orders/s",
        "without HTTP",
        "executemany",
        "HTTP ÷ without",
        "without ÷ executemany",
    ]
    text = (
        f"{orders:,} orders of {LINES} lines in a shop of each platform. Through HTTP: the sync "
        "engine pulls them from the platform's sandbox, a process on the other core, which checks "
        "signatures and pages as the platform does. Without: the same records, in batches as "
        "large. `executemany`: every row that leaves behind, by the bare driver, in as many "
        f"transactions. Each into a new database with all indexes; medians of {ROUNDS} rounds. "
        "PostgreSQL shares a core with the worker."
    )
    return f"## Ingest\n\n{text}\n\n{table(header, rows)}"


def _measure(make: Any, platform: Platform, address: str, orders: int) -> Times:
    """Rounds of the three ways in turn, after one that fetches what the other two store."""
    items: list[Item] = []
    with make() as store:
        open_shop(store, platform, address)
        asyncio.run(pull(store, noting(platform, items), orders))
        shop, parts = read_rows(store, orders)
    times = Times()
    for _ in range(ROUNDS):
        with make() as store:
            open_shop(store, platform, address)
            seconds, report = asyncio.run(pull(store, platform, orders))
            times.pulled.append(seconds)
            times.requests = report.requests
        with make() as store:
            opened = open_shop(store, platform, address)
            times.ingested.append(
                asyncio.run(ingest(store.database, platform, opened, items, orders))
            )
        with make() as store:
            times.inserted.append(insert(store, shop, parts))
    return times


def _figures(times: Times, orders: int) -> list[str]:
    speeds = [orders / median(each) for each in (times.pulled, times.ingested, times.inserted)]
    ratios = [
        _ratio(times.ingested, times.pulled),
        _ratio(times.inserted, times.ingested),
    ]
    return [
        f"{times.requests:,}",
        *(f"{speed:,.0f}" for speed in speeds),
        *(f"{ratio:.2f}" for ratio in ratios),
    ]


def _ratio(quicker: Sequence[float], slower: Sequence[float]) -> float:
    """Speed of the slower way as part of the quicker one's, round by round."""
    return median(a / b for a, b in zip(quicker, slower, strict=True))
