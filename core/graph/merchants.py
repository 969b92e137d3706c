"""The merchant of a request: its clock and currency, and the windows of days clients ask for."""

from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import strawberry
from sqlmodel import select

from core.db import MerchantSession
from core.errors import InputError
from core.graph.context import Context
from core.models import Merchant

LONGEST_WINDOW = 1100


@dataclass(frozen=True)
class MerchantClock:
    """Today at the merchant's, and the currency it reports in."""

    today: date
    time_zone: ZoneInfo
    currency: str


async def merchant_clock(context: Context) -> MerchantClock:
    """The clock of the request's merchant; read once per request."""

    async def load(keys: object) -> list[MerchantClock]:
        return [await context.db.read(context.merchant_id, lambda session: _load(session, context))]

    clock: MerchantClock = await context.batch("merchant clock", load).load(None)
    return clock


def _load(session: MerchantSession, context: Context) -> MerchantClock:
    merchant = session.scalars(select(Merchant)).one()
    zone = ZoneInfo(merchant.time_zone)
    return MerchantClock(context.now.astimezone(zone).date(), zone, merchant.currency)


@strawberry.input(description="Business days, the first and the last one included.")
class DayWindow:
    first: date = strawberry.field(name="from", description="The first day.")
    last: date = strawberry.field(name="to", description="The last day.")


@dataclass(frozen=True)
class Days:
    """Business days [start, end)."""

    start: date
    end: date


async def days_of(context: Context, window: DayWindow | None, default: int) -> Days:
    """The asked days, or the last `default` ones up to today; InputError for nonsense."""
    if window is None:
        end = (await merchant_clock(context)).today + timedelta(days=1)
        return Days(end - timedelta(days=default), end)
    if window.last < window.first:
        raise InputError("The window ends before it begins.", path=["window"])
    if (window.last - window.first).days >= LONGEST_WINDOW:
        raise InputError(f"A window has {LONGEST_WINDOW} days at the most.", path=["window"])
    if window.last.year == date.max.year:
        raise InputError("The window ends where the calendar does.", path=["window"])
    return Days(window.first, window.last + timedelta(days=1))
