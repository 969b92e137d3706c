"""`graphql-sse` 2.6.1 from npm, the client that GraphiQL uses too, follows pulls."""

from pathlib import Path

import anyio
import anyio.to_thread
import pytest

from core.db import Database
from core.marketplace.sandbox import serve
from core.settings import Settings
from core.sync.lease import Wanted
from tests.graphql import NOBODY, Api
from tests.real import npm
from tests.sync.bazaar import Bazaar, make_engine, register

pytestmark = pytest.mark.anyio
PINNED = ("graphql@16.15.0", "graphql-sse@2.6.1")
FOLLOW = "subscription { syncProgress { kind stream status records } }"


@pytest.fixture(scope="session")
def modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with the client."""
    return npm.install(tmp_path_factory.mktemp("npm"), *PINNED)


async def test_a_pull_is_followed(
    api: Api, settings: Settings, merchant_id: int, modules: Path
) -> None:
    """The client gets how the stream stands, and what happens; questions come as events, too."""
    bazaar = Bazaar.of_orders(3).marketplace()
    other = Database(settings)
    register(other, merchant_id, bazaar)
    operations = [
        {"query": FOLLOW, "until": "ENDED"},
        {"query": "{ viewer { role } }"},
        {"query": "subscription { nothing }"},
    ]

    async def pull() -> None:
        """Again and again: nobody knows when the client has begun."""
        engine = make_engine(other, bazaar)
        while True:
            await engine.run_next(Wanted(due_only=False))
            await anyio.sleep(1.5)

    with serve(api.app) as url:
        job = {"url": f"{url}/graphql", "token": api.token(merchant_id), "operations": operations}
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(pull)
            answers = await anyio.to_thread.run_sync(npm.run, modules, "sse.js", job)
            tasks.cancel_scope.cancel()
    other.close()

    told, viewer, refused = (answer["results"] for answer in answers)
    assert ["STATE", "ENDED"] == [told[0]["data"]["syncProgress"]["kind"], last(told)["kind"]]
    assert {"status": "succeeded", "records": 3}.items() <= last(told).items()
    assert [{"data": {"viewer": {"role": "owner"}}}] == viewer
    assert "GRAPHQL_VALIDATION_FAILED" == refused[0]["errors"][0]["extensions"]["code"]


async def test_who_is_refused(api: Api, merchant_id: int, modules: Path) -> None:
    """Without a token the client gets the status; without the permission, the error."""
    operations = [{"query": FOLLOW}]

    with serve(api.app) as url:
        jobs = [
            {"url": f"{url}/graphql", "token": token, "operations": operations}
            for token in ("nonsense", api.token(merchant_id, NOBODY))
        ]
        answers = [await anyio.to_thread.run_sync(npm.run, modules, "sse.js", job) for job in jobs]

    [[stranger], [nobody]] = answers
    assert 401 == stranger["status"]
    assert "FORBIDDEN" == nobody["results"][0]["errors"][0]["extensions"]["code"]


def last(results: list[dict[str, dict[str, dict[str, object]]]]) -> dict[str, object]:
    """The newest progress."""
    return results[-1]["data"]["syncProgress"]
