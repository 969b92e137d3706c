"""Who may ask, what was asked for twice, and who did what."""

from datetime import datetime
from typing import Any

from sqlalchemy import String, UniqueConstraint
from sqlmodel import Field

from core.models.base import MerchantTable, NounTable, blob, by, json, word


class ApiToken(NounTable, table=True):
    """A bearer token. Only its SHA-256 is kept: the token itself is shown once, when made."""

    __tablename__ = "api_tokens"
    __table_args__ = (UniqueConstraint("merchant_id", "secret_hash"),)

    name: str = word(200)
    role: str = word(32)
    secret_hash: bytes = blob()
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None


class IdempotencyKey(MerchantTable, table=True):
    """The stored answer of a mutation: the same key asks for the same answer, not a second deed."""

    __tablename__ = "idempotency_keys"

    key: str = Field(sa_type=String(128), primary_key=True)
    request_hash: bytes = blob()
    answer: dict[str, Any] | None = json(None)
    created_at: datetime


class AuditEntry(NounTable, table=True):
    """Who did what to which thing; no secrets and no personal data in `detail`."""

    __tablename__ = "audit_entries"
    __table_args__ = (by("audit_entries", "happened_at", "id"),)

    happened_at: datetime
    actor: str = word(200)
    action: str = word()
    entity: str = word(64)
    entity_id: str = word(128)
    detail: dict[str, Any] = json()


class PluginSwitch(MerchantTable, table=True):
    """Whether a merchant uses a plugin; without a row it does."""

    __tablename__ = "plugin_switches"

    plugin: str = Field(sa_type=String(64), primary_key=True)
    enabled: bool
    changed_at: datetime
