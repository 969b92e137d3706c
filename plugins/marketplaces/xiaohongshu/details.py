"""Completes the rows of ARK's lists, which show too little: one call per row, several at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.marketplace.details import Details
from core.marketplace.errors import TransientError
from plugins.marketplaces.xiaohongshu.client import Client
from plugins.marketplaces.xiaohongshu.refusals import ObjectRefusedError
from plugins.marketplaces.xiaohongshu.sources import SKUS_PER_CALL, Detail

AT_ONCE = 8


@dataclass(frozen=True)
class Found:
    """An object whole, or why ARK doesn't tell it."""

    body: Mapping[str, Any]
    refusal: ObjectRefusedError | None = None


class RowDetails:
    """Completes the rows of one method's list."""

    def __init__(self, client: Client, detail: Detail, id_field: str) -> None:
        self._client = client
        self._detail = detail
        self._id_field = id_field
        self._details = Details[str, Found](self._fetch, AT_ONCE)

    async def of(self, rows: Sequence[Any]) -> list[Found]:
        """Each row completed, in the same order; what is no object, or has no id, stays as it is.

        Raises what makes the page worth asking for again, never a refusal of a single object.
        """
        found = await self._details.of({repr(row): row for row in rows if self._has_id(row)})
        return [found.get(repr(row)) or Found(row) for row in rows]

    def _has_id(self, row: Any) -> bool:
        number = row.get(self._id_field) if isinstance(row, dict) else None
        return type(number) in (str, int) and number != ""

    async def _fetch(self, row: Mapping[str, Any]) -> Found:
        number = str(row[self._id_field])
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
