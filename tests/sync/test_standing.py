"""How each shop stands: on the command line and in the graph, from the same rows."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.cli.house import build
from core.db import Database
from core.marketplace.errors import MarketplaceError
from core.models import QuarantineEntry, Shop, SyncRun, SyncState
from core.sync.advice import ADVICE, UNKNOWN, what_to_do
from core.sync.budget import hold_back
from tests.builders import NOON, make_merchant, make_shop
from tests.graphql import Api, moment
from tests.shell import Shell

ASKED = """{ shops { nodes {
  runs(first: 1, orderBy: [{field: CHANGED}]) { nodes { changed } }
  runsAggregate(groupBy: [{field: STREAM}]) { key { stream } count sum { changed } }
  quarantine(filter: {resolvedAt: {isNull: true}}) { totalCount }
} } }"""


def fill(database: Database, shop: Shop, code: str | None = None) -> None:
    """Two runs of orders, the first one larger, and two records put aside, one of them open."""
    now = datetime.now(UTC)
    at: dict[str, Any] = {"merchant_id": shop.merchant_id, "shop_id": shop.id, "stream": "orders"}
    through = now - timedelta(hours=2, minutes=5, seconds=30)
    state = SyncState(
        **at, cursor={}, due_at=now + timedelta(hours=1, seconds=30), epoch=2,
        synced_through=through, last_success_at=through, last_error_code=code,
        last_error=code and "Authorise the shop anew.",
    )  # fmt: skip
    runs = [
        SyncRun(**at, id=n, epoch=n, status="succeeded", started_at=NOON, changed=c, unknown={})
        for n, c in ((1, 1000), (2, 234))
    ]
    aside = [
        QuarantineEntry(
            **at, id=n, kind="order", platform_id=str(n), where="paid", expected="money",
            value="?", payload={}, first_seen_at=NOON, last_seen_at=NOON, resolved_at=resolved,
        )
        for n, resolved in ((3, None), (4, NOON))
    ]  # fmt: skip
    database.run_now(shop.merchant_id, lambda session: session.add_all([state, *runs, *aside]))


def row(out: str) -> list[str]:
    """The cells of the only stream's row."""
    (line,) = [line for line in out.splitlines() if "│ orders" in line]
    return [cell.strip() for cell in line.strip("│").split("│")]


def a_shop(shell: Shell, code: str | None = None, **columns: Any) -> None:
    """A shop in the shell's database, with runs."""
    shell("merchant", "list")
    database = build().db
    fill(database, make_shop(database, make_merchant(database), **columns), code)


STANDING = """{ shops { nodes {
  authorization tokenExpiresAt authorizationExpiresAt
  budget { requestsPerSecond perApp remaining heldUntil }
  streams { nodes { lastErrorCode whatToDo standing {
    state lagSeconds stored lastStored quarantined nextRunAt
    cursor { through windowStart windowEnd seen }
  } } }
} } }"""


def test_no_shop(shell: Shell) -> None:
    """Without a shop there is a word on how to get one."""
    said = shell("shops")

    assert (0, True) == (said.code, "registerShop" in said.out)


def test_how_fresh_a_stream_is(shell: Shell) -> None:
    """Lag, records stored in total and by the last run, open quarantine, and the next run."""
    a_shop(shell)

    said = shell("shops")

    cells = row(said.out)
    assert 0 == said.code
    assert ["Lantern flagship store", "orders"] == cells[:2]
    assert ["2 h 5 min", "1,234", "234", "1", "in 1 h 0 min"] == [cells[3], *cells[5:]]


def test_what_is_in_the_way(shell: Shell) -> None:
    """The last error stands beneath the table, with what to do, and the exit code is 1."""
    a_shop(shell, "MARKETPLACE_AUTH")

    said = shell("shops")

    assert 1 == said.code
    assert "orders: MARKETPLACE_AUTH: Authorise the shop anew." in said.out
    assert "register the shop again with the new tokens" in said.out


def test_what_nobody_set_up_is_no_failure(shell: Shell) -> None:
    """A stream without its credentials says so, and the exit code stays 0."""
    a_shop(shell, "NOT_SET_UP")

    said = shell("shops")

    assert (0, "not set up") == (said.code, row(said.out)[-1])
    assert "Nothing, unless you want these data" in said.out


def test_who_must_authorise_soon(shell: Shell) -> None:
    """Five days before an authorisation ends there is a word on what to do."""
    a_shop(shell, authorization_expires_at=datetime.now(UTC) + timedelta(days=4, hours=2))

    said = shell("shops")

    assert "Lantern flagship store: the authorisation ends 20" in said.out
    assert "for 4 d 1 h" in said.out


@pytest.mark.parametrize("columns", ["80", None])
def test_nothing_is_cut_off(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, columns: str | None
) -> None:
    """Neither a narrow terminal nor a pipe shortens the name of a stream or a day."""
    monkeypatch.delenv("COLUMNS", raising=False)
    if columns:
        monkeypatch.setenv("COLUMNS", columns)
    a_shop(shell, "MARKETPLACE_AUTH")

    said = shell("shops")

    assert "orders" in said.out
    assert "…" not in said.out


def test_paused_shops_say_so(shell: Shell) -> None:
    """A shop that is not synced has no next run, and its old error is no alarm."""
    a_shop(shell, "MARKETPLACE_AUTH", active=False)

    said = shell("shops")

    assert (0, "paused") == (said.code, row(said.out)[-1])


@pytest.mark.anyio
async def test_the_graph_counts_runs_and_quarantine(api: Api, shop: Shop) -> None:
    """A shop leads to its runs and its open quarantine entries; aggregates count by stream."""
    fill(api.database, shop)

    answer = await api.ask(ASKED, token=api.token(shop.merchant_id))

    (node,) = answer.data["shops"]["nodes"]
    assert [{"key": {"stream": "orders"}, "count": 2, "sum": {"changed": 1234}}] == node[
        "runsAggregate"
    ]
    assert [{"changed": 234}] == node["runs"]["nodes"]
    assert {"totalCount": 1} == node["quarantine"]


@pytest.mark.anyio
async def test_the_graph_shows_how_a_stream_stands(api: Api, shop: Shop) -> None:
    """State, lag, cursor, records, quarantine, next run, and what to do about the last error."""
    fill(api.database, shop, "MARKETPLACE_SCOPE")
    api.now = datetime.now(UTC)

    answer = await api.ask(STANDING, token=api.token(shop.merchant_id))

    [[stream]] = [each["streams"]["nodes"] for each in answer.data["shops"]["nodes"]]
    standing = stream["standing"]
    assert 7_530 <= standing.pop("lagSeconds") < 7_600
    assert moment(standing.pop("nextRunAt")) > api.now
    assert {
        "state": "FAILING",
        "stored": 1234,
        "lastStored": 234,
        "quarantined": 1,
        "cursor": {"through": None, "windowStart": None, "windowEnd": None, "seen": 0},
    } == standing
    assert stream["whatToDo"].startswith("Ask the platform for the permission")


@pytest.mark.anyio
async def test_the_graph_shows_budgets(api: Api, merchant_id: int) -> None:
    """The limit, whose it is, what is left of the coming second, and until when all must wait."""
    app = {"marketplace": "taobao", "budget_holder": 7, "config": {"requests_per_second": 20}}
    for _ in range(2):
        make_shop(api.database, merchant_id, **app)
    make_shop(api.database, merchant_id, marketplace="nowhere")
    until = api.now.timestamp() + 60
    api.database.system_now(lambda session: hold_back(session, (merchant_id, 7), until))

    answer = await api.ask(STANDING, token=api.token(merchant_id))

    shown = [each["budget"] for each in answer.data["shops"]["nodes"]]
    held = (api.now + timedelta(seconds=60)).isoformat()
    shared = {"requestsPerSecond": 20, "perApp": True, "remaining": 0, "heldUntil": held}
    assert 2 == shown.count(shared)
    assert 1 == shown.count(None)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("token", "authorisation", "state"),
    [
        (None, None, "UNKNOWN"),
        (1, None, "VALID"),
        (-1, None, "ENDED"),
        (-1, 6, "VALID"),
        (1, 5, "ENDING"),
        (1, -1, "ENDED"),
    ],
)
async def test_whether_a_shop_may_be_read(
    api: Api, merchant_id: int, token: int | None, authorisation: int | None, state: str
) -> None:
    """A refresh token's end is what counts; without it the token's. Days from now."""
    ends = [each and api.now + timedelta(days=each) for each in (token, authorisation)]
    make_shop(api.database, merchant_id, token_expires_at=ends[0], authorization_expires_at=ends[1])

    answer = await api.ask(STANDING, token=api.token(merchant_id))

    [found] = answer.data["shops"]["nodes"]
    shown = (found["authorization"], found["tokenExpiresAt"], found["authorizationExpiresAt"])
    assert (state, *(each and each.isoformat() for each in ends)) == shown


def test_every_error_says_what_to_do() -> None:
    """No class of errors of marketplaces is without a sentence for a person."""
    classes, found = [MarketplaceError], set()
    while classes:
        kind = classes.pop()
        found.add(kind.code)
        classes += kind.__subclasses__()

    assert set() == found - ADVICE.keys()
    assert (None, UNKNOWN) == (what_to_do(None), what_to_do("NEVER_HEARD_OF"))
