"""Reading PostgreSQL: a connection serves one merchant at a time, and is dropped on any doubt."""

import asyncio
import random
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from core.db import Database
from core.db.postgresql_reader import PostgresqlReader, connect_arguments
from core.errors import OverloadedError, PermissionDeniedError
from core.settings import Settings
from tests.builders import make_merchant
from tests.databases import PostgresDatabases, on_postgresql
from tests.db.people import make_customer

pytestmark = [pytest.mark.anyio, on_postgresql]

SET_TO = "SELECT current_setting('app.merchant'), pg_backend_pid(), $1::bigint"
SLOW = "SELECT current_setting('app.merchant'), pg_sleep(0.003) IS NULL, $1::bigint"
COUNT = "SELECT count(*) FROM customers WHERE $1::bigint IS NOT NULL"

Open = Callable[..., Database]


@pytest.fixture
def opened(settings: Settings) -> Iterator[Open]:
    """Opens the test's database with settings of its own."""
    made: list[Database] = []

    def open_it(**changes: Any) -> Database:
        made.append(Database(settings.model_copy(update=changes)))
        return made[-1]

    yield open_it
    for database in made:
        database.close()


Ask = Callable[[str], list[Any]]
BACKENDS = "SELECT pid FROM pg_stat_activity WHERE application_name = 'opsgraph reads'"


def _rows(cursor: psycopg.Cursor[Any]) -> list[Any]:
    return cursor.fetchall() if cursor.description else []


@pytest.fixture
def ask(postgres_databases: PostgresDatabases) -> Iterator[Ask]:
    """What the server's superuser sees: the first column of an answer."""
    url = postgres_databases.cluster.url("postgres", "postgres")
    with psycopg.connect(url, autocommit=True) as connection:
        yield lambda sql: [row[0] for row in _rows(connection.execute(sql))]


async def process(database: Database, merchant_id: int) -> int:
    """The server process that answers a merchant."""
    [row] = await database.fetch(merchant_id, SET_TO, [merchant_id])
    assert str(merchant_id) == row[0]
    return int(row[1])


async def test_a_connection_keeps_its_merchant(opened: Open) -> None:
    """Merchants that take turns find the connections that are set to them already."""
    database = opened()

    first = [await process(database, merchant_id) for merchant_id in (1, 2, 3)]
    again = [await process(database, merchant_id) for merchant_id in (3, 1, 2)]

    assert 3 == len(set(first))
    assert [first[2], first[0], first[1]] == again


async def test_the_one_idle_longest_is_switched(opened: Open) -> None:
    """When no more may be opened, the merchant who has been away longest gives way."""
    database = opened(read_connections=2)
    one, two = [await process(database, merchant_id) for merchant_id in (1, 2)]

    three = await process(database, 3)
    again = await process(database, 2)

    assert (one, two) == (three, again)


@pytest.mark.parametrize("transaction_pooling", [False, True])
async def test_never_set_to_another_merchant(opened: Open, transaction_pooling: bool) -> None:
    """Three merchants on two connections, with clients that go away: all see themselves only."""
    database = opened(read_connections=2, transaction_pooling=transaction_pooling)
    chance = random.Random(7)
    wrong: list[tuple[int, str]] = []
    answered = 0

    async def client() -> None:
        nonlocal answered
        for _ in range(40):
            merchant_id = chance.choice([1, 2, 3])
            read = asyncio.ensure_future(database.fetch(merchant_id, SLOW, [merchant_id]))
            if chance.random() < 0.3:
                await asyncio.sleep(chance.random() * 0.02)
                read.cancel()
            [result] = await asyncio.gather(read, return_exceptions=True)
            if not isinstance(result, asyncio.CancelledError):
                answered += 1
                wrong.extend((merchant_id, row[0]) for row in result if row[0] != str(merchant_id))

    await asyncio.gather(*(client() for _ in range(8)))

    assert [] == wrong
    assert answered > 200


async def test_a_cancelled_read_ends_its_connection(opened: Open, ask: Ask) -> None:
    """Nobody uses it again, and the server stops working on what nobody waits for."""
    database = opened()
    used = await process(database, 1)
    left = asyncio.create_task(
        database.fetch(1, "SELECT pg_sleep(60) FROM (SELECT $1::bigint) x", [1])
    )
    for _ in range(1000):
        if ask(f"{BACKENDS} AND state = 'active' AND query LIKE '%pg_sleep(60)%'"):
            break
        await asyncio.sleep(0.01)

    left.cancel()
    await asyncio.gather(left, return_exceptions=True)

    assert used != await process(database, 1)
    for _ in range(100):
        if used not in ask(BACKENDS):
            break
        await asyncio.sleep(0.1)
    assert used not in ask(BACKENDS)


async def test_a_refused_statement_keeps_its_connection(opened: Open) -> None:
    """An error of SQL is no doubt about the connection."""
    database = opened()
    used = await process(database, 1)

    with pytest.raises(Exception, match="division by zero"):
        await database.fetch(1, "SELECT 1 / ($1::bigint - 1)", [1])

    assert used == await process(database, 1)


async def test_a_server_that_hangs_up(opened: Open, ask: Ask) -> None:
    """After a restart of the server reads go on with new connections."""
    database = opened()
    used = await process(database, 1)

    ask(f"SELECT pg_terminate_backend({used})")
    await asyncio.sleep(0.2)

    assert used != await process(database, 1)


async def test_who_waits_longest_comes_first(opened: Open) -> None:
    """A single connection serves its line in order."""
    database = opened(read_connections=1)
    order: list[int] = []

    async def read(number: int) -> None:
        await database.fetch(number, SLOW, [number])
        order.append(number)

    await asyncio.gather(*(read(number) for number in range(1, 20)))

    assert list(range(1, 20)) == order


async def test_cancelled_in_line(opened: Open) -> None:
    """Who gives up waiting takes no connection along."""
    database = opened(read_connections=1, read_wait_seconds=2)
    reads = [asyncio.create_task(database.fetch(n, SLOW, [n])) for n in range(1, 40)]
    await asyncio.sleep(0.01)

    for read in reads[1::2]:
        read.cancel()
    found = await asyncio.gather(*reads, return_exceptions=True)

    assert [str(n) for n in range(1, 40, 2)] == [rows[0][0] for rows in found[::2]]
    assert await process(database, 1)


async def test_waiting_ends(opened: Open) -> None:
    """Those in line get an error in time, one after another, and nobody is forgotten."""
    database = opened(read_connections=1, read_wait_seconds=0.05)
    busy = asyncio.create_task(
        database.fetch(1, "SELECT pg_sleep(0.3) FROM (SELECT $1::bigint) x", [1])
    )
    await asyncio.sleep(0.05)

    found = await asyncio.gather(
        *(database.fetch(n, SET_TO, [n]) for n in range(5)), return_exceptions=True
    )

    assert [OverloadedError] * 5 == [type(each) for each in found]
    await busy
    assert await process(database, 1)


async def test_a_full_server(settings: Settings, opened: Open, ask: Ask) -> None:
    """When the login may open no more connections, the client is told to ask again."""
    ask("ALTER ROLE test_app CONNECTION LIMIT 0")

    try:
        with pytest.raises(OverloadedError, match="Ask again"):
            await opened().fetch(1, SET_TO, [1])
    finally:
        ask("ALTER ROLE test_app CONNECTION LIMIT -1")


async def test_no_merchant_no_rows(
    settings: Settings, database: Database, merchant_id: int
) -> None:
    """A connection that is set to nobody yet sees nothing."""
    database.run_now(merchant_id, lambda session: session.add(make_customer(merchant_id, "Ann")))
    link = await PostgresqlReader(settings.url, settings)._open()

    seen = await link.connection.fetchval("SELECT count(*) FROM customers")
    link.end()

    assert (None, 0) == (link.merchant_id, seen)


@pytest.mark.parametrize("transaction_pooling", [False, True])
async def test_row_level_security_stands_behind_the_statement(
    opened: Open, merchant_id: int, transaction_pooling: bool
) -> None:
    """A statement that forgets its predicate still sees one merchant."""
    database = opened(transaction_pooling=transaction_pooling)
    other = make_merchant(database, "Paper Moon")
    people = [make_customer(merchant_id, "Ann", 1), make_customer(other, "Zoe", 1)]
    database.system_now(lambda session: session.add_all(people))

    found = [await database.fetch(owner, COUNT, [owner]) for owner in (merchant_id, other, 3)]

    assert [1, 1, 0] == [rows[0][0] for rows in found]


@pytest.mark.parametrize("transaction_pooling", [False, True])
async def test_nothing_can_be_written(opened: Open, transaction_pooling: bool) -> None:
    """Also where each read is a transaction of its own."""
    database = opened(transaction_pooling=transaction_pooling)
    text = "UPDATE customers SET nickname = 'x' WHERE merchant_id = $1::bigint"

    with pytest.raises(Exception, match="read-only"):
        await database.fetch(1, text, [1])


async def test_a_transaction_leaves_nothing_set(opened: Open) -> None:
    """Behind PgBouncer the next transaction on the connection may be anybody's."""
    database = opened(transaction_pooling=True, read_connections=1)
    await process(database, 1)
    link = await database._reader._pool.take(0)  # type: ignore[attr-defined]

    row = await link.connection.fetchrow(
        "SELECT current_user, coalesce(current_setting('app.merchant', true), ''), "
        "(SELECT count(*) FROM pg_prepared_statements)"
    )

    assert ("test_app", "", 0) == tuple(row)


async def test_prepared_statements_are_bounded(opened: Open) -> None:
    """A connection keeps as many as the setting says."""
    database = opened(read_statements=5, read_connections=1)

    for number in range(20):
        await database.fetch(1, f"SELECT {number}, $1::bigint", [1])

    text = "SELECT count(*) FROM pg_prepared_statements WHERE $1::bigint = 1"
    [row] = await database.fetch(1, text, [1])
    assert row[0] <= 6


async def test_a_replica_answers(
    settings: Settings, postgres_databases: PostgresDatabases, tmp_path: Path
) -> None:
    """Reads go to the replica, but for those that must see what was just written."""
    copy = postgres_databases.copy(tmp_path)
    both = settings.model_copy(update={"replica_database_url": copy.database_url})
    primary, replica = Database(both), Database(copy)
    for database, names in ((primary, ["Ann", "Eve"]), (replica, ["Ann"])):
        database.system_now(lambda s, n=names: s.add_all(make_customer(5, each) for each in n))

    found = await primary.fetch(5, COUNT, [5])
    fresh = await primary.fetch(5, COUNT, [5], fresh=True)
    primary.close()
    replica.close()
    postgres_databases.drop(copy)

    assert (1, 2) == (found[0][0], fresh[0][0])


async def test_types(opened: Open) -> None:
    """Values arrive as Python's own, also in rows within rows; instants are in UTC."""
    inner = (
        "array(SELECT row(i::bigint, 'x'::varchar, date '2026-11-20', "
        "timestamptz '2026-11-20 20:00+08', true, 0.5::float8, NULL::bigint, "
        "array(SELECT row(1::bigint, '茶'::text)), '{\"a\": 1}'::jsonb) "
        "FROM generate_series(1, 2) i)"
    )
    sql = f"SELECT timestamptz '2026-11-20 20:00+08', {inner}, $1::bigint, 1::bigint << 62"

    [row] = await opened().fetch(3, sql, [3])

    noon = datetime(2026, 11, 20, 12, tzinfo=UTC)
    rest = ("x", date(2026, 11, 20), noon, True, 0.5, None, [(1, "茶")], '{"a": 1}')
    assert (noon, [(1, *rest), (2, *rest)], 3, 1 << 62) == tuple(row)
    assert "UTC" == str(row[0].tzinfo) == str(row[1][0][3].tzinfo)


async def test_the_day_of_an_instant_is_the_day_in_utc(opened: Open) -> None:
    """Whatever time zone the server, or the login, is set to."""
    sql = "SELECT (timestamptz '2026-11-20 23:30Z')::date, $1::bigint"

    for transaction_pooling in (False, True):
        [row] = await opened(transaction_pooling=transaction_pooling).fetch(3, sql, [3])

        assert date(2026, 11, 20) == row[0]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (
            "postgresql+psycopg://a@/shop?host=/run/pg",
            {"dsn": "postgresql://a@/shop?host=%2Frun%2Fpg"},
        ),
        (
            "postgresql+psycopg://a:p%40ss%2Fw@db:6432/shop?sslmode=require&connect_timeout=3",
            {"dsn": "postgresql://a:p%40ss%2Fw@db:6432/shop?sslmode=require", "timeout": 3.0},
        ),
        (
            "postgresql+psycopg://a@/shop?host=one:1&host=two:2&keepalives=1",
            {"dsn": "postgresql://a@/shop?host=one%3A1%2Ctwo%3A2"},
        ),
    ],
)
async def test_urls(url: str, expected: dict[str, Any], backend: str) -> None:
    """asyncpg is told the same as the other driver, but for what it does not know."""
    found = connect_arguments(url)

    named = found["dsn"].replace("?", "&").split("&")
    assert "application_name=opsgraph+reads" in named
    assert expected["dsn"].replace("?", "&").split("&") == [n for n in named if "opsgraph" not in n]
    assert expected.get("timeout") == found.get("timeout")


async def test_changes_have_connections_of_their_own(opened: Open, merchant_id: int) -> None:
    """What may write is never lent for reading, and reaches the merchant's own rows only."""
    database = opened(read_connections=1)
    other = make_merchant(database, "Paper Moon")
    people = [make_customer(merchant_id, "Ann", 1), make_customer(other, "Zoe", 1)]
    database.system_now(lambda session: session.add_all(people))
    rename = "UPDATE customers SET nickname = 'x' WHERE $1::bigint > 0 RETURNING merchant_id"

    changed = await database.change(merchant_id, rename, [merchant_id])

    assert [merchant_id] == [row[0] for row in changed]
    with pytest.raises(Exception, match="read-only"):
        await database.fetch(merchant_id, rename, [merchant_id])
    with pytest.raises(PermissionDeniedError):
        await database.change(merchant_id, rename, [other])
