"""What core keeps of customers, and what becomes of each row when they are erased."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlmodel import SQLModel

from core.db.session import MerchantSession
from core.db.upsert import Row
from core.ingest import raw
from core.ingest.changes import Change
from core.ingest.erased import KINDS, Mark, blank
from core.ingest.rows import rows_by
from core.models import (
    BehaviorEvent,
    Customer,
    CustomerPerson,
    Order,
    OrderLine,
    Person,
    QuarantineEntry,
    RawPayload,
    Refund,
    Review,
    Shipment,
)

Table = type[SQLModel]


class Holdings:
    """The rows that belong to some customers.

    Orders and refunds stay, without their customer: they are the merchant's books. Customers and
    their links to persons go; persons go with the last of their customers. Parcels, reviews,
    visits, raw payloads and quarantined records are blanked.
    """

    def __init__(self, session: MerchantSession, customer_ids: Sequence[int]) -> None:
        self._session = session
        self.customers = self._rows(Customer, "id", customer_ids)
        self._orders = self._rows(Order, "customer_id", customer_ids)
        self._refunds = self._rows(Refund, "customer_id", customer_ids)
        self._lines = self._rows(OrderLine, "order_id", _each(self._orders, "id"))
        self._reviews = self._reviews_of_orders()
        self._links = self._rows(CustomerPerson, "customer_id", customer_ids)
        people = self._rows(CustomerPerson, "person_id", _each(self._links, "person_id"))
        self._others = [row for row in people if row["customer_id"] not in set(customer_ids)]

    @property
    def others(self) -> tuple[int, ...]:
        """Customers who are the same persons, and stay."""
        return tuple(sorted(row["customer_id"] for row in self._others))

    def marks(self) -> Iterator[Mark]:
        """The tombstones they leave."""
        kept: tuple[tuple[Table, list[Row]], ...] = (
            (Order, self._orders),
            (OrderLine, self._lines),
            (Review, self._reviews),
        )
        for table, rows in kept:
            yield from ((KINDS[table], row["id"]) for row in rows)

    def changes(self) -> list[Change]:
        """What to do, row by row; a row that holds nothing personal is left alone."""
        unlinked = [
            Change(table, row, {**row, "customer_id": None})
            for table, rows in ((Order, self._orders), (Refund, self._refunds))
            for row in rows
        ]
        gone = [
            Change(table, row, None)
            for table, rows in (
                (Customer, self.customers),
                (CustomerPerson, self._links),
                (Person, self._persons()),
            )
            for row in rows
        ]
        made = unlinked + gone + list(self._blanked())
        return [change for change in made if change.before != change.after]

    def _blanked(self) -> Iterator[Change]:
        shipments = self._rows(Shipment, "order_id", _each(self._orders, "id"))
        tables = ((Shipment, shipments), (Review, self._reviews), (BehaviorEvent, self._visits()))
        for table, rows in tables:
            yield from (Change(table, row, blank(table, row)) for row in rows)
        for row in self._of_records(RawPayload):
            yield Change(RawPayload, row, {**row, "body": raw.NOTHING})
        for row in self._of_records(QuarantineEntry):
            yield Change(QuarantineEntry, row, {**row, "value": "", "payload": {}})

    def _reviews_of_orders(self) -> list[Row]:
        found = self._rows(Review, "order_id", _each(self._orders, "id"))
        found += self._rows(Review, "line_id", _each(self._lines, "id"))
        return list({row["id"]: row for row in found}.values())

    def _persons(self) -> list[Row]:
        """Persons without another customer."""
        shared = {row["person_id"] for row in self._others}
        persons = self._rows(Person, "id", _each(self._links, "person_id"))
        return [row for row in persons if row["id"] not in shared]

    def _visits(self) -> list[Row]:
        """Events of visitors that bear a customer's own name on the platform."""
        names = {(row["shop_id"], row["platform_id"]) for row in self.customers}
        found = self._rows(BehaviorEvent, "visitor", [name for _, name in sorted(names)])
        return [row for row in found if (row["shop_id"], row["visitor"]) in names]

    def _of_records(self, table: Table) -> list[Row]:
        """Rows about the platform's records of their orders, refunds and reviews."""
        records = {
            (row["shop_id"], kind, row["platform_id"])
            for kind, rows in (
                ("order", self._orders),
                ("refund", self._refunds),
                ("review", self._reviews),
            )
            for row in rows
        }
        found = self._rows(table, "platform_id", sorted({name for _, _, name in records}))
        return [r for r in found if (r["shop_id"], r["kind"], r["platform_id"]) in records]

    def _rows(self, table: Table, column: str, values: Iterable[Any]) -> list[Row]:
        return list(rows_by(self._session, table, column, list(values)).values())


def _each(rows: Sequence[Row], column: str) -> list[Any]:
    return sorted({row[column] for row in rows})
