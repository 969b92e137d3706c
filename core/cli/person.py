"""`opsgraph person erase`: forget a customer, after showing what that would touch."""

from argparse import ArgumentParser, Namespace
from datetime import UTC, datetime

from rich.console import Console
from rich.table import Table

from core.cli.access import ACTOR, choose_merchant
from core.cli.house import ready
from core.graph.scalars import global_id, parse_id
from core.plugin import Command
from core.security.erasure import Eraser, Erasure


def erase(arguments: Namespace) -> int:
    """Erase a customer, or show what it would do."""
    house = ready()
    merchant_id = choose_merchant(house.db, arguments.merchant)
    customer_id = _customer(arguments.customer)
    registry = house.registry
    eraser = Eraser(registry.personal_data, registry.rollups, ACTOR, datetime.now(UTC))
    work = eraser.erase if arguments.yes else eraser.rehearse
    erasure = house.db.run_now(merchant_id, lambda session: work(session, [customer_id]))
    _show(erasure)
    if registry.idle:
        print(f"Not asked, because not in use: {', '.join(registry.idle)}.")
    if arguments.yes:
        print("Erased. A later sync does not bring it back.")
    else:
        print("Nothing was erased: this was a rehearsal. Erase with --yes.")
    return 0


def _customer(text: str) -> int:
    """The id, as the graph shows it or as the tables hold it."""
    return int(text) if text.isascii() and text.isdigit() else parse_id(text, "Customer")


def _show(erasure: Erasure) -> None:
    table = Table("table", "rows")
    for name, count in erasure.rows.items():
        table.add_row(name, str(count))
    Console().print(table)
    if erasure.others:
        ids = ", ".join(global_id("Customer", each) for each in erasure.others)
        print(f"The same person is also, and stays: {ids}.")


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument("customer", metavar="CUSTOMER_ID", help="the id of the customer")
    parser.add_argument("--merchant", type=int, help="its id, when there are several")
    parser.add_argument("--yes", action="store_true", help="erase, instead of showing what it does")


COMMANDS = (
    Command("person erase", "Erase a customer's personal data for good.", erase, _arguments),
)
