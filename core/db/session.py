"""A session that sees one merchant: a seat belt, besides row-level security on PostgreSQL."""

from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import ORMExecuteState, Session, with_loader_criteria
from sqlalchemy.orm.context import FromStatement
from sqlalchemy.sql import visitors
from sqlalchemy.sql.elements import ColumnClause, TextClause
from sqlalchemy.sql.expression import TableClause
from sqlmodel import SQLModel, col

from core.db.entities import classes_in
from core.errors import PermissionDeniedError
from core.models.base import REFERENCE
from core.models.merchant import Merchant

CORE = "opsgraph_core"
"""Execution option by which core's own writers say that their Core statement is scoped."""


class MerchantSession(Session):
    """One merchant, one transaction. Statements on mapped classes are scoped by themselves.

    Statements on bare tables or text cannot be scoped and are refused, inserts of another
    merchant's rows too. Never reuse a session for another merchant.
    """

    merchant_id: int


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
        state.statement = state.statement.options(*_criteria(session, state.statement))


def _criteria(session: MerchantSession, statement: Any) -> list[Any]:
    made: dict[type[SQLModel], Any] = session.info.setdefault("criteria", {})
    found = []
    for each in classes_in(statement):
        if each not in made:
            made[each] = _criterion(each, session.merchant_id)
        found.append(made[each])
    return found


def _criterion(mapped: Any, merchant_id: int) -> Any:
    owner = mapped.id if mapped is Merchant else mapped.merchant_id
    # Without include_aliases, aliased(Customer) would read every merchant's customers.
    return with_loader_criteria(mapped, col(owner) == merchant_id, include_aliases=True)


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
