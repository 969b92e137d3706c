"""The installation that commands work on."""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from typing import Any

from sqlalchemy import Engine

from core.db.database import engine_for_owner
from core.db.migrate import require_current
from core.house import House
from core.sync.engine import SyncEngine


class Refusal(Exception):  # noqa: N818  (it is an answer to the user, not a fault)
    """A command that cannot do what was asked; the text says why and what to do."""


@cache
def build() -> House:
    """The house of this process.

    Core knows no plugin, so it cannot import the gateway, which names the built-in ones; the
    command line finds it by name, as an ASGI server would.
    """
    house: House = import_module("gateway").build()
    return house


def ready() -> House:
    """The house, once its database is up to date; plugins whose tables are not are left out."""
    house = build().migrated()
    require_current(house.db.read_engine, house.chains)
    return house


@contextmanager
def owning(house: House) -> Iterator[Engine]:
    """The engine of the tables' owner, for as long as a command needs it."""
    engine = engine_for_owner(house.settings)
    try:
        yield engine
    finally:
        engine.dispose()


def tune_collector() -> None:
    """Collect garbage less often, and never look at what the start has made.

    Pages and answers are many small objects that live briefly: the default thresholds walk over
    all of them again and again.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


def tune_threads() -> None:
    """Let threads take turns more often.

    Reading a row lets other threads in; one that computes gives the turn back after this time
    only, so a small read on the event loop would wait for it once per row.
    """
    sys.setswitchinterval(0.001)


def make_engine(house: House, **options: Any) -> SyncEngine:
    """A sync engine over this house."""
    return SyncEngine(
        db=house.db,
        keys=house.keys,
        marketplaces=house.registry.marketplaces,
        rollups=house.registry.rollups,
        lease_seconds=house.settings.lease_seconds,
        **options,
    )
