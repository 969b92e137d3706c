"""What a third party's computed field and relation cost, beside core fields only."""

import json
import sys
from contextlib import ExitStack

from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import create_engine

from core.db.roles import protect
from tests.benchmarks.answers import send
from tests.benchmarks.bench import Bench, say
from tests.benchmarks.cluster import BenchDatabase
from tests.benchmarks.load import Contestant, Round, request_file
from tests.benchmarks.peers import graphql_data
from tests.benchmarks.peers.opsgraph import graphql_ask
from tests.benchmarks.questions import make_cases
from tests.benchmarks.report import limit, middle, paired, table
from tests.benchmarks.servers import Launch, Server, running
from tests.databases import OWNER

MOST = 1.15
PLAIN = "id number status platformStatus channel orderedAt paidAt"
DOCUMENTS = {
    "core fields only": f"""{{ orders(first: 50) {{ nodes {{ {PLAIN} currency
  customer {{ id nickname country }} }} }} }}""",
    "a third party's among them": f"""{{ orders(first: 50) {{ nodes {{ {PLAIN} discountShare
  note {{ id content author }} }} }} }}""",
}
TABLE = """CREATE TABLE notes_order_notes (merchant_id bigint, id bigint, content text NOT NULL,
 author varchar(64) NOT NULL, PRIMARY KEY (merchant_id, id))"""
ROWS = "INSERT INTO notes_order_notes SELECT merchant_id, id, 'Seen: ' || id, kind FROM orders"


def run(bench: Bench) -> str:
    """One gateway with the plugin; both selections have the same shape, in turn."""
    database = bench.main.database
    _make_table(database)
    command = (sys.executable, "-m", "tests.benchmarks.peers.extended_app", "{port}")
    launch = Launch(command, database.environment())
    with ExitStack() as stack, running("opsgraph with a plugin", launch) as server:
        contestants = [
            _contestant(bench, stack, server, name, document)
            for name, document in DOCUMENTS.items()
        ]
        say("measuring a third party's fields")
        plain, extended = bench.measure(contestants).values()
    return _section(plain, extended)


def _contestant(
    bench: Bench, stack: ExitStack, server: Server, name: str, document: str
) -> Contestant:
    asks = [
        graphql_ask(document, {}, {"Authorization": f"Bearer {case.merchant.token}"})
        for case in make_cases(bench.main.merchants)
    ]
    body = send(server, asks[0])
    graphql_data(json.loads(body))
    return Contestant(name, server, stack.enter_context(request_file(asks)), len(body))


def _section(plain: list[Round], extended: list[Round]) -> str:
    cost = paired(extended, plain, lambda r: r.server_cpu)
    dearer = [
        f"{paired(plain, extended, lambda r: r.per_second):.2f}",
        f"{cost:.2f}",
        f"{paired(extended, plain, lambda r: r.database_cpu):.2f}",
    ]
    rows = [
        *([name, *_costs(each)] for name, each in zip(DOCUMENTS, (plain, extended), strict=True)),
        ["times dearer", *dearer],
    ]
    text = (
        "50 orders with 8 fields and a relation to one row with 3. The second selection has a "
        "computed field and a relation to the plugin's own table in their place. Server CPU may "
        f"be {MOST:g} times dearer: {limit(cost, MOST)}."
    )
    header = ["", "requests/s", "server CPU ms", "PostgreSQL CPU ms"]
    return f"## A third party's fields\n\n{text}\n\n{table(header, rows)}"


def _costs(rounds: list[Round]) -> list[str]:
    return [
        f"{middle(rounds, lambda r: r.per_second):,.0f}",
        f"{middle(rounds, lambda r: r.server_cpu):.3f}",
        f"{middle(rounds, lambda r: r.database_cpu):.3f}",
    ]


def _make_table(database: BenchDatabase) -> None:
    """The plugin's table, protected as plugins do it in their migrations, a row for each order."""
    engine = create_engine(database.url(OWNER).replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        connection.exec_driver_sql(TABLE)
        protect(Operations(MigrationContext.configure(connection)), "notes_order_notes")
    engine.dispose()
    with database.connect() as connection:
        connection.execute(ROWS)
        connection.execute("VACUUM ANALYZE notes_order_notes")
