"""A compiled table-shaped field: what it asks for, its SQL by shape, and what builds the answer."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from graphql.execution.values import VariableValues

from core.graph.engine.asking import Asked
from core.security.permissions import Actor

if TYPE_CHECKING:
    from core.graph.engine.build import Source
    from core.graph.engine.sql import Select, Writer

MOST_SHAPES = 100
"""Statements that a plan keeps; each distinct combination of operators and orders is one."""


@dataclass
class Ask:
    """How the arguments of one table-shaped field are read; `constant` if they never change."""

    read: Callable[[VariableValues, Actor], Asked]
    constant: Asked | None = None


@dataclass(frozen=True)
class Statements:
    """The SQL of one shape. `rows` is empty when only the sidecar is selected."""

    rows: str
    sidecar: str


@dataclass
class Plan:
    """What one table-shaped field was compiled to.

    sidecar: `total` and `as_of`, which a second statement gives for a root connection.
    uses: of each Ask, what of it stands in the SQL: `rows`, `filter` or nothing.
    partial: whether the answer holds objects that the executor has to walk.
    """

    select: "Select"
    asks: list[Ask]
    source: "Source"
    sidecar: tuple[str, ...]
    partial: bool
    uses: list[str]
    writer: "Callable[[Sequence[Asked]], Writer]"
    _statements: dict[Any, Statements] = field(default_factory=dict)

    @cached_property
    def build(self) -> Callable[..., Any]:
        """The generated function: rows, what was asked, total and as_of in, the answer out."""
        return self.source.compile()

    @cached_property
    def constant(self) -> list[Asked] | None:
        """What is asked, when no argument holds a variable."""
        found = [ask.constant for ask in self.asks]
        return None if None in found else self._trimmed(found)  # type: ignore[arg-type]

    def asked(self, variables: VariableValues, actor: Actor, after: int = 0) -> list[Asked]:
        """What is asked of each field of the plan; InputError when that makes no sense."""
        return self._trimmed(
            [ask.constant or ask.read(variables, actor) for ask in self.asks[after:]], after
        )

    def _trimmed(self, asked: list[Asked], after: int = 0) -> list[Asked]:
        """Without the values that have no place in the statement: PostgreSQL refuses those."""
        for i, use in enumerate(self.uses[after:]):
            if use != "rows":
                asked[i] = asked[i].without_rows(keep_filter=use == "filter")
        return asked

    def statements(self, asked: Sequence[Asked]) -> Statements:
        """The SQL for what is asked."""
        shape = tuple([each.shape for each in asked])
        found = self._statements.get(shape)
        if found is None:
            if len(self._statements) >= MOST_SHAPES:
                self._statements.clear()
            found = self._statements[shape] = self._write(asked)
        return found

    def _write(self, asked: Sequence[Asked]) -> Statements:
        rows = self.writer(asked).statement(self.select) if self.select.wants_rows else ""
        if not self.sidecar:
            return Statements(rows, "")
        counted = self.writer([asked[0].without_rows()])
        return Statements(rows, counted.sidecar(self.select, self.sidecar))
