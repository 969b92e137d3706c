"""A session that sees one merchant: a seat belt, besides row-level security on PostgreSQL."""

from functools import cache
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import ORMExecuteState, Session, with_loader_criteria
from sqlalchemy.orm.context import FromStatement
from sqlalchemy.sql import visitors
from sqlalchemy.sql.elements import ColumnClause, TextClause
from sqlalchemy.sql.expression import TableClause
from sqlmodel import SQLModel, col

from core.errors import PermissionDeniedError
from core.models.base import REFERENCE, MerchantTable
from core.models.merchant import Merchant

CORE = "opsgraph_core"
"""Execution option by which core's own writers say that their Core statement is scoped."""


class MerchantSession(Session):
    """One merchant, one transaction. Statements on mapped classes are scoped by themselves.

    Statements on bare tables or text cannot be scoped and are refused, inserts of another
    merchant's rows too. Never reuse a session for another merchant.
    """

    merchant_id: int


@cache
def merchant_tables() -> tuple[type[MerchantTable], ...]:
    """Every mapped class whose rows belong to a merchant."""
    return tuple(
        mapper.class_
        for mapper in SQLModel._sa_registry.mappers
        if issubclass(mapper.class_, MerchantTable)
    )


@event.listens_for(MerchantSession, "do_orm_execute")
def _scope(state: ORMExecuteState) -> None:
    session = state.session
    assert isinstance(session, MerchantSession)
    if state.execution_options.get(CORE):
        return
    is_bare = not state.is_orm_statement or isinstance(state.statement, FromStatement)
    if state.is_insert or (state.is_update and isinstance(state.parameters, list)):
        _check_rows(state, session.merchant_id)
    elif is_bare and _touches_rows(state.statement):
        raise PermissionDeniedError(
            "This statement reads bare tables or text, so it cannot be kept to one merchant: "
            "select from the mapped classes instead."
        )
    elif state.is_orm_statement:
        state.statement = state.statement.options(*_criteria(session))


def _criteria(session: MerchantSession) -> list[Any]:
    found: list[Any] | None = session.info.get("criteria")
    if found is None:
        merchant_id = session.merchant_id
        found = [
            # Without include_aliases, aliased(Customer) would read every merchant's customers.
            with_loader_criteria(table, col(table.merchant_id) == merchant_id, include_aliases=True)
            for table in merchant_tables()
        ]
        mine = col(Merchant.id) == merchant_id
        found.append(with_loader_criteria(Merchant, mine, include_aliases=True))
        session.info["criteria"] = found
    return found


@event.listens_for(MerchantSession, "before_flush")
def _check_objects(session: Session, context: Any, instances: Any) -> None:
    assert isinstance(session, MerchantSession)
    for item in (*session.new, *session.dirty, *session.deleted):
        owner = item.id if isinstance(item, Merchant) else getattr(item, "merchant_id", None)
        if owner not in (None, session.merchant_id):
            raise PermissionDeniedError("Rows of the session's own merchant can be written only.")


def _touches_rows(statement: Any) -> bool:
    """Whether a statement reads or writes tables, or may do so in text that nobody can see into."""
    return any(
        isinstance(part, TextClause)
        or (isinstance(part, ColumnClause) and part.is_literal and part.name != "*")
        or (isinstance(part, TableClause) and not getattr(part, "info", {}).get(REFERENCE))
        for part in visitors.iterate(statement)
    )


def _check_rows(state: ORMExecuteState, merchant_id: int) -> None:
    given: Any = state.parameters or []
    rows = [given] if isinstance(given, dict) else list(given)
    if not rows or any(row.get("merchant_id") != merchant_id for row in rows):
        raise PermissionDeniedError("Rows of the session's own merchant can be written only.")
