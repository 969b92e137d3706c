"""Customers as a shop knows them, their link to a person, and the tombstones of the erased."""

from datetime import datetime

from sqlalchemy import BigInteger, String, UniqueConstraint
from sqlmodel import Field

from core.models.base import MerchantTable, NounTable, big, by, personal, word


class Customer(NounTable, table=True):
    """A platform identity in one shop. Guests have none: their orders carry no customer."""

    __tablename__ = "customers"
    __table_args__ = (UniqueConstraint("merchant_id", "shop_id", "platform_id"),)

    shop_id: int = big()
    platform_id: str = personal(128)
    nickname: str | None = personal(200, None)
    country: str | None = word(64, None)
    region: str | None = word(64, None)


class CustomerPerson(MerchantTable, table=True):
    """That a customer is a person, and how we know (`rule` or a user)."""

    __tablename__ = "customer_persons"
    __table_args__ = (by("customer_persons", "person_id"),)

    customer_id: int = Field(sa_type=BigInteger, primary_key=True)
    person_id: int = big()
    evidence: str = word()
    linked_at: datetime


class Tombstone(MerchantTable, table=True):
    """An erased customer: a later sync must not bring the data back.

    `identity` is the id hash of the erased platform identity, so nothing personal stays here.
    """

    __tablename__ = "tombstones"

    kind: str = Field(sa_type=String(32), primary_key=True)
    identity: int = Field(sa_type=BigInteger, primary_key=True)
    erased_at: datetime
