"""Subscriptions over server-sent events, from a real server on loopback."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from typing import Any

import anyio
import httpx
import pytest

from core.db import Database
from core.http import sse
from core.marketplace.errors import ThrottleError
from core.marketplace.sandbox import serve
from core.models import Shop
from core.security.permissions import ANALYST
from core.security.tokens import revoke_token
from core.settings import Settings
from core.sync.lease import Wanted
from core.testing.statements import Statements
from tests.builders import make_merchant
from tests.graphql import Api, without
from tests.http.events import PATIENCE, Events, subscribed
from tests.sync.bazaar import Bazaar, make_engine, register

pytestmark = pytest.mark.anyio
FOLLOW = """subscription { syncProgress {
  kind stream status records stored share waitingFor whatToDo errorCode shop { name } run { seen }
} }"""
KINDS = "subscription { syncProgress { kind stream } }"


@pytest.fixture
def url(api: Api) -> Iterator[str]:
    """The gateway on loopback."""
    with serve(api.app) as address:
        yield address


@pytest.fixture
def worker(settings: Settings) -> Iterator[Database]:
    """The database as a process of its own sees it, which pulls."""
    opened = Database(settings)
    yield opened
    opened.close()


class Following:
    """What a subscriber was told so far; its `waits` hold a pull back until he has been told."""

    def __init__(self) -> None:
        self.told: list[Any] = []
        self._reached: defaultdict[int, anyio.Event] = defaultdict(anyio.Event)

    async def listen(self, events: Events) -> None:
        """Take events up to the end of a run."""
        while not self.told or self.told[-1]["kind"] != "ENDED":
            self.told.append(await events.progress())
            self._reached[self.told[-1]["records"]].set()

    def waits(self, records: int) -> Callable[[], Awaitable[None]]:
        """Something to await before the next page is sent."""

        async def wait() -> None:
            with anyio.fail_after(PATIENCE):
                await self._reached[records].wait()

        return wait


async def test_a_pull_is_followed_from_another_process(
    api: Api, url: str, worker: Database, merchant_id: int
) -> None:
    """How the stream stands, the run's begin, each batch with the records so far, and its end."""
    following = Following()
    waits = [following.waits(records) for records in (0, 300, 600)]
    bazaar = Bazaar.of_orders(900, size=300, before=waits, reported=900)
    register(worker, merchant_id, bazaar.marketplace())
    engine = make_engine(worker, bazaar.marketplace())

    async with subscribed(url, api.token(merchant_id), FOLLOW) as events:
        before = await events.progress()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(engine.run_next, Wanted())
            await following.listen(events)
    # The last batch and the end are one look or two, as it happens.
    *told, last = following.told
    told = [each for each in told if each["records"] < 900]

    assert ("STATE", "orders", None, 0) == tuple(
        before[name] for name in ("kind", "stream", "status", "records")
    )
    assert ["STARTED", "STORED", "STORED"] == [each["kind"] for each in told]
    assert [0, 300, 600, 900] == [each["records"] for each in (*told, last)]
    assert [None, 0.333, 0.667] == [each["share"] and round(each["share"], 3) for each in told]
    assert {"status": "succeeded", "share": 1, "run": {"seen": 900}}.items() <= last.items()
    assert {"name": "Lantern flagship store"} == last["shop"]


async def test_why_a_pull_waits(api: Api, url: str, worker: Database, merchant_id: int) -> None:
    """A rest is told with its reason, and a failure with what to do."""
    slow, long = ThrottleError("Slow.", retry_after=4), ThrottleError("Stop.", retry_after=600)
    bazaar = Bazaar.of_orders(1, before=[slow, long])
    register(worker, merchant_id, bazaar.marketplace())
    engine = make_engine(worker, bazaar.marketplace())

    async with subscribed(url, api.token(merchant_id), FOLLOW) as events:
        await events.progress()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(engine.run_next, Wanted())
            told = await events.until("ENDED")

    assert "MARKETPLACE_THROTTLED" in [each["waitingFor"] for each in told[:-1]]
    assert ("failed", "MARKETPLACE_THROTTLED", None) == (
        told[-1]["status"],
        told[-1]["errorCode"],
        told[-1]["waitingFor"],
    )
    assert "waits until the next run" in told[-1]["whatToDo"]


async def test_one_merchant_alone(api: Api, url: str, worker: Database, merchant_id: int) -> None:
    """Another merchant's shops are never told of; arguments choose among one's own."""
    bazaar = Bazaar.of_orders(1).marketplace()
    register(worker, make_merchant(worker), bazaar)
    mine = register(worker, merchant_id, bazaar)
    chosen = 'subscription { syncProgress(stream: "orders") { shop { name number } } }'

    async with subscribed(url, api.token(merchant_id), chosen) as events:
        first = await events.progress()
        with pytest.raises(TimeoutError):
            with anyio.fail_after(2.5):
                await events.progress()

    assert {"shop": {"name": mine.name, "number": mine.platform_id}} == first


async def test_followers_share_one_statement(
    api: Api, url: str, worker: Database, merchant_id: int, statements: Statements
) -> None:
    """However many follow, the process asks the database once a second, and not at all later."""
    register(worker, merchant_id, Bazaar.of_orders(1).marketplace())
    token = api.token(merchant_id)
    async with AsyncExitStack() as stack:
        for _ in range(8):
            events = await stack.enter_async_context(subscribed(url, token, KINDS))
            await events.progress()
        statements.clear()
        began = anyio.current_time()
        await anyio.sleep(3)
        looks, took = _looks(statements), anyio.current_time() - began
    with anyio.fail_after(PATIENCE):  # the server hears a moment later that all have gone
        while not await _is_quiet(statements):
            pass

    assert 1 <= looks <= took + 1


async def _is_quiet(statements: Statements) -> bool:
    statements.clear()
    await anyio.sleep(1.5)
    return not _looks(statements)


def _looks(statements: Statements) -> int:
    return len([each for each in statements.texts if "sync_states" in each])


async def test_too_many(api: Api, settings: Settings, merchant_id: int, shop: Shop) -> None:
    """A token has so many places; who goes leaves his place to the next."""
    fewer = Api(settings.model_copy(update={"subscriptions_per_token": 1}), api.database)
    token = fewer.token(merchant_id)

    with serve(fewer.app) as url:
        async with subscribed(url, token, KINDS):
            async with subscribed(url, token, KINDS) as refused:
                await refused.response.aread()
            async with subscribed(url, fewer.token(merchant_id), KINDS) as other:
                assert 200 == other.response.status_code
        with anyio.fail_after(PATIENCE):  # the server hears a moment later that he has gone
            while True:
                async with subscribed(url, token, KINDS) as again:
                    if 200 == again.response.status_code:
                        break

    assert 429 == refused.response.status_code
    assert "TOO_MANY_SUBSCRIPTIONS" == refused.response.json()["errors"][0]["extensions"]["code"]


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tokens are looked at again soon."""
    monkeypatch.setattr(sse, "RECHECK", 0.2)


@pytest.mark.usefixtures("impatient")
async def test_a_token_that_ends(api: Api, url: str, merchant_id: int, shop: Shop) -> None:
    """A token that expires or is revoked ends its streams, which say so."""
    token = api.token(merchant_id, id=7)

    async with subscribed(url, token, KINDS) as events:
        api.database.run_now(merchant_id, lambda session: revoke_token(session, 7, api.now))
        rest = await events.rest()

    assert events.ended
    assert ["UNAUTHENTICATED"] == [error["extensions"]["code"] for error in rest[-1]["errors"]]


@pytest.mark.parametrize(
    ("role", "query", "code"),
    [
        (without("sync:read"), KINDS, "FORBIDDEN"),
        ("owner", 'subscription { syncProgress(shopId: "x") { kind } }', "BAD_INPUT"),
        ("owner", "subscription { nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("owner", "subscription { syncProgress { kind } viewer: syncProgress { kind } }",
         "GRAPHQL_VALIDATION_FAILED"),
        ("owner", "subscription {", "GRAPHQL_PARSE_FAILED"),
        ("owner", "subscription ($s: String!) { syncProgress(stream: $s) { kind } }",
         "GRAPHQL_VALIDATION_FAILED"),
    ],
)  # fmt: skip
async def test_what_is_refused_comes_as_an_event(
    api: Api, url: str, merchant_id: int, role: str, query: str, code: str
) -> None:
    """A stream tells why it will not go on, and completes; permission, input and document alike."""
    async with subscribed(url, api.token(merchant_id, role), query) as events:
        [answer] = await events.rest()

    assert 200 == events.response.status_code
    assert code == answer["errors"][0]["extensions"]["code"]
    assert not answer.get("data")


async def test_a_row_that_one_may_not_see(
    api: Api, url: str, merchant_id: int, shop: Shop, worker: Database
) -> None:
    """Permissions of the types below hold in every event."""
    register(worker, merchant_id, Bazaar.of_orders(1).marketplace())
    query = "subscription { syncProgress { kind shop { name } } }"

    async with subscribed(url, api.token(merchant_id, without("shops:read")), query) as events:
        answer = await events.next()

    assert "FORBIDDEN" == answer["errors"][0]["extensions"]["code"]
    assert {"kind": "STATE", "shop": None} == answer["data"]["syncProgress"]


async def test_questions_as_events(api: Api, url: str, merchant_id: int) -> None:
    """Who takes nothing but events gets a query's answer as one, too."""
    async with subscribed(url, api.token(merchant_id, ANALYST), "{ viewer { role } }") as events:
        answers = await events.rest()

    assert [{"data": {"viewer": {"role": "analyst"}}}] == answers
    assert "text/event-stream; charset=utf-8" == events.response.headers["content-type"]


async def test_json_is_preferred_for_questions(api: Api, merchant_id: int) -> None:
    """Clients that name both kinds get JSON for what is answered once."""
    token = api.token(merchant_id)

    answer = await api.ask(
        "{ viewer { role } }", token=token, Accept="application/json, text/event-stream"
    )

    assert {"viewer": {"role": "owner"}} == answer.data


@pytest.mark.parametrize("accept", ["application/json", "*/*"])
async def test_a_subscription_is_no_json(api: Api, merchant_id: int, accept: str) -> None:
    """Who does not ask for events is told to."""
    answer = await api.ask(KINDS, token=api.token(merchant_id), Accept=accept)

    assert (406, ["NOT_ACCEPTABLE"]) == (answer.status, answer.codes)


async def test_nobody_follows_without_a_token(api: Api) -> None:
    """The token is looked at before anything else."""
    answer = await api.ask(KINDS, Accept="text/event-stream")

    assert (401, ["UNAUTHENTICATED"]) == (answer.status, answer.codes)


async def get(url: str, token: str, accept: str, **params: str) -> httpx.Response:
    """A GET with the operation in the address."""
    headers = {"Authorization": f"Bearer {token}", "Accept": accept}
    async with httpx.AsyncClient(base_url=url) as client:
        return await client.get("/graphql", params=params, headers=headers)


async def test_operations_in_an_address(api: Api, url: str, merchant_id: int) -> None:
    """GET is for events alone, and changes nothing."""
    token, events = api.token(merchant_id), "text/event-stream"
    query = "query ($f: Int) { shops(first: $f) { totalCount } }"

    asked = await get(url, token, events, query=query, variables='{"f": 1}')
    plain = await get(url, token, "application/json", query=query)
    broken = await get(url, token, events, query=query, variables="{")
    mutation = "mutation { syncShop(input: {id: 1}) { streams } }"
    changed = await get(url, token, events, query=mutation)

    assert '{"data":{"shops":{"totalCount":0}}}' in asked.text
    assert [405, 400, 405] == [each.status_code for each in (plain, broken, changed)]
    assert "POST" == changed.headers["allow"]


async def test_a_server_that_goes_down(api: Api, merchant_id: int, shop: Shop) -> None:
    """Streams end when the application is told to stop, so that a restart waits for nobody."""
    app: Any = api.app
    messages = [{"type": "http.request", "body": b'{"query": "%s"}' % KINDS.encode()}]
    sent: list[Any] = []
    begun = anyio.Event()

    async def receive() -> Any:
        return messages.pop() if messages else await anyio.sleep_forever()

    async def send(message: Any) -> None:
        sent.append(message)
        begun.set()

    headers = [
        (b"authorization", f"Bearer {api.token(merchant_id)}".encode()),
        (b"accept", b"text/event-stream"),
        (b"content-type", b"application/json"),
    ]
    scope = {"type": "http", "method": "POST", "path": "/graphql", "headers": headers}
    with anyio.fail_after(PATIENCE):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(app, scope, receive, send)
            await begun.wait()
            app.stop()

    assert {"type": "http.response.body", "body": b"", "more_body": False} == sent[-1]
