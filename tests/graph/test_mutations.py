"""Mutations of core: one transaction each, audited, with expected failures as data."""

from typing import Any

import pytest
from sqlmodel import select

from core.graph.scalars import global_id
from core.models import AuditEntry, Shop, SyncState
from core.sync.shops import open_credentials
from tests.builders import NOON
from tests.graph.orders import minutes
from tests.graphql import Api, Client, built_in

pytestmark = pytest.mark.anyio

TAOBAO = built_in().marketplaces["taobao"]
SECRETS = [{"name": name, "value": f"secret {name}"} for name in TAOBAO.credentials]
INPUT = {"marketplace": "taobao", "number": "4711", "name": "灯笼旗舰店", "credentials": SECRETS}
REGISTER = """mutation Register($input: RegisterShopInput!) { registerShop(input: $input) {
  shop { id number name timeZone currency active streams { nodes { stream dueAt } } }
  userErrors { code path message }
} }"""
UPDATE = """mutation Update($input: UpdateShopInput!) { updateShop(input: $input) {
  shop { id name active } userErrors { code path message }
} }"""
SYNC = """mutation Sync($id: ID!, $streams: [String!]) {
  syncShop(input: {id: $id, streams: $streams}) {
    shop { id } streams userErrors { code path message }
  }
}"""


async def register(owner: Client, **given: Any) -> Any:
    """The payload of registering a shop."""
    return (await owner.data(REGISTER, {"input": INPUT | given}))["registerShop"]


def all_of(api: Api, model: Any) -> list[Any]:
    """All rows of a table."""
    return api.database.system_now(lambda session: list(session.scalars(select(model))))


async def test_register_a_shop(api: Api, owner: Client) -> None:
    """A shop is stored with its streams due now, its secrets sealed, and an audit entry."""
    payload = await register(owner, config={"base_url": "http://127.0.0.1:1"})

    shop = payload["shop"]
    assert [] == payload["userErrors"]
    assert ("4711", "灯笼旗舰店", TAOBAO.time_zone, True) == (
        shop["number"], shop["name"], shop["timeZone"], shop["active"]
    )  # fmt: skip
    assert {each.name for each in TAOBAO.streams} == {s["stream"] for s in shop["streams"]["nodes"]}
    assert {"2026-11-20T12:00:00+00:00"} == {s["dueAt"] for s in shop["streams"]["nodes"]}
    [stored] = all_of(api, Shop)
    assert {each["name"]: each["value"] for each in SECRETS} == dict(
        open_credentials(stored, api.keys).values
    )
    assert "secret" not in f"{stored.credentials}"
    [entry] = all_of(api, AuditEntry)
    assert ("test", "shop.register", str(stored.id)) == (entry.actor, entry.action, entry.entity_id)
    assert "secret" not in str(entry.detail)


async def test_register_again(api: Api, owner: Client) -> None:
    """The same shop registered again is the same shop, with new secrets."""
    first = await register(owner)
    renewed = [each | {"value": "new"} for each in SECRETS]

    second = await register(owner, name="Renamed", credentials=renewed)

    assert (first["shop"]["id"], "Renamed") == (second["shop"]["id"], second["shop"]["name"])
    [stored] = all_of(api, Shop)
    assert {"new"} == set(open_credentials(stored, api.keys).values.values())


async def test_update_a_shop(api: Api, owner: Client) -> None:
    """A shop is renamed or stopped, what is not given stays, and the audit log has it."""
    shop_id = (await register(owner))["shop"]["id"]

    renamed = await owner.data(UPDATE, {"input": {"id": shop_id, "name": "丝绸"}})
    stopped = await owner.data(UPDATE, {"input": {"id": shop_id, "active": False}})

    assert {"id": shop_id, "name": "丝绸", "active": True} == renamed["updateShop"]["shop"]
    assert {"id": shop_id, "name": "丝绸", "active": False} == stopped["updateShop"]["shop"]
    details = [each.detail for each in all_of(api, AuditEntry) if each.action == "shop.update"]
    assert [{"active": False}, {"name": "丝绸"}] == sorted(details, key=str)


@pytest.mark.parametrize(
    ("given", "code", "path"),
    [
        ({}, "BAD_INPUT", ["input"]),
        ({"name": " "}, "BAD_INPUT", ["input", "name"]),
        ({"name": "x" * 300}, "BAD_INPUT", ["input", "name"]),
        ({"id": global_id("Shop", 4711), "name": "x"}, "NOT_FOUND", ["input", "id"]),
        ({"id": global_id("Order", 4711), "name": "x"}, "BAD_INPUT", ["id"]),
    ],
)
async def test_update_a_shop_wrongly(
    owner: Client, given: dict[str, Any], code: str, path: list[str]
) -> None:
    """Nothing to change, a bad name or an unknown shop is told as a user error."""
    shop_id = (await register(owner))["shop"]["id"]

    payload = (await owner.data(UPDATE, {"input": {"id": shop_id} | given}))["updateShop"]

    assert (None, [(code, path)]) == (
        payload["shop"], [(each["code"], each["path"]) for each in payload["userErrors"]]
    )  # fmt: skip


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"marketplace": "amazon"}, ["input", "marketplace"]),
        ({"credentials": []}, ["input", "credentials"]),
        ({"number": " "}, ["input"]),
        ({"timeZone": "Mars/Base"}, ["input", "timeZone"]),
        ({"config": ["base_url"]}, ["input", "config"]),
        ({"name": "灯" * 201}, ["input", "name"]),
        ({"number": "1" * 129}, ["input", "number"]),
        ({"currency": "YUAN"}, ["input", "currency"]),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_shops_that_cannot_be_registered(
    api: Api, owner: Client, given: Any, path: list[str]
) -> None:
    """What is missing, unknown or too long is named, on both databases, and nothing is stored."""
    payload = await register(owner, **given)

    [error] = payload["userErrors"]
    assert ("BAD_INPUT", path, None) == (error["code"], error["path"], payload["shop"])
    assert [] == all_of(api, Shop) + all_of(api, AuditEntry)


async def test_sync_a_shop(api: Api, owner: Client, shop: Shop) -> None:
    """Streams that are asked for are due now; without a choice all of them are."""
    for stream in ("orders", "refunds", "products"):
        state = SyncState(merchant_id=shop.merchant_id, shop_id=shop.id, stream=stream, cursor={},
                          due_at=minutes(60))  # fmt: skip
        api.database.system_now(lambda session, state=state: session.add(state))
    id = global_id("Shop", shop.id)

    some = (await owner.data(SYNC, {"id": id, "streams": ["refunds"]}))["syncShop"]
    due = {state.stream for state in all_of(api, SyncState) if state.due_at == NOON}
    every = (await owner.data(SYNC, {"id": id}))["syncShop"]

    assert (["refunds"], {"refunds"}) == (some["streams"], due)
    assert ["orders", "products", "refunds"] == every["streams"]
    assert {NOON} == {state.due_at for state in all_of(api, SyncState)}
    assert ["shop.sync"] * 2 == [entry.action for entry in all_of(api, AuditEntry)]


async def test_sync_what_is_not_there(owner: Client, shop: Shop) -> None:
    """An unknown stream, an unknown shop and an id of something else are errors of the caller."""
    asked = [
        {"id": global_id("Shop", shop.id), "streams": ["lamps"]},
        {"id": global_id("Shop", 4711)},
        {"id": global_id("Order", shop.id)},
    ]

    payloads = [(await owner.data(SYNC, each))["syncShop"] for each in asked]

    errors = [error for payload in payloads for error in payload["userErrors"]]
    assert ["BAD_INPUT", "NOT_FOUND", "BAD_INPUT"] == [error["code"] for error in errors]
    assert [None, None, None] == [payload["shop"] for payload in payloads]
