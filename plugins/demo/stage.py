"""What the demo sets up: a merchant, the emulated shop, synthetic traffic around its real sales."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from sqlmodel import select

from core.cli.access import create_merchant
from core.db import MerchantSession
from core.house import House
from core.ingest.page import Batch, ingest_page
from core.ingest.shape import Place
from core.marketplace.contract import Mapped, Payload
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
from plugins.demo.sandbox import CREDENTIALS
from plugins.demo.synthetic import AdDay, TrafficDay, ad_days, daily_sales, traffic_days

MERCHANT = "Demo merchant (UCI Online Retail, emulated)"
SHOP = "Online Retail on Taobao (emulated)"
PLATFORM_ID = "uci-online-retail"
ZONE = "Asia/Shanghai"
ANCHOR = "demo_anchor"
PAGE = 2000
DAYS = 382
"""The data set spans 373 days and ends within a week before the anchor; two more to be sure."""


@dataclass(frozen=True)
class Stage:
    """The demo's merchant and shop, and the moment its dates are moved to."""

    merchant_id: int
    shop_id: int
    anchor: datetime


def find_merchant(house: House) -> int:
    """The demo's merchant, made at the first run."""
    query = select(Merchant.id).where(Merchant.name == MERCHANT)
    found: int | None = house.db.system_now(lambda session: session.scalar(query))
    return found if found is not None else create_merchant(house.db, MERCHANT, ZONE, "CNY")


def find_anchor(house: House, merchant_id: int) -> datetime:
    """The shop's wall clock at the first run: it is kept, so later runs move dates alike."""
    shop = house.db.read_now(merchant_id, _find_shop)
    if shop is not None:
        return datetime.fromisoformat(shop.config[ANCHOR])
    return datetime.now(ZoneInfo(ZONE)).replace(tzinfo=None, microsecond=0)


def find_stage(house: House, merchant_id: int) -> Stage:
    """The stage of an earlier `register`."""
    shop = house.db.read_now(merchant_id, _find_shop)
    assert shop is not None
    return Stage(merchant_id, shop.id, datetime.fromisoformat(shop.config[ANCHOR]))


def _find_shop(session: MerchantSession) -> Shop | None:
    query = select(Shop).where(Shop.platform_id == PLATFORM_ID)
    return session.scalars(query).one_or_none()


def register(house: House, merchant_id: int, anchor: datetime, base_url: str) -> Stage:
    """Register the emulated shop at its address of this run."""
    new = NewShop(
        marketplace="taobao",
        platform_id=PLATFORM_ID,
        name=SHOP,
        credentials=CREDENTIALS,
        config={
            "base_url": base_url,
            ANCHOR: anchor.isoformat(),
            # The sandbox keeps more than Taobao's three months: the demo pulls the whole year.
            "retention_days": (datetime.now() - anchor).days + DAYS,
            "requests_per_second": 500,
        },
    )
    now = datetime.now(UTC)

    def work(session: MerchantSession) -> int:
        return register_shop(session, house.registry.marketplaces, house.keys, new, now).id

    return Stage(merchant_id, house.db.run_now(merchant_id, work), anchor)


@contextmanager
def running_sandbox(anchor: datetime) -> Iterator[str]:
    """The marketplace in a process of its own; yields its address."""
    program = "import sys; from plugins.demo.sandbox import main; main(sys.argv[1])"
    command = [sys.executable, "-c", program, anchor.isoformat()]
    process = subprocess.Popen(  # noqa: S603  (our own module)
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        address = process.stdout.readline().strip()
        if not address:
            raise RuntimeError("The sandbox marketplace did not start; its error stands above.")
        yield address
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
    traffic = list(traffic_days(daily_sales(Emulation(stage.anchor))))
    records: list[Record] = [_traffic(row) for row in traffic]
    records += [_ad_spend(row) for row in ad_days(traffic)]
    pages = [records[start : start + PAGE] for start in range(0, len(records), PAGE)]
    return sum(_store(house, stage, page) for page in pages)


def _store(house: House, stage: Stage, records: Sequence[Record]) -> int:
    now, zone = datetime.now(UTC), ZoneInfo(ZONE)
    place = Place(stage.merchant_id, stage.shop_id, zone, now.astimezone(zone).date())
    batch = Batch(place, "traffic", 1, house.registry.rollups, now)
    items = [Mapped(record, Payload({})) for record in records]

    def work(session: MerchantSession) -> int:
        return ingest_page(session, batch, items).changed

    changed: int = house.db.run_now(stage.merchant_id, work)
    return changed


def _traffic(row: TrafficDay) -> TrafficRecord:
    return TrafficRecord(
        **row._asdict() | {"level": TrafficLevel(row.level)},
        currency="CNY",
        source=DataSource.SYNTHETIC,
    )


def _ad_spend(row: AdDay) -> AdSpendRecord:
    return AdSpendRecord(**row._asdict(), currency="CNY", source=DataSource.SYNTHETIC)
