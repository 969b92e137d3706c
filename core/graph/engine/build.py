"""Collects the generated source of a plan and turns it into a function.

Generated code holds expressions of ours, response keys (GraphQL names, as `repr` writes them) and
nothing else of the client's. `explain` prints it.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from graphql import GraphQLNonNull

from core.graph.engine import values
from core.graph.engine.dialects import Dialect
from core.graph.engine.sql import WIDE, Select
from core.money import ODD_CURRENCIES, decimal_text


def _cursor(asked: Any, row: Sequence[Any], width: int) -> str:
    keys = asked.cursors.keys
    made: str = asked.cursors.encode(
        [
            values.time_text(value) if key.kind == "time" and isinstance(value, str)
            else values.number(value) if key.kind == "float"
            else bool(value) if key.kind == "bool" and value is not None
            else value
            for key, value in zip(keys, row[width:], strict=True)
        ]
    )  # fmt: skip
    return made


def _id_or_none(make: Callable[[int], str], key: int | None) -> str | None:
    return None if key is None else make(key)


_NAMES: dict[str, Any] = {
    "_Partial": values.Partial,
    "_Items": values.Items,
    "_amount": decimal_text,
    "_bool": values.truth,
    "_cursor": _cursor,
    "_date": values.date_of,
    "_float": values.number,
    "_id_or_none": _id_or_none,
    "_make_id": values.make_id,
    "_mean": values.mean,
    "_mean_of_money": values.mean_of_money,
    "_moment": values.moment_of,
    "_odd": ODD_CURRENCIES,
    "_json": orjson.loads,
    "_joined": values.joined_rows,
    "_joined_json": values.joined_rows_in_json,
    "_sum": values.whole_sum,
    "_time": values.time_text,
}


@dataclass
class Source:
    """Python source of the functions of one plan, the innermost first."""

    names: dict[str, Any] = field(default_factory=dict)
    _functions: list[tuple[str, Select, list[str]]] = field(default_factory=list)
    _selects: list[Select] = field(default_factory=list)
    _aliases: int = 0

    def alias(self) -> str:
        """A table alias that nothing else in the plan has."""
        self._aliases += 1
        return f"t{self._aliases}"

    def constant(self, value: Any) -> str:
        """A name for an object of ours."""
        name = f"_c{len(self.names)}"
        self.names[name] = value
        return name

    def id_of(self, type_name: str) -> str:
        """What makes the ids of a type."""
        name = f"_id_{type_name}"
        self.names[name] = self.names.get(name) or values.id_maker(type_name)
        return name

    def leaf(self, kind: Any) -> str:
        """What checks and shows a computed value of a scalar type."""
        required = isinstance(kind, GraphQLNonNull)
        show = (kind.of_type if required else kind).coerce_output_value

        def leaf(value: Any) -> Any:
            if value is None:
                if required:
                    raise TypeError("A computed field that cannot be null is null.")
                return None
            return show(value)

        return self.constant(leaf)

    def width(self, select: Select) -> str:
        """How many places a row has before its keys; known when the plan is finished."""
        if select not in self._selects:
            self._selects.append(select)
        return f"<{self._selects.index(select)}>"

    def nested_rows(self, dialect: Dialect, around: Select, slot: int, select: Select) -> str:
        """The rows of a nested SELECT; on SQLite the outermost ones are text yet."""
        if dialect.name == "postgresql":
            return f"r[{slot}]"
        if select not in self._selects:
            self._selects.append(select)
        kind = "rows" if around.nested else "text"
        return f"<{kind} {self._selects.index(select)}>(r[{slot}])"

    def function(
        self, name: str, arguments: Sequence[str], select: Select, body: Sequence[str]
    ) -> None:
        """Add a function."""
        lines = [f"def {name}({', '.join(arguments)}):", *(f"    {line}" for line in body)]
        self._functions.append((name, select, lines))

    @property
    def text(self) -> str:
        """The finished source."""
        text = "\n".join(_unpacked("\n".join(f), select) for _, select, f in self._functions) + "\n"
        for number, select in enumerate(self._selects):
            text = text.replace(f"<{number}>", str(len(select.items)))
            wide = len(select.items) > WIDE
            text = text.replace(f"<rows {number}>", "_joined" if wide else "")
            text = text.replace(f"<text {number}>", "_joined_json" if wide else "_json")
        return text

    def compile(self) -> Callable[..., Any]:
        """The function `answer`."""
        scope = _NAMES | self.names
        exec(compile(self.text, "<plan>", "exec"), scope)  # noqa: S102
        return scope["answer"]  # type: ignore[no-any-return]


def _unpacked(text: str, select: Select) -> str:
    """Rows unpacked into names, which is twice as fast as asking each of them for its places."""
    if not select.items or select.wants_cursors or select.kind == "groups":
        return text  # the keys of cursors and groups stand behind the places
    names = ", ".join(f"r{i}" for i in range(len(select.items)))
    return re.sub(r"\br\[(\d+)\]", r"r\1", text).replace("for r in rows", f"for ({names},) in rows")
