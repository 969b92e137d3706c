"""`opsgraph merchant`, `token` and `keys`: who may ask, and the keys that seal credentials."""

from argparse import ArgumentParser, Namespace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from rich.console import Console
from rich.table import Table
from sqlmodel import select

from core.cli.house import Refusal, ready
from core.db import Database, MerchantSession
from core.models import Merchant, random_id
from core.money import is_currency
from core.plugin import Command
from core.security.audit import audit
from core.security.tokens import create_token
from core.sync.shops import rotate_keys

ACTOR = "command line"


def create_merchant(db: Database, name: str, time_zone: str, currency: str) -> int:
    """Store a merchant; returns its id."""
    try:
        ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        raise Refusal(f"There is no time zone {time_zone!r}.") from None
    if not is_currency(currency.upper()):
        raise Refusal(f"There is no currency {currency!r}; one reads like CNY.")
    merchant = Merchant(
        id=random_id(),
        name=name,
        time_zone=time_zone,
        currency=currency.upper(),
        created_at=datetime.now(UTC),
    )
    merchant_id = merchant.id
    db.system_now(lambda session: session.add(merchant))
    return merchant_id


def make_token(db: Database, merchant_id: int, name: str, role: str) -> str:
    """Make a token; returns its secret, which nobody can see again."""
    now = datetime.now(UTC)

    def work(session: MerchantSession) -> str:
        new = create_token(session, name, role, now)
        audit(session, ACTOR, "token.create", "token", new.row.id, now, role=role)
        return new.secret

    return db.run_now(merchant_id, work)


def merchant_create(arguments: Namespace) -> int:
    """Make a merchant, and its first token."""
    db = ready().db
    merchant_id = create_merchant(db, arguments.name, arguments.time_zone, arguments.currency)
    print(f"Merchant {merchant_id}")
    print(f"Token of its owner, shown once: {make_token(db, merchant_id, 'first', 'owner')}")
    return 0


def merchant_list(arguments: Namespace) -> int:
    """Show the merchants."""
    table = Table("id", "name", "time zone", "currency")
    for row in ready().db.system_now(lambda session: list(session.scalars(select(Merchant)))):
        table.add_row(str(row.id), row.name, row.time_zone, row.currency)
    Console().print(table)
    return 0


def token_create(arguments: Namespace) -> int:
    """Make a token for a merchant."""
    db = ready().db
    merchant_id = choose_merchant(db, arguments.merchant)
    print(make_token(db, merchant_id, arguments.name, arguments.role))
    return 0


def choose_merchant(db: Database, asked: int | None) -> int:
    """The merchant of that id, or without one the only one there is; else a Refusal."""
    found: list[int] = db.system_now(lambda session: list(session.scalars(select(Merchant.id))))
    if asked is not None and asked not in found:
        raise Refusal(f"There is no merchant {asked}: opsgraph merchant list shows them.")
    if asked is None and len(found) != 1:
        do = "say which with --merchant" if found else "make one with opsgraph merchant create"
        raise Refusal(f"There are {len(found)} merchants: {do}.")
    return found[0] if asked is None else asked


def keys_rotate(arguments: Namespace) -> int:
    """Seal all credentials under the first key of OPSGRAPH_SECRET_KEYS."""
    house = ready()
    merchants = house.db.system_now(lambda session: list(session.scalars(select(Merchant.id))))
    count = sum(
        house.db.run_now(merchant_id, lambda session: rotate_keys(session, house.keys))
        for merchant_id in merchants
    )
    print(
        f"Sealed {count} shop(s) under key {house.keys.current!r}. Older keys can go in a day, "
        "when the answers kept for repeated idempotency keys are over."
    )
    return 0


def _merchant(parser: ArgumentParser) -> None:
    parser.add_argument("name")
    parser.add_argument("--time-zone", default="Asia/Shanghai")
    parser.add_argument("--currency", default="CNY", help="the currency it reports in")


def _token(parser: ArgumentParser) -> None:
    parser.add_argument("name", help="what it is for")
    parser.add_argument("--role", default="analyst", help="owner, analyst or support")
    parser.add_argument("--merchant", type=int, help="its id, when there are several")


COMMANDS = (
    Command("merchant create", "Make a merchant and its first token.", merchant_create, _merchant),
    Command("merchant list", "Show the merchants.", merchant_list),
    Command("token create", "Make an API token.", token_create, _token),
    Command("keys rotate", "Seal all credentials under the newest key.", keys_rotate),
)
