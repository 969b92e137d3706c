"""API tokens: made once, shown once, kept as a hash; they name their merchant.

A token reads `ogt_<merchant>_<secret>`. The merchant part makes the look-up lead with
`merchant_id` like every other one; the secret is 256 random bits, so a plain SHA-256 is enough.
"""

import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy.orm import Session
from sqlmodel import col, select

from core.db.session import MerchantSession
from core.errors import AuthenticationError, InputError, NotFoundError
from core.models import ApiToken, PluginSwitch, random_id
from core.security.permissions import ROLES, Actor, Policy

REVOCATIONS = 10_000
_FORM = re.compile(r"ogt_([0-9a-f]{1,16})_([A-Za-z0-9_-]{43})")


_revoked_here: dict[tuple[int, int], None] = {}
"""Merchant and id of tokens that this process has ended, the latest last."""


@dataclass(frozen=True)
class Admission:
    """Who a token stands for, and until when."""

    actor: Actor
    expires_at: datetime | None


@dataclass(frozen=True)
class NewToken:
    """A token row, and the secret text that nobody can see again."""

    row: ApiToken
    secret: str


def create_token(
    session: MerchantSession,
    name: str,
    role: str,
    now: datetime,
    expires_at: datetime | None = None,
) -> NewToken:
    """Make a token of the session's merchant."""
    if role not in ROLES:
        raise InputError(
            f"There is no role {role!r}; there are: {', '.join(ROLES)}.", path=["input", "role"]
        )
    if not name.strip():
        raise InputError("A token needs a name, so that one can tell it later.", path=["input"])
    if expires_at is not None and expires_at <= now:
        raise InputError("The token would have expired already.", path=["input", "expiresAt"])
    secret = f"ogt_{session.merchant_id:x}_{secrets.token_urlsafe(32)}"
    row = ApiToken(
        merchant_id=session.merchant_id,
        id=random_id(),
        name=name.strip()[:200],
        role=role,
        secret_hash=hash_of(secret),
        created_at=now,
        expires_at=expires_at,
    )
    session.add(row)
    session.flush()
    return NewToken(row, secret)


def revoke_token(session: MerchantSession, token_id: int, now: datetime) -> ApiToken:
    """End a token; revoking it again changes nothing."""
    row = session.scalars(select(ApiToken).where(ApiToken.id == token_id)).one_or_none()
    if row is None:
        raise NotFoundError("There is no such token.", path=["input", "id"])
    row.revoked_at = row.revoked_at or now
    session.flush()
    # Before the commit: from here on the token is looked up, whoever comes first. If the unit of
    # work fails after all, that costs a little time and nothing else.
    _revoked_here[row.merchant_id, row.id] = None
    if len(_revoked_here) > REVOCATIONS:
        _revoked_here.pop(next(iter(_revoked_here)), None)
    return row


def was_revoked_here(merchant_id: int, token_id: int) -> bool:
    """Whether this process has ended a token, so that no memory of it is good."""
    return (merchant_id, token_id) in _revoked_here


def authenticate(session: Session, secret: str, policy: Policy, now: datetime) -> Actor:
    """Who a bearer token stands for; AuthenticationError says nothing about why not."""
    return admit(session, secret, policy, now).actor


def admit(session: Session, secret: str, policy: Policy, now: datetime) -> Admission:
    """Like `authenticate`, and says how long that holds."""
    refused = AuthenticationError("The token is unknown, expired or revoked.")
    form = _FORM.fullmatch(secret)
    if form is None:
        raise refused
    merchant_id = int(form[1], 16)
    if merchant_id >= 2**63:
        raise refused
    found = session.execute(_look_up(merchant_id, hash_of(secret))).all()
    if not found or found[0][0].revoked_at is not None:
        raise refused
    row = found[0][0]
    if row.expires_at is not None and row.expires_at <= now:
        raise refused
    off = frozenset(plugin for _, plugin in found if plugin is not None)
    actor = Actor(
        merchant_id,
        row.id,
        row.name,
        row.role,
        policy.of_role(row.role, off),
        off,
        policy.of_plugins(off),
    )
    return Admission(actor, row.expires_at)


def _look_up(merchant_id: int, secret_hash: bytes) -> Any:
    """A token, with each plugin that its merchant has switched off: one statement per request."""
    is_off = (col(PluginSwitch.merchant_id) == ApiToken.merchant_id) & col(
        PluginSwitch.enabled
    ).is_(False)
    return (
        select(ApiToken, PluginSwitch.plugin)
        .outerjoin(PluginSwitch, is_off)
        .where(ApiToken.merchant_id == merchant_id, ApiToken.secret_hash == secret_hash)
    )


def hash_of(secret: str) -> bytes:
    """What is kept of a token."""
    return sha256(secret.encode()).digest()
