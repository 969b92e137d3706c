"""Ids of synced nouns: a 63-bit hash of kind and natural key, frozen by test vectors.

A worker can write children without asking for their parents, and two workers never disagree.
Encoding: kind, merchant id, shop id and platform id, joined by U+001F, as UTF-8; BLAKE2b with an
8-byte digest, read big-endian, top bit cleared. Changing any of this orphans every stored row.
"""

import secrets
from hashlib import blake2b

_MASK = 2**63 - 1


def noun_id(kind: str, merchant_id: int, shop_id: int, platform_id: str) -> int:
    """The id of a synced noun; the same on every machine, for ever."""
    text = f"{kind}\x1f{merchant_id}\x1f{shop_id}\x1f{platform_id}"
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big") & _MASK


def random_id() -> int:
    """A fresh 63-bit id for what no platform names: merchants, shops, tokens."""
    return secrets.randbits(63)
