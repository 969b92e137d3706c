"""`opsgraph explain`: how a query is answered, down to its SQL and generated code."""

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import orjson
from rich.console import Console
from rich.syntax import Syntax

from core.cli.access import choose_merchant
from core.cli.house import Refusal, ready
from core.graph.context import Context
from core.graph.engine.engine import Engine
from core.graph.engine.explain import explained
from core.graph.engine.operation import DocumentError
from core.graph.engine.run import Trace
from core.graph.errors import formatted
from core.house import House
from core.plugin import Command
from core.security.permissions import ROLES, Actor, make_policy
from core.sync.progress import ProgressFeed


def explain(arguments: Namespace) -> int:
    """Run a query and print what became of it."""
    house = ready()
    if arguments.role not in ROLES:
        raise Refusal(f"There is no role {arguments.role!r}; there are: {', '.join(ROLES)}.")
    merchant_id = choose_merchant(house.db, arguments.merchant)
    policy = make_policy(house.registry.permissions)
    permissions = policy.of_role(arguments.role)
    actor = Actor(merchant_id, 0, "command line", arguments.role, permissions)
    now = datetime.now(UTC)

    def context() -> Context:
        parts = (house.registry, policy, house.keys)
        return Context(house.db, actor, *parts, now, ProgressFeed(house.db))

    text = sys.stdin.read() if arguments.query == "-" else _text(arguments.query)
    _print(anyio.run(partial(_run, house, context, text, _variables(arguments.variables))))
    return 0


async def _run(
    house: House, context: Callable[[], Context], text: str, variables: dict[str, Any]
) -> dict[str, Any]:
    engine = Engine(house.schema.catalog, house.db.dialect)
    try:
        operation = engine.operation(text, None)
    except DocumentError as error:
        raise Refusal(" ".join(each.message for each in error.errors)) from None
    if operation.is_mutation:
        raise Refusal("A mutation would be carried out: explain queries only.")
    await engine.execute(operation, variables, context())  # the second time nothing is cold
    traces: list[Trace] = []
    second = context()
    outcome = await engine.execute(operation, variables, second, traces)
    if second.reading is None:
        raise Refusal(" ".join(each.message for each in outcome.errors))
    errors = [formatted(error) for error in outcome.errors]
    house.db.close()
    return explained(second.reading, traces) | {"errors": errors}


def _text(given: str) -> str:
    if not given.endswith((".graphql", ".gql")):
        return given
    try:
        return Path(given).read_text()
    except OSError as error:
        raise Refusal(f"{given} cannot be read: {error.strerror}.") from None


def _variables(text: str) -> dict[str, Any]:
    try:
        found = orjson.loads(text)
    except ValueError:
        raise Refusal("--variables must be a JSON object.") from None
    if not isinstance(found, dict):
        raise Refusal("--variables must be a JSON object.")
    return found


def _print(found: dict[str, Any]) -> None:
    console = Console()
    console.print(f"[bold]Level[/bold] {found['level']}")
    sources = {each["source"]: None for each in found["statements"]}
    for number, each in enumerate(found["statements"], 1):
        console.print(
            f"\n[bold]Statement {number}[/bold] {each['rows']} rows, "
            f"{each['readMs']} ms to read, {each['buildMs']} ms to build"
        )
        console.print("\n".join(each["plan"]), markup=False)
        console.print(Syntax(each["sql"], "sql", word_wrap=True))
        console.print(f"values: {each['values']}", markup=False)
    for source in sources:
        console.print("\n[bold]What builds the answer[/bold]")
        console.print(Syntax(source, "python", word_wrap=True))
    for error in found["errors"]:
        console.print(f"\nError: {error['message']}", markup=False)


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument("query", help="its text, a .graphql file, or - for standard input")
    parser.add_argument("--variables", default="{}", help="a JSON object")
    parser.add_argument("--merchant", type=int, help="id; not needed when there is only one")
    parser.add_argument("--role", default="owner", help="whose permissions; default: owner")


COMMANDS = (Command("explain", "Show how a query is answered.", explain, _arguments),)
