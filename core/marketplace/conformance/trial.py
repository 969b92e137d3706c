"""A database of its own into which a subject is pulled; what it holds can be compared.

Merchant and shop have the same ids in every trial, so the ids of all rows are the same too.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlmodel import SQLModel

from core.db import MerchantSession
from core.marketplace.conformance.subject import Subject, Wire
from core.marketplace.contract import Adapter, ShopContext
from core.models import Merchant, Shop
from core.sync.engine import RunReport, SyncEngine
from core.sync.lease import Wanted
from core.sync.shops import NewShop, register_shop
from core.testing.bench import House
from core.testing.stand import Stand

MERCHANT, SHOP = 1, 2
LEFT_OUT = frozenset({
    "api_tokens", "audit_entries", "idempotency_keys", "job_states", "merchants",
    "outbox_messages", "shops", "sync_runs", "sync_states",
})  # fmt: skip
"""Tables that tell about the pulling, not about the shop."""
BY_CHANCE = frozenset({"id", "person_id", "first_seen_at", "last_seen_at", "received_at"})
CHANCE_IDS = frozenset({"persons", "quarantine_entries", "customer_persons", "raw_payloads"})
Rows = dict[str, list[str]]


def quiet(number: int) -> None:
    """Nothing happens before a request."""


@dataclass
class Trial:
    """One shop in one database; pulled as often as the test likes."""

    house: House
    subject: Subject
    before: Callable[[int], None] = quiet
    tampered: str = ""

    @classmethod
    @contextmanager
    def over(cls, stand: Stand, folder: Path, subject: Subject) -> Iterator["Trial"]:
        """A trial in a new database in `folder`, which must not exist."""
        house = House(stand, folder)
        try:
            made = cls(house, subject)
            made._register()
            yield made
        finally:
            house.close()

    def _register(self) -> None:
        subject, now = self.subject, self.subject.clock()
        market = subject.marketplace
        house = self.house
        merchant = Merchant(
            id=MERCHANT, name="M", time_zone=market.time_zone, currency=market.currency,
            created_at=now,
        )  # fmt: skip
        shop = Shop(
            merchant_id=MERCHANT,
            id=SHOP,
            marketplace=market.name,
            platform_id=subject.platform_id,
            name="S",
            time_zone=market.time_zone,
            currency=market.currency,
            config={},
            created_at=now,
        )
        new = NewShop(market.name, subject.platform_id, "S", subject.credentials, subject.config)
        house.database.system_now(lambda session: session.add(merchant))

        def register(session: MerchantSession) -> None:
            session.add(shop)
            session.flush()
            register_shop(session, {market.name: market}, house.gateway.keys, new, now)

        house.database.run_now(MERCHANT, register)

    def engine(self) -> SyncEngine:
        """A sync engine that reaches the sandbox, and does not wait between attempts."""
        house, subject = self.house, self.subject
        market = replace(subject.marketplace, adapter=self.adapter)
        return SyncEngine(
            db=house.database,
            keys=house.gateway.keys,
            marketplaces={market.name: market},
            rollups=house.registry.rollups,
            clock=subject.clock,
            pause=0.0,
        )

    def adapter(self, context: ShopContext) -> Adapter:
        """The subject's adapter, on a wire to the sandbox."""
        wire = Wire(self.subject.app, self.before, self.tampered)
        http = httpx.AsyncClient(transport=wire, base_url="http://sandbox.test")
        return self.subject.marketplace.adapter(replace(context, http=http))

    def pull_once(self, stream: str, since: datetime | None = None) -> RunReport:
        """One run of a stream."""
        wanted = Wanted(MERCHANT, SHOP, (stream,), due_only=False)
        report = self.house.wait(partial(self.engine().run_next, wanted, since))
        assert report is not None, f"{stream} is not offered, or another run holds it"
        return report

    def pull(self, rounds: int = 1, since: datetime | None = None) -> list[RunReport]:
        """The subject's streams; a run that failed is tried again, so many rounds in all.

        AssertionError when a stream still fails in the last round.
        """
        return [self._pull(stream, rounds, since) for stream in self.subject.streams]

    def _pull(self, stream: str, rounds: int, since: datetime | None) -> RunReport:
        for _ in range(rounds):
            report = self.pull_once(stream, since)
            if report.error is None:
                return report
        raise AssertionError(f"{stream} fails after {rounds} rounds: {report.error}")

    def cut(self, stream: str, at: int) -> None:
        """Begin a run, and end it as a kill does: before its request of this number."""

        async def begin() -> None:
            running = asyncio.ensure_future(self.engine().run_next(wanted))

            def kill(number: int) -> None:
                if number == at:
                    running.cancel()

            self.before = kill
            await asyncio.gather(running, return_exceptions=True)

        wanted = Wanted(MERCHANT, SHOP, (stream,), due_only=False)
        self.house.wait(begin)
        self.before = quiet

    def rows(self) -> Rows:
        """All rows of all tables, as texts in a fixed order."""
        read = {
            table.name: table
            for table in SQLModel.metadata.tables.values()
            if "merchant_id" in table.columns and table.name not in LEFT_OUT
        }
        return self.house.database.system_now(
            lambda session: {name: _texts(session, read[name]) for name in read}
        )

    def told(self) -> str:
        """Everything that the runs and the state of the streams say."""
        names = ("sync_runs", "sync_states", "quarantine_entries", "outbox_messages")
        tables = [SQLModel.metadata.tables[name] for name in names]
        return self.house.database.system_now(
            lambda session: str([_texts(session, table) for table in tables])
        )


def _texts(session: Session, table: Any) -> list[str]:
    left_out = BY_CHANCE if table.name in CHANCE_IDS else frozenset()
    columns = [column for column in table.columns if column.name not in left_out]
    return sorted(str(dict(row._mapping)) for row in session.execute(select(*columns)))
