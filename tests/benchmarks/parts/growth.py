"""Ten times the orders: what they change for those who ask about one merchant."""

from contextlib import ExitStack

from tests.benchmarks.answers import check
from tests.benchmarks.bench import MERCHANTS, Bench, Dataset, say
from tests.benchmarks.load import Contestant, Round, request_file
from tests.benchmarks.peers.opsgraph import Opsgraph
from tests.benchmarks.questions import make_cases
from tests.benchmarks.report import limit, middle, paired, table
from tests.benchmarks.servers import Server, running

ASKED = ("Q1", "Q2", "Q3")
MOST = 1.2


def run(bench: Bench) -> str:
    """The gateway over both databases in turn."""
    us = Opsgraph()
    datasets = {"small": bench.main, "large": bench.large}
    rows = []
    with ExitStack() as stack:
        servers = {
            name: stack.enter_context(running(name, us.launch(data.database)))
            for name, data in datasets.items()
        }
        for question in (q for q in bench.options.questions if q in ASKED):
            say(f"measuring ten times the orders, {question}")
            found = _measure(bench, servers, datasets, question)
            rows.append([question, *_figures(found["small"], found["large"])])
    orders = bench.options.orders
    header = ["", f"{orders:,} orders", f"{10 * orders:,}", "times slower", "at most", "verdict"]
    return f"## Ten times the orders\n\nRequests per second.\n\n{table(header, rows)}"


def _measure(
    bench: Bench, servers: dict[str, Server], datasets: dict[str, Dataset], question: str
) -> dict[str, list[Round]]:
    us = Opsgraph()
    with ExitStack() as stack:
        contestants = []
        for name, data in datasets.items():
            cases = make_cases(data.merchants[:MERCHANTS])
            length = check(us, servers[name], question, cases[:1]).length
            file = stack.enter_context(request_file([us.ask(question, case) for case in cases]))
            contestants.append(Contestant(name, servers[name], file, length))
        return bench.measure(contestants)


def _figures(small: list[Round], large: list[Round]) -> list[str]:
    slower = paired(small, large, lambda r: r.per_second)
    speeds = (f"{middle(each, lambda r: r.per_second):,.0f}" for each in (small, large))
    return [*speeds, f"{slower:.2f}", f"{MOST:g}", limit(slower, MOST)]
