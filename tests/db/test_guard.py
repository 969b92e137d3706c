"""Statements that cannot be kept to one merchant are refused, whatever they are wrapped in."""

from typing import Any

import pytest
from sqlalchemy import (
    delete,
    exists,
    func,
    literal_column,
    select,
    table,
    text,
    union_all,
    update,
)

from core.db import CORE, Database
from core.errors import PermissionDeniedError
from core.models import Customer, ExchangeRate

customers: Any = Customer.__table__
sql = text("SELECT nickname FROM customers")

BARE: dict[str, Any] = {
    "text": sql,
    "text with columns": sql.columns(customers.c.nickname),
    "text as source of objects": select(Customer).from_statement(text("SELECT * FROM customers")),
    "text as column": select(text("nickname FROM customers")),
    "literal column": select(literal_column("(SELECT max(nickname) FROM customers)")),
    "table": select(customers),
    "column": select(customers.c.nickname),
    "lightweight table": select(func.count()).select_from(table("customers")),
    "union": union_all(select(customers.c.id), select(customers.c.id)),
    "subquery": select(select(customers.c.id).subquery()),
    "scalar subquery": select(select(func.count(customers.c.id)).scalar_subquery()),
    "cte": select(select(customers.c.id).cte()),
    "exists": select(exists().where(customers.c.id == 1)),
    "update": update(customers).values(nickname="x"),
    "delete": delete(customers),
}


@pytest.mark.parametrize("statement", BARE.values(), ids=BARE)
def test_bare_statements_are_refused(database: Database, merchant_id: int, statement: Any) -> None:
    """Text, and tables that are not reached through their class, are refused with advice."""
    with pytest.raises(PermissionDeniedError, match=r"mapped classes|own merchant"):
        database.run_now(merchant_id, lambda session: session.execute(statement).all())


def test_what_touches_no_table_is_allowed(database: Database, merchant_id: int) -> None:
    """Plain expressions run."""
    one = database.read_now(merchant_id, lambda session: session.scalar(select(func.abs(-1))))

    assert 1 == one


def test_reference_tables_are_open(database: Database, merchant_id: int) -> None:
    """Tables that belong to no merchant may be read in any way, by everybody."""
    rates: Any = ExchangeRate.__table__
    statements = [select(ExchangeRate), select(rates), select(func.count()).select_from(rates)]

    found = [
        database.read_now(merchant_id, lambda session, s=s: session.execute(s).all())
        for s in statements
    ]

    assert [[], [], [(0,)]] == found


def test_core_may_say_that_a_statement_is_scoped(database: Database, merchant_id: int) -> None:
    """Core's own writers mark what they have scoped by themselves."""
    query = select(customers.c.id).where(customers.c.merchant_id == merchant_id)

    found = database.read_now(
        merchant_id, lambda session: session.execute(query, execution_options={CORE: True}).all()
    )

    assert [] == found
