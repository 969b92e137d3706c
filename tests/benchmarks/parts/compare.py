"""The six questions, all servers in turn: who answers how many a second, at what cost."""

from contextlib import ExitStack

from tests.benchmarks.answers import Checked, check
from tests.benchmarks.answers import compare as compare_answers
from tests.benchmarks.bench import Bench, say
from tests.benchmarks.load import Contestant, Round, request_file, warm_up
from tests.benchmarks.peers import Peer
from tests.benchmarks.peers.handwritten import Handwritten
from tests.benchmarks.peers.opsgraph import Opsgraph
from tests.benchmarks.peers.plain_strawberry import PlainStrawberry
from tests.benchmarks.peers.postgraphile import Postgraphile
from tests.benchmarks.questions import Case, make_cases
from tests.benchmarks.report import comparison
from tests.benchmarks.servers import Server, running

PEERS: dict[str, Peer] = {
    peer.name: peer for peer in (Opsgraph(), Postgraphile(), Handwritten(), PlainStrawberry())
}
CHECKED = (0, 8, 13)
"""The cases whose answers are compared; the second one is a merchant without decimals (JPY)."""

Servers = dict[str, Server]


def run(bench: Bench) -> str:
    """Measure every question; the section also says which targets are met."""
    cases = make_cases(bench.main.merchants)
    results: dict[str, dict[str, list[Round]]] = {}
    with ExitStack() as stack:
        servers = _start(bench, stack)
        checked = {
            question: _check(servers, question, cases) for question in bench.options.questions
        }
        _warm(servers, checked, cases)
        for question, answers in checked.items():
            say(f"measuring {question}: {', '.join(answers)}")
            results[question] = _measure(bench, servers, question, answers, cases)
    return comparison(results)


def _start(bench: Bench, stack: ExitStack) -> Servers:
    database = bench.main.database
    return {
        name: stack.enter_context(running(name, PEERS[name].launch(database)))
        for name in bench.options.peers
    }


def _check(servers: Servers, question: str, cases: list[Case]) -> dict[str, Checked]:
    """What each server answers, once it is known to be the same."""
    chosen = [cases[number] for number in CHECKED]
    found = {name: check(PEERS[name], server, question, chosen) for name, server in servers.items()}
    compare_answers(question, found)
    return found


def _warm(servers: Servers, checked: dict[str, dict[str, Checked]], cases: list[Case]) -> None:
    """Put each server under load for as long as it needs, on all questions alike."""
    for name, server in servers.items():
        seconds = max(1, PEERS[name].warm_seconds // len(checked))
        say(f"warming up {name}, {seconds} s per question")
        for question, answers in checked.items():
            with request_file([PEERS[name].ask(question, case) for case in cases]) as file:
                contestant = Contestant(name, server, file, answers[name].length)
                warm_up(contestant, seconds)


def _measure(
    bench: Bench,
    servers: Servers,
    question: str,
    answers: dict[str, Checked],
    cases: list[Case],
) -> dict[str, list[Round]]:
    with ExitStack() as stack:
        contestants = [
            Contestant(
                name,
                servers[name],
                stack.enter_context(request_file([PEERS[name].ask(question, c) for c in cases])),
                checked.length,
            )
            for name, checked in answers.items()
        ]
        return bench.measure(contestants, warm=0)
