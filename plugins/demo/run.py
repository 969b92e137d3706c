"""`opsgraph demo`: a year of real orders, pulled from five sandbox marketplaces, served as GraphQL.

Run again, it goes on where it was: migrations, streams and traffic are all resumed or skipped.
"""

import asyncio
import os
import subprocess
import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from rich.console import Console
from rich.rule import Rule
from rich.table import Table

from core.cli.access import make_token
from core.cli.house import Refusal, build, ready, tune_collector
from core.cli.serve import run_server
from core.cli.sync import print_reports, pull_all
from core.db import migrate
from core.db.database import engine_for_owner
from core.errors import AuthenticationError
from core.house import House
from core.security.permissions import make_policy
from core.security.tokens import authenticate
from core.sync.lease import Wanted
from plugins.demo.platforms import STANDS
from plugins.demo.repository import count_shops
from plugins.demo.sandbox import Place
from plugins.demo.stage import (
    Stage,
    add_traffic,
    find_anchor,
    find_merchant,
    find_stage,
    register,
    running_sandboxes,
)

INTRODUCTION = """\
[bold]opsgraph demo[/] — the UCI Online Retail year (CC BY 4.0), emulated as five
shops on Taobao, JD, Pinduoduo, Douyin and Xiaohongshu. The invoices are real;
that one shop's customers are divided among five is made up. Dates are moved by
whole weeks, pounds shown as yuan, and the sandboxes keep the whole year (most
platforms show three months). Traffic, ad spend, stock and reviews are synthetic.
"""
GROUPS = (("taobao", "jd", "douyin"), ("xiaohongshu", "pinduoduo"))
"""Pulled side by side: the first ones bring the records, the others mostly take calls."""
MONEY = {3, 5}
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
    console.print(INTRODUCTION)
    with watch.part("database"):
        migrate.upgrade(engine_for_owner(house.settings), house.chains, spared=house.spared)
        merchant_id = find_merchant(house)
    anchor = find_anchor(house, merchant_id)
    with _timed_sandboxes(watch, anchor) as markets:
        stage = register(house, merchant_id, anchor, markets)
        _fill(watch)
        _print_shops(console, house, stage)
        _print_times(console, watch)
        if arguments.no_serve:
            return 0
        port = arguments.port or house.settings.port
        _print_welcome(console, house, stage, port)
        run_server(house, house.settings.host, port, with_worker=house.db.dialect == "sqlite")
    return 0


@contextmanager
def _timed_sandboxes(watch: Stopwatch, anchor: datetime) -> Iterator[dict[str, Place]]:
    start = time.perf_counter()
    with running_sandboxes(anchor) as markets:
        watch.parts["sandbox marketplaces"] = time.perf_counter() - start
        yield markets


def _fill(watch: Stopwatch) -> None:
    """Pull and make up in processes of their own, so that the serving one stays small."""
    with watch.part("five shops and synthetic traffic"):
        pulls = [_start("fill_shops", *names) for names in GROUPS]
        running = [*pulls, _start("fill_traffic")]
        codes = [process.wait() for process in running]
        if any(codes):
            raise Refusal(
                "The demo is not filled yet; the reason stands above. Run it again to go on."
            )


def _start(function: str, *names: str) -> subprocess.Popen[bytes]:
    program = f"import sys; from plugins.demo.run import {function}; sys.exit({function}())"
    return subprocess.Popen([sys.executable, "-c", program, *names])  # noqa: S603  (our own)


def fill_shops() -> int:
    """Pull all streams of some of the demo's shops; 1 if one could not be pulled.

    Their marketplaces are the program's arguments. The first ones' progress is shown.
    """
    house, names = ready(), sys.argv[1:]
    tune_collector()
    stage = find_stage(house, find_merchant(house))
    wanted = [Wanted(shop_id=stage.shops[name], due_only=False) for name in names]
    reports = asyncio.run(pull_all(house, wanted, is_shown=tuple(names) == GROUPS[0]))
    if bad := [report for report in reports if report.status != "succeeded"]:
        print_reports(house, bad)
    return int(any(report.error for report in reports))


def fill_traffic() -> int:
    """Store the synthetic traffic of the demo's shops."""
    house = build()
    merchant_id = find_merchant(house)
    add_traffic(house, find_stage(house, merchant_id))
    return 0


def _print_shops(console: Console, house: House, stage: Stage) -> None:
    """What each shop holds, and what all of them do."""
    found = house.db.read_now(stage.merchant_id, count_shops)
    names = ("orders", "customers", "lines", "sales", "refunds", "refunded")
    table = Table(
        box=None, pad_edge=False, title="One year in five shops (the division is made up)"
    )
    table.add_column("shop", no_wrap=True)
    for name in names:
        table.add_column(name, justify="right", no_wrap=True)
    total = [0] * len(names)
    for name, stand in STANDS.items():
        counts = found[stage.shops[name]]
        total = [a + b for a, b in zip(total, counts, strict=True)]
        table.add_row(stand.title, *_figures(counts))
    table.add_row("[bold]in all", *(f"[bold]{each}" for each in _figures(total)))
    console.print(table)


def _figures(counts: Sequence[int]) -> list[str]:
    """Numbers, those that are money with two decimals."""
    return [f"{n / 100:,.2f}" if place in MONEY else f"{n:,}" for place, n in enumerate(counts)]


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
