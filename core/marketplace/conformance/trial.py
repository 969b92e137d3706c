"""A database of its own into which a subject is pulled; what it holds can be compared.

Merchant and shop have the same ids in every trial, so the ids of all rows are the same too.
"""

import asyncio
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

import httpx
from sqlalchemy import Table, inspect, select
from sqlalchemy.orm import Session
from sqlmodel import SQLModel

from core.db import MerchantSession
from core.marketplace.conformance.subject import Subject, Wire
from core.marketplace.contract import Adapter, ShopContext
from core.marketplace.errors import AuthError
from core.models import Merchant, Shop
from core.security.tokens import create_token
from core.sync.engine import RunReport, SyncEngine
from core.sync.lease import Wanted
from core.sync.shops import NewShop, find_shop, open_credentials, register_shop
from core.testing.bench import House
from core.testing.listings import listings
from core.testing.stand import Stand

MERCHANT, SHOP = 1, 2
LEFT_OUT = frozenset({
    "api_tokens", "audit_entries", "idempotency_keys", "job_states", "merchants",
    "outbox_messages", "request_budgets", "shop_inboxes", "shops", "sync_runs", "sync_states",
})  # fmt: skip
"""Tables that tell about the pulling, not about the shop."""
BY_CHANCE = frozenset({"id", "person_id", "first_seen_at", "last_seen_at", "received_at"})
CHANCE_IDS = frozenset({"persons", "quarantine_entries", "customer_persons", "raw_payloads"})
Rows = dict[str, list[str]]
NOTHING: Mapping[str, Any] = MappingProxyType({})


def quiet(number: int) -> None:
    """Nothing happens before a request."""


@dataclass
class Trial:
    """One shop in one database; pulled as often as the test likes."""

    house: House
    subject: Subject
    config: Mapping[str, Any] = field(default_factory=dict)
    before: Callable[[int], None] = quiet
    tampered: str = ""
    loses_tokens: bool = False

    @classmethod
    @contextmanager
    def over(
        cls, stand: Stand, folder: Path, subject: Subject, config: Mapping[str, Any] = NOTHING
    ) -> Iterator["Trial"]:
        """A trial in a new database in `folder`, which must not exist.

        config: what the shop's config has besides the subject's.
        """
        house = House(stand, folder)
        try:
            made = cls(house, subject, {**subject.config, **config})
            made._open()
            yield made
        finally:
            house.close()

    def _open(self) -> None:
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
        house.database.system_now(lambda session: session.add(merchant))
        house.database.run_now(MERCHANT, lambda session: session.add(shop))
        self.register(subject.credentials)

    def register(self, credentials: Mapping[str, str]) -> None:
        """What the merchant does to open the shop, and after authorising the app anew."""
        subject, market, keys = self.subject, self.subject.marketplace, self.house.gateway.keys
        new = NewShop(market.name, subject.platform_id, "S", credentials, self.config)

        def register(session: MerchantSession) -> None:
            register_shop(session, {market.name: market}, keys, new, subject.clock())

        self.house.database.run_now(MERCHANT, register)

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
        wire = Wire(self.subject, self.before, self.tampered, self.loses_tokens)
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

        Where a run asks for it, the merchant authorises the app anew.
        AssertionError when a stream still fails in the last round.
        """
        return [self._pull(stream, rounds, since) for stream in self.subject.streams]

    def _pull(self, stream: str, rounds: int, since: datetime | None) -> RunReport:
        for _ in range(rounds):
            report = self.pull_once(stream, since)
            if report.error is None:
                return report
            if isinstance(report.error, AuthError):
                self.register(self.subject.authorise())
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
        return self.house.database.system_now(
            lambda session: {
                table.name: _texts(session, table)
                for table in _tables(session)
                if "merchant_id" in table.columns and table.name not in LEFT_OUT
            }
        )

    def told(self) -> str:
        """Every row of every table, payloads unpacked, but for what the test itself registered."""
        return self.house.database.system_now(
            lambda session: _all_texts(
                session, [each for each in _tables(session) if each.name != "api_tokens"]
            )
        )

    def credentials(self) -> Mapping[str, str]:
        """What the shop is opened with now, renewed tokens among it."""
        keys = self.house.gateway.keys
        return self.house.database.read_now(
            MERCHANT, lambda session: open_credentials(find_shop(session, SHOP), keys).values
        )

    def answers(self) -> str:
        """What GraphQL tells the merchant's owner of all that is listed."""
        token = self.house.database.run_now(
            MERCHANT, lambda session: create_token(session, "kit", "owner", self.house.now)
        )
        headers = {"Authorization": f"Bearer {token.secret}"}
        told = [
            self.house.request("POST", "/graphql", headers=headers, json={"query": query}).json()
            for query in listings(self.house.gateway.schema._schema)
        ]
        assert any("data" in each for each in told), told[:1]
        return str(told)


def _tables(session: Session) -> list[Table]:
    """Those that this database has: a test of another plugin may have declared more."""
    there = set(inspect(session.connection()).get_table_names())
    return [table for name, table in SQLModel.metadata.tables.items() if name in there]


def _texts(session: Session, table: Any) -> list[str]:
    left_out = BY_CHANCE if table.name in CHANCE_IDS else frozenset()
    columns = [column for column in table.columns if column.name not in left_out]
    return sorted(str(dict(row._mapping)) for row in session.execute(select(*columns)))


def _all_texts(session: Session, tables: Iterable[Any]) -> str:
    told = []
    for table in tables:
        if "merchant_id" in table.columns or table.name == "merchants":
            for row in session.execute(select(*table.columns)):
                told += [_text(value) for value in row]
    return "\n".join(told)


def _text(value: Any) -> str:
    if not isinstance(value, bytes):
        return str(value)
    try:
        return zlib.decompress(value).decode() + value.hex()
    except zlib.error:
        return value.decode(errors="replace")
