"""`opsgraph hooks`: how each shop's platform says that something changed, and how that fares."""

from argparse import Namespace
from datetime import UTC, datetime, timedelta

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from sqlalchemy.orm import Session
from sqlmodel import col, select

from core.cli.house import ready
from core.graph.scalars import global_id
from core.marketplace.contract import Marketplace
from core.models import Shop, ShopInbox
from core.plugin import Command

STALE = timedelta(minutes=15)
"""Longer than any pause of an inbox: a worker would have looked."""
Found = list[tuple[Shop, ShopInbox | None]]


def show(arguments: Namespace) -> int:
    """Print a row per shop, and what is wrong with inboxes beneath; 1 when something is."""
    house = ready()
    found = house.db.system_now(_shops, write=False)
    table = Table("shop", "marketplace", "notices", "address, or last look")
    known, now = house.registry.marketplaces, datetime.now(UTC)
    for shop, inbox in found:
        cells = _cells(shop, inbox, known.get(shop.marketplace), now)
        table.add_row(*map(escape, cells))
    console = Console()
    console.print(table)
    failing = [each for each in found if each[1] is not None and each[1].last_error is not None]
    for shop, inbox in failing:
        assert inbox is not None
        told = f"{shop.name} · messages: {inbox.last_error_code}: {inbox.last_error}"
        console.print(told, markup=False)
    return 1 if any(shop.active for shop, _ in failing) else 0


def _shops(session: Session) -> Found:
    query = (
        select(Shop, ShopInbox)
        .join(
            ShopInbox,
            (col(ShopInbox.merchant_id) == Shop.merchant_id) & (col(ShopInbox.shop_id) == Shop.id),
            isouter=True,
        )
        .order_by(col(Shop.name), col(Shop.id))
    )
    return [(shop, inbox) for shop, inbox in session.execute(query)]


def _cells(
    shop: Shop, inbox: ShopInbox | None, marketplace: Marketplace | None, now: datetime
) -> tuple[str, ...]:
    start = (shop.name, shop.marketplace)
    if marketplace is None:
        return (*start, "", "the plugin is not installed")
    if marketplace.pushes is not None:
        return (*start, "pushes", f"/hooks/{shop.marketplace}/{global_id('Shop', shop.id)}")
    if marketplace.messages is not None:
        return (*start, "messages", _looked(inbox, now))
    return (*start, "none", "pulled at its own pace")


def _looked(inbox: ShopInbox | None, now: datetime) -> str:
    if inbox is None or inbox.last_success_at is None:
        return "never: is a worker running?"
    late = ", is a worker running?" if inbox.due_at < now - STALE else ""
    return f"{inbox.last_success_at:%Y-%m-%d %H:%M:%S}{late}, {inbox.taken:,} messages so far"


COMMANDS = (Command("hooks", "Show how platforms say that something changed.", show),)
