"""The audit log is written in the transaction that does the deed."""

import pytest
from sqlmodel import select

from core.db import Database, MerchantSession
from core.models import AuditEntry
from core.security.audit import audit
from tests.builders import NOON, make_merchant


def entries(database: Database, merchant_id: int) -> list[AuditEntry]:
    query = select(AuditEntry)
    return database.read_now(merchant_id, lambda session: list(session.scalars(query)))


def test_entry(database: Database, merchant_id: int) -> None:
    """An entry says who did what to which thing; other merchants do not see it."""
    database.run_now(
        merchant_id, lambda s: audit(s, "token 7", "shop.register", "shop", 9, NOON, name="x")
    )

    [entry] = entries(database, merchant_id)
    assert ("token 7", "shop.register", "shop", "9") == (
        entry.actor,
        entry.action,
        entry.entity,
        entry.entity_id,
    )
    assert ({"name": "x"}, NOON) == (entry.detail, entry.happened_at)
    assert [] == entries(database, make_merchant(database, "Paper Moon"))


def test_undone_deed_leaves_no_entry(database: Database, merchant_id: int) -> None:
    """When the deed fails, the log does not claim it."""

    def work(session: MerchantSession) -> None:
        audit(session, "token 7", "shop.register", "shop", 9, NOON)
        raise RuntimeError("no deed")

    with pytest.raises(RuntimeError):
        database.run_now(merchant_id, work)

    assert [] == entries(database, merchant_id)
