"""What Doudian pushes: whether a message is genuine, and what it says has changed.

Pure functions: nothing is stored or fetched here. A message tells too little to be stored, and
may come late, twice or never; so it only names what is worth reading again.
"""

import hmac
import json
from dataclasses import dataclass
from typing import Any

from core.marketplace.errors import MappingError
from core.marketplace.signing import text_md5

ACCEPTED = b'{"code":0,"msg":"success"}'
"""The answer that Doudian waits for; without it a message comes again."""
PROBE = "0"
"""Tag of the message by which the platform tries an address; it wants the same answer."""


@dataclass(frozen=True)
class Dirty:
    """Something that changed at the platform. stream: the one it belongs to."""

    shop_id: str
    stream: str
    platform_id: str


def verify(app_key: str, app_secret: str, raw_body: bytes, event_sign: str) -> bool:
    """Whether a body was signed with the app's secret: header `event-sign` over key, body, secret.

    raw_body: the bytes as they came; decoded and encoded again they may differ.
    """
    try:
        expected = text_md5(f"{app_key}{raw_body.decode()}{app_secret}")
    except UnicodeDecodeError:
        return False
    return hmac.compare_digest(expected.encode(), event_sign.encode())


def dirty(raw_body: bytes) -> tuple[Dirty, ...]:
    """What the messages of a body say has changed, each once, in their order.

    What a message names decides, not its tag: tags come and go. An after-sale changes its order
    too. A probe, and a message that names nothing we read, change nothing. MappingError if the
    body is no list of messages.
    """
    found: dict[Dirty, None] = {}
    for message in _messages(raw_body):
        if str(message.get("tag")) != PROBE:
            found.update(dict.fromkeys(_changes(_data(message))))
    return tuple(found)


def _messages(raw_body: bytes) -> list[dict[str, Any]]:
    try:
        body = json.loads(raw_body)
    except (ValueError, RecursionError):
        raise MappingError("body", "", "JSON") from None
    messages = body if isinstance(body, list) else [body]
    if not all(isinstance(message, dict) for message in messages):
        raise MappingError("body", type(body).__name__, "a list of messages")
    return messages


def _data(message: dict[str, Any]) -> dict[str, Any]:
    """A message's data: JSON within a text. The probe's is plain text or nothing."""
    data = message.get("data") or "{}"
    try:
        found = json.loads(data) if isinstance(data, str) else data
    except (ValueError, RecursionError):
        raise MappingError("data", "", "JSON in a text") from None
    return found if isinstance(found, dict) else {}


def _changes(data: dict[str, Any]) -> list[Dirty]:
    shop_id = str(data.get("shop_id") or "")
    named = {
        "refunds": data.get("aftersale_id"),
        "orders": data.get("p_id"),
        "products": data.get("product_id"),
    }
    return [Dirty(shop_id, stream, str(number)) for stream, number in named.items() if number]
