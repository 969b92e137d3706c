"""What the demo sets up: a merchant, five emulated shops, synthetic traffic around real sales."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import select

from core.cli.access import create_merchant
from core.db import MerchantSession
from core.house import House
from core.ingest.page import Batch, ingest_page
from core.ingest.shape import Place
from core.marketplace.contract import Mapped, Marketplace, Payload
from core.marketplace.records import (
    AdSpendRecord,
    DataSource,
    Record,
    TrafficLevel,
    TrafficRecord,
)
from core.models import Merchant, Shop
from core.sync.shops import NewShop, register_shop
from plugins.demo.emulation import Emulation
from plugins.demo.platforms import STANDS
from plugins.demo.sandbox import Place as Market
from plugins.demo.synthetic import (
    QUIET_VISITS,
    AdDay,
    TrafficDay,
    ad_days,
    daily_sales,
    traffic_days,
)

MERCHANT = "Demo merchant (UCI Online Retail, emulated)"
PLATFORM_ID = "uci-online-retail"
ZONE = "Asia/Shanghai"
ANCHOR = "demo_anchor"
PAGE = 2000
MARGIN = timedelta(hours=1)
"""Pulled before the first order of a shop, in case the machine's clock is corrected meanwhile."""


@dataclass(frozen=True)
class Stage:
    """The demo's merchant, its shops by marketplace, and the moment its dates are moved to."""

    merchant_id: int
    shops: Mapping[str, int]
    anchor: datetime


def find_merchant(house: House) -> int:
    """The demo's merchant, made at the first run."""
    query = select(Merchant.id).where(Merchant.name == MERCHANT)
    found: int | None = house.db.system_now(lambda session: session.scalar(query))
    return found if found is not None else create_merchant(house.db, MERCHANT, ZONE, "CNY")


def find_anchor(house: House, merchant_id: int) -> datetime:
    """The shops' wall clock at the first run: it is kept, so later runs move dates alike."""
    shops = house.db.read_now(merchant_id, _find_shops)
    if shops:
        return datetime.fromisoformat(shops[0].config[ANCHOR])
    return datetime.now(ZoneInfo(ZONE)).replace(tzinfo=None, microsecond=0)


def find_stage(house: House, merchant_id: int) -> Stage:
    """The stage of an earlier `register`."""
    shops = house.db.read_now(merchant_id, _find_shops)
    anchor = datetime.fromisoformat(shops[0].config[ANCHOR])
    return Stage(merchant_id, {shop.marketplace: shop.id for shop in shops}, anchor)


def _find_shops(session: MerchantSession) -> Sequence[Shop]:
    query = select(Shop).where(Shop.platform_id == PLATFORM_ID).order_by(Shop.marketplace)
    return session.scalars(query).all()


def register(
    house: House, merchant_id: int, anchor: datetime, markets: Mapping[str, Market]
) -> Stage:
    """Register the emulated shops at their addresses of this run."""
    now = datetime.now(UTC)

    def work(session: MerchantSession) -> dict[str, int]:
        marketplaces, keys = house.registry.marketplaces, house.keys
        return {
            name: register_shop(
                session, marketplaces, keys, _new_shop(marketplaces[name], anchor, market), now
            ).id
            for name, market in markets.items()
        }

    return Stage(merchant_id, house.db.run_now(merchant_id, work), anchor)


def _new_shop(marketplace: Marketplace, anchor: datetime, market: Market) -> NewShop:
    stand = STANDS[marketplace.name]
    return NewShop(
        marketplace=marketplace.name,
        platform_id=PLATFORM_ID,
        name=f"{stand.title} (emulated)",
        credentials=stand.credentials,
        config={
            **stand.config(market["address"]),
            ANCHOR: anchor.isoformat(),
            "retention_days": _retention(marketplace, market),
            "requests_per_second": 500,
        },
    )


def _retention(marketplace: Marketplace, market: Market) -> dict[str, float]:
    """How far back each stream goes: to the beginning of its data, and not a window further."""
    orders, refunds = _days_since(market["begins"]), _days_since(market["refunds_begin"])
    days = {"orders": orders, "refunds": refunds, "cancellations": refunds}
    return {each.name: days[each.name] for each in marketplace.streams if each.name in days}


def _days_since(moment: str) -> float:
    age = datetime.now(ZoneInfo(ZONE)).replace(tzinfo=None) - datetime.fromisoformat(moment)
    return (age + MARGIN) / timedelta(days=1)


@contextmanager
def running_sandboxes(anchor: datetime) -> Iterator[dict[str, Market]]:
    """The marketplaces in a process of their own; yields where each is."""
    program = "import sys; from plugins.demo.sandbox import main; main(sys.argv[1])"
    command = [sys.executable, "-c", program, anchor.isoformat()]
    process = subprocess.Popen(  # noqa: S603  (our own module)
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        places = process.stdout.readline()
        if not places:
            raise RuntimeError("The sandboxes did not start; their error stands above.")
        yield json.loads(places)
    finally:
        process.stdin.close()
        process.stdout.close()
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def add_traffic(house: House, stage: Stage) -> int:
    """Store the synthetic traffic and ad spend; returns how many rows are new or changed."""
    changed, shops = 0, Emulation(stage.anchor).shops
    everything = sum(len(shop.orders) for shop in shops.values())
    for name, shop in shops.items():
        quiet = QUIET_VISITS * len(shop.orders) // everything
        traffic = list(traffic_days(daily_sales(shop.orders), quiet))
        records: list[Record] = [_traffic(row) for row in traffic]
        records += [_ad_spend(row) for row in ad_days(traffic)]
        place = _place(stage, name)
        pages = [records[start : start + PAGE] for start in range(0, len(records), PAGE)]
        changed += sum(_store(house, place, page) for page in pages)
    return changed


def _place(stage: Stage, name: str) -> Place:
    zone = ZoneInfo(ZONE)
    return Place(stage.merchant_id, stage.shops[name], zone, datetime.now(zone).date())


def _store(house: House, place: Place, records: Sequence[Record]) -> int:
    batch = Batch(place, "traffic", 1, house.registry.rollups, datetime.now(UTC))
    items = [Mapped(record, Payload({})) for record in records]

    def work(session: MerchantSession) -> int:
        return ingest_page(session, batch, items).changed

    changed: int = house.db.run_now(place.merchant_id, work)
    return changed


def _traffic(row: TrafficDay) -> TrafficRecord:
    return TrafficRecord(
        **row._asdict() | {"level": TrafficLevel(row.level)},
        currency="CNY",
        source=DataSource.SYNTHETIC,
    )


def _ad_spend(row: AdDay) -> AdSpendRecord:
    return AdSpendRecord(**row._asdict(), currency="CNY", source=DataSource.SYNTHETIC)
