"""What happens outside of GraphQL: a job, a listener, an HTTP route, a command."""

import csv
import io
from argparse import ArgumentParser, Namespace
from datetime import UTC, date, datetime
from pathlib import Path

from anyio import to_thread
from core.cli.house import ready
from core.db import MerchantSession
from core.plugin import Changes, PluginContext
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from opsgraph_supplier import repository


def rate_suppliers(context: PluginContext) -> None:
    """Rate every supplier by what it delivered in the window that the settings name."""
    settings, now = context.settings, context.now
    start = repository.since(settings.window_days, now)
    context.run(lambda session: repository.rate(session, start, settings.defect_limit, now))


def note_refunds(changes: Changes, context: PluginContext) -> None:
    """Note refunds that were new or changed."""
    ids = [int(row.id) for row in changes.rows if row.table == "refunds" and row.change != "delete"]
    if ids:
        context.run(lambda session: repository.note(session, ids, context.now))


async def show_deliveries(request: Request, context: PluginContext) -> Response:
    """All deliveries as a CSV file."""
    rows = await to_thread.run_sync(context.read, repository.deliveries)
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(("day", "supplier", "units", "defective"))
    writer.writerows(rows)
    return PlainTextResponse(text.getvalue(), media_type="text/csv")


def import_arguments(parser: ArgumentParser) -> None:
    """What `opsgraph supplier-import` is told."""
    parser.add_argument("merchant", type=int, help="its id: opsgraph merchant list")
    parser.add_argument("file", type=Path, help="code,supplier,day,units,defective,cost")


def import_deliveries(arguments: Namespace) -> int:
    """Record the deliveries of a CSV file, all or none."""
    with arguments.file.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    now = datetime.now(UTC)

    def work(session: MerchantSession) -> None:
        for row in rows:
            new = repository.NewDelivery(
                product_id=repository.product_of_code(session, row["code"]),
                supplier=row["supplier"],
                day=date.fromisoformat(row["day"]),
                units=int(row["units"]),
                defective=int(row["defective"]),
                cost=int(row["cost"]),
            )
            repository.record(session, new, "command line", now)

    ready().db.run_now(arguments.merchant, work)
    print(f"{len(rows)} deliveries recorded.")
    return 0
