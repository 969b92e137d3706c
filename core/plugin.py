"""What hooks return: one frozen dataclass per kind of contribution. Plugins import from here.

A hook returns values and never changes the host. `docs/plugins.md` walks through a plugin.
"""

from argparse import ArgumentParser, Namespace
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Literal, Protocol, TypeVar

import pluggy
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from core.db.session import MerchantSession
from core.published.deprecation import PluginApiDeprecationWarning as PluginApiDeprecationWarning

API_VERSION = "1.0"
"""Version of everything a plugin may rely on; `docs/versioning.md` says how it moves."""

hookimpl = pluggy.HookimplMarker("opsgraph")
"""Marks a function as the implementation of the hook of its name."""
T = TypeVar("T")


@dataclass(frozen=True)
class About:
    """What a plugin works with.

    api: versions of the plugin API, as PEP 440 writes ranges, e.g. ">=1.0,<2". A plugin of
    another range is put aside before it contributes anything.
    """

    api: str


class PluginSettings(BaseSettings):
    """Settings of a plugin: a field each, with type, default and description.

    A field comes from the environment (`OPSGRAPH_PLUGIN_<PLUGIN>_<FIELD>`) or the `.env` file.
    Mark secrets as `pydantic.SecretStr`: they are never shown. A value that does not fit puts the
    plugin aside with the name of the variable.
    """

    model_config = SettingsConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)


class Doors(Protocol):
    """What a `PluginContext` needs of the database."""

    def run_now(self, merchant_id: int, work: Callable[[MerchantSession], T]) -> T: ...

    def read_now(self, merchant_id: int, work: Callable[[MerchantSession], T]) -> T: ...


@dataclass(frozen=True)
class PluginContext:
    """What jobs, listeners and routes are given: one merchant, and no way to another.

    settings: the plugin's own, None if it has none. now: aware UTC.
    """

    merchant_id: int
    now: datetime
    settings: Any
    doors: Doors = field(repr=False)

    def run(self, work: Callable[[MerchantSession], T]) -> T:
        """Do `work` in one transaction of this merchant."""
        return self.doors.run_now(self.merchant_id, work)

    def read(self, work: Callable[[MerchantSession], T]) -> T:
        """Do `work`, which only reads."""
        return self.doors.read_now(self.merchant_id, work)


@dataclass(frozen=True)
class Permission:
    """A right that fields and commands ask for, and the roles that have it from the start.

    name: "<area>:<verb>", e.g. "lifecycle:read".
    """

    name: str
    description: str
    roles: tuple[str, ...] = ("owner", "analyst")


@dataclass(frozen=True)
class FieldExtension:
    """Fields that a plugin adds to a type of somebody else, e.g. `Customer.rfm`.

    on: GraphQL name of the type. fields: a class with declarations of `core.graph.declare`
    (`one`, `many`, `expression`, `computed`), which compile into the type's own statement, or a
    Strawberry type with resolvers, whose `self.row` holds the type's columns, or both in one.
    """

    on: str
    fields: type


@dataclass(frozen=True)
class SchemaPart:
    """What a plugin adds to the GraphQL schema.

    query: a Strawberry type; it becomes the root field `namespace`. It may hold `listing`s.
    types: types over the plugin's own tables, declared with `core.graph.declare.node`.
    mutation: a Strawberry type whose fields become root mutations, named `verbNoun`; a third
    party's carry its plugin's name.
    permission: what one needs to use the namespace at all.
    subscription: a Strawberry type whose fields (`core.graph.fields.subscription`) become root
    subscriptions; a third party's carry its plugin's name.
    """

    namespace: str | None = None
    description: str = ""
    query: type | None = None
    mutation: type | None = None
    extends: tuple[FieldExtension, ...] = ()
    permission: str = ""
    types: tuple[type, ...] = ()
    subscription: type | None = None


@dataclass(frozen=True)
class Component:
    """Tables with a migration chain of their own, and their own version table.

    name: also the prefix of every table (`<name>_…`), core's excepted.
    migrations: folder of the chain's version files. tables: their names.
    core: the oldest revision of core's chain that the tables need.
    after: components whose chains run before this one.
    """

    name: str
    migrations: str
    tables: frozenset[str]
    after: tuple[str, ...] = ("core",)
    core: str = "core_0001"


@dataclass(frozen=True)
class Job:
    """Something to do again and again for each merchant; workers share the jobs among themselves.

    name: "<plugin>.<what>". every: time between two starts. run: does it, in a thread; what it
    raises is noted on the run, and after several failures in a row it is asked less often.
    budget: a run that takes longer counts as failed, and its thread is left behind.
    """

    name: str
    description: str
    every: timedelta
    run: Callable[[PluginContext], None]
    budget: timedelta = timedelta(minutes=5)


@dataclass(frozen=True)
class HttpRoute:
    """An HTTP address of a plugin: `/plugins/<plugin><path>`, for tokens with its permission.

    handle: answers a Starlette request; what it raises becomes a masked error.
    """

    path: str
    methods: tuple[str, ...]
    permission: str
    handle: Callable[[Request, PluginContext], Awaitable[Response]]
    description: str


@dataclass(frozen=True)
class PersonalDataStore:
    """Where a plugin keeps what belongs to a person, so that erasure and access reach it.

    table: its name. about: what is kept, and why. erase: deletes or blanks what belongs to these
    customers (ids of `Customer`) and returns how many rows it touched. It is called before core
    erases its own, in the same transaction, and for a rehearsal whose transaction is taken back:
    it must do nothing but that.
    """

    table: str
    about: str
    erase: Callable[[MerchantSession, Sequence[int]], int]


@dataclass(frozen=True)
class Example:
    """A query worth trying, shown in GraphiQL and printed by `opsgraph demo`."""

    title: str
    query: str
    variables: str = "{}"
    description: str = ""


@dataclass(frozen=True)
class Command:
    """A subcommand of `opsgraph`: its arguments, and what it does. `run` returns the exit code."""

    name: str
    help: str
    run: Callable[[Namespace], int]
    arguments: Callable[[ArgumentParser], None] = lambda parser: None


Grain = Literal["day", "week", "month", "total"]
"""How long the buckets are into which a metric is divided."""


@dataclass(frozen=True)
class MetricPoint:
    """One value of a metric: for a bucket that starts on `start`, in one currency if it is money.

    value: numerator over denominator when the metric has one; None with a `reason` when it
    cannot be computed. incomplete: the bucket has not ended or is not yet synced.
    """

    start: date
    end: date
    currency: str | None
    numerator: int
    denominator: int | None
    value: float | None
    reason: str | None = None
    incomplete: bool = False


@dataclass(frozen=True)
class MetricQuery:
    """What a metric is evaluated for: the days [start, end), and optionally some shops."""

    start: date
    end: date
    grain: Grain
    shop_ids: tuple[int, ...] = ()


@dataclass(frozen=True)
class MetricCell:
    """Sums of a metric's parts for one bucket, as its evaluation reads them from the tables."""

    start: date
    currency: str | None
    numerator: int
    denominator: int | None = None


@dataclass(frozen=True)
class Metric:
    """One named figure, defined once for everybody.

    key: stable name, e.g. "gmv". unit: "money", "count", "ratio" or "days".
    direction: whether more or less is better. additive: whether buckets may be added up.
    evaluate: reads numerator and denominator per bucket; ratios are divided by `core.metrics`.
    """

    key: str
    zh: str
    en: str
    unit: Literal["money", "count", "ratio", "days"]
    direction: Literal["up", "down"]
    definition: str
    evaluate: Callable[[Session, MetricQuery], Sequence[MetricCell]]
    additive: bool = True
    version: int = 1


@dataclass(frozen=True)
class RowChange:
    """One row as it was and as it is, in one committed transaction; None: it was not there."""

    table: str
    id: str
    change: Literal["insert", "update", "delete"]


@dataclass(frozen=True)
class Changes:
    """What one committed page changed. `id` is the same when it is delivered again."""

    id: int
    merchant_id: int
    shop_id: int
    stream: str
    happened_at: datetime
    rows: tuple[RowChange, ...] = field(default=())
