"""Values of arguments: filters, orders, pages, ids and cursors, sensible, empty and senseless."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

from graphql import GraphQLEnumType, GraphQLInputObjectType, is_list_type

from core.graph.declare import NodeSpec
from tests.graph.differential.aggregates import BUCKETS
from tests.graph.differential.declared import Row, by_graphql_name, kind_of, slot, specs
from tests.graph.differential.guide import Guide
from tests.graph.differential.nasty import DAYS, MOMENTS, NUMBERS, ORPHAN, TEXTS
from tests.graph.differential.pages import Key, cursor_of, cursor_with, keys_of, values_of
from tests.graph.differential.sample import rows_of, sample
from tests.graph.differential.texts import global_id, packed
from tests.graph.differential.variables import named

USUAL_DEPTH, DEEPEST_FILTER = 3, 5
EDGES = (0, 2**62, -(2**62), 2**63 - 1, -(2**63), 2**63, -(2**63) - 1, 3.0)
BAD_IDS = (
    "", "4711", "灯笼", "====", packed("Order"), packed(["Order"]), packed(["Order", 1, 2]),
    packed(["Order", "1"]), packed(["Order", -1]), packed(["Order", 2**63]),
    packed(["Order", True]), packed(["Order", 1.0]), packed(["Order", None]), packed(["Query", 1]),
    packed({"Order": 1}),
    packed([["Order"], 1]), packed(["SalesDay", 1, "yesterday", "CNY"]), packed(["", 1]),
    packed(["SalesDay", 1, 20261120, "CNY"]), packed(["SyncStream", 1, "'; DROP TABLE orders; --"]),
    packed(["ProductMonth", 1, "2026-12-31", 1, "灯笼"]), packed(["灯笼", 1]),
)  # fmt: skip
BAD_CURSORS = (
    "", "x", "灯笼", "WyJPcmRlciIsNDdd", packed([]), packed([1, "id asc"]), packed(None),
    packed([2, "id asc", [1]]), packed(["1", "id asc", [1]]), packed([1, "", []]),
)  # fmt: skip
FORGED: tuple[Any, ...] = (
    None,
    0,
    -1,
    2**63,
    "x",
    "",
    True,
    1.5,
    [],
    "2026-11-20",
    "2026-11-20T12:00:00",
)
PATTERNS = (
    "", "first", "last", "first after", "last before", "after", "before",
    "first last", "first before", "last after",
)  # fmt: skip


class Values:
    """Draws the values of arguments."""

    def __init__(self, guide: Guide) -> None:
        self._guide = guide
        self._dice = guide.dice

    def filter(self, kind: GraphQLInputObjectType, depth: int = 0) -> dict[str, Any] | None:
        """A filter over a type, e.g. an `OrderFilter`."""
        if self._dice.chance(5):
            return None
        may_nest = depth < USUAL_DEPTH or (depth < DEEPEST_FILTER and self._dice.chance(35))
        names = [n for n, f in kind.fields.items() if may_nest or _is_leaf(f.type)]
        chosen = self._guide.some(kind.name, names, 2)
        return {name: self._condition(kind, name, depth) for name in chosen}

    def _condition(self, kind: GraphQLInputObjectType, name: str, depth: int) -> Any:
        declared: Any = kind.fields[name].type
        if self._dice.chance(5):
            return None
        if is_list_type(declared):
            inner = declared.of_type.of_type
            return [self.filter(inner, depth + 1) or {} for _ in range(self._dice.number(0, 2))]
        if named(declared).endswith("ListFilter"):
            names = self._guide.some(declared.name, list(declared.fields), 2)
            return {each: self.filter(declared.fields[each].type, depth + 1) for each in names}
        if not _is_leaf(declared):
            return self.filter(declared, depth + 1)
        return self._operators(declared, specs()[kind.name.removesuffix("Filter")], name)

    def _operators(self, kind: GraphQLInputObjectType, spec: NodeSpec, field: str) -> Any:
        chosen = self._guide.some(kind.name, list(kind.fields), 2) or ["eq"]
        return {each: self._operand(kind, spec, field, each) for each in chosen}

    def _operand(self, kind: Any, spec: NodeSpec, field: str, operator: str) -> Any:
        if self._dice.chance(5):
            return None
        if operator == "isNull":
            return self._dice.chance(50)
        scalar = named(kind.fields[operator].type)
        if operator != "in":
            return self._value(scalar, spec, field)
        size = self._dice.weighted((3, 1), (3, 2), (2, 3), (1, 0))
        found = [self._value(scalar, spec, field) for _ in range(size)]
        return found * 201 if found and self._dice.chance(1) else found

    def _value(self, scalar: str, spec: NodeSpec, field: str) -> Any:
        name, declared = by_graphql_name(spec.columns)[field]
        known = [v for r in rows_of(spec.name) if (v := r.get(slot(spec, name))) is not None]
        if declared.refers_to is not None:
            return self._reference(declared.refers_to, known)
        if known and self._dice.chance(65):
            return self._text_of(self._dice.pick(known))
        pools: dict[str, Sequence[Any]] = {
            "String": TEXTS, "BigInt": (*NUMBERS, *EDGES), "Date": DAYS, "DateTime": MOMENTS,
            "Boolean": (True, False), "Float": (0.0, 0.5, 1.0), "Int": (0, 1, 2),
        }  # fmt: skip
        return self._text_of(self._dice.pick(pools[scalar]))

    def _text_of(self, value: Any) -> Any:
        """A value as a client writes it; once in a while a moment without a zone."""
        if isinstance(value, datetime):
            hours = self._dice.pick((0, 8, -5))
            text = value.astimezone(timezone(timedelta(hours=hours))).isoformat()
            if self._dice.chance(3):
                return value.replace(tzinfo=None).isoformat()
            return value.astimezone(UTC).isoformat()[:-6] + "Z" if hours == -5 else text
        return value.isoformat() if isinstance(value, date) else value

    def _reference(self, kind: str, known: Sequence[int]) -> str:
        if known and self._dice.chance(85):
            return global_id(kind, [self._dice.pick(known)])
        return self._dice.pick((global_id(kind, [ORPHAN]), self.id("Order"), *BAD_IDS))

    def id(self, kind: str) -> str:
        """The id of a row of a type, whoever's it is."""
        spec, row = specs()[kind], self._dice.pick(rows_of(kind))
        return global_id(kind, [row[key] for key in spec.key_columns])

    def any_id(self, kind: str) -> str:
        """An id for `node`: mostly of this type, else of one that is not there, or of nothing."""
        if self._dice.chance(8):
            return self._dice.pick(BAD_IDS)
        if self._dice.chance(8):
            keys = [_other(self._dice.pick(rows_of(kind))[k]) for k in specs()[kind].key_columns]
            return global_id(kind, keys)
        return self.id(kind)

    def order(self, kind: Any) -> list[dict[str, Any]] | None:
        """A list for `orderBy`; four terms are too many."""
        if self._dice.chance(4):
            return None
        count = self._dice.weighted((50, 1), (28, 2), (10, 3), (8, 0), (2, 4))
        return [self._term(kind) for _ in range(count)]

    def _term(self, kind: GraphQLInputObjectType) -> dict[str, Any]:
        fields = kind.fields["field"].type.of_type
        assert isinstance(fields, GraphQLEnumType)
        term = {"field": self._guide.pick(fields.name, list(fields.values))}
        direction = self._guide.pick("Direction", ("", "ASC", "DESC"))
        return term | ({"direction": direction} if direction else {})

    def groups(self, kind: Any, spec: NodeSpec) -> list[dict[str, Any]] | None:
        """A list for `groupBy`; four keys are too many."""
        if self._dice.chance(4):
            return None
        count = self._dice.weighted((50, 1), (28, 2), (10, 3), (8, 0), (2, 4))
        fields = kind.fields["field"].type.of_type
        names = [self._guide.pick(fields.name, list(fields.values)) for _ in range(count)]
        # A column twice is refused: it need not happen too often.
        names = names if self._dice.chance(10) else list(dict.fromkeys(names))
        return [self._group(kind.name, spec, name) for name in names]

    def _group(self, on: str, spec: NodeSpec, name: str) -> dict[str, Any]:
        is_date = kind_of(spec, slot(spec, name.lower())) is date
        if not (self._guide.leads(on, "bucket") or self._dice.chance(65 if is_date else 1)):
            return {"field": name}
        buckets = list(BUCKETS)
        bucket = None if self._dice.chance(5) else self._guide.pick("TimeBucket", buckets)
        return {"field": name, "bucket": bucket}

    def size(self) -> int | None:
        """How many groups."""
        return self._dice.pick((1, 2, 3, 0, 1000, None, -1, 1001))

    def paging(self, spec: NodeSpec, order: Any, level: int) -> dict[str, Any]:
        """Which page; deep down in a query only small ones."""
        weights = zip((30, 25, 10, 14, 10, 4, 4, 1, 1, 1), PATTERNS, strict=True)
        names = self._dice.weighted(*weights).split()
        given = {name: self.page_argument(name, spec, order, level) for name in names}
        if level > 1 and not {"first", "last"} & set(given):
            given["last" if "before" in given else "first"] = self._dice.number(0, 3)
        return given

    def page_argument(self, name: str, spec: NodeSpec, order: Any, level: int) -> Any:
        if name in ("after", "before"):
            return None if self._dice.chance(4) else self.cursor(spec, order)
        if level > 1:
            return self._dice.number(1, 3)
        pools = ((80, (1, 2, 3, 5)), (10, (0, 50, 1000)), (4, (None,)), (2, (-1, 1001, 2**31 - 1)))
        return self._dice.pick(self._dice.weighted(*pools))

    def cursor(self, spec: NodeSpec, order: Any) -> str:
        """A cursor: mostly one of this order."""
        if order is not None and len(order) > 3:
            return self._dice.pick(BAD_CURSORS)
        keys, row = _keys(spec, order), self._dice.pick(rows_of(spec.name))
        match self._dice.weighted(
            (70, "good"), (8, "order"), (10, "forged"), (5, "bad"), (3, "type")
        ):
            case "good":
                return cursor_of(keys, row)
            case "order":
                turned = [Key(k.name, k.kind, not k.descending, k.value) for k in keys]
                return cursor_of(turned, row)
            case "forged":
                return self._forged(keys, row)
            case "type":
                other = self._dice.pick(list(specs().values()))
                return cursor_of(_keys(other, None), self._dice.pick(rows_of(other.name)))
        return self._dice.pick(BAD_CURSORS)

    def _forged(self, keys: Sequence[Key], row: Row) -> str:
        values = [v.isoformat() if hasattr(v, "isoformat") else v for v in values_of(keys, row)]
        values[self._dice.number(0, len(values) - 1)] = self._dice.pick(FORGED)
        return cursor_with(keys, values)


def _keys(spec: NodeSpec, order: Sequence[Mapping[str, Any]] | None) -> list[Key]:
    return keys_of(sample()[0], spec, [{"direction": "ASC", **term} for term in order or ()])


def _is_leaf(kind: Any) -> bool:
    """Whether an input is a column's filter, not one over rows."""
    return named(kind).removesuffix("Filter") not in specs() and "ListFilter" not in named(kind)


def _other(value: Any) -> Any:
    return value + 77 if isinstance(value, int) else value
