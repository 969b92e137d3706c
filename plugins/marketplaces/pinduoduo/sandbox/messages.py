"""PMC's messages on the sandbox: kept for an app until they are acknowledged."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any

import orjson

from core.marketplace.sandbox import Row

ACKED = ("id", "sendTime", "type", "mallID")


@dataclass
class MessageQueue:
    """Messages of an app; its malls share it. waiting: what is not acknowledged, as it is sent."""

    waiting: dict[int, Row] = field(default_factory=dict)
    _numbers: "count[int]" = field(default_factory=lambda: count(9_007_199_254_740_993))

    def put(self, kind: str, content: Mapping[str, Any], mall_id: int, now: datetime) -> int:
        """Keep a message until it is acknowledged; returns its id, too long for a float."""
        number, moment = next(self._numbers), milliseconds(now)
        body = {"type": kind, "mallID": mall_id, "content": orjson.dumps(content).decode()}
        self.waiting[number] = {
            "id": number,
            "commandType": "Common",
            "time": moment,
            "sendTime": moment,
            "message": body,
        }
        return number

    def acknowledge(self, frame: Mapping[str, Any]) -> None:
        """Forget a message, if the frame names all of it."""
        row = self.waiting.get(frame.get("id", 0))
        if row is not None and all({**row, **row["message"]}[n] == frame.get(n) for n in ACKED):
            del self.waiting[row["id"]]


def milliseconds(moment: datetime) -> int:
    """As PMC tells times."""
    return int(moment.timestamp() * 1000)
