"""Idempotency keys: a mutation sent twice is done once, and answered twice with the same answer.

The stored answer is sealed, because it may hold a secret (the token that `createToken` shows).
"""

from datetime import datetime, timedelta
from hashlib import sha256

import orjson
from sqlmodel import select

from core.db import Database, MerchantSession
from core.db.upsert import insert_for, table_of
from core.errors import InputError
from core.http.graphql import Answer
from core.models import IdempotencyKey
from core.security.envelope import KeyRing
from core.security.permissions import Actor

HEADER = "Idempotency-Key"
LONGEST = 128
ABANDONED = timedelta(minutes=5)
"""A key without an answer is free again after this: its process has died."""


class IdempotencyConflictError(InputError):
    """The key was used for another request, or its request is still running."""

    code = "IDEMPOTENCY_CONFLICT"


class Replay:
    """The life of one key: begin, then finish with the answer."""

    def __init__(self, db: Database, keys: KeyRing, actor: Actor, key: str, body: bytes) -> None:
        if not 0 < len(key) <= LONGEST:
            raise InputError(f"{HEADER} must have 1 to {LONGEST} characters.")
        self._db = db
        self._keys = keys
        self._merchant_id = actor.merchant_id
        self._key = key
        # Another token's answer is not for this one, which may be allowed less.
        self._request = sha256(b"%d\n%b" % (actor.token_id, body)).digest()
        self._bound_to = f"answer {actor.merchant_id}/{key}"

    async def begin(self, now: datetime) -> Answer | None:
        """The stored answer of this key, or None when the request is to be run now."""
        stored = await self._db.run(self._merchant_id, lambda session: self._begin(session, now))
        if stored is None:
            return None
        opened = self._keys.open(stored, self._bound_to)
        return Answer(int(opened["status"]), orjson.loads(opened["body"]))

    def _begin(self, session: MerchantSession, now: datetime) -> str | None:
        if self._claim(session, now):
            return None
        row = session.scalars(
            select(IdempotencyKey).where(IdempotencyKey.key == self._key).with_for_update()
        ).one()
        if row.request_hash != self._request:
            raise IdempotencyConflictError(
                f"The {HEADER} was used for another request: take a new one."
            )
        if row.answer is not None:
            sealed: str = row.answer["sealed"]
            return sealed
        if row.created_at > now - ABANDONED:
            raise IdempotencyConflictError("The first request with this key is still running.")
        row.created_at = now
        return None

    def _claim(self, session: MerchantSession, now: datetime) -> bool:
        """Take the key, unless it is there or another process is just taking it."""
        table = table_of(IdempotencyKey)
        insert = insert_for(session.get_bind().dialect.name, table).on_conflict_do_nothing()
        row = {
            "merchant_id": self._merchant_id,
            "key": self._key,
            "request_hash": self._request,
            "created_at": now,
        }
        return session.execute(insert.returning(table.c.key), row).first() is not None

    async def finish(self, answer: Answer) -> None:
        """Keep the answer for those who ask again."""
        values = {
            "status": str(answer.status),
            "body": orjson.dumps(answer.body, default=str).decode(),
        }
        sealed = self._keys.seal(values, self._bound_to)

        def store(session: MerchantSession) -> None:
            row = session.scalars(
                select(IdempotencyKey).where(IdempotencyKey.key == self._key)
            ).one()
            row.answer = {"sealed": sealed}

        await self._db.run(self._merchant_id, store)
