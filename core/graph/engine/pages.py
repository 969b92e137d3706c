"""Connections: the body of the function that makes a page of a SELECT's rows."""

from collections.abc import Callable
from dataclasses import dataclass

from graphql import GraphQLObjectType

from core.graph.engine.cells import Cells
from core.graph.engine.scene import Details, Place, object_of
from core.graph.engine.sql import Select


@dataclass(frozen=True)
class Pages:
    """Writes what connections show; `object` writes one row."""

    cells: Cells
    object: Callable[[Place, Details], tuple[str, bool]]

    def sidecar(self, kind: GraphQLObjectType, details: Details) -> set[str]:
        """Which of total and as_of are selected."""
        names = {"totalCount": "total", "asOf": "as_of"}
        chosen = (f[0].node.name.value for f in self.cells.scene.selected(kind, details).values())
        return {names[name] for name in chosen if name in names}

    def body(
        self, select: Select, kind: GraphQLObjectType, details: Details
    ) -> tuple[list[str], bool]:
        """The body of the function that makes a connection of rows."""
        items, walked = [], False
        for key, fields in self.cells.scene.selected(kind, details).items():
            name = fields[0].node.name.value
            shown, deep = self._part(select, kind, name, fields)
            items.append(f"{key!r}: {shown}")
            walked = walked or deep
        shown = "{" + ", ".join(items) + "}"
        body = []
        if select.wants_rows:
            body = [
                f"q = a[{select.asked}]",
                "more = len(rows) > q.size",
                "if more: rows = rows[:q.size]",
                "if q.backward: rows = rows[::-1]",
            ]
        return [
            *body,
            f"return _Partial({shown}, {kind.name!r}, None)" if walked else f"return {shown}",
        ], walked

    def _part(
        self, select: Select, kind: GraphQLObjectType, name: str, fields: Details
    ) -> tuple[str, bool]:
        """A field of a connection."""
        match name:
            case "__typename":
                return repr(kind.name), False
            case "totalCount":
                return "total", False
            case "asOf":
                return "as_of", False
            case "pageInfo":
                return self._page_info(select, fields), False
        select.wants_rows = True
        place = Place(select, select.alias, select.spec)
        if name == "nodes":
            shown, walked = self.object(place, fields)
        else:
            shown, walked = self._edge(place, object_of(kind.fields["edges"]), fields)
        listed = f"[{shown} for r in rows]"
        return (f"_Items({listed})" if walked else listed), walked

    def _edge(self, place: Place, kind: GraphQLObjectType, details: Details) -> tuple[str, bool]:
        items, walked = [], False
        for key, fields in self.cells.scene.selected(kind, details).items():
            name = fields[0].node.name.value
            if name == "node":
                shown, deep = self.object(place, fields)
                walked = walked or deep
            elif name == "cursor":
                shown = self._cursor(place.select, "r")
            else:
                shown = repr(kind.name)
            items.append(f"{key!r}: {shown}")
        done = "{" + ", ".join(items) + "}"
        return (f"_Partial({done}, {kind.name!r}, None)" if walked else done), walked

    def _cursor(self, select: Select, row: str) -> str:
        select.wants_cursors = True
        return f"_cursor(q, {row}, {self.cells.source.width(select)})"

    def _page_info(self, select: Select, fields: Details) -> str:
        select.wants_rows = True
        first, last = self._cursor(select, "rows[0]"), self._cursor(select, "rows[-1]")
        parts = {
            "hasNextPage": "(q.from_cursor if q.backward else more)",
            "hasPreviousPage": "(more if q.backward else q.from_cursor)",
            "startCursor": f"({first} if rows else None)",
            "endCursor": f"({last} if rows else None)",
            "__typename": "'PageInfo'",
        }
        return self.cells.plain(self.cells.scene.object_type("PageInfo"), fields, parts)
