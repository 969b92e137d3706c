"""`python -m tests.benchmarks`: one run, printed as Markdown, or kept in docs/benchmarks.md."""

import fcntl
import os
import signal
import sys
import tempfile
import traceback
from argparse import ArgumentParser, Namespace
from pathlib import Path

from tests.benchmarks.bench import Bench, Options, say
from tests.benchmarks.cluster import BenchCluster
from tests.benchmarks.load import need_wrk
from tests.benchmarks.machine import describe
from tests.benchmarks.parts import PARTS, run_part
from tests.benchmarks.parts.compare import PEERS
from tests.benchmarks.peers.postgraphile import install
from tests.benchmarks.questions import QUESTIONS
from tests.benchmarks.servers import ROOT, ServerError

DOCUMENT = ROOT / "docs" / "benchmarks.md"
BEGIN, END = "<!-- begin of the run -->", "<!-- end of the run -->"


def main() -> int:
    """Run the chosen parts; exit code 1 if any of them failed."""
    given = _parse()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that servers are stopped
    try:
        need_wrk()
        _be_alone()
        if "postgraphile" in given.servers and "compare" in given.parts:
            install()
    except ServerError as error:
        say(str(error))
        return 1
    sections, failed = _run(given)
    if failed:
        say(f"these parts failed: {', '.join(failed)}")
        return 1
    if given.record:
        _record(DOCUMENT, "\n\n".join(sections))
    return 0


def _run(given: Namespace) -> tuple[list[str], list[str]]:
    """The sections of the report, and the names of the parts that failed."""
    options = Options(
        questions=given.only,
        peers=given.servers,
        orders=given.orders,
        rounds=given.rounds,
        seconds=given.seconds,
    )
    cluster, failed = BenchCluster(), []
    cluster.start()
    try:
        bench = Bench(cluster, options)
        sections = [describe(cluster, options, [PEERS[name] for name in options.peers])]
        _print(sections[0])
        for name in given.parts:
            try:
                sections.append(run_part(name, bench))
                _print(sections[-1])
            except Exception:
                say(f"the part {name} failed: {traceback.format_exc()}")
                failed.append(name)
    finally:
        cluster.stop()
    return sections, failed


def _be_alone() -> None:
    """ServerError if another run is going on: each would measure the other."""
    # The file stays open, and with it locked, until this process ends.
    lock = os.open(Path(tempfile.gettempdir(), "opsgraph-benchmarks.lock"), os.O_CREAT | os.O_RDWR)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise ServerError("Another run is going on on this machine: wait for its end.") from None


def _print(text: str) -> None:
    sys.stdout.write(f"\n{text}\n")
    sys.stdout.flush()


def _record(path: Path, report: str) -> None:
    """Put the report in place of the last one; what people wrote around it stays."""
    before, _, rest = path.read_text().partition(BEGIN)
    after = rest.partition(END)[2]
    path.write_text(f"{before}{BEGIN}\n{report}\n{END}{after}")
    say(f"written to {path.relative_to(ROOT)}")


def _parse() -> Namespace:
    parser = ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the orders, short rounds")
    parser.add_argument("--only", type=_names(QUESTIONS), help="questions, e.g. Q1,Q3")
    parser.add_argument("--servers", type=_names(PEERS), help=f"of {', '.join(PEERS)}")
    parser.add_argument("--parts", type=_names(PARTS), help=f"of {', '.join(PARTS)}")
    parser.add_argument("--orders", type=int, help="orders of all merchants; 200,000 if not said")
    parser.add_argument("--rounds", type=int, help="rounds per server and question; 5 if not said")
    parser.add_argument("--seconds", type=int, help="length of a round; 3 if not said")
    parser.add_argument("--record", action="store_true", help="keep the run in docs/benchmarks.md")
    given = parser.parse_args()
    chosen = (given.quick, given.only, given.servers, given.parts, given.orders)
    if given.record and any(chosen):
        parser.error("only a full run is kept: --record goes with --rounds and --seconds at most")
    return _with_defaults(given)


def _with_defaults(given: Namespace) -> Namespace:
    given.only = given.only or tuple(QUESTIONS)
    given.servers = given.servers or tuple(PEERS)
    given.parts = given.parts or tuple(PARTS)
    given.orders = given.orders or (20_000 if given.quick else 200_000)
    given.rounds = given.rounds or (2 if given.quick else 5)
    given.seconds = given.seconds or (2 if given.quick else 3)
    return given


def _names(known):
    """An argument type: names of these, separated by commas."""

    def parse(text: str) -> tuple[str, ...]:
        chosen = text.split(",")
        if unknown := set(chosen) - set(known):
            raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
        return tuple(name for name in known if name in chosen)

    parse.__name__ = "list of names"
    return parse


if __name__ == "__main__":
    sys.exit(main())
