"""`opsgraph plugin enable` and `disable`: whether a merchant uses a plugin."""

from argparse import ArgumentParser, Namespace
from datetime import UTC, datetime

from core.cli.access import ACTOR, choose_merchant
from core.cli.house import ready
from core.db import MerchantSession
from core.plugin import Command
from core.security.audit import audit
from core.security.switches import switch


def enable(arguments: Namespace) -> int:
    """Let a merchant use a plugin again."""
    return _switch(arguments, enabled=True)


def disable(arguments: Namespace) -> int:
    """Take a plugin from a merchant: fields, mutations, metrics, jobs, routes and events."""
    return _switch(arguments, enabled=False)


def _switch(arguments: Namespace, *, enabled: bool) -> int:
    house = ready()
    house.registry.require(arguments.name)
    merchant_id = choose_merchant(house.db, arguments.merchant)
    now, word = datetime.now(UTC), "enable" if enabled else "disable"

    def work(session: MerchantSession) -> None:
        switch(session, arguments.name, enabled=enabled, now=now)
        audit(session, ACTOR, f"plugin.{word}", "plugin", arguments.name, now)

    house.db.run_now(merchant_id, work)
    print(f"Plugin {arguments.name} is {word}d for merchant {merchant_id}.")
    return 0


def _arguments(parser: ArgumentParser) -> None:
    parser.add_argument("name")
    parser.add_argument("--merchant", type=int, help="its id, when there are several")


COMMANDS = (
    Command("plugin enable", "Let a merchant use a plugin again.", enable, _arguments),
    Command("plugin disable", "Take a plugin from a merchant.", disable, _arguments),
)
