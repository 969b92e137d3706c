"""How an answer is made: level, plan, SQL, bound values, rows, milliseconds, generated source."""

from collections.abc import Sequence
from typing import Any

from core.graph.engine.plan import Plan
from core.graph.engine.run import Reading, Trace
from core.graph.engine.sql import Select, Total

WHOLE = "whole: the operation is compiled, graphql-core does not execute it"
PARTS = "parts: compiled subtrees inside an ordinary execution"
ORDINARY = "ordinary: nothing of it is table-shaped"


def explained(reading: Reading, traces: Sequence[Trace]) -> dict[str, Any]:
    """What `extensions.explain` shows, and `opsgraph explain` prints."""
    return {"level": _level(reading, traces), "statements": [_statement(each) for each in traces]}


def _level(reading: Reading, traces: Sequence[Trace]) -> str:
    if reading.was_whole:
        return WHOLE
    return PARTS if traces else ORDINARY


def _statement(trace: Trace) -> dict[str, Any]:
    return {
        "plan": tree(trace.plan),
        "sql": trace.sql,
        "values": [str(value) for value in trace.values],
        "rows": trace.rows,
        "readMs": round(trace.read_ms, 3),
        "buildMs": round(trace.build_ms, 3),
        "source": trace.plan.source.text,
    }


def tree(plan: Plan) -> list[str]:
    """The SELECTs of a plan, indented as they nest."""
    return list(_lines(plan.select, 0))


def _lines(select: Select, depth: int) -> list[str]:
    joined = f", {len(select.joins)} joined" if select.joins else ""
    values = sum(isinstance(item, str) for item in select.items)
    lines = [f"{'  ' * depth}{select.kind} of {select.spec.name}: {values} values{joined}"]
    for item in select.items:
        if isinstance(item, Select):
            lines += _lines(item, depth + 1)
        elif isinstance(item, Total):
            lines.append(f"{'  ' * (depth + 1)}count of {item.select.spec.name}")
    return lines
