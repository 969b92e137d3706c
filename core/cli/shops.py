"""`opsgraph shops`: how fresh every stream of every shop is, and what is in the way."""

import os
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.markup import escape
from rich.table import Column, Table
from rich.text import Text
from sqlalchemy.orm import Session

from core.cli.house import ready
from core.house import House
from core.marketplace.contract import Marketplace
from core.models import Shop
from core.plugin import Command
from core.sync.advice import what_to_do
from core.sync.progress import RunNow, newest_runs
from core.sync.standing import (
    Authorisation,
    Imported,
    ShopBudget,
    Standing,
    StreamWord,
    authorisation,
    budgets,
    imports,
    standings,
)

STREAMS = ("shop", "stream", "through", "lag", "last success", "stored", "last run", "quarantine")
IMPORTED = ("shop", "imported", "through", "last import", "stored", "quarantine")
SHOPS = ("shop", "marketplace", "budget", "token", "authorised")
ANEW = "authorise the app again on the platform, then register the shop again (registerShop)."
PIPED = 160
"""Characters of a line when no terminal says how many there are."""
SECONDS = 2.0
"""Between two looks of `--watch`."""


def show(arguments: Namespace) -> int:
    """Print one row per stream, and the errors beneath; 1 when a stream that runs has one."""
    house = ready()
    if arguments.watch:
        return _watch(house)
    seen = _look(house)
    if not seen.shops:
        print("There is no shop yet: register one with the mutation registerShop.")
        return 0
    now = datetime.now(UTC)
    _console().print(_tables(house, seen, now))
    for line in _notes(house, seen, now):
        print(line)
    return 1 if any(each.word(now) is StreamWord.FAILING for each in seen.streams) else 0


def _console() -> Console:
    """A pipe is as wide as the tables; a terminal as wide as it is."""
    console = Console()
    is_known = console.is_terminal or "COLUMNS" in os.environ
    return console if is_known else Console(width=PIPED)


def _watch(house: House) -> int:
    """The same, again and again, until Ctrl-C."""
    with Live(screen=True, auto_refresh=False) as live:
        try:
            while True:
                live.update(_screen(house), refresh=True)
                time.sleep(SECONDS)
        except KeyboardInterrupt:
            return 0


def _screen(house: House) -> RenderableType:
    seen, now = _look(house), datetime.now(UTC)
    return Group(_tables(house, seen, now), *(Text(line) for line in _notes(house, seen, now)))


@dataclass(frozen=True)
class _Seen:
    """What the database holds at one moment. runs: the newest of each stream."""

    shops: list[ShopBudget]
    streams: list[Standing]
    runs: dict[tuple[int, int, str], RunNow]
    imports: list[Imported]


def _look(house: House) -> _Seen:
    def read(session: Session) -> _Seen:
        runs = {(run.merchant_id, run.shop_id, run.stream): run for run in newest_runs(session)}
        return _Seen(budgets(session), standings(session), runs, imports(session))

    return house.db.system_now(read, write=False)


def _tables(house: House, seen: _Seen, now: datetime) -> RenderableType:
    """What concerns a shop as a whole, its streams beneath, and what came from files, if any."""
    shops, streams = _table(SHOPS), _table((*STREAMS, "next run"))
    for each in seen.shops:
        shop, known = each.shop, house.registry.marketplaces
        cells = (shop.name, shop.marketplace, _budget(each, known.get(shop.marketplace), now))
        shops.add_row(*(escape(cell) for cell in (*cells, *_ends(shop, now))))
    for stream in seen.streams:
        run = seen.runs.get((stream.shop.merchant_id, stream.shop.id, stream.state.stream))
        told = (*_cells(stream, now), _next(stream, run, now))
        streams.add_row(*(escape(cell) for cell in told))
    return Group(*(table for table in (shops, streams, _imported(seen.imports)) if table.rows))


def _table(names: Sequence[str]) -> Table:
    """Narrow terminals break what stands in a cell, and cut nothing off."""
    whole = ("stream", "imported")
    return Table(*(Column(name, overflow="fold", no_wrap=name in whole) for name in names))


def _imported(found: Sequence[Imported]) -> Table:
    """What came from files."""
    table = _table(IMPORTED)
    for each in found:
        counts = (f"{each.stored:,}", f"{each.quarantined:,}")
        times = (_moment(each.through), _moment(each.last_at))
        table.add_row(*(escape(cell) for cell in (each.shop.name, each.stream, *times, *counts)))
    return table


def _notes(house: House, seen: _Seen, now: datetime) -> list[str]:
    """Errors with what to do, authorisations that end soon, and what no platform will send."""
    lines = []
    for shop in (each.shop for each in seen.shops):
        word = authorisation(shop, now)
        if word in (Authorisation.ENDING, Authorisation.ENDED):
            ends = shop.authorization_expires_at or shop.token_expires_at
            lines.append(f"{shop.name}: the authorisation {_tense(word)} {_moment(ends)}: {ANEW}")
    for each in seen.streams:
        state = each.state
        if state.last_error_code is not None:
            lines.append(
                f"{each.shop.name} · {state.stream}: {state.last_error_code}: {state.last_error} "
                f"→ {what_to_do(state.last_error_code)}"
            )
    return lines + _not_offered([each.shop for each in seen.shops], house.registry.marketplaces)


def _tense(word: Authorisation) -> str:
    return "ends" if word is Authorisation.ENDING else "has ended"


def _not_offered(shops: Sequence[Shop], known: Mapping[str, Marketplace]) -> list[str]:
    """What nobody needs to wait for, once per platform of these shops."""
    platforms = [
        known[name] for name in dict.fromkeys(s.marketplace for s in shops) if name in known
    ]
    return [
        f"{platform.title} · {stream}: not offered: {reason}"
        for platform in platforms
        for stream, reason in sorted(platform.not_offered.items())
    ]


def _cells(each: Standing, now: datetime) -> tuple[str, ...]:
    state, lag = each.state, each.lag(now)
    return (
        each.shop.name,
        state.stream,
        _moment(state.synced_through),
        "" if lag is None else _span(lag),
        _moment(state.last_success_at),
        f"{each.stored:,}",
        "" if each.last_run is None else f"{each.last_run:,}",
        f"{each.quarantined:,}",
    )


def _budget(each: ShopBudget, marketplace: Marketplace | None, now: datetime) -> str:
    """What may still be asked in the coming second, of what a second allows."""
    if marketplace is None:
        return ""
    rate, held = marketplace.rate(each.shop.config), each.until - now.timestamp()
    if held > 1:
        return f"none for {_span(timedelta(seconds=held))}"
    shared = " of the app" if each.is_shared else ""
    return f"{each.remaining(rate, now.timestamp())} of {rate:g} per s{shared}"


def _ends(shop: Shop, now: datetime) -> tuple[str, str]:
    return _until(shop.token_expires_at, now), _until(shop.authorization_expires_at, now)


def _until(end: datetime | None, now: datetime) -> str:
    if end is None:
        return ""
    return "ended" if end <= now else f"for {_span(end - now)}"


def _next(each: Standing, run: RunNow | None, now: datetime) -> str:
    word = each.word(now)
    if word is StreamWord.RUNNING:
        return "running" if run is None else _running(run, now)
    if word in (StreamWord.PAUSED, StreamWord.NOT_SET_UP):
        return word.value
    return "due" if each.next_run <= now else f"in {_span(each.next_run - now)}"


def _running(run: RunNow, now: datetime) -> str:
    share, left = run.share, run.remaining(now)
    words = ["running" if run.waiting_for is None else "waiting"]
    words += [] if share is None else [f"{share:.0%}"]
    words += [] if left is None else [f"{_span(left)} left"]
    return ", ".join(words)


def _moment(moment: datetime | None) -> str:
    return "never" if moment is None else f"{moment:%Y-%m-%d %H:%M}"


def _span(span: timedelta) -> str:
    """A length of time in its two largest units; nothing is ahead of now."""
    seconds = max(0, int(span.total_seconds()))
    minutes = seconds // 60
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours} h"
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--watch", action="store_true", help="stay and follow, until Ctrl-C")


COMMANDS = (Command("shops", "Show how fresh each shop's data is.", show, _arguments),)
