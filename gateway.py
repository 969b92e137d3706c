"""Puts the house together: settings → plugins → schema → ASGI application."""

from starlette.applications import Starlette

from core.house import House, build_house
from core.http.app import Background, make_app
from core.http.gateway import Gateway
from core.security.permissions import make_policy
from core.settings import Settings

BUILT_IN = (
    "plugins.marketplaces.taobao",
    "plugins.marketplaces.jd",
    "plugins.marketplaces.xiaohongshu",
    "plugins.marketplaces.pinduoduo",
    "plugins.marketplaces.douyin",
    "plugins.marketplaces.tencent_ads",
    "plugins.marketplaces.olist",
    "plugins.traffic",
    "plugins.lifecycle",
    "plugins.analytics",
    "plugins.risk",
    "plugins.organization",
    "plugins.demo",
)


def build(settings: Settings | None = None) -> House:
    """Settings, plugins and database of this installation."""
    return build_house(settings or Settings(), BUILT_IN)


def create_app(house: House | None = None, background: Background | None = None) -> Starlette:
    """The ASGI application; `uvicorn --factory gateway:create_app` serves it."""
    house = (house or build()).migrated()
    gateway = Gateway(
        settings=house.settings,
        db=house.db,
        registry=house.registry,
        schema=house.schema,
        policy=make_policy(house.registry.permissions, house.registry.permission_owners),
        keys=house.keys,
        chains=house.chains,
    )
    return make_app(gateway, house.registry.examples, background)
