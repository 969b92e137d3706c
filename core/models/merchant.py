"""The merchant (tenant) and its shops."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, UniqueConstraint
from sqlmodel import Field, SQLModel

from core.models.base import NounTable, big, json, personal, text, word


class Merchant(SQLModel, table=True):
    """The business that runs shops; every other row belongs to one.

    Its id is random and 63 bits long, so that global ids survive a move to another database.
    """

    __tablename__ = "merchants"

    id: int = Field(sa_type=BigInteger, primary_key=True)
    name: str = word(200)
    time_zone: str = word()
    currency: str = word(3)  # reporting currency
    created_at: datetime


class Shop(NounTable, table=True):
    """One store on one marketplace.

    The credentials are an envelope: JSON of key id, nonce and AES-GCM ciphertext. Only
    `core.security.envelope` opens it; `opsgraph keys rotate` seals it anew under the first key.
    When its token ends, and when the merchant must authorise anew, stand beside it in clear, null
    where the platform does not tell. `budget_holder`: whose limit of calls it shares.
    """

    __tablename__ = "shops"
    __table_args__ = (UniqueConstraint("merchant_id", "marketplace", "platform_id"),)

    marketplace: str = word()
    platform_id: str = word(128)
    name: str = word(200)
    time_zone: str = word()
    currency: str = word(3)
    config: dict[str, Any] = json()
    credentials: str | None = text(None)
    key_id: str | None = word(64, None)
    token_expires_at: datetime | None = None
    authorization_expires_at: datetime | None = None
    budget_holder: int | None = big(None)
    active: bool = True
    created_at: datetime

    @property
    def budget(self) -> tuple[int, int]:
        """Key of the row in `request_budgets` that its requests are counted in."""
        return self.merchant_id, self.budget_holder or self.id


class Person(NounTable, table=True):
    """Somebody who is a customer of several shops; linked by rules or by hand, never guessed."""

    __tablename__ = "persons"

    name: str | None = personal(200, None)
    created_at: datetime
