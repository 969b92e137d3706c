"""How each shop stands: on the command line and in the graph, from the same rows."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.cli.house import build
from core.db import Database
from core.models import QuarantineEntry, Shop, SyncRun, SyncState
from tests.builders import NOON, make_merchant, make_shop
from tests.graphql import Api
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


def a_shop(shell: Shell, code: str | None = None, *, active: bool = True) -> None:
    """A shop in the shell's database, with runs."""
    shell("merchant", "list")
    database = build().db
    fill(database, make_shop(database, make_merchant(database), active=active), code)


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
