"""`opsgraph import`: show what a file holds, and store it."""

import asyncio
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from core.cli.access import ACTOR, choose_merchant
from core.cli.choice import SHOPS, choose_shop
from core.cli.house import Refusal, ready
from core.house import House
from core.importing.preview import Preview
from core.importing.run import File, Importer, Report, Understood
from core.plugin import Command

TABLES = frozenset({".csv", ".tsv", ".txt", ".xlsx", ".xls"})
"""Endings of the files that are taken of a folder."""
SHOWN = 50
"""Refused cells that are printed; the rest is counted."""


def run(arguments: Namespace) -> int:
    """Show what was understood of a file and store it; 1 when rows are refused."""
    house = ready()
    merchant_id = choose_merchant(house.db, arguments.merchant)
    importer = Importer(
        db=house.db,
        merchant_id=merchant_id,
        marketplaces=house.registry.marketplaces,
        rollups=house.registry.rollups,
        actor=ACTOR,
    )
    files = [_file(each, house.settings.max_upload_bytes) for each in _paths(arguments.files)]
    if not files:
        raise Refusal("There is no CSV, xlsx or xls file in that folder.")
    shop_id = _shop_id(house, merchant_id, arguments.shop)
    is_folder = any(each.is_dir() for each in arguments.files)
    found = asyncio.run(importer.understand_all(shop_id, files, arguments.kind, lenient=is_folder))
    for given in found:
        _show(given.preview)
    refused = [given for given in found if given.reading.refused]
    if arguments.preview or (refused and not arguments.skip_refused):
        for given in found:
            print(_advice(given, arguments.preview))
        return 1 if refused and not arguments.skip_refused else 0
    for given in found:
        report = asyncio.run(importer.store(given, skip_refused=arguments.skip_refused))
        print(_summary(given, report))
    return 0


def _paths(given: Sequence[Path]) -> Iterator[Path]:
    """Files as they are given; of a folder the tables in it."""
    for path in given:
        if path.is_dir():
            yield from sorted(each for each in path.iterdir() if each.suffix.lower() in TABLES)
        else:
            yield path


def _file(path: Path, most_bytes: int) -> File:
    try:
        with path.open("rb") as opened:
            content = opened.read(most_bytes + 1)
    except OSError as error:
        raise Refusal(f"{path} cannot be read: {error.strerror}.") from None
    if len(content) > most_bytes:
        raise Refusal(f"{path} has more than {most_bytes:,} bytes: OPSGRAPH_MAX_UPLOAD_BYTES.")
    return File.named(path.name, content)


def _shop_id(house: House, merchant_id: int, text: str) -> int:
    known = house.db.read_now(merchant_id, lambda session: session.execute(SHOPS).all())
    return choose_shop(known, text)


def _advice(given: Understood, is_preview: bool) -> str:
    if not given.reading.refused:
        return "Nothing was stored: this was a preview."
    if is_preview:
        return "Nothing was stored: this was a preview. Refused rows stop the import."
    return (
        f"Nothing was stored: {given.preview.refused_rows} rows are refused. Mend the file, or "
        "import the others with --skip-refused; the refused ones go to quarantine."
    )


def _summary(given: Understood, report: Report) -> str:
    outcome = report.outcome
    kept = f", {outcome.quarantined} quarantined" if outcome.quarantined else ""
    return (
        f"Imported into {given.shop.name}: {outcome.changed} new or changed, "
        f"{outcome.unchanged} known already{kept}. Run {report.run_id}."
    )


# --- the preview -----------------------------------------------------------------------------


def _show(preview: Preview) -> None:
    console = Console()
    console.print(_facts(preview))
    console.print(_columns(preview))
    if preview.totals:
        console.print(_totals(preview))
    for note in preview.notes:
        console.print(note, markup=False)
    if preview.unfilled:
        console.print(f"Not in the file: {', '.join(preview.unfilled)}.", markup=False)
    if preview.left_out:
        console.print(
            _table(_counted("Left out", preview.left_out), ("line", "why"), _left_out(preview))
        )
    if preview.refused:
        columns = ("line", "column", "value", "expected")
        console.print(_table(_counted("Refused", preview.refused), columns, _refused(preview)))


def _counted(title: str, rows: Sequence[object]) -> str:
    return title if len(rows) <= SHOWN else f"{title}: the first {SHOWN} of {len(rows):,}"


def _facts(preview: Preview) -> Table:
    days = "" if preview.period is None else " to ".join(map(str, dict.fromkeys(preview.period)))
    records = f"{preview.rows:,} accepted, {preview.refused_rows:,} refused"
    rows = [
        ("file", f"{preview.file} ({preview.format})"),
        ("read as", f"{preview.layout}, kind {preview.kind}, header in line {preview.header_line}"),
        ("shop", f"{preview.shop}, {preview.currency}, {preview.time_zone}"),
        ("rows", f"{records}, {len(preview.left_out):,} left out; {preview.records:,} records"),
        ("period", days),
    ]
    return _table("", ("what", "found"), rows)


def _columns(preview: Preview) -> Table:
    used = [
        (c.letter, c.header, ", ".join(c.fields), f"in {c.unit}" if c.unit else "")
        for c in preview.columns
    ]
    unused = [(c.letter, c.header, "not used", c.why) for c in preview.unused]
    return _table("Columns", ("", "column", "becomes", "remark"), used + unused)


def _totals(preview: Preview) -> Table:
    rows = [
        (each.field, each.value, "" if each.additive else "people: one may be in several rows")
        for each in preview.totals
    ]
    return _table("Totals", ("field", "sum", "remark"), rows)


def _left_out(preview: Preview) -> list[tuple[str, ...]]:
    return [(str(each.line), each.why) for each in preview.left_out[:SHOWN]]


def _refused(preview: Preview) -> list[tuple[str, ...]]:
    return [
        (str(each.line), each.column, each.value, each.expected) for each in preview.refused[:SHOWN]
    ]


def _table(title: str, columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> Table:
    table = Table(*columns, title=title or None, title_justify="left")
    for row in rows:
        table.add_row(*(escape(cell) for cell in row))
    return table


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "files",
        metavar="file",
        nargs="+",
        type=Path,
        help="a CSV, xlsx or xls file, as it was exported; several, or a folder, that go together",
    )
    parser.add_argument("--shop", required=True, help="name or id of the shop it is of")
    parser.add_argument("--kind", help="traffic, reviews, …; default: what its columns say")
    parser.add_argument("--preview", action="store_true", help="show it, and store nothing")
    parser.add_argument(
        "--skip-refused", action="store_true", help="store the others; these go to quarantine"
    )
    parser.add_argument("--merchant", type=int, help="its id, when there are several")


COMMANDS = (Command("import", "Import a file that was exported by hand.", run, _arguments),)
