"""The plugin `bells`: a third party's marketplace that pushes, and keeps messages as well."""

SOURCE = '''
import hmac
import json
from datetime import timedelta

from core.marketplace.contract import (
    Credentials,
    Inbox,
    Marketplace,
    Message,
    Messages,
    Notice,
    Push,
    PushAnswer,
    Pushes,
    ShopContext,
    Stream,
    StreamKind,
)
from core.marketplace.signing import keyed_hash

KEPT = ["7", "8"]


class Adapter:
    def __init__(self, context):
        pass

    async def pull(self, stream, window, resume):
        return
        yield


class BellInbox:
    """Messages in a list."""

    def __init__(self, context: ShopContext) -> None:
        context.credentials["secret"]

    async def subscribe(self) -> None:
        pass

    async def fetch(self) -> list[Message]:
        return [Message(each, (Notice("orders"),)) for each in KEPT]

    async def confirm(self, messages: list[Message]) -> None:
        for message in messages:
            KEPT.remove(message.id)

    async def aclose(self) -> None:
        pass


def is_genuine(push: Push, credentials: Credentials) -> bool:
    told = keyed_hash(credentials["secret"], push.url + push.body.decode(), "sha256")
    return hmac.compare_digest(told, push.headers.get("x-bell", ""))


def notices(push: Push) -> list[Notice]:
    return [Notice(stream) for stream in json.loads(push.body)]


@hookimpl
def opsgraph_marketplaces():
    return [
        Marketplace(
            name="bells",
            title="Bells",
            streams=(Stream("orders", StreamKind.BY_UPDATE, every=timedelta(hours=1)),),
            adapter=Adapter,
            credentials=("secret",),
            currency="EUR",
            time_zone="Europe/Berlin",
            pushes=Pushes(is_genuine, notices, PushAnswer(202, b"ding", "text/plain")),
            messages=Messages(BellInbox),
        )
    ]
'''
