"""What plugins cost that nobody asks: twenty well-behaved ones, and broken ones at the start."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from statistics import median

from tests.benchmarks.answers import check
from tests.benchmarks.bench import Bench, say
from tests.benchmarks.cluster import BenchDatabase
from tests.benchmarks.data import run_opsgraph
from tests.benchmarks.load import Contestant, Round, request_file
from tests.benchmarks.peers.opsgraph import Opsgraph
from tests.benchmarks.questions import make_cases
from tests.benchmarks.report import limit, middle, paired, table
from tests.benchmarks.servers import Launch, running
from tests.distributions import Distributions
from tests.runtime.population import BROKEN, install_broken, install_good

GOOD = 20
STARTS = 5
MOST_SECONDS = 3
MOST_BROKEN = 1.2
MOST_QUESTION = 1.05
ASKED = ("Q1", "Q2", "Q3", "Q4", "Q5")


def run(bench: Bench) -> str:
    """Starts with broken plugins and with many, then the questions beside many."""
    database = bench.main.database
    return f"## Plugins\n\n{_starts(database)}\n\n{_questions(bench)}"


def _starts(database: BenchDatabase) -> str:
    """How long the gateway takes to start, in turns with one that has no third party's plugin."""
    header = ["installed", "start, s", "without, s", "ratio", "at most", "verdict"]
    rows = []
    for what in BROKEN:
        with _installed(database, what) as environment:
            rows.append(_row(what, *_pairs(database, environment), most_ratio=MOST_BROKEN))
    with _installed(database, None) as environment:
        rows.append(_row(f"{GOOD} well-behaved ones", *_pairs(database, environment)))
    return table(header, rows)


def _row(
    what: str, with_it: list[float], without: list[float], most_ratio: float | None = None
) -> list[str]:
    ratio = median(a / b for a, b in zip(with_it, without, strict=True))
    value, most = (ratio, most_ratio) if most_ratio else (median(with_it), MOST_SECONDS)
    shown = [f"{median(with_it):.2f}", f"{median(without):.2f}", f"{ratio:.2f}"]
    unit = "" if most_ratio else " s"
    return [what, *shown, f"{most:g}{unit}", limit(value, most)]


def _pairs(
    database: BenchDatabase, environment: Mapping[str, str]
) -> tuple[list[float], list[float]]:
    say(f"starting the gateway, {STARTS} times with and without")
    pairs = [(_start(database, environment), _start(database, {})) for _ in range(STARTS)]
    return [a for a, _ in pairs], [b for _, b in pairs]


def _start(database: BenchDatabase, environment: Mapping[str, str]) -> float:
    with running("opsgraph", _launch(database, environment)) as server:
        return server.started_in


def _launch(database: BenchDatabase, environment: Mapping[str, str]) -> Launch:
    usual = Opsgraph().launch(database)
    return Launch(usual.command, {**usual.environment, **environment})


@contextmanager
def _installed(database: BenchDatabase, broken: str | None) -> Iterator[dict[str, str]]:
    """The environment of an installation with this broken plugin, or with the good ones."""
    with tempfile.TemporaryDirectory() as folder:
        distributions = Distributions(Path(folder))
        if broken is None:
            install_good(distributions, GOOD)
        else:
            install_broken(distributions, broken)
        environment = {"PYTHONPATH": folder}
        with suppress(RuntimeError):  # a migration that fails is one of the broken ones
            run_opsgraph({**database.environment(), **environment}, "db", "upgrade")
        yield environment


def _questions(bench: Bench) -> str:
    """Q1 to Q5 with and without the good plugins, in turn."""
    database, us = bench.main.database, Opsgraph()
    cases = make_cases(bench.main.merchants)
    rows = []
    with _installed(database, None) as environment, ExitStack() as stack:
        servers = {
            name: stack.enter_context(running(name, _launch(database, given)))
            for name, given in (("without", {}), ("with", environment))
        }
        for question in (q for q in bench.options.questions if q in ASKED):
            say(f"measuring {question} beside {GOOD} plugins")
            with request_file([us.ask(question, case) for case in cases]) as file:
                contestants = [
                    Contestant(name, server, file, check(us, server, question, cases[:1]).length)
                    for name, server in servers.items()
                ]
                found = bench.measure(contestants)
            rows.append([question, *_costs(found["without"], found["with"])])
    header = ["", "without, requests/s", f"with {GOOD} plugins", "server CPU", "at most", "verdict"]
    return table(header, rows)


def _costs(without: list[Round], with_them: list[Round]) -> list[str]:
    dearer = paired(with_them, without, lambda r: r.server_cpu)
    speeds = (f"{middle(each, lambda r: r.per_second):,.0f}" for each in (without, with_them))
    return [*speeds, f"{dearer:.2f}", f"{MOST_QUESTION:g}", limit(dearer, MOST_QUESTION)]
