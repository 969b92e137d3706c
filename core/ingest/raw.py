"""Raw payloads: what decides whether a record that comes again is news, and what is kept of it."""

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any

import orjson
from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from core.db.session import CORE
from core.db.upsert import CHUNK, table_of
from core.models import RawPayload

Identity = tuple[str, str]
"""Kind and platform id of a record within one shop."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What is known of a record's last stored version."""

    content_hash: bytes
    mapping_version: int
    updated_at: datetime


def encode(payload: Mapping[str, Any]) -> bytes:
    """The payload as canonical JSON: the same content gives the same bytes."""
    try:
        return orjson.dumps(payload, option=orjson.OPT_SORT_KEYS)
    except (
        TypeError
    ):  # integers beyond 64 bits or halves of emoji: only the slow encoder takes them
        return json.dumps(payload, sort_keys=True, default=str).encode()


def digest(body: bytes) -> bytes:
    """Content hash of an encoded payload."""
    return blake2b(body, digest_size=16).digest()


def compress(body: bytes) -> bytes:
    """What is stored of it."""
    return zlib.compress(body, 1)


NOTHING = compress(b"{}")
"""What is stored of a payload whose customer was erased."""


def decode(stored: bytes) -> dict[str, Any]:
    """The payload of a stored body."""
    found: dict[str, Any] = json.loads(zlib.decompress(stored))
    return found


def stored_versions(
    session: Session, merchant_id: int, shop_id: int, identities: Sequence[Identity]
) -> dict[Identity, Stored]:
    """The last stored version of each of these records, where there is one."""
    table = table_of(RawPayload)
    found: dict[Identity, Stored] = {}
    for start in range(0, len(identities), CHUNK):
        chosen = tuple_(table.c.kind, table.c.platform_id).in_(identities[start : start + CHUNK])
        query = select(
            table.c.kind,
            table.c.platform_id,
            table.c.content_hash,
            table.c.mapping_version,
            table.c.updated_at,
        ).where(table.c.merchant_id == merchant_id, table.c.shop_id == shop_id, chosen)
        for row in session.execute(query, execution_options={CORE: True}):
            found[row.kind, row.platform_id] = Stored(*row[2:])
    return found
