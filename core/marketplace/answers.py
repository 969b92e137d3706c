"""Answers of a platform as JSON objects, read as leniently as loses nothing."""

import json
from typing import Any

import orjson

from core.marketplace.errors import TransientError


def json_object(what: str, body: bytes) -> dict[str, Any]:
    """The object in an answer; TransientError names the call, `what`, and says what it got."""
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        answer = _lenient(what, body)
    if not isinstance(answer, dict):
        raise TransientError(f"{what}: the answer is no JSON object")
    return answer


def _lenient(what: str, body: bytes) -> Any:
    """Half an emoji (a text cut by length) or a control character must not cost the whole page."""
    try:
        lenient = json.loads(body.decode(errors="replace"), strict=False)
        return orjson.loads(json.dumps(lenient, ensure_ascii=False).encode(errors="replace"))
    except (ValueError, RecursionError):
        raise TransientError(f"{what}: the answer is no JSON, or cut off") from None


def exact_object(what: str, body: bytes) -> dict[str, Any]:
    """As `json_object`, but decimal numbers stay text: as floats, prices would lose their cents."""
    try:
        text = body.decode(errors="replace")
        answer = json.loads(text, strict=False, parse_float=str, parse_constant=str)
        if "\\ud" in text.lower():  # half an emoji is in no UTF-8
            answer = json.loads(json.dumps(answer, ensure_ascii=False).encode(errors="replace"))
    except (ValueError, RecursionError):
        raise TransientError(f"{what}: the answer is no JSON, or cut off") from None
    if not isinstance(answer, dict):
        raise TransientError(f"{what}: the answer is no JSON object")
    return answer
