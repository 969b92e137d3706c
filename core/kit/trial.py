"""Asks a plugin everything on databases of known content, and notes what it answers."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from core.kit.questions import Asking, Question
from core.kit.rows import Mark
from core.kit.subject import Subject
from core.plugin import MetricQuery
from core.testing.bench import Answer, Bench, House
from core.testing.records import NOON


@dataclass
class Trial:
    """A plugin, and everything one can ask it."""

    subject: Subject

    @cached_property
    def asking(self) -> Asking:
        """What makes the questions."""
        return Asking(self.subject)

    @cached_property
    def questions(self) -> list[Question]:
        """The questions of the schema and the plugin's examples."""
        examples = self.subject.offer.examples
        return [
            *self.asking.questions(),
            *(
                Question(f"example {each.title!r}", each.query, json.loads(each.variables))
                for each in examples
            ),
        ]

    @contextmanager
    def house(self, name: str) -> Iterator[House]:
        """A fresh database."""
        made = House(self.subject.stand, self.subject.folder / name)
        try:
            yield made
        finally:
            made.close()

    def fill(self, bench: Bench, tag: str, digit: int, count: int) -> Mark:
        """Rows of a merchant in every table; returns what they look like."""
        mark = Mark(bench.merchant_id, tag, digit)
        mark.fill(bench.database, self.subject.tables, count)
        return mark

    def answers(self, bench: Bench) -> dict[str, Answer]:
        """What somebody with all rights is answered to each question."""
        return {each.about: bench.ask(each.query, each.variables) for each in self.questions}

    def metrics(self, bench: Bench) -> dict[str, Any]:
        """What the plugin's metrics come to, in each grain."""
        found = {}
        for metric in self.subject.offer.metrics:
            for grain in ("day", "week", "month", "total"):
                query = MetricQuery(NOON.date().replace(year=2025), NOON.date(), grain)

                def cells(session: Any, metric: Any = metric, query: Any = query) -> Any:
                    return repr(list(metric.evaluate(session, query)))

                found[f"metric {metric.key} by {grain}"] = bench.read(cells)
        return found
