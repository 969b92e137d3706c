"""What a plugin answers on known rows: no errors, no statement per row, nobody else's data.

Only SQLite is asked: PostgreSQL's row-level security would hide a leak that is there.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from core.kit.subject import Subject
from core.kit.trial import Trial
from core.testing.bench import Answer, Bench

FEW, MANY = 3, 12
"""Rows per table; fewer than a page, so that an answer holds all of them."""


def answers(subject: Subject) -> Iterator[str]:
    """Every field and example answers without errors, on an empty database and on a full one."""
    trial = Trial(subject)
    with trial.house("answers") as house:
        bench = Bench(house)
        yield from _errors(trial.answers(bench), "an empty database")
        trial.fill(bench, "M", 1, FEW)
        yield from _errors(trial.answers(bench), f"{FEW} rows per table")
        trial.metrics(bench)
    for unreached in trial.asking.unreached:
        yield f"{unreached} needs arguments: ask for it in an example (opsgraph_examples)."


def statements(subject: Subject) -> Iterator[str]:
    """No question causes more statements when there are more rows."""
    trial = Trial(subject)
    few, many = (_counts(trial, count) for count in (FEW, MANY))
    for about, count in many.items():
        if count > few[about]:
            yield (
                f"{about}: {few[about]} statements for {FEW} rows, {count} for {MANY}. "
                "Read for all parents at once: `batched`, or a relation."
            )


def leaks(subject: Subject) -> Iterator[str]:
    """A merchant is answered the same whether there is another one, and nothing of that one's."""
    trial = Trial(subject)
    with trial.house("leaks") as house:
        mine, theirs = Bench(house), Bench(house, "Moon Goods")
        my_mark = trial.fill(mine, "M", 1, FEW)
        alone, again = _seen(trial, mine), _seen(trial, mine)
        their_mark = trial.fill(theirs, "T", 7, FEW + 1)
        their_view, beside = _seen(trial, theirs), _seen(trial, mine)
    yield from _traces(beside, their_mark.traces)
    yield from _traces(their_view, my_mark.traces)
    for about, text in beside.items():
        if text != alone[about] and alone[about] == again[about]:
            yield f"{about} answers something else once another merchant has rows."


def _errors(found: Mapping[str, Answer], where: str) -> Iterator[str]:
    for about, answer in found.items():
        if answer.errors:
            yield f"{about} on {where}: {answer.errors[0]['message']}"


def _counts(trial: Trial, rows: int) -> dict[str, int]:
    """Statements per question."""
    found = {}
    with trial.house(f"statements-{rows}") as house:
        bench = Bench(house)
        trial.fill(bench, "M", 1, rows)
        bench.token()
        for question in trial.questions:
            with bench.statements as seen:
                bench.ask(question.query, question.variables)
            found[question.about] = len(seen)
    return found


def _seen(trial: Trial, bench: Bench) -> dict[str, Any]:
    """All that a merchant sees, as text."""
    texts = {about: answer.response.text for about, answer in trial.answers(bench).items()}
    return texts | trial.metrics(bench)


def _traces(seen: Mapping[str, Any], traces: tuple[str, ...]) -> Iterator[str]:
    for about, text in seen.items():
        found = next((trace for trace in traces if trace in text), None)
        if found is not None:
            yield (
                f"{about} shows data of another merchant ({found!r}): keep nothing between "
                "requests that is not kept by merchant, and read through context.db."
            )
