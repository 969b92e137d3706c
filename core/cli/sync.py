"""`opsgraph sync` and `opsgraph worker`: pull now with progress, or pull whatever is due."""

import asyncio
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Column, Table
from sqlmodel import select

from core.cli.choice import SHOPS, choose_shop
from core.cli.house import Refusal, make_engine, ready, tune_collector
from core.house import House
from core.models import Shop
from core.plugin import Command
from core.sync.advice import what_to_do
from core.sync.engine import Progress as Step
from core.sync.engine import RunReport, SyncEngine
from core.sync.lease import Wanted
from core.sync.worker import work


def sync(arguments: Namespace) -> int:
    """Pull every chosen stream once, showing how far each is."""
    house = ready()
    shop_id = _shop_id(house, arguments.shop) if arguments.shop else None
    wanted = Wanted(shop_id=shop_id, streams=_streams(house, arguments.stream), due_only=False)
    tune_collector()
    reports = asyncio.run(pull_all(house, [wanted] * arguments.parallel, arguments.since))
    if not reports:
        raise Refusal("There was nothing to pull: no shop has that stream, or others are pulling.")
    print_reports(house, reports)
    return 1 if any(report.failed for report in reports) else 0


async def pull_all(
    house: House, wanted: Sequence[Wanted], since: datetime | None = None, *, is_shown: bool = True
) -> list[RunReport]:
    """Pull each wanted stream once, with a progress bar for each; wants are met side by side."""
    reports: list[RunReport] = []
    with _bars(is_shown) as bars:
        tasks: dict[str, TaskID] = {}

        def show(step: Step) -> None:
            name = f"{step.shop} · {step.stream}"
            if name not in tasks:
                tasks[name] = bars.add_task(name, total=1.0, seen="")
            lost = f", {step.quarantined} quarantined" if step.quarantined else ""
            bars.update(tasks[name], completed=step.done, seen=f"{step.seen:,} records{lost}")

        engine = make_engine(house, on_progress=show)
        done: set[tuple[int, str]] = set()
        async with asyncio.TaskGroup() as group:
            for each in wanted:
                group.create_task(_pull_each(engine, each, since, done, reports))
    return reports


async def _pull_each(
    engine: SyncEngine,
    wanted: Wanted,
    since: datetime | None,
    done: set[tuple[int, str]],
    reports: list[RunReport],
) -> None:
    """Pull what nobody else holds, one stream after the other, until nothing is left."""
    while True:
        chosen = replace(wanted, exclude=frozenset(done))
        report = await engine.run_next(chosen, since)
        if report is None:
            return
        reports.append(report)
        done.add((report.shop_id, report.stream))


def _bars(is_shown: bool) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TextColumn("{task.fields[seen]}"),
        TimeElapsedColumn(),
        disable=not is_shown,
    )


def print_reports(house: House, reports: list[RunReport]) -> None:
    """A line for every stream, and what went wrong."""
    names = _shop_names(house)
    streams = Column("stream", no_wrap=True)
    table = Table("shop", streams, "status", "seen", "new", "known", "bad", "reported")
    reports = sorted(reports, key=lambda report: (names[report.shop_id], report.stream))
    for report in reports:
        outcome = report.outcome
        counts = (outcome.seen, outcome.changed, outcome.unchanged, outcome.quarantined)
        reported = "" if report.reported is None else f"{report.reported:,}"
        name = names[report.shop_id]
        table.add_row(name, report.stream, report.status, *(f"{n:,}" for n in counts), reported)
    Console().print(table)
    for report in reports:
        if report.error is not None:
            code, stream = report.error.code, f"{names[report.shop_id]}, {report.stream}"
            print(f"{stream}: {code}: {report.error} → {what_to_do(code)}")


def _shop_names(house: House) -> dict[int, str]:
    query = select(Shop.id, Shop.name)
    return {row[0]: row[1] for row in house.db.system_now(lambda s: s.execute(query).all())}


def _shop_id(house: House, text: str) -> int:
    known = house.db.system_now(lambda session: session.execute(SHOPS).all())
    return choose_shop(known, text)


def _streams(house: House, asked: Sequence[str] | None) -> tuple[str, ...]:
    """The streams to pull, all if none is named; Refusal for one that no marketplace has."""
    markets = house.registry.marketplaces.values()
    known = {stream.name for market in markets for stream in market.streams}
    for name in asked or ():
        if name not in known:
            raise Refusal(f"There is no stream {name!r}; there are: {', '.join(sorted(known))}.")
    return tuple(asked or ())


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
    parser.add_argument("--parallel", type=_count, default=1, help="shops pulled at a time")
    parser.add_argument("--since", type=_moment, help="read again from here, e.g. 2026-11-01")


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is no day or time, such as 2026-11-01") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"{text!r} is no whole number of 1 or more")
    return int(text)


def _worker(parser: ArgumentParser) -> None:
    parser.add_argument("--parallel", type=_count, default=4, help="shops pulled at a time")


COMMANDS = (
    Command("sync", "Pull from the shops now.", sync, _sync),
    Command("worker", "Pull whatever is due, for ever.", run_worker, _worker),
)
