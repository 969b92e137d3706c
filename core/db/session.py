"""A session that sees one merchant: a seat belt, besides row-level security on PostgreSQL."""

from functools import cache
from typing import Any

from sqlalchemy import Table, event
from sqlalchemy.orm import ORMExecuteState, Session, with_loader_criteria
from sqlalchemy.sql.elements import TextClause
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
    if state.is_insert:
        _check_rows(state, session.merchant_id)
    elif not state.is_orm_statement and _touches_rows(state.statement):
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
            with_loader_criteria(table, col(table.merchant_id) == merchant_id)
            for table in merchant_tables()
        ]
        found.append(with_loader_criteria(Merchant, col(Merchant.id) == merchant_id))
        session.info["criteria"] = found
    return found


def _touches_rows(statement: Any) -> bool:
    if isinstance(statement, TextClause):
        return True
    tables = getattr(statement, "get_final_froms", lambda: [getattr(statement, "table", None)])()
    return any(
        not (isinstance(t, Table) and t.info.get(REFERENCE)) for t in tables if t is not None
    )


def _check_rows(state: ORMExecuteState, merchant_id: int) -> None:
    given: Any = state.parameters or []
    rows = [given] if isinstance(given, dict) else list(given)
    if not rows or any(row.get("merchant_id") != merchant_id for row in rows):
        raise PermissionDeniedError("Rows can be inserted for the session's own merchant only.")
