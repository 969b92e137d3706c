"""A merchant's session: every statement on mapped classes stays within the merchant."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import delete, exists, func, insert, select, union_all, update
from sqlalchemy.orm import aliased

from core.db import Database, MerchantSession
from core.errors import PermissionDeniedError
from core.models import Customer, ExchangeRate, Merchant, Order, Shop, Tombstone
from core.testing.statements import Statements
from tests.builders import make_merchant
from tests.db.people import make_customer, nicknames

Work = Callable[[MerchantSession], Any]
Other = aliased(Customer)
inner = select(Customer.id, Customer.nickname).subquery()
cte = select(Customer.id, Customer.nickname).cte()

READS: dict[str, Work] = {
    "entities": lambda s: [c.nickname for c in s.scalars(select(Customer))],
    "columns": lambda s: list(s.scalars(select(Customer.nickname))),
    "alias": lambda s: list(s.scalars(select(Other.nickname))),
    "subquery": lambda s: list(s.scalars(select(inner.c.nickname))),
    "cte": lambda s: list(s.scalars(select(cte.c.nickname))),
    "union": lambda s: list(
        s.scalars(
            union_all(
                select(Customer.nickname),
                select(Customer.nickname).where(Customer.nickname == "Zoe"),
            )
        )
    ),
    "group": lambda s: list(s.scalars(select(func.min(Customer.nickname)).group_by(Customer.id))),
    "scalar subquery": lambda s: [s.scalar(select(select(Customer.nickname).scalar_subquery()))],
    "exists": lambda s: [
        "Ann"
        for found in s.scalars(
            select(exists(select(Customer.id).where(Customer.nickname == "Zoe")))
        )
        if not found
    ],
    "self join": lambda s: list(
        s.scalars(select(Other.nickname).join(Customer, Customer.shop_id == Other.shop_id))
    ),
    "outer join": lambda s: list(
        s.scalars(
            select(Customer.nickname)
            .select_from(Merchant)
            .outerjoin(Customer, Customer.merchant_id == Merchant.id)
        )
    ),
}


@pytest.fixture
def other_id(database: Database, merchant_id: int) -> int:
    """Another merchant with a customer called Zoe; ours has one called Ann, of the same id."""
    other = make_merchant(database, "Paper Moon")
    people = [make_customer(merchant_id, "Ann", 1), make_customer(other, "Zoe", 1)]
    database.system_now(lambda session: session.add_all(people))
    return other


@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_reads_stay_within_the_merchant(
    database: Database, merchant_id: int, other_id: int, read: Work
) -> None:
    """Whatever the form of the question, rows of another merchant are not in the answer."""
    assert ["Ann"] == database.read_now(merchant_id, read)


def test_aggregates(database: Database, merchant_id: int, other_id: int) -> None:
    """A count or a sum takes in the merchant's own rows alone."""
    query = select(func.count(), func.max(Customer.nickname)).select_from(Customer)

    row = database.read_now(merchant_id, lambda session: session.execute(query).one())

    assert (1, "Ann") == tuple(row)


def test_get_by_key(database: Database, merchant_id: int, other_id: int) -> None:
    """Asking for another merchant's row by its whole key finds nothing."""

    def work(session: MerchantSession) -> list[Customer | None]:
        return [session.get(Customer, (owner, 1)) for owner in (merchant_id, other_id)]

    mine, theirs = database.read_now(merchant_id, work)

    assert mine is not None
    assert theirs is None


def test_merchants_see_themselves_only(database: Database, merchant_id: int, other_id: int) -> None:
    """The table of merchants shows each its own row."""
    query = select(Merchant.id)

    found = database.read_now(merchant_id, lambda session: list(session.scalars(query)))

    assert [merchant_id] == found


@pytest.mark.parametrize(
    "statement", [update(Customer).values(nickname="gone"), delete(Customer)], ids=str
)
def test_writes_stay_within_the_merchant(
    database: Database, merchant_id: int, other_id: int, statement: Any
) -> None:
    """An UPDATE or DELETE without a condition leaves other merchants' rows alone."""
    database.run_now(merchant_id, lambda session: session.execute(statement))

    assert ["Zoe"] == nicknames(database, other_id)
    assert ["Ann"] != nicknames(database, merchant_id)


FOREIGN: dict[str, Callable[[MerchantSession, int], Any]] = {
    "object": lambda s, other: (s.add(make_customer(other, "Eve")), s.flush()),
    "merge": lambda s, other: (s.merge(make_customer(other, "Eve", 1)), s.flush()),
    "insert": lambda s, other: s.execute(
        insert(Customer), [make_customer(other, "Eve").model_dump()]
    ),
    "insert without rows": lambda s, other: s.execute(
        insert(Customer).from_select(["merchant_id", "id"], select(Customer.id, Customer.id))
    ),
    "bare insert": lambda s, other: s.execute(
        insert(Customer.__table__), [make_customer(other, "Eve").model_dump()]
    ),
    "update by keys": lambda s, other: s.execute(
        update(Customer), [{"merchant_id": other, "id": 1, "nickname": "Eve"}]
    ),
    "given away": lambda s, other: setattr(s.scalars(select(Customer)).one(), "merchant_id", other),
    "reference": lambda s, other: s.execute(
        insert(ExchangeRate),
        [{"base": "EUR", "quote": "CNY", "day": None, "rate_e8": 1, "source": ""}],
    ),
}


@pytest.mark.parametrize("write", FOREIGN.values(), ids=FOREIGN)
def test_writing_for_another_merchant_is_refused(
    database: Database, merchant_id: int, other_id: int, write: Any
) -> None:
    """Rows of another merchant can neither be made nor changed, and ours not given away."""
    with pytest.raises(PermissionDeniedError):
        database.run_now(merchant_id, lambda session: write(session, other_id))

    assert ["Zoe"] == nicknames(database, other_id)


def test_own_rows_can_be_inserted(database: Database, merchant_id: int, other_id: int) -> None:
    """A bulk insert of the merchant's own rows goes through."""
    rows = [make_customer(merchant_id, "Bob").model_dump()]

    database.run_now(merchant_id, lambda session: session.execute(insert(Customer), rows))

    assert ["Ann", "Bob"] == nicknames(database, merchant_id)


def test_every_table_is_scoped(
    database: Database, merchant_id: int, statements: Statements
) -> None:
    """Each table of a join is kept to the merchant by itself."""
    query = (
        select(Order.id)
        .join(Shop, Shop.id == Order.shop_id)
        .join(Tombstone, Tombstone.identity == Order.customer_id)
    )

    database.read_now(merchant_id, lambda session: session.execute(query).all())

    names = ("orders", "shops", "tombstones")
    assert all(f"{name}.merchant_id = " in statements.texts[-1] for name in names)
