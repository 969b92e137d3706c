"""The audit log: who did what to which thing, in the transaction that does it."""

from datetime import datetime
from typing import Any

from core.db.session import MerchantSession
from core.models import AuditEntry, random_id


def audit(
    session: MerchantSession,
    actor: str,
    action: str,
    entity: str,
    entity_id: int | str,
    now: datetime,
    **detail: Any,
) -> None:
    """Write one entry; `detail` holds no secrets and no personal data."""
    session.add(
        AuditEntry(
            merchant_id=session.merchant_id,
            id=random_id(),
            happened_at=now,
            actor=actor,
            action=action,
            entity=entity,
            entity_id=str(entity_id),
            detail=detail,
        )
    )
