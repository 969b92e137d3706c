"""The bench a plugin's test works at: one merchant of a gateway that runs in the same process."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import httpx
from anyio.from_thread import BlockingPortal, start_blocking_portal
from sqlmodel import col, select

from core.db import Database, MerchantSession
from core.graph.scalars import global_id
from core.http.app import make_app
from core.http.gateway import Gateway
from core.models import OutboxMessage, Shop, random_id
from core.plugin import PluginSettings
from core.registry import Registry
from core.security.envelope import KeyRing
from core.security.permissions import make_policy
from core.security.tokens import create_token
from core.sync.engine import RunReport, SyncEngine
from core.sync.jobs import JobRunner
from core.sync.lease import Wanted
from core.sync.outbox import deliver
from core.testing.makers import Makers, make_merchant
from core.testing.records import NOON
from core.testing.stand import Stand
from core.testing.statements import Statements

T = TypeVar("T")


@dataclass(frozen=True)
class Answer:
    """What the gateway answered, as a client reads it."""

    response: httpx.Response

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.response.status_code

    @property
    def body(self) -> Any:
        """The whole JSON body."""
        return self.response.json()

    @property
    def data(self) -> Any:
        """The data of an answer without errors; AssertionError shows the errors."""
        assert not self.errors, self.errors
        return self.body["data"]

    @property
    def errors(self) -> list[dict[str, Any]]:
        """The errors; none when all went well."""
        found: list[dict[str, Any]] = self.body.get("errors", [])
        return found

    @property
    def codes(self) -> list[str]:
        """Codes of the errors, in their order."""
        return [error["extensions"]["code"] for error in self.errors]


class House:
    """The gateway over a copy of the stand's database; all its benches share it."""

    def __init__(self, stand: Stand, folder: Path) -> None:
        self.now = NOON
        settings = stand.copy(folder)
        self._stack = ExitStack()
        self.database = Database(settings)
        self._stack.callback(self.database.close)
        self.registry: Registry = stand.registry
        for breaker in self.registry.guards:
            breaker.succeeded()  # what an earlier test made fail must not be cut off in this one
        self.gateway = Gateway(
            settings=settings,
            db=self.database,
            registry=self.registry,
            schema=stand.schema,
            policy=make_policy(self.registry.permissions, self.registry.permission_owners),
            keys=KeyRing({"test": bytes(32)}),
            chains=stand.chains,
            clock=lambda: self.now,
        )
        self._app = make_app(self.gateway, self.registry.examples)
        self._portal: BlockingPortal = self._stack.enter_context(start_blocking_portal("asyncio"))

    def close(self) -> None:
        """Give the database and the thread of the event loop back."""
        self._stack.close()

    def wait(self, work: Callable[[], Awaitable[T]]) -> T:
        """What a coroutine function returns."""
        return self._portal.call(work)

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Any HTTP request to the gateway's application."""

        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(self._app)
            async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
                return await client.request(method, path, **options)

        return self.wait(send)


class Bench(Makers):
    """One merchant: makes its rows, asks as its staff, and works on its data.

    It stands at noon (UTC) of 20 November 2026; set `now` to move on.
    """

    def __init__(self, house: House, name: str = "Lantern Goods") -> None:
        self.house = house
        merchant_id = make_merchant(house.database, name)
        super().__init__(house.database, merchant_id, house.registry.rollups)
        self._tokens: dict[str, str] = {}

    @property
    def now(self) -> datetime:
        """The moment at which the gateway stands."""
        return self.house.now

    @now.setter
    def now(self, moment: datetime) -> None:
        self.house.now = moment

    @property
    def statements(self) -> Statements:
        """A context manager that notes the SQL of its block."""
        return Statements()

    def beside(self, name: str = "Moon Goods") -> "Bench":
        """Another merchant of the same gateway."""
        return Bench(self.house, name)

    def ask(
        self, query: str, variables: Mapping[str, Any] | None = None, role: str = "owner"
    ) -> Answer:
        """What somebody of this role (owner, analyst, support) is answered."""
        body = {"query": query, "variables": dict(variables or {})}
        return Answer(self.request("POST", "/graphql", role, json=body))

    def request(
        self, method: str, path: str, role: str | None = "owner", **options: Any
    ) -> httpx.Response:
        """An HTTP request of somebody of this role, e.g. to a route of the plugin; None: nobody."""
        headers = dict(options.pop("headers", {}))
        if role is not None:
            headers["Authorization"] = f"Bearer {self.token(role)}"
        return self.house.request(method, path, headers=headers, **options)

    def token(self, role: str = "owner") -> str:
        """A token of the merchant."""
        if role not in self._tokens:
            made = self.run(lambda session: create_token(session, "test", role, self.now))
            self._tokens[role] = made.secret
            self.ask("{ __typename }", role=role)  # so that its look-up is in no test's statements
        return self._tokens[role]

    def id(self, type_name: str, *key: Any) -> str:
        """The global id of a row: its type in GraphQL, and its key without the merchant."""
        return str(global_id(type_name, *key))

    def run(self, work: Callable[[MerchantSession], T]) -> T:
        """Do `work` in one transaction of the merchant."""
        return self.database.run_now(self.merchant_id, work)

    def read(self, work: Callable[[MerchantSession], T]) -> T:
        """Do `work`, which only reads."""
        return self.database.read_now(self.merchant_id, work)

    def settings(self, plugin: str) -> PluginSettings:
        """The settings of a plugin, as the environment gave them."""
        return self.house.registry.settings[plugin]

    def announce(
        self, *rows: tuple[str, int, str], stream: str = "orders", shop: Shop | None = None
    ) -> None:
        """Put a message into the outbox that says what changed; `deliver` brings it to listeners.

        rows: table, id, and "insert", "update" or "delete". What `order` and its like store is
        announced by itself.
        """
        shop_id = (shop or self.first_shop).id
        changed = [[table, str(id), word] for table, id, word in rows]
        message = OutboxMessage(
            merchant_id=self.merchant_id,
            id=random_id(),
            topic="changes",
            body={"shop_id": shop_id, "stream": stream, "rows": changed},
            created_at=self.now,
        )
        self.add(message)

    def deliver(self) -> int:
        """Deliver what waits to the listeners of changes; returns how many messages.

        AssertionError when a listener raised: its traceback is in the log.
        """
        house = self.house
        delivered = house.wait(partial(deliver, house.database, house.registry, house.now))
        refused = select(OutboxMessage.last_error).where(
            col(OutboxMessage.delivered_at).is_(None), col(OutboxMessage.last_error).is_not(None)
        )
        errors = house.database.system_now(lambda session: session.scalars(refused).all())
        assert not errors, f"Listeners did not take {len(errors)} message(s): {errors[0]}"
        return delivered

    def pull(self, shop: Shop | None = None) -> list[RunReport]:
        """Pull every stream of the merchant's shops, or of this one, once; due or not."""
        house, reports, done = self.house, list[RunReport](), frozenset[tuple[int, str]]()
        engine = SyncEngine(
            db=house.database,
            keys=house.gateway.keys,
            marketplaces=house.registry.marketplaces,
            rollups=house.registry.rollups,
            clock=lambda: house.now,
            pause=0.01,
        )
        shop_id = None if shop is None else shop.id
        while True:
            wanted = Wanted(self.merchant_id, shop_id, due_only=False, exclude=done)
            report = house.wait(partial(engine.run_next, wanted))
            if report is None:
                return reports
            reports.append(report)
            done |= {(report.shop_id, report.stream)}

    def run_job(self, name: str) -> None:
        """Run a job for the merchant now, due or not.

        AssertionError when it raised or took too long: its traceback is in the log.
        """
        house = self.house
        known = ", ".join(house.registry.jobs)
        assert name in house.registry.jobs, f"There is no job {name!r}; there are: {known}."
        runner = JobRunner(house.database, house.registry, lambda: house.now)
        house.wait(runner.schedule)
        report = house.wait(partial(runner.run_next, name, self.merchant_id))
        assert report is not None, f"The job {name!r} is switched off or running already."
        assert report.error is None, f"The job {name!r} failed: {report.error}"
