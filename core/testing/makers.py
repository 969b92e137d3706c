"""Stores shops and what they sell for a test, the way a sync stores it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from sqlmodel import SQLModel, col, select

from core.db import Database, MerchantSession
from core.ingest.page import Batch, ingest_page
from core.ingest.rollup import Rollup
from core.ingest.shape import Place
from core.marketplace.contract import Mapped, Payload
from core.marketplace.records import PlatformRecord
from core.models import (
    Customer,
    Merchant,
    NounTable,
    Order,
    Product,
    Refund,
    Review,
    Shop,
    random_id,
)
from core.testing import records
from core.testing.records import CURRENCY, NOON, Line, fresh

N = TypeVar("N", bound=NounTable)
TIME_ZONE = "Asia/Shanghai"


class Makers:
    """Makes rows of one merchant; each function returns the stored row.

    Further keywords are fields of the canonical record (`core.marketplace.records`), or columns
    where a row is stored directly. Without a shop they go to the merchant's first one, which is
    made when it is first needed.
    """

    merchant_id: int

    def __init__(self, database: Database, merchant_id: int, rollups: Sequence[Rollup]) -> None:
        self.database = database
        self.merchant_id = merchant_id
        self._rollups = tuple(rollups)
        self._first_shop: Shop | None = None

    @property
    def now(self) -> datetime:
        """The moment at which rows are stored."""
        return NOON

    def shop(self, **columns: Any) -> Shop:
        """A shop in Shanghai that sells in yuan."""
        defaults: dict[str, Any] = {
            "id": random_id(),
            "marketplace": "bazaar",
            "platform_id": fresh("shop-"),
            "name": "Lantern flagship store",
            "time_zone": TIME_ZONE,
            "currency": CURRENCY,
            "config": {},
            "created_at": NOON,
        }
        made = Shop(merchant_id=self.merchant_id, **(defaults | columns))
        self.add(made)
        self._first_shop = self._first_shop or made
        return made

    def customer(self, shop: Shop | None = None, **columns: Any) -> Customer:
        """A customer of a shop; an order names it with `customer=`."""
        shop = shop or self.first_shop
        number = columns.setdefault("platform_id", fresh("customer-"))
        id = _place(shop, self.now).id("customer", number)
        made = Customer(merchant_id=self.merchant_id, shop_id=shop.id, id=id, **columns)
        self.add(made)
        return made

    def product(self, shop: Shop | None = None, **fields: Any) -> Product:
        """A product on sale."""
        return self._store(Product, records.product(**fields), shop, "products")

    def order(
        self,
        lines: Sequence[Line] = (1000,),
        customer: Customer | None = None,
        shop: Shop | None = None,
        **fields: Any,
    ) -> Order:
        """A paid order; a line is an amount in minor units, or a mapping of fields.

        A line's `product` may be a product that was made before.
        """
        shop = shop or self._shop_of(customer)
        number = None if customer is None else customer.platform_id
        made = records.order([_named(each) for each in lines], number, **fields)
        return self._store(Order, made, shop, "orders")

    def refund(self, order: Order | None = None, shop: Shop | None = None, **fields: Any) -> Refund:
        """A refund that paid money back, of this order if there is one."""
        if order is not None:
            fields = {"order_id": order.platform_id} | fields
        return self._store(
            Refund, records.refund(**fields), shop or self._shop_of(order), "refunds"
        )

    def review(
        self,
        product: Product | None = None,
        order: Order | None = None,
        shop: Shop | None = None,
        **fields: Any,
    ) -> Review:
        """A good review, of this product and this order if there are any."""
        given = {"product_id": product, "order_id": order}
        known = {name: row.platform_id for name, row in given.items() if row is not None}
        shop = shop or self._shop_of(order or product)
        return self._store(Review, records.review(**(known | fields)), shop, "reviews")

    def add(self, *rows: SQLModel) -> None:
        """Store rows of any of the merchant's tables as they are, e.g. the plugin's own."""
        self.database.run_now(self.merchant_id, lambda session: session.add_all(rows))

    @property
    def first_shop(self) -> Shop:
        """The merchant's first shop."""
        return self._first_shop or self.shop()

    def _shop_of(self, row: Order | Product | Customer | None) -> Shop | None:
        if row is None:
            return None
        wanted = select(Shop).where(Shop.id == row.shop_id)
        return self.database.read_now(self.merchant_id, lambda s: s.scalars(wanted).one())

    def _store(self, table: type[N], record: PlatformRecord, shop: Shop | None, stream: str) -> N:
        """Ingest a record, and read the row it became."""
        place = _place(shop or self.first_shop, self.now)
        batch = Batch(place, stream, 1, self._rollups, self.now)
        page = [Mapped(record, Payload(record.model_dump(mode="json")), ())]
        wanted = select(table).where(col(table.id) == place.id(record.kind, record.platform_id))

        def work(session: MerchantSession) -> N:
            outcome = ingest_page(session, batch, page)
            assert not outcome.quarantined, f"This {record.kind} does not fit the tables: {record}"
            return session.scalars(wanted).one()

        return self.database.run_now(self.merchant_id, work)


def make_merchant(database: Database, name: str) -> int:
    """Store a merchant in Shanghai that reports in yuan; returns its id."""
    merchant = Merchant(
        id=random_id(), name=name, time_zone=TIME_ZONE, currency=CURRENCY, created_at=NOON
    )
    database.system_now(lambda session: session.add(merchant))
    return merchant.id


def _place(shop: Shop, now: datetime) -> Place:
    zone = ZoneInfo(shop.time_zone)
    return Place(shop.merchant_id, shop.id, zone, now.astimezone(zone).date())


def _named(given: Line) -> Line:
    """A line whose product is named as the platform does."""
    if isinstance(given, int) or "product" not in given:
        return given
    fields = dict(given)
    return {"product_id": fields.pop("product").platform_id} | fields
