"""Fetches what lists leave out, one call per row, several at a time, none of them twice.

A page of fifty rows is fifty calls. When one of them is throttled the page is asked for again
later; what came before is remembered until then, so that a busy gateway can't keep a page from
ever being complete.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.marketplace.errors import TransientError
from plugins.marketplaces.xiaohongshu.client import Client
from plugins.marketplaces.xiaohongshu.refusals import ObjectRefusedError
from plugins.marketplaces.xiaohongshu.sources import SKUS_PER_CALL, Detail

AT_ONCE = 8
Version = tuple[str, str]
"""The id of a row, and the row as the list showed it: a changed row is asked for anew."""


@dataclass(frozen=True)
class Found:
    """An object whole, or why ARK doesn't tell it."""

    body: Mapping[str, Any]
    refusal: ObjectRefusedError | None = None


class Details:
    """Completes the rows of one method's list."""

    def __init__(self, client: Client, detail: Detail, id_field: str) -> None:
        self._client = client
        self._detail = detail
        self._id_field = id_field
        self._found: dict[Version, Found] = {}

    async def of(self, rows: Sequence[Any]) -> list[Found]:
        """Each row completed, in the same order; what is no object, or has no id, stays as it is.

        Raises what makes the page worth asking for again, never a refusal of a single object.
        """
        wanted = {version: row for row in rows if (version := self._version(row))}
        self._found = {each: self._found[each] for each in wanted if each in self._found}
        waiting = iter([(each, wanted[each]) for each in wanted if each not in self._found])
        await self._fetch_all(waiting)
        done = [self._version(row) for row in rows]
        found = [
            self._found[version] if version else Found(row)
            for version, row in zip(done, rows, strict=True)
        ]
        self._found = {}
        return found

    def _version(self, row: Any) -> Version | None:
        number = row.get(self._id_field) if isinstance(row, dict) else None
        is_told = type(number) in (str, int) and number != ""
        return (str(number), repr(row)) if is_told else None

    async def _fetch_all(self, waiting: Any) -> None:
        """Several at a time, in the order of the list; the first error stops them all."""
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(AT_ONCE):
                    group.create_task(self._work(waiting))
        except BaseExceptionGroup as failures:
            raise failures.exceptions[0] from None

    async def _work(self, waiting: Any) -> None:
        for version, row in waiting:
            self._found[version] = await self._fetch(version[0], row)

    async def _fetch(self, number: str, row: Mapping[str, Any]) -> Found:
        try:
            found = await self._ask(number)
        except ObjectRefusedError as refusal:
            return Found(row, refusal)
        if str(found.get(self._id_field)) != number:  # or about nothing at all
            other = ObjectRefusedError(f"{self._detail.method}: the answer is about another one")
            return Found(row, other)
        return Found({**row, **found})

    async def _ask(self, number: str) -> dict[str, Any]:
        detail = self._detail
        answer = await self._call({detail.asked: number})
        found = answer if detail.within is None else answer.get(detail.within) or {}
        if not isinstance(found, dict):
            raise TransientError(f"{detail.method}: {detail.within} is no object")
        if detail.parts is None:
            return found
        return {**found, detail.parts: await self._parts(number, answer, detail.parts)}

    async def _parts(self, number: str, answer: Mapping[str, Any], name: str) -> list[Any]:
        """The list beside an object, with its further pages."""
        parts, page = _list(self._detail.method, answer, name), 1
        total = answer.get("total")
        while parts and type(total) is int and len(parts) < total:
            page += 1
            more = await self._call({self._detail.asked: number}, page)
            found = _list(self._detail.method, more, name)
            if not found:
                break
            parts = [*parts, *found]
        return parts

    async def _call(self, params: Mapping[str, Any], page: int = 1) -> dict[str, Any]:
        paging = {"pageNo": page, "pageSize": SKUS_PER_CALL} if self._detail.parts else {}
        return await self._client.call(self._detail.method, {**params, **paging})


def _list(method: str, answer: Mapping[str, Any], name: str) -> list[Any]:
    found = answer.get(name)
    if found is None:
        return []
    if not isinstance(found, list):
        raise TransientError(f"{method}: {name} is no list")
    return found
