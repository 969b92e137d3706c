"""Forgets what is only kept for a while: delivered events and the answers of idempotency keys."""

from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session
from sqlmodel import col

from core.models import IdempotencyKey, OutboxMessage

EVENTS = timedelta(days=7)
"""How long delivered events stay, to be looked at or delivered again by hand."""
ANSWERS = timedelta(days=1)
"""How long a repeated idempotency key is answered from memory."""


def forget(session: Session, now: datetime) -> None:
    """Delete what is past its time."""
    session.execute(delete(OutboxMessage).where(col(OutboxMessage.delivered_at) < now - EVENTS))
    session.execute(delete(IdempotencyKey).where(col(IdempotencyKey.created_at) < now - ANSWERS))
