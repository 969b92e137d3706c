"""`opsgraph demo`: a year of real orders, pulled from a sandbox marketplace, served as GraphQL.

Run again, it goes on where it was: migrations, streams and traffic are all resumed or skipped.
"""

import os
import subprocess
import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.rule import Rule
from rich.table import Table

from core.cli.access import make_token
from core.cli.house import Refusal, build
from core.cli.serve import run_server
from core.db import migrate
from core.db.database import engine_for_owner
from core.errors import AuthenticationError
from core.house import House
from core.security.permissions import make_policy
from core.security.tokens import authenticate
from plugins.demo.stage import (
    Stage,
    add_traffic,
    find_anchor,
    find_merchant,
    find_stage,
    register,
    running_sandbox,
)

SHOWN = 3
"""Examples printed; GraphiQL has them all."""


@dataclass
class Stopwatch:
    """How long each part took."""

    parts: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self.parts[name] = time.perf_counter() - start


def demo(arguments: Namespace) -> int:
    """Set everything up and serve, or stop before serving when asked to."""
    console, watch, house = Console(), Stopwatch(), build()
    console.print(
        "[bold]opsgraph demo[/] — the UCI Online Retail year (CC BY 4.0), emulated as a Taobao "
        "shop:\ndates are moved by whole weeks, pounds shown as yuan, and the sandbox keeps the "
        "whole year\n(Taobao itself shows three months). Traffic, ad spend, stock and reviews are "
        "synthetic.\n"
    )
    with watch.part("database"):
        migrate.upgrade(engine_for_owner(house.settings), house.chains, spared=house.spared)
        merchant_id = find_merchant(house)
    anchor = find_anchor(house, merchant_id)
    with _timed_sandbox(watch, anchor) as address:
        stage = register(house, merchant_id, anchor, address)
        _fill(stage, watch)
        _print_times(console, watch)
        if arguments.no_serve:
            return 0
        port = arguments.port or house.settings.port
        _print_welcome(console, house, stage, port)
        run_server(house, house.settings.host, port, with_worker=house.db.dialect == "sqlite")
    return 0


@contextmanager
def _timed_sandbox(watch: Stopwatch, anchor: Any) -> Iterator[str]:
    start = time.perf_counter()
    with running_sandbox(anchor) as address:
        watch.parts["sandbox marketplace"] = time.perf_counter() - start
        yield address


def _fill(stage: Stage, watch: Stopwatch) -> None:
    """Pull and make up in processes of their own, so that the serving one stays small."""
    with watch.part("orders, refunds, products, reviews"):
        _python("-m", "core", "sync", "--shop", str(stage.shop_id))
    with watch.part("synthetic traffic"):
        program = "from plugins.demo.run import fill_traffic; fill_traffic()"
        _python("-c", program)


def _python(*arguments: str) -> None:
    done = subprocess.run([sys.executable, *arguments], check=False)  # noqa: S603  (our own)
    if done.returncode:
        raise Refusal("The demo is not filled yet; the reason stands above. Run it again to go on.")


def fill_traffic() -> None:
    """Store the synthetic traffic of the demo's shop."""
    house = build()
    merchant_id = find_merchant(house)
    add_traffic(house, find_stage(house, merchant_id))


def _print_times(console: Console, watch: Stopwatch) -> None:
    table = Table("part", "seconds", title="Time to serve")
    for name, seconds in watch.parts.items():
        table.add_row(name, f"{seconds:.1f}")
    table.add_row("[bold]in all", f"[bold]{sum(watch.parts.values()):.1f}")
    console.print(table)


def _print_welcome(console: Console, house: House, stage: Stage, port: int) -> None:
    address, token = f"http://{house.settings.host}:{port}/", _token(house, stage)
    console.print(Rule("Serving; stop with Ctrl-C"))
    # Plain lines: a box or a wrap would cut the token, and the link with it.
    print(f"GraphiQL  {address}#token={token}\nEndpoint  {address}graphql\nToken     {token}")
    for example in house.registry.examples[:SHOWN]:
        console.print(f"\n[bold]{example.title}[/]  {example.description}")
        console.print(example.query, markup=False, highlight=False)


def _token(house: House, stage: Stage) -> str:
    """The demo's token: kept in the data folder, readable by its owner alone, while it is good."""
    path = house.settings.data_dir / "demo-token"
    policy, now = make_policy(house.registry.permissions), datetime.now(UTC)
    if path.exists():
        kept: str = path.read_text().strip()
        try:
            actor = house.db.system_now(lambda session: authenticate(session, kept, policy, now))
        except AuthenticationError:
            actor = None
        if actor is not None and actor.merchant_id == stage.merchant_id:
            return kept
    token = make_token(house.db, stage.merchant_id, "demo", "owner")
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(token)
    return token


def arguments(parser: ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument("--port", type=int, help="default: OPSGRAPH_PORT or 8000")
    parser.add_argument("--no-serve", action="store_true", help="fill the database, then stop")
