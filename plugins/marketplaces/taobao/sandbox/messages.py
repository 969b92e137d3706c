"""TMC on the sandbox: the messages of an app's group, which come again until they are confirmed.

Nobody says how long TOP waits for a confirmation; `again_after` is a guess that tests may set.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import orjson

from core.marketplace.sandbox import Row
from plugins.marketplaces.taobao.sandbox.protocol import TIME, Params, invalid

MOST = 200


@dataclass
class Waiting:
    """A message that is not confirmed. hidden_until: it was fetched, and comes again then."""

    row: Row
    hidden_until: datetime | None = None


@dataclass
class MessageQueue:
    """Messages of one group of an app; the shops of the app share it."""

    group: str = ""
    again_after: timedelta = timedelta(minutes=10)
    waiting: dict[int, Waiting] = field(default_factory=dict)
    _numbers: "count[int]" = field(default_factory=lambda: count(1_000_001))

    def put(
        self, topic: str, content: Mapping[str, Any], *, user_id: int, nick: str, now: datetime
    ) -> int:
        """Keep a message until it is confirmed; returns its id."""
        number = next(self._numbers)
        self.waiting[number] = Waiting(
            {
                "id": number,
                "topic": topic,
                "user_id": user_id,
                "user_nick": nick,
                "content": orjson.dumps(content).decode(),
                "pub_time": now.strftime(TIME),
            }
        )
        return number

    def fetch(self, most: int, now: datetime) -> list[Row]:
        """Messages that nobody is busy with, oldest first."""
        free = [each for each in self.waiting.values() if _is_free(each, now)][:most]
        for each in free:
            each.hidden_until = now + self.again_after
        return [each.row for each in free]

    def confirm(self, ids: list[int]) -> None:
        """Forget these."""
        for number in ids:
            self.waiting.pop(number, None)


def _is_free(each: Waiting, now: datetime) -> bool:
    return each.hidden_until is None or each.hidden_until <= now


def consumed(queue: MessageQueue, params: Params, now: datetime) -> Row:
    """taobao.tmc.messages.consume"""
    _check_group(queue, params)
    quantity = params.number("quantity", 100, MOST)
    if quantity < 10:
        raise invalid("quantity", "must be from 10 to 200")
    rows = queue.fetch(quantity, now)
    return {"messages": {"tmc_message": rows}} if rows else {}


def confirmed(queue: MessageQueue, params: Params) -> Row:
    """taobao.tmc.messages.confirm"""
    _check_group(queue, params)
    words = params.required("s_message_ids").split(",")
    if len(words) > MOST or not all(word.isdigit() for word in words):
        raise invalid("s_message_ids", "must be up to 200 ids")
    queue.confirm([int(word) for word in words])
    return {"is_success": True}


def _check_group(queue: MessageQueue, params: Params) -> None:
    """An app without groups refuses any name; one with groups has a default one besides."""
    if params.get("group_name", "") != queue.group:
        raise invalid("group_name", "no such group")
