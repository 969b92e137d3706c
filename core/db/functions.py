"""SQL that the two databases spell differently."""

from typing import Any

from sqlalchemy import Date
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction


class month_start(GenericFunction[Any]):  # noqa: N801  (SQL functions are written in lower case)
    """First day of the month of a date."""

    type = Date()
    inherit_cache = True


class week_start(GenericFunction[Any]):  # noqa: N801
    """Monday of the week of a date (ISO 8601)."""

    type = Date()
    inherit_cache = True


@compiles(month_start, "sqlite")
def _month_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    return f"date({compiler.process(element.clauses, **options)}, 'start of month')"


@compiles(month_start, "postgresql")
def _month_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    return f"cast(date_trunc('month', {compiler.process(element.clauses, **options)}) as date)"


@compiles(week_start, "sqlite")
def _week_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    return f"date({compiler.process(element.clauses, **options)}, '-6 days', 'weekday 1')"


@compiles(week_start, "postgresql")
def _week_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    return f"cast(date_trunc('week', {compiler.process(element.clauses, **options)}) as date)"
