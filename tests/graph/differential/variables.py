"""Writes the values of arguments into a document: as literals, as variables, or as a mixture."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from graphql import (
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    get_named_type,
    is_enum_type,
    is_list_type,
    is_non_null_type,
)

from tests.graph.differential.dice import Dice

SHARE = 14
"""Of a hundred values so many are variables; parts of values are drawn anew."""
NAMES = ("v", "id", "after", "true_", "V", "_", "on", "query", "filter")


class Variables:
    """The variables of one operation."""

    def __init__(self, dice: Dice) -> None:
        self._dice = dice
        self.declared: list[str] = []
        self.values: dict[str, Any] = {}

    def arguments(self, kinds: Mapping[str, Any], given: Mapping[str, Any]) -> str:
        """The arguments of a field or directive, in parentheses."""
        parts = [f"{name}: {self.write(kinds[name].type, each)}" for name, each in given.items()]
        return f"({', '.join(parts)})" if parts else ""

    def write(self, kind: Any, value: Any) -> str:
        """A value in the place of an input type."""
        if self._dice.chance(SHARE):
            return self._variable(kind, value)
        return self.literal(kind, value)

    def literal(self, kind: Any, value: Any, *, constant: bool = False) -> str:
        """A value as it stands in a document; parts of it may be variables unless `constant`."""
        kind = kind.of_type if is_non_null_type(kind) else kind
        if value is None:
            return "null"
        if is_list_type(kind):
            return self._list(kind, value, constant)
        if isinstance(kind, GraphQLInputObjectType):
            return self._object(kind, value, constant)
        if is_enum_type(kind):
            return str(value)
        return self._scalar(value)

    def _list(self, kind: GraphQLList[Any], value: Sequence[Any], constant: bool) -> str:
        texts = [self._part(kind.of_type, each, constant) for each in value]
        # A list of one may be written without its brackets; a variable there would have to be one.
        if len(texts) == 1 and not texts[0].startswith("$") and self._dice.chance(15):
            return texts[0]
        return f"[{' '.join(texts)}]"

    def _object(
        self, kind: GraphQLInputObjectType, value: Mapping[str, Any], constant: bool
    ) -> str:
        texts = [f"{n}: {self._part(kind.fields[n].type, v, constant)}" for n, v in value.items()]
        return f"{{{', '.join(texts)}}}"

    def _part(self, kind: Any, value: Any, constant: bool) -> str:
        return self.literal(kind, value, constant=True) if constant else self.write(kind, value)

    def _scalar(self, value: Any) -> str:
        if not isinstance(value, str):
            return json.dumps(value)
        plain = value.strip() == value and value.isalnum() and value.isascii()
        if plain and self._dice.chance(5):
            return f'"""{value}"""'
        return json.dumps(value, ensure_ascii=self._dice.chance(20))

    def _variable(self, kind: Any, value: Any) -> str:
        name = self._fresh()
        manner = self._dice.weighted((6, "given"), (2, "default"), (2, "both"), (2, "strict"))
        text, default = str(kind), ""
        if manner == "strict" and value is not None and not text.endswith("!"):
            text += "!"
        elif manner in ("default", "both"):
            # A non-null place takes a nullable variable that has a default.
            text = text.removesuffix("!") if self._dice.chance(50) else text
            default = f" = {self.literal(kind, value, constant=True)}"
        self.declared.append(f"${name}: {text}{default}")
        absent = manner == "default" or (value is None and not default and self._dice.chance(50))
        if not absent:
            self.values[name] = value
        return f"${name}"

    def _fresh(self) -> str:
        name = self._dice.pick(NAMES)
        number = len(self.declared)
        taken = {each.partition(":")[0] for each in self.declared}
        return name if f"${name}" not in taken else f"{name}{number}"


def named(kind: Any) -> str:
    """The name of a type without its wrappers."""
    name: str = get_named_type(kind).name
    return name


def is_required(kind: Any) -> bool:
    """Whether a type refuses null."""
    return isinstance(kind, GraphQLNonNull)
