"""The gateway over a test database, and questions to it through its ASGI application."""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from hashlib import sha256
from typing import Any

import httpx

from core.db import Database
from core.db.migrate import chains
from core.graph.schema import ComposedSchema, compose
from core.http.app import make_app
from core.http.gateway import Gateway
from core.models import ApiToken, random_id
from core.registry import Registry, load_plugins
from core.security.envelope import KeyRing
from core.security.permissions import Policy, make_policy
from core.settings import Settings
from gateway import BUILT_IN
from tests.builders import NOON

RESPONSE = "application/graphql-response+json"
WITHOUT = "OPSGRAPH_WITHOUT"
NOBODY = "nobody"
"""A role that has no permission at all."""


@cache
def built_in() -> Registry:
    """The built-in plugins; nobody may change it."""
    return load_plugins(BUILT_IN, third_parties=False, left_out=os.environ.get(WITHOUT, ""))


@cache
def built_in_schema() -> ComposedSchema:
    """The schema of core and the built-in plugins."""
    return compose(built_in())


@cache
def policy() -> Policy:
    """The usual policy, and for every permission a role that has all others."""
    usual = make_policy(built_in().permissions).permissions
    return Policy(
        {
            name: replace(each, roles=(*each.roles, *(without(o) for o in usual if o != name)))
            for name, each in usual.items()
        }
    )


def without(permission: str) -> str:
    """The role that has every permission but this one."""
    return f"not {permission}"


@dataclass(frozen=True)
class Answer:
    """What came back: the HTTP response, and the GraphQL parts of its body."""

    response: httpx.Response

    @property
    def status(self) -> int:
        return self.response.status_code

    @property
    def body(self) -> Any:
        return self.response.json()

    @property
    def data(self) -> Any:
        """The data of an answer without errors."""
        assert "errors" not in self.body, self.body["errors"]
        return self.body["data"]

    @property
    def errors(self) -> list[dict[str, Any]]:
        return self.body.get("errors", [])

    @property
    def codes(self) -> list[str]:
        """Codes of the errors, in their order."""
        return [error["extensions"]["code"] for error in self.errors]


class Api:
    """The gateway at noon of 20 November 2026, over one test database."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        registry: Registry | None = None,
        schema: ComposedSchema | None = None,
        roles: Policy | None = None,
    ) -> None:
        self.now = NOON
        self.settings = settings
        self.database = database
        self.keys = KeyRing({"k1": bytes(32)})
        gateway = self.gateway = Gateway(
            settings=settings,
            db=database,
            registry=registry or built_in(),
            schema=schema or built_in_schema(),
            policy=roles or policy(),
            keys=self.keys,
            chains=chains([]),
            clock=lambda: self.now,
        )
        self.schema = gateway.schema
        self.app = make_app(gateway, gateway.registry.examples)

    def token(self, merchant_id: int, role: str = "owner", **columns: Any) -> str:
        """Store a token of any role; returns its secret."""
        secret = f"ogt_{merchant_id:x}_{secrets.token_urlsafe(32)}"
        row = {
            "id": random_id(),
            "name": "test",
            "role": role,
            "secret_hash": sha256(secret.encode()).digest(),
            "created_at": NOON - timedelta(days=1),
        } | columns
        token = ApiToken(merchant_id=merchant_id, **row)
        self.database.system_now(lambda session: session.add(token))
        return secret

    async def request(self, method: str, path: str, **options: Any) -> Answer:
        """Any HTTP request."""
        transport = httpx.ASGITransport(self.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://opsgraph") as client:
            return Answer(await client.request(method, path, **options))

    async def post(self, content: bytes | str, token: str = "", **headers: str) -> Answer:
        """A POST of these bytes to /graphql; headers are written with underscores."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if token:
            named = {"Authorization": f"Bearer {token}"} | named
        named = {"Content-Type": "application/json"} | named
        return await self.request("POST", "/graphql", content=content, headers=named)

    async def ask(
        self,
        query: str,
        variables: Mapping[str, Any] | None = None,
        *,
        token: str = "",
        **headers: str,
    ) -> Answer:
        """A GraphQL request as a client sends it."""
        body = {"query": query, "variables": dict(variables or {})}
        content = httpx.Request("POST", "http://opsgraph", json=body).content
        return await self.post(content, token, **headers)


@dataclass(frozen=True)
class Client:
    """Somebody who asks with one token."""

    api: Api
    token: str

    async def ask(self, query: str, variables: Mapping[str, Any] | None = None) -> Answer:
        return await self.api.ask(query, variables, token=self.token)

    async def data(self, query: str, variables: Mapping[str, Any] | None = None) -> Any:
        """The data of an answer that must have no errors."""
        return (await self.ask(query, variables)).data


def moment(text: str) -> datetime:
    """A moment as GraphQL writes it."""
    return datetime.fromisoformat(text)
