"""The gateway over the nasty data, and the oracle beside it: both are asked, and compared."""

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import orjson
from graphql import GraphQLField, GraphQLSchema, get_named_type, is_leaf_type, is_required_argument

from tests.graph.differential.declared import is_table_shaped, specs
from tests.graph.differential.nasty import MERCHANTS, fill
from tests.graph.differential.plain import Asked, Plain
from tests.graph.differential.plugin import registry, schema
from tests.graph.differential.questions import Question, roles
from tests.graph.differential.reader import Reader
from tests.graph.differential.tables import Tables, reader_of
from tests.graphql import Api, policy


@cache
def plain() -> Plain:
    """The oracle of the built-in plugins and of an awkward one."""
    return Plain(schema().as_str())


class House:
    """Both sides over one database."""

    def __init__(self, api: Api) -> None:
        self.api = api = Api(api.settings, api.database, registry(), schema())
        self.plain = plain()
        api.database.system_now(lambda session: fill(session.execute))
        self._tokens = {
            (merchant, role): api.token(merchant, role, id=1000 + number, name=role)
            for merchant in MERCHANTS
            for number, role in enumerate(roles())
        }
        read = reader_of(api.database)
        self.tables = [Tables(read, merchant) for merchant in MERCHANTS]
        self._ordinary: dict[tuple[int, str], dict[tuple[str, str], Any]] = {}

    async def told(self, question: Question) -> dict[str, Any]:
        """What the gateway answers."""
        asked = question.asked
        body = {"query": asked.document, "variables": asked.variables}
        if asked.operation is not None:
            body["operationName"] = asked.operation
        token = self._tokens[MERCHANTS[question.merchant], question.role]
        answer = await self.api.post(_json(body), token)
        assert answer.status < 500, question
        found: dict[str, Any] = answer.body
        return found

    async def expected(self, question: Question) -> dict[str, Any]:
        """What the oracle answers."""
        permissions = policy().of_role(question.role)
        ordinary = await self._ordinary_of(question)
        reader = Reader(self.tables[question.merchant], question.role, permissions, ordinary)
        # On its way a whole number beyond 64 bits becomes the nearest float.
        variables = orjson.loads(json.dumps(question.asked.variables))
        return self.plain.answer(replace(question.asked, variables=variables), reader)

    async def _ordinary_of(self, question: Question) -> Mapping[tuple[str, str], Any]:
        """What the gateway says to fields that are no table's, asked for each of them alone."""
        fields = [(on, name) for on, name in _ordinary_fields() if name in question.asked.document]
        if not fields:
            return {}
        known = self._ordinary.setdefault((question.merchant, question.role), {})
        for on, name in fields:
            if not any(coordinate == f"{on}.{name}" for coordinate, _ in known):
                known |= await self._asked_alone(question, on, name)
        return known

    async def _asked_alone(self, question: Question, on: str, name: str) -> dict[Any, Any]:
        """The whole of one such field, of every object that has it."""
        text, root = _text(self.plain.schema, on, name)
        body = await self.told(Question(Asked(text), question.role, question.merchant))
        assert {e["extensions"]["code"] for e in body.get("errors", ())} <= {"FORBIDDEN"}, body
        data = body["data"] or {}
        if not root:
            return {(f"{on}.{name}", ""): data.get(name)}
        nodes = (data[root] or {"nodes": ()})["nodes"]
        return {(f"{on}.{name}", node["id"]): node[name] for node in nodes}


def _json(body: Mapping[str, Any]) -> bytes:
    """As most clients write it; half a character can only be sent as an escape."""
    try:
        return json.dumps(body, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return json.dumps(body).encode()


def _text(schema: GraphQLSchema, on: str, name: str) -> tuple[str, str]:
    """A query for one field of all objects of a type, and the root field it goes through."""
    kind: Any = schema.type_map[on]
    chosen = name + _everything(kind.fields[name])
    if on == "Query":
        return f"{{ {chosen} }}", ""
    query: Any = schema.query_type
    root = next(
        r for r, f in query.fields.items() if get_named_type(f.type).name == f"{on}Connection"
    )
    return f"{{ {root}(first: 1000) {{ nodes {{ id {chosen} }} }} }}", root


def _everything(field: GraphQLField) -> str:
    kind: Any = get_named_type(field.type)
    if is_leaf_type(kind):
        return ""
    known = {
        n: f for n, f in kind.fields.items() if not any(map(is_required_argument, f.args.values()))
    }
    return f" {{ {' '.join(name + _everything(each) for name, each in known.items())} }}"


@cache
def _ordinary_fields() -> list[tuple[str, str]]:
    """Fields on the root and on types over tables that are not read from tables themselves."""
    return [
        (on, name)
        for on in ("Query", *specs())
        for name, each in plain().schema.type_map[on].fields.items()  # type: ignore[union-attr]
        if not is_table_shaped(on, name, get_named_type(each.type).name)
    ]
