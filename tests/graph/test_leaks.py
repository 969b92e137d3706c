"""Nobody sees what is not theirs: every field of the schema, asked by those who may not."""

import json
from collections.abc import Iterator

import pytest
from graphql import GraphQLObjectType, get_named_type
from sqlmodel import select

from core.db import Database
from core.graph.declare import NodeSpec, spec_of
from core.graph.scalars import global_id
from core.graph.types import CORE_TYPES
from core.models import ApiToken, Shop, SyncState
from tests.databases import on_sqlite
from tests.graph.marked import Marked, personal_texts
from tests.graph.walk import FILE, Question, Walk, everything_in, types_in, visited
from tests.graphql import (
    NOBODY,
    Answer,
    Api,
    Client,
    built_in,
    built_in_schema,
    policy,
    without,
)
from tests.importing.uploads import post

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.tells("answer", "token", reason="createToken is among the mutations it tries"),
]

OTHERS_ONLY, BOTH = 1_111_111_111_117, 5_555_555_555_555
"""Ids of rows: one that only the other merchant has, one that both merchants have."""
SPECS: dict[str, NodeSpec] = {spec.name: spec for spec in map(spec_of, CORE_TYPES)}
SCHEMA = built_in_schema()._schema
OTHER, OURS = Marked(7001, "A", 4), Marked(7002, "B", 3)
METRICS = {"AnalyticsQuery.metric": [f'key: "{key}", grain: TOTAL' for key in built_in().metrics]}
TRAFFIC = b"date,visitors,amount\n2026-11-01,10,1.00\ntotal,10,1.00\n2026-11-02,x,1.00\n"
"""A row to take, one to leave out, and one to refuse."""
REPORTED = {
    "traffic_days.channel",
    "traffic_days.level",
    "traffic_days.source",
    "ad_spend_days.channel",
    "shops.marketplace",
}
"""What reports divide sales by, and show under their own permission: channels and platforms."""


def ids_of(marked: Marked, *numbers: int) -> dict[str, list[str]]:
    """The global ids of a merchant's rows, by type."""
    return {
        spec.name: [
            global_id(spec.name, *(marked.row(spec.model.__table__, number)[key] for key in keys))
            for number in numbers
        ]
        for spec in SPECS.values()
        for keys in [spec.key_columns]
    }


def questions(marked: Marked, *numbers: int) -> list[Question]:
    """Every root field and all below it, and every row of this merchant by its id."""
    return Walk(SCHEMA, METRICS, ids_of(marked, *numbers)).questions()


def deeds(ids: dict[str, list[str]]) -> list[Question]:
    """Every mutation, on the things with these ids."""
    inputs = {
        "registerShop": ['marketplace: "none", number: "1", name: "x", credentials: []'],
        "updateShop": [f'id: "{id}", name: "x"' for id in ids["Shop"]],
        "syncShop": [f'id: "{id}"' for id in ids["Shop"]],
        "updatePlugin": ['name: "risk", enabled: true', 'name: "none", enabled: false'],
        "eraseCustomer": [f'id: "{id}"' for id in ids["Customer"]],
        "createToken": ['name: "x", role: "analyst"', 'name: "x", role: "king"'],
        "revokeToken": [f'id: "{id}"' for id in ids["ApiToken"]],
        "previewImport": [f'shop: "{id}", file: $file' for id in ids["Shop"]],
        "importFile": [f'shop: "{id}", file: $file, skipRefused: true' for id in ids["Shop"]],
    }
    given = {
        f"Mutation.{name}": [f"input: {{ {text} }}" for text in texts]
        for name, texts in inputs.items()
    }
    return Walk(SCHEMA, given).deeds()


async def ask_all(api: Api, token: str, asked: list[Question]) -> list[Answer]:
    return [await ask(api, token, question) for question in asked]


async def ask(api: Api, token: str, question: Question) -> Answer:
    """Ask as a client does: with a file where one is wanted."""
    if FILE not in question.text:
        return await api.ask(question.text, token=token)
    operations = json.dumps({"query": question.text, "variables": {"file": None}})
    return await post(Client(api, token), operations, '{"0": ["variables.file"]}', TRAFFIC)


def fields_of_schema() -> Iterator[str]:
    """`Type.field` of every object type; the roots are what the questions ask.

    Who may follow what is held by tests/http/test_subscriptions.py, through streams of events.
    """
    subscription = SCHEMA.subscription_type
    assert subscription is not None
    events = {get_named_type(field.type) for field in subscription.fields.values()}
    roots = {SCHEMA.query_type, SCHEMA.mutation_type, subscription, *events}
    for kind in SCHEMA.type_map.values():
        if isinstance(kind, GraphQLObjectType) and kind not in roots and kind.name[:2] != "__":
            yield from (f"{kind.name}.{name}" for name in kind.fields)


@pytest.fixture
def filled(database: Database) -> None:
    """Two merchants with a row in every table, and the same ids."""
    OURS.fill(database, BOTH)
    OTHER.fill(database, BOTH, OTHERS_ONLY)


async def test_the_walk_reaches_every_field(api: Api, filled: None) -> None:
    """The questions below leave nothing out: their owner gets to see each field of each type."""
    token = api.token(OURS.merchant_id)
    asked = questions(OURS, BOTH) + deeds(ids_of(OURS, BOTH))

    answers = [answer.data for answer in await ask_all(api, token, asked)]

    assert set() == set(fields_of_schema()) - set(visited(answers))
    assert set(SCHEMA.query_type.fields) | set(SCHEMA.mutation_type.fields) == {
        question.field for question in asked
    }
    assert OURS.tag + "·" in everything_in(answers)


async def test_without_a_token(api: Api, filled: None) -> None:
    """Whoever has no token is told so, and gets no data, whatever they ask."""
    asked = questions(OURS, BOTH) + deeds(ids_of(OURS, BOTH))

    answers = await ask_all(api, "", asked)

    assert {(401, ("UNAUTHENTICATED",))} == {(each.status, tuple(each.codes)) for each in answers}
    assert {("errors",)} == {tuple(each.body) for each in answers}


async def test_another_merchants_token(api: Api, database: Database) -> None:
    """What another merchant stores changes nothing in our answers, even where ids are equal."""
    OURS.fill(database, BOTH)
    token = api.token(OURS.merchant_id)
    before = await ask_all(api, token, questions(OURS, BOTH))
    OTHER.fill(database, BOTH, OTHERS_ONLY)

    after = await ask_all(api, token, questions(OURS, BOTH))

    assert [answer.data for answer in before] == [answer.data for answer in after]
    told = everything_in([answer.body for answer in after])
    assert [] == [trace for trace in OTHER.traces if trace in told]


async def test_nodes_of_another_merchant(api: Api, filled: None) -> None:
    """An id of another merchant leads nowhere: there is no such thing."""
    ids = [id for each in ids_of(OTHER, OTHERS_ONLY).values() for id in each]
    text = "query Node($id: ID!) { node(id: $id) { __typename id } }"
    mine, theirs = api.token(OURS.merchant_id), api.token(OTHER.merchant_id)

    found = [await api.ask(text, {"id": id}, token=mine) for id in ids]
    known = [await api.ask(text, {"id": id}, token=theirs) for id in ids]

    assert [{"node": None}] * len(SPECS) == [answer.data for answer in found]
    assert ids == [answer.data["node"]["id"] for answer in known]


async def test_filters_by_ids_of_another_merchant(api: Api, filled: None) -> None:
    """A filter by another merchant's ids finds nothing, on every connection that takes ids."""
    ids = ids_of(OTHER, OTHERS_ONLY)
    asked = [
        f'{{ {root}(filter: {{ {name}: {{ eq: "{ids[kind][0]}" }} }}) {{ totalCount }} }}'
        for root, name, kind in _id_filters()
    ]
    mine, theirs = api.token(OURS.merchant_id), api.token(OTHER.merchant_id)

    counts = [
        [next(iter((await api.ask(text, token=token)).data.values())) for text in asked]
        for token in (mine, theirs)
    ]

    assert [[{"totalCount": 0}] * len(asked), [{"totalCount": 1}] * len(asked)] == counts
    assert len(asked) > 15


def _id_filters() -> Iterator[tuple[str, str, str]]:
    """Root connections with their filters by id, and the type whose id each takes."""
    for root, field in SCHEMA.query_type.fields.items():
        filters = field.args.get("filter")
        spec = SPECS.get(str(field.type).removesuffix("Connection"))
        for name, given in (filters.type.fields if filters and spec else {}).items():
            if str(given.type) == "IDFilter":
                yield root, name, name.removesuffix("Id").capitalize()


async def test_mutations_with_ids_of_another_merchant(api: Api, filled: None) -> None:
    """Nothing of another merchant's can be changed or erased: it is not found, nor touched."""
    ids = ids_of(OTHER, OTHERS_ONLY)
    named = {
        "updateShop", "syncShop", "revokeToken", "eraseCustomer", "previewImport", "importFile",
    }  # fmt: skip
    asked = [each for each in deeds(ids) if each.field in named]
    before = _others_rows(api)

    answers = await ask_all(api, api.token(OURS.merchant_id), asked)

    errors = [next(iter(answer.data.values()))["userErrors"] for answer in answers]
    assert ["NOT_FOUND"] * len(named) == [error["code"] for [error] in errors]
    assert before == _others_rows(api)


def _others_rows(api: Api) -> list[object]:
    return api.database.system_now(
        lambda session: [
            row.model_dump()
            for model in (Shop, SyncState, ApiToken)
            for row in session.scalars(
                select(model).where(model.merchant_id == OTHER.merchant_id).order_by(model.name
                    if model is not SyncState else model.stream)
            )
        ]
    )  # fmt: skip


async def test_a_role_that_may_nothing(api: Api, filled: None) -> None:
    """A token without any permission learns who it is; every other field refuses it."""
    asked = questions(OURS, BOTH) + deeds(ids_of(OURS, BOTH))

    answers = await ask_all(api, api.token(OURS.merchant_id, NOBODY), asked)

    codes = {each.field: set(answer.codes) for each, answer in zip(asked, answers, strict=True)}
    assert set() == codes.pop("viewer")
    assert {name: {"FORBIDDEN"} for name in codes} == codes
    told = everything_in([answer.body for answer in answers])
    assert [] == [trace for trace in OURS.traces if trace in told]


@on_sqlite  # permissions are decided before there is any SQL
@pytest.mark.parametrize("permission", sorted(policy().permissions))
async def test_a_role_without_one_permission(api: Api, database: Database, permission: str) -> None:
    """What a permission guards is out of reach on every way there, whatever else one may see."""
    OURS.fill(database, BOTH)
    guarded = {spec.name for spec in SPECS.values() if spec.permission == permission}
    tables = {str(SPECS[name].model.__tablename__) for name in guarded}

    answers = await ask_all(
        api, api.token(OURS.merchant_id, without(permission)), questions(OURS, BOTH)
    )

    shown = [answer.body.get("data") for answer in answers]
    assert {"FORBIDDEN"} >= {code for answer in answers for code in answer.codes}
    assert set() == guarded & types_in(shown)
    told = everything_in(shown)
    assert [] == [text for text in _texts(tables) if OURS.tag + "·" + text in told]


def _texts(tables: set[str]) -> list[str]:
    """`table.column` of the text columns of these tables, but for what reports may name."""
    columns = [
        f"{table.name}.{column.name}"
        for spec in SPECS.values()
        for table in [spec.model.__table__]
        if table.name in tables
        for column in table.columns
    ]
    return [text for text in columns if text not in REPORTED]


@pytest.mark.parametrize(("role", "sees"), [("owner", True), ("analyst", False)])
async def test_personal_data(api: Api, filled: None, role: str, sees: bool) -> None:
    """Personal columns are masked for whoever lacks `personal:read`, wherever they show."""
    answers = await ask_all(api, api.token(OURS.merchant_id, role), questions(OURS, BOTH))

    told = everything_in([answer.body for answer in answers])
    shown = {text.partition("·")[2] for text in personal_texts(OURS) if text in told}
    columns = {
        f"{spec.model.__tablename__}.{spec.column_of(name)}"
        for spec in SPECS.values()
        for name in spec.columns
    }
    assert (_personal() & columns if sees else set()) == shown


def _personal() -> set[str]:
    return {text.partition("·")[2] for text in personal_texts(OURS)}


async def test_secrets_are_shown_to_nobody(api: Api, filled: None) -> None:
    """Credentials, token hashes and raw payloads are in no answer, not even the owner's."""
    answers = await ask_all(api, api.token(OURS.merchant_id), questions(OURS, BOTH))

    told = everything_in([answer.body for answer in answers])
    secret = ("credentials", "secret_hash", "key_id", "config", "body", "cursor", "lease_owner")
    assert [] == [name for name in secret if f".{name}" in told]
