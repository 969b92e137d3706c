"""What Doudian pushes: whether a push is genuine, and in which streams it says something changed.

Its messages tell too little to be stored, and may come late, twice or never; so they only name
what is worth pulling again. One address serves all shops of an app: messages name their shop.
"""

import hmac
import json
from typing import Any

from core.marketplace.contract import Credentials, Notice, Push, PushAnswer, Pushes
from core.marketplace.errors import MappingError
from core.marketplace.signing import text_md5

ACCEPTED = b'{"code":0,"msg":"success"}'
"""The answer that Doudian waits for; without it a message comes again."""
PROBE = "0"
"""Tag of the message by which the platform tries an address; it wants the same answer."""
SIGNATURE = "event-sign"
"""Header of a push's signature."""


def push_sign(app_key: str, app_secret: str, body: str) -> str:
    """Doudian's signature of a push, over the body as it is sent."""
    return text_md5(f"{app_key}{body}{app_secret}")


def is_genuine(push: Push, credentials: Credentials) -> bool:
    """Whether a body was signed with the app's secret.

    It is checked over the bytes as they came; decoded and encoded again they may differ.
    """
    try:
        body = push.body.decode()
    except UnicodeDecodeError:
        return False
    expected = push_sign(credentials["app_key"], credentials["app_secret"], body)
    return hmac.compare_digest(expected.encode(), push.headers.get(SIGNATURE, "").encode())


def notices(push: Push) -> tuple[Notice, ...]:
    """What the messages of a push say has changed, each once, in their order.

    What a message names decides, not its tag: tags come and go. An after-sale changes its order
    too. A probe, and a message that names nothing we read, change nothing. MappingError if the
    body is no list of messages.
    """
    found: dict[Notice, None] = {}
    for message in _messages(push.body):
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


def _changes(data: dict[str, Any]) -> list[Notice]:
    shop = str(data.get("shop_id") or "")
    named = {
        "refunds": data.get("aftersale_id"),
        "orders": data.get("p_id"),
        "products": data.get("product_id"),
    }
    return [Notice(stream, shop) for stream, number in named.items() if number]


PUSHES = Pushes(is_genuine, notices, accepted=PushAnswer(body=ACCEPTED))
