"""Turns rounds into tables: medians, paired ratios, and which targets are met."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from tests.benchmarks.load import Round
from tests.benchmarks.questions import QUESTIONS

US = "opsgraph"
NOISE = 0.1
"""A machine with more to do than this is not quiet."""
Results = dict[str, dict[str, list[Round]]]


@dataclass(frozen=True)
class Target:
    """What the gateway is to reach beside a peer, and below which it is not done."""

    goal: float
    floor: float


TARGETS = {
    "postgraphile": {
        **dict.fromkeys(("Q1", "Q2", "Q5"), Target(3, 2)),
        **dict.fromkeys(("Q3", "Q4"), Target(2, 1.5)),
        "Q6": Target(1, 0.8),
    },
    "handwritten": {
        **dict.fromkeys(("Q1", "Q3", "Q4", "Q5"), Target(0.85, 0.85)),
        "Q2": Target(0.75, 0.75),
    },
}


CPU_COUNTS = {"postgraphile"}
"""Peers beside whom CPU counts where the database is what limits all servers."""


def table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A Markdown table; the first column is text, the others are numbers."""
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def middle(rounds: Sequence[Round], read: Callable[[Round], float]) -> float:
    """The median of a figure over the rounds."""
    return median(read(each) for each in rounds)


def paired(ours: Sequence[Round], theirs: Sequence[Round], read: Callable[[Round], float]) -> float:
    """The median of ours ÷ theirs, round by round: both met the same noise."""
    return median(read(a) / read(b) for a, b in zip(ours, theirs, strict=True) if read(b))


def comparison(results: Results) -> str:
    """The section about the six questions."""
    parts = ["## The six questions", _overview(results)]
    parts += [_question(name, found) for name, found in results.items()]
    is_quiet = _strangers(results) <= NOISE
    parts += [_ratios(results, peer, is_quiet) for peer in _peers(results)]
    return "\n\n".join(parts)


def _strangers(results: Results) -> float:
    """What other processes took of the two cores, 0 to 1: the median of all rounds."""
    rounds = [each for found in results.values() for some in found.values() for each in some]
    return middle(rounds, lambda r: r.strangers) / 2


def _peers(results: Results) -> list[str]:
    names = dict.fromkeys(name for found in results.values() for name in found)
    return [name for name in names if name != US and any(US in f for f in results.values())]


def _overview(results: Results) -> str:
    names = dict.fromkeys(name for found in results.values() for name in found)
    rows = [
        [
            name,
            *(
                f"{middle(found[name], lambda r: r.per_second):,.0f}" if name in found else "–"
                for found in results.values()
            ),
        ]
        for name in names
    ]
    strangers = _strangers(results)
    text = (
        "Requests per second, medians. Other processes of the machine took "
        f"{strangers:.0%} of the two cores meanwhile (median)."
    )
    if strangers > NOISE:
        text += " That is too much to trust throughput: read `CPU allows` and CPU per request."
    return f"{text}\n\n{table(['server', *results], rows)}"


def _question(question: str, found: dict[str, list[Round]]) -> str:
    header = [
        "server",
        "requests/s",
        "lowest–highest",
        "CPU allows",
        "server CPU ms",
        "PostgreSQL CPU ms",
        "server core",
        "other core",
        "p50 ms",
        "p99 ms",
    ]
    rows = [[name, *_figures(rounds)] for name, rounds in found.items()]
    return f"### {question} · {QUESTIONS[question].title}\n\n{table(header, rows)}"


def _figures(rounds: Sequence[Round]) -> list[str]:
    speeds = [each.per_second for each in rounds]
    return [
        f"{median(speeds):,.0f}",
        f"{min(speeds):,.0f}–{max(speeds):,.0f}",
        f"{middle(rounds, lambda r: r.possible):,.0f}",
        f"{middle(rounds, lambda r: r.server_cpu):.3f}",
        f"{middle(rounds, lambda r: r.database_cpu):.3f}",
        f"{middle(rounds, lambda r: r.server_core):.0%}",
        f"{middle(rounds, lambda r: r.other_core):.0%}",
        f"{middle(rounds, lambda r: r.p50):.2f}",
        f"{middle(rounds, lambda r: r.p99):.2f}",
    ]


def _ratios(results: Results, peer: str, is_quiet: bool) -> str:
    header = ["", "requests/s", "CPU allows", "server CPU", "counts", "goal", "floor", "verdict"]
    rows = [
        [question, *_verdict(question, peer, found, is_quiet)]
        for question, found in results.items()
    ]
    text = (
        "Medians of paired rounds: our requests per second ÷ theirs, measured and as CPU allows, "
        "and their server CPU per request ÷ ours. "
        f"{'What was measured' if is_quiet else 'What CPU allows'} counts."
    )
    if peer in CPU_COUNTS:
        text += (
            " Where PostgreSQL and wrk need more CPU than our server, so that their core is the "
            "full one, server CPU counts if it is better."
        )
    return f"### opsgraph beside {peer}\n\n{text}\n\n{table(header, rows)}"


def _verdict(question: str, peer: str, found: dict[str, list[Round]], is_quiet: bool) -> list[str]:
    ours, theirs = found[US], found[peer]
    speed = paired(ours, theirs, lambda r: r.per_second)
    possible = paired(ours, theirs, lambda r: r.possible)
    cpu = paired(theirs, ours, lambda r: r.server_cpu)
    counts = speed if is_quiet else possible
    if peer in CPU_COUNTS and middle(ours, lambda r: r.is_database_bound) > 0.5:
        counts = max(counts, cpu)
    shown = [f"{speed:.2f}", f"{possible:.2f}", f"{cpu:.2f}", f"{counts:.2f}"]
    target = TARGETS.get(peer, {}).get(question)
    if target is None:
        return [*shown, "–", "–", "–"]
    return [*shown, f"{target.goal:g}", f"{target.floor:g}", _word(counts, target)]


def _word(value: float, target: Target) -> str:
    if value >= target.goal:
        return "reached"
    return "above the floor" if value >= target.floor else "missed"


def limit(value: float, most: float) -> str:
    """Whether a figure that should be small is."""
    return "reached" if value <= most else "missed"
