"""Puts the house together: settings → plugins → schema → ASGI application."""

from dataclasses import dataclass

from starlette.applications import Starlette

from core.db import Database
from core.db.migrate import Chain, chains
from core.graph.schema import ComposedSchema, compose
from core.http.app import Background, Gateway, make_app
from core.registry import Registry, load_plugins
from core.security.envelope import KeyRing, load_keys
from core.security.permissions import make_policy
from core.settings import Settings

BUILT_IN = (
    "plugins.marketplaces.taobao",
    "plugins.traffic",
    "plugins.lifecycle",
    "plugins.analytics",
    "plugins.risk",
    "plugins.organization",
    "plugins.demo",
)


@dataclass(frozen=True)
class House:
    """Everything but the HTTP surface: what the command line and the worker need."""

    settings: Settings
    registry: Registry
    db: Database
    keys: KeyRing
    chains: list[Chain]


def build(settings: Settings | None = None) -> House:
    """Settings, plugins and database of this installation."""
    settings = settings or Settings()
    registry = load_plugins(BUILT_IN, settings.plugins)
    components = list(registry.components.values())
    return House(settings, registry, Database(settings), load_keys(settings), chains(components))


def make_schema(registry: Registry) -> ComposedSchema:
    """The GraphQL schema of an installation."""
    return compose(registry)


def create_app(house: House | None = None, background: Background | None = None) -> Starlette:
    """The ASGI application."""
    house = house or build()
    gateway = Gateway(
        house.settings,
        house.db,
        house.registry,
        compose(house.registry),
        make_policy(house.registry.permissions),
        house.keys,
        house.chains,
    )
    return make_app(gateway, house.registry.examples, background)
