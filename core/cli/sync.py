"""`opsgraph sync` and `opsgraph worker`: pull now with progress, or pull whatever is due."""

import asyncio
from argparse import ArgumentParser, Namespace
from datetime import UTC, datetime

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from sqlmodel import col, or_, select

from core.cli.house import Refusal, make_engine, ready, tune_collector
from core.house import House
from core.models import Shop
from core.plugin import Command
from core.sync.engine import Progress as Step
from core.sync.engine import RunReport
from core.sync.lease import Wanted
from core.sync.worker import work


def sync(arguments: Namespace) -> int:
    """Pull every chosen stream once, showing how far each is."""
    house = ready()
    shop_id = _shop_id(house, arguments.shop) if arguments.shop else None
    streams = tuple(arguments.stream or ())
    tune_collector()
    reports = asyncio.run(pull_all(house, shop_id, streams, arguments.since))
    if not reports:
        raise Refusal("There was nothing to pull: no such shop or stream, or others hold it.")
    _print(reports)
    return 1 if any(report.error for report in reports) else 0


async def pull_all(
    house: House, shop_id: int | None, streams: tuple[str, ...], since: datetime | None = None
) -> list[RunReport]:
    """Pull each chosen stream once, with a progress bar for each."""
    reports: list[RunReport] = []
    done: frozenset[tuple[int, str]] = frozenset()
    with _bars() as bars:
        tasks: dict[str, TaskID] = {}

        def show(step: Step) -> None:
            name = f"{step.shop} · {step.stream}"
            if name not in tasks:
                tasks[name] = bars.add_task(name, total=1.0, seen="")
            lost = f", {step.quarantined} quarantined" if step.quarantined else ""
            bars.update(tasks[name], completed=step.done, seen=f"{step.seen:,} records{lost}")

        engine = make_engine(house, on_progress=show)
        while True:
            wanted = Wanted(shop_id=shop_id, streams=streams, due_only=False, exclude=done)
            report = await engine.run_next(wanted, since)
            if report is None:
                return reports
            reports.append(report)
            done |= {(report.shop_id, report.stream)}


def _bars() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TextColumn("{task.fields[seen]}"),
        TimeElapsedColumn(),
    )


def _print(reports: list[RunReport]) -> None:
    console = Console()
    table = Table("stream", "status", "seen", "new", "known", "bad", "reported")
    for report in reports:
        outcome = report.outcome
        counts = (outcome.seen, outcome.changed, outcome.unchanged, outcome.quarantined)
        reported = "" if report.reported is None else f"{report.reported:,}"
        table.add_row(report.stream, report.status, *(f"{n:,}" for n in counts), reported)
    console.print(table)
    for report in reports:
        if report.error is not None:
            console.print(f"{report.stream}: {report.error.code}: {report.error}", markup=False)


def _shop_id(house: House, text: str) -> int:
    chosen = col(Shop.name) == text
    if text.isdigit():
        chosen = or_(chosen, col(Shop.id) == int(text))
    found = house.db.system_now(
        lambda session: list(session.scalars(select(Shop.id).where(chosen)))
    )
    if len(found) != 1:
        raise Refusal(f"{len(found)} shops are called {text!r}: give the id of one.")
    shop_id: int = found[0]
    return shop_id


def run_worker(arguments: Namespace) -> int:
    """Pull whatever is due and deliver events, until it is stopped."""
    house = ready()
    tune_collector()
    Console().print("Worker started; stop it with Ctrl-C.")
    asyncio.run(work(make_engine(house), house.registry, arguments.parallel))
    return 0


def _sync(parser: ArgumentParser) -> None:
    parser.add_argument("--shop", help="name or id of one shop; default: all")
    parser.add_argument("--stream", action="append", help="e.g. orders; may be repeated")
    parser.add_argument("--since", type=_moment, help="read again from here, e.g. 2026-11-01")


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _worker(parser: ArgumentParser) -> None:
    parser.add_argument("--parallel", type=int, default=4, help="shops pulled at a time")


COMMANDS = (
    Command("sync", "Pull from the shops now.", sync, _sync),
    Command("worker", "Pull whatever is due, for ever.", run_worker, _worker),
)
